"""The health board: what each group's members did in seven days, sorted by the address, downloaded, and acted upon."""

import datetime
import itertools

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone as clock

from groups.models import Group, Membership
from mailing.activity import Activity, Signs, Talk, activity_of
from mailing.models import CheckIn, Delivery, Event
from mailing.worker import tick
from mooc import health
from mooc.health import State, board_of, state_of
from signup.models import Signup
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def tracked(settings):
    """Opens are known, unless a test says otherwise."""
    settings.MAIL_TRANSPORT = "mailgun"


def running(**fields):
    """Make a course run that began two weeks ago."""
    today = clock.now().date()
    return factories.sequence(start_date=today - 14 * DAY, signup_close_date=today - 14 * DAY, **fields)


def group_of(run, size, **fields):
    people = [factories.signup(sequence=run, name=f"P{n} X", welcomed=clock.now()) for n in range(size)]
    made = factories.group(*people, sequence=run, **fields)
    Group.objects.filter(pk=made.pk).update(date_created=clock.now() - 10 * DAY)
    return made, people


def event(person, kind="opened", *, machine=False, ago=DAY):
    sent = Delivery.objects.filter(signup=person).first() or factories.delivery(
        signup=person, email=factories.email(sequence=person.sequence), status=Delivery.Status.DELIVERED
    )
    when = clock.now() - ago
    return Event.objects.create(
        uid=str(next(numbers)), day=when, kind=kind, happened=when, delivery=sent, machine=machine, payload={}
    )


def test_what_counts_as_a_sign_of_life():
    run = running()
    _group, people = group_of(run, 6)
    event(people[0])
    event(people[0], "clicked")
    event(people[1], machine=True)
    event(people[2], ago=8 * DAY)
    event(people[3], "delivered")
    email = factories.email(sequence=run)
    CheckIn.objects.create(signup=people[4], email=email, answer="stuck", said=clock.now())
    CheckIn.objects.create(signup=people[5], email=email, answer="stuck", said=clock.now() - 8 * DAY)
    found = activity_of(run)
    assert found.active == {people[0].pk, people[4].pk}
    assert (found.people[people[0].pk].opens, found.people[people[0].pk].clicks) == (1, 1)
    (row,) = board_of(run).rows
    assert (row.members, row.active, row.opens, row.clicks, row.stuck, row.state) == (6, 2, 1, 1, 1, State.FADING)


def test_who_left_the_group_or_the_course_is_no_member():
    run = running()
    _group, (ada, bob, cy) = group_of(run, 3)
    for person in (ada, bob, cy):
        event(person)
    Membership.objects.filter(signup=ada).update(left=clock.now())
    type(bob).objects.filter(pk=bob.pk).update(left=clock.now())
    (row,) = board_of(run).rows
    assert (row.members, row.active, row.opens) == (1, 1, 1)


@pytest.mark.parametrize(
    ("age", "active", "spoke", "state"),
    [
        (6, 0, False, State.NEW),
        (8, 4, True, State.FADING),
        (8, 5, False, State.QUIET),
        (8, 5, True, State.ALIVE),
    ],
)
def test_the_states(age, active, spoke, state):
    now = clock.now()
    assert state_of(now - age * DAY, active, spoke, now) == state


@pytest.mark.parametrize(
    ("active", "spoke", "state"), [(0, False, State.UNKNOWN), (4, True, State.UNKNOWN), (5, True, State.ALIVE)]
)
def test_where_nobody_can_know_who_reads_no_group_is_said_to_fade(active, spoke, state):
    now = clock.now()
    assert state_of(now - 8 * DAY, active, spoke, now, knows_opens=False) == state
    assert state_of(now - 6 * DAY, active, spoke, now, knows_opens=False) == State.NEW


def test_untracked_mail_makes_silent_groups_unknown_and_one_check_in_changes_that_of_none(settings):
    settings.MAIL_TRANSPORT = "smtp"
    run = running()
    group_of(run, 6, name="Silent")
    _other, people = group_of(run, 6, name="Five")
    email = factories.email(sequence=run, frozen_at=clock.now())
    for person in people[:5]:
        CheckIn.objects.create(signup=person, email=email, answer="stuck", said=clock.now())
    assert [row.state for row in board_of(run).rows] == [State.UNKNOWN, State.ALIVE]
    organiser = factories.staff_client()
    page = organiser.get(f"/stats/groups/{run.pk}/").content.decode()
    assert "who only reads cannot be known" in page
    assert "nobody can know of opens" in page
    assert "fewer than five members were active" not in page
    assert "Clicks" not in page
    head = organiser.get(f"/stats/groups/{run.pk}/board.csv").getvalue().decode().splitlines()[0]
    assert head.endswith("members,active,on_track,behind,stuck,ever_wrote,posts,first_reply")
    advice = organiser.get(f"/stats/groups/{run.pk}/merging/").content.decode()
    assert "Silent may be fading: 0 members wrote or answered" in advice
    assert "Silent is fading" not in advice


def test_a_week_without_a_message_says_nothing_of_who_reads():
    run = running()
    group_of(run, 6)
    assert [row.state for row in board_of(run).rows] == [State.UNKNOWN]
    assert "none to open" in factories.staff_client().get(f"/stats/groups/{run.pk}/").content.decode()
    factories.email(sequence=run, frozen_at=clock.now() - DAY)
    assert [row.state for row in board_of(run).rows] == [State.FADING]
    page = factories.staff_client().get(f"/stats/groups/{run.pk}/").content.decode()
    assert "cannot be known" not in page


def test_posts_count_once_something_keeps_them(monkeypatch):
    run = running()
    group, people = group_of(run, 5)
    wrote = frozenset(person.pk for person in people)
    talk = {group.pk: Talk(5, wrote, 7, datetime.timedelta(hours=3))}
    found = Activity({people[0].pk: Signs(opens=2)}, talk)
    monkeypatch.setattr(health, "activity_of", lambda sequence, now: found)
    board = board_of(run, "-posts")
    (row,) = board.rows
    assert (row.state, row.ever_wrote, row.posts, row.active) == (State.ALIVE, 5, 7, 5)
    shown = factories.staff_client().get(f"/stats/groups/{run.pk}/").content.decode()
    assert "Ever wrote" in shown
    assert "3\xa0hours" in shown


def test_the_board_is_sorted_by_the_address_and_downloaded(client):
    run = running()
    group_of(run, 2, name="Small")
    large, people = group_of(run, 7, name="=Large")
    for person in people[:5]:
        event(person)
    organiser = factories.staff_client()
    page = organiser.get(f"/stats/groups/{run.pk}/?sort=-members").content.decode()
    assert page.index("=Large") < page.index("Small")
    assert 'aria-sort="descending"' in page
    page = organiser.get(f"/stats/groups/{run.pk}/?sort=members").content.decode()
    assert page.index("Small") < page.index("=Large")
    assert organiser.get(f"/stats/groups/{run.pk}/?sort=nonsense").status_code == 200
    lines = organiser.get(f"/stats/groups/{run.pk}/board.csv?sort=-active").getvalue().decode().splitlines()
    assert lines[0].endswith("on_track,behind,stuck,ever_wrote,posts,first_reply")
    assert lines[1] == f"'=Large,{large.address},quiet,7,5,5,0,0,0,0,0,0,"
    assert lines[2].startswith("Small,")
    assert run.title in organiser.get("/stats/groups/").content.decode()


def test_the_board_asks_the_database_as_often_for_many_groups(django_assert_num_queries):
    run = running()
    for size in (3, 4, 5):
        for person in group_of(run, size)[1]:
            event(person)
    with django_assert_num_queries(8):
        board_of(run)


def test_only_staff_with_the_permission_see_it(client):
    run = running()
    addresses = ("/stats/groups/", f"/stats/groups/{run.pk}/", f"/stats/groups/{run.pk}/board.csv")
    for address in addresses:
        assert "/admin/login/" in client.get(address).url
        assert factories.staff_client("mailing.view_email").get(address).status_code == 403
        assert factories.staff_client("groups.view_group").get(address).status_code == 200
    only_sees = factories.staff_client("groups.view_group")
    assert only_sees.get(f"/stats/groups/{run.pk}/merging/").status_code == 403
    assert factories.staff_client().get("/stats/groups/0/").status_code == 404


def test_two_quiet_groups_are_joined_and_everybody_hears_of_it(provider):
    run = running()
    (fading, few), (other, many) = group_of(run, 3, name="Few"), group_of(run, 6, name="Many")
    for person in many:
        event(person)
    organiser = factories.staff_client("groups.view_group", "groups.change_group")
    page = organiser.get(f"/stats/groups/{run.pk}/merging/").content.decode()
    link = f"/stats/groups/{run.pk}/merging/{fading.number}/{other.number}/"
    assert link in page
    assert "Few is fading" in page
    dry_run = organiser.get(link)
    assert "9 members then, 6 of them active" in dry_run.content.decode()
    assert not Group.objects.filter(closed__isnull=False).exists()
    assert organiser.post(link, {"mark": "stale"}).status_code == 200
    assert not Group.objects.filter(closed__isnull=False).exists()
    done = organiser.post(link, {"mark": dry_run.context["mark"]}, follow=True)
    assert "3 people moved" in done.content.decode()
    assert "3 people moved" in LogEntry.objects.get().change_message
    tick("test")
    texts = {
        one.address: (letter.subject, provider.text(place, number))
        for place, (letter, recipients, _id) in enumerate(provider.calls)
        for number, one in enumerate(recipients)
    }
    assert len(texts) == 9
    assert "The old address works as before" in texts[few[0].email][1]
    assert "We joined Few with your group, so that all of you have more people to write to." in texts[many[0].email][1]
    assert "P0, P1 and P2" in texts[many[0].email][1]
    shown = organiser.get(f"/stats/groups/{run.pk}/").content.decode()
    assert fading.address in shown
    assert organiser.post(link, {"mark": dry_run.context["mark"]}).status_code == 200  # a second press does nothing
    assert Membership.objects.current().filter(group=other).count() == 9


def test_two_groups_are_chosen_by_hand():
    run = running()
    one, two = group_of(run, 2)[0], group_of(run, 2)[0]
    organiser = factories.staff_client()
    address = f"/stats/groups/{run.pk}/merging/"
    response = organiser.get(address, {"source": one.number, "into": two.number})
    assert response.url == f"{address}{one.number}/{two.number}/"
    same = organiser.get(address, {"source": one.number, "into": one.number})
    assert "Choose two different groups." in same.content.decode()
    near = organiser.get(response.url).content.decode()
    assert "Their days are 0 hours apart." in near
    assert "more than the three hours" not in near
    Signup.objects.filter(memberships__group=one).update(timezone="Asia/Kolkata")
    far = organiser.get(response.url).content.decode()
    assert "Their days are 5.5 hours apart." in far
    assert "more than the three hours" in far
    one.memberships.all().delete()
    assert "hours apart" not in organiser.get(response.url).content.decode()


def test_what_groups_write_is_a_sign_of_life(client):
    run = factories.sequence()
    group = factories.group(*(factories.signup(sequence=run) for _ in range(3)))
    ada, bob = (member.signup for member in group.memberships.order_by("pk")[:2])
    before = clock.now() - datetime.timedelta(hours=2)
    begun = factories.post(group, author=ada, made=before)
    factories.post(group, author=bob, thread=begun, made=before + datetime.timedelta(hours=1))
    found = activity_of(run)
    assert found.active == {ada.pk, bob.pk}
    assert (found.talk[group.pk].ever_wrote, found.talk[group.pk].posts) == (2, 2)
    assert found.talk[group.pk].first_reply == datetime.timedelta(hours=1)


def test_with_mailing_lists_nobody_knows_what_groups_write_unless_the_route_brings_it_here(settings):
    settings.GROUP_DISCUSSION, settings.MAIL_TRANSPORT, settings.MAILGUN_API_KEY = "lists", "mailgun", "key"
    group = factories.group(factories.signup())
    assert activity_of(group.sequence).talk is None
    factories.post(group, author=group.memberships.get().signup, source="mail")
    assert activity_of(group.sequence).talk[group.pk].ever_wrote == 1
    settings.MAIL_TRANSPORT = "outbox"  # then groups talk by relay
    assert activity_of(factories.group(factories.signup()).sequence).talk is not None


def test_the_board_says_so_where_nobody_can_know_what_groups_write(settings):
    settings.GROUP_DISCUSSION, settings.MAILGUN_API_KEY = "lists", "key"
    run = running()
    _group, people = group_of(run, 6)
    for person in people:
        event(person)
    page = factories.staff_client().get(f"/stats/groups/{run.pk}/").content.decode()
    assert "whether they write to each other cannot be known" in page
    assert "Ever wrote" not in page
    assert "but they only opened messages" not in page
