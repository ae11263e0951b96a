"""Groups talk by Mailgun's mailing lists: made, filled in bulk, read to the end and removed, against its stand-in."""

import datetime
from collections import Counter

import pytest
import time_machine
from django.utils import timezone as clock

from groups.merging import merge_groups
from groups.models import Membership, Post
from groups.moving import leave_group
from groups.readers import set_preference
from mailing import keeping_lists, mailgun_lists
from mailing.keeping_lists import keep_lists
from mailing.models import Delivery, ListMember, ProviderList, Tick
from mailing.receiving import receive
from mailing.worker import tick
from signup.models import Signup
from tests import factories
from tests.groups.mails import mail
from tests.mailgun_standin import StandIn
from tests.mailing.test_settling import mailgun

__all__ = ["mailgun"]
pytestmark = pytest.mark.django_db
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
TEAM = "team@mail.example.org"


@pytest.fixture(autouse=True)
def lists(mailgun, settings):
    settings.GROUP_DISCUSSION = "lists"
    settings.MAIL_TIMEOUT_SECONDS = 30.0  # no test here is about a provider that hangs


@pytest.fixture
def people():
    run = factories.sequence()
    return [factories.signup(sequence=run, email=f"p{number}@example.org") for number in range(3)]


@pytest.fixture
def group(mailgun, people):
    """A group of three whose lists are in step."""
    made = factories.group(*people)
    assert keep()[1] == ""
    return made


def keep(after: datetime.timedelta = datetime.timedelta()) -> tuple[int, str]:
    with time_machine.travel(clock.now() + after, tick=True):
        return keep_lists()


def on(mailgun: StandIn, address: str) -> list[str]:
    return [one["address"] for one in mailgun.lists.members(address)]


def course_list(group) -> str:
    return f"sequence-{group.sequence_id}@mail.example.org"


def unsubscribe(mailgun: StandIn, at: str, address: str) -> None:
    """What the provider's own link does."""
    next(one for one in mailgun.lists.members(at) if one["address"] == address)["subscribed"] = False


def asked(mailgun: StandIn) -> Counter:
    return Counter(mailgun.truth.requests)


def test_a_group_has_a_list_of_its_members_and_a_course_one_that_nobody_writes_to(mailgun, group, people):
    assert on(mailgun, group.address) == [*(one.email for one in people), TEAM]
    assert on(mailgun, course_list(group)) == [one.email for one in people]
    assert mailgun.lists._list(group.address)["access_level"] == "members"
    assert mailgun.lists._list(group.address)["reply_preference"] == "list"
    assert mailgun.lists._list(course_list(group))["access_level"] == "readonly"
    before = asked(mailgun)
    assert keep() == (0, "")
    assert asked(mailgun) == before  # in step: the provider is not asked


def test_who_comes_is_added_and_who_leaves_comes_off(mailgun, group, people):
    new = factories.signup(sequence=people[0].sequence, email="new@example.org")
    Membership.objects.create(group=group, signup=new)
    leave_group(people[0])
    Signup.objects.filter(pk=people[1].pk).update(left=clock.now())
    factories.signup(sequence=people[0].sequence, email="unproven@example.org", confirmed=None)
    keep()
    assert on(mailgun, group.address) == ["new@example.org", people[2].email, TEAM]
    assert on(mailgun, course_list(group)) == ["new@example.org", people[0].email, people[2].email]


def test_who_wants_a_digest_is_not_on_the_list(mailgun, group, people):
    set_preference(people[0], "daily", False, clock.now())
    keep()
    assert on(mailgun, group.address) == [people[1].email, people[2].email, TEAM]
    set_preference(people[0], "each", False, clock.now())
    keep()
    assert people[0].email in on(mailgun, group.address)


def test_many_are_added_in_bulk_and_awaited(mailgun, monkeypatch):
    monkeypatch.setattr(mailgun_lists, "MOST_A_CALL", 150)
    mailgun.lists.seconds = 3600  # the provider is not done before we say so
    run = factories.sequence()
    Signup.objects.bulk_create(
        Signup(
            sequence=run, email=f"p{n:03}@example.org", folded=f"p{n:03}@example.org", key=f"{n}", confirmed=clock.now()
        )
        for n in range(260)
    )
    at = f"sequence-{run.pk}@mail.example.org"
    assert keep()[1] == ""
    assert asked(mailgun)["POST /v3/lists/{at}/members.json"] == 1
    row = ProviderList.objects.get()
    assert (row.members.count(), row.members.filter(seen=None).count()) == (150, 150)
    keep(2 * MINUTE)  # the provider has not finished: they are neither forgotten nor asked for again
    assert row.members.filter(seen=None, address__lt="p150").count() == 150
    assert row.members.count() == 260
    everybody = [{"address": one} for one in row.members.values_list("address", flat=True)]
    mailgun.lists._put_in(at, everybody, upsert=True)
    keep(4 * MINUTE)
    assert len(on(mailgun, at)) == 260
    assert asked(mailgun)["POST /v3/lists/{at}/members.json"] == 2
    assert not row.members.filter(seen=None).exists()


def test_what_the_provider_never_added_is_asked_for_again(mailgun, group, people):
    row = ProviderList.objects.get(group=group)
    mailgun.lists._members[group.address].pop(people[0].email)  # removed there by hand
    keep(2 * HOUR)
    assert people[0].email in on(mailgun, group.address)
    assert row.members.count() == 4


def test_a_list_is_read_to_its_end_over_several_rounds(mailgun, group, people, monkeypatch):
    for number in range(250):
        mailgun.lists._put_in(group.address, [{"address": f"hand{number:03}@example.org"}], upsert=True)
    over, later = iter([False, False, True]), clock.now() + 2 * HOUR  # the first round has time for two pages
    keep_lists(later, stopping=lambda: next(over))
    row = ProviderList.objects.get(group=group)
    assert (row.pages, bool(row.cursor)) == (2, True)
    monkeypatch.setattr(keeping_lists, "MOST_REMOVED", 1000)
    keep_lists(later)
    assert on(mailgun, group.address) == [*(one.email for one in people), TEAM]  # nobody else belongs there
    row.refresh_from_db()
    assert (row.checked, row.cursor) == (later, "")


def test_who_unsubscribed_at_the_provider_is_taken_out_here_and_may_come_back(mailgun, group, people):
    unsubscribe(mailgun, group.address, people[0].email)
    unsubscribe(mailgun, course_list(group), people[1].email)
    assert keep()[0] == 0  # not looked at yet
    keep(2 * HOUR)
    assert set(Membership.objects.current().values_list("signup", flat=True)) == {people[2].pk}
    assert list(Signup.objects.filter(left=None).order_by("pk")) == [people[0], people[2]]  # the course goes on for one
    assert on(mailgun, group.address) == [people[2].email, TEAM]
    Membership.objects.filter(signup=people[0]).update(left=None)
    keep(2 * HOUR)
    keep(4 * HOUR)
    assert on(mailgun, group.address) == [people[0].email, people[2].email, TEAM]
    assert Membership.objects.current().filter(signup=people[0]).exists()


def test_a_list_that_was_there_before_is_read_before_anybody_is_added(mailgun, people):
    made = factories.group(*people)
    mailgun_lists.make_list(made.address, "Old", members_write=False)
    mailgun.lists._put_in(made.address, [{"address": people[0].email, "subscribed": False}], upsert=True)
    keep()
    keep()
    assert on(mailgun, made.address) == [people[1].email, people[2].email, TEAM]
    assert mailgun.lists._list(made.address)["access_level"] == "members"
    assert not Membership.objects.current().filter(signup=people[0]).exists()


def test_lists_go_with_their_groups_and_with_the_mode(mailgun, group, people, settings):
    other = factories.group(factories.signup(sequence=group.sequence, email="q@example.org"), sequence=group.sequence)
    keep()
    merge_groups(other, group)
    keep()
    assert (
        on(mailgun, other.address)
        == on(mailgun, group.address)
        == [*(one.email for one in people), "q@example.org", TEAM]
    )
    settings.GROUP_DISCUSSION = "relay"
    keep()
    assert not ProviderList.objects.exists()
    assert not mailgun.lists._lists
    assert not ListMember.objects.exists()


def test_lists_of_a_course_that_is_over_go(mailgun, group):
    type(group.sequence).objects.update(end_date=clock.now().date() - datetime.timedelta(days=100))
    keep()
    assert not mailgun.lists._lists


def test_without_mailgun_groups_talk_by_relay(mailgun, group, people, settings):
    settings.MAIL_TRANSPORT = "outbox"
    assert keep() == (0, "")
    receive(mail("Hello", sender=people[0].email, to=group.address), group.address)
    tick("test")
    assert Delivery.objects.filter(kind=Delivery.Kind.POST).count() == 3


def test_trouble_stands_where_staff_look_and_is_over_when_it_works(mailgun, people, settings):
    made = factories.group(*people)
    Signup.objects.update(welcomed=clock.now())
    settings.MAILGUN_API_KEY = "wrong"
    tick("test")
    assert "could not be brought in step" in Tick.objects.get().error
    row = ProviderList.objects.exclude(trouble="").get()
    assert b"Mailgun answered 401" in factories.staff_client().get("/admin/mailing/providerlist/").content
    settings.MAILGUN_API_KEY = mailgun.key
    keep(2 * MINUTE)
    row.refresh_from_db()
    assert (row.trouble, on(mailgun, made.address)[-1]) == ("", TEAM)


def test_one_bad_address_does_not_keep_the_others_off(mailgun, people, monkeypatch):
    made, plain, tries = factories.group(*people), mailgun_lists.add_members, []

    def picky(address, members):
        tries.append(members)
        if people[1].email in members:
            raise mailgun_lists.RefusedError("Mailgun answered 400")
        return plain(address, members)

    monkeypatch.setattr(mailgun_lists, "add_members", picky)
    assert keep()[1] == ""
    assert on(mailgun, made.address) == [people[0].email, people[2].email, TEAM]
    before = len(tries)
    keep()
    assert len(tries) == before  # not asked for again at once
    keep(2 * HOUR)
    assert len(tries) > before


def test_an_unclear_answer_is_followed_by_a_reading(mailgun, people, monkeypatch):
    made, plain, calls = factories.group(*people), mailgun_lists.add_members, []

    def lost(address, members):
        calls.append(address)
        plain(address, members)
        if len(calls) == 1:
            raise mailgun_lists.ListsError("Mailgun's lists could not be reached (ReadTimeout).")
        return True

    monkeypatch.setattr(mailgun_lists, "add_members", lost)
    assert "ReadTimeout" in keep()[1]
    assert keep(2 * MINUTE)[1] == ""
    assert calls.count(calls[0]) == (2 if calls[0] == made.address else 1)  # the organisers alone are new there
    assert on(mailgun, made.address) == [*(one.email for one in people), TEAM]


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"items": "x"}, {"items": [{"address": "a@example.org"}]},
        {"items": [{"address": "a@example.org"}], "paging": {"next": "https://evil.example/v3"}},
    ],
)  # fmt: skip
def test_a_page_that_leads_nowhere_or_elsewhere_is_trouble(mailgun, monkeypatch, answer):
    monkeypatch.setattr(mailgun_lists, "_call", lambda *_arguments, **_more: answer)
    with pytest.raises(mailgun_lists.ListsError):
        mailgun_lists.members_page("group-1-1@mail.example.org")


def test_mail_is_archived_and_passed_on_by_the_list_alone(mailgun, group, people):
    receive(mail("By mail", sender=people[0].email, to=group.address, message_id="<1@x>"), group.address)
    receive(mail("By the team", sender=TEAM, to=group.address, message_id="<2@x>"), group.address)
    tick("test")
    assert set(Post.objects.exclude(queued=None).values_list("text", flat=True)) == {"By mail", "By the team"}
    assert not Delivery.objects.filter(kind=Delivery.Kind.POST).exists()


def test_what_the_list_cannot_pass_on_we_do(mailgun, group, people):
    set_preference(people[0], "none", False, clock.now())
    keep()
    receive(mail("I am not on it", sender=people[0].email, to=group.address), group.address)
    factories.post(group, author=people[1], text="On the page")
    tick("test")
    sent = Delivery.objects.filter(kind=Delivery.Kind.POST).values_list("address", flat=True)
    assert Counter(sent) == {people[2].email: 2, people[1].email: 1, TEAM: 2}


def test_a_worker_that_is_to_stop_begins_no_other_step(mailgun, people):
    factories.group(*people)
    assert keep_lists(stopping=lambda: True) == (0, "")
    assert not mailgun.lists._lists
