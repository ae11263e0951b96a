"""Messages about groups: members, their group and silent people are told once, in bundles."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone as clock

from groups.by_hand import close
from groups.forming import commit, rules_of
from groups.models import FormingRules, Group, Membership, StillIn, add_member
from groups.moving import ask_for_another, leave_group, move
from groups.placing import place_late
from groups.still_in import say_yes
from mailing.introductions import queue_introductions, queue_left_out, queue_news, queue_waiting
from mailing.models import Delivery
from mailing.worker import tick
from signup.models import Signup
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Kind = Delivery.Kind
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


def people(run, *names, **fields):
    return [factories.signup(sequence=run, name=name, welcomed=clock.now(), **fields) for name in names]


def sent(provider, kind):
    """Return {address: plain text} of every message of a kind that left."""
    tag = Kind(kind).name.lower()
    return {
        one.address: provider.text(place, number)
        for place, (letter, recipients, _id) in enumerate(provider.calls)
        if letter.tags == (tag,)
        for number, one in enumerate(recipients)
    }


def test_members_of_new_groups_meet_each_other_once_and_in_one_call(provider):
    run = factories.sequence(title="Bread", group_prompt="<p>Say what you <b>bake</b>, {{ first_name|friend }}.</p>")
    ada, bob, nameless = people(run, "Ada Lovelace", "Bob Jones", "")
    others = people(run, "Cy", "Di")
    one = factories.group(ada, bob, nameless, told=None, name="Group One")
    factories.group(*others, told=None)
    tick("test")
    tick("test")
    assert len(provider.calls) == 1
    told = sent(provider, Kind.INTRO)
    assert len(told) == 5
    text = told[ada.email]
    for said in (
        "Group One",
        one.address,
        "Bob and 1 person without a name",
        "Say what you bake, Ada.",
        f"/me/{ada.key}/",
    ):
        assert said in text
    assert "Ada and" not in text
    assert "Cy" not in text
    assert bob.email not in text
    letter, recipients, _id = provider.calls[0]
    assert recipients[0].values["group_address"] == one.address
    assert "group_address" in letter.reply_to
    assert not Membership.objects.filter(told=None).exists()
    assert set(Group.objects.values_list("introduced", flat=True)) != {None}


def test_the_first_in_a_group_is_told_that_others_will_come(provider):
    run = factories.sequence()
    factories.group(*people(run, "Ada"), told=None)
    tick("test")
    assert "Nobody else yet. Others will come." in provider.text()


def test_of_a_very_large_group_only_some_are_named(provider):
    run = factories.sequence()
    factories.group(*people(run, *[f"N{number:02}" for number in range(70)], ""), told=None)
    tick("test")
    assert "N60, 1 person without a name and 9 more" in provider.text()


def test_a_group_can_say_how_it_was_made(provider):
    run = factories.sequence()
    factories.group(*people(run, "Ada", "Bob"), told=None, description="All of you live near Chennai.")
    tick("test")
    assert "All of you live near Chennai." in provider.text()


def test_an_introduction_says_by_which_answers_people_were_put_together(provider):
    run = factories.sequence()
    factories.question(sequence=run, key="job", label="What do you do?")
    factories.question(sequence=run, key="goal", label="Why are you here?")
    rules = [["job", "mix"], ["goal", "similar"], ["gone", "mix"]]
    FormingRules.objects.create(sequence=run, questions=rules)
    factories.group(*people(run, "Ada", "Bob"), told=None)
    tick("test")
    text = " ".join(provider.text().split())
    assert "we mixed people by their answers to “What do you do?”." in text
    assert "they gave similar answers to “Why are you here?”." in text


def test_a_member_who_may_not_be_written_to_waits(provider):
    run = factories.sequence()
    (ada,) = people(run, "Ada")
    (eve,) = people(run, "Eve", confirmed=None)
    factories.group(ada, eve, told=None)
    tick("test")
    assert list(sent(provider, Kind.INTRO)) == [ada.email]
    Signup.objects.filter(pk=eve.pk).update(confirmed=clock.now())
    tick("test")
    assert "you asked for a small group" in sent(provider, Kind.INTRO)[eve.email].lower()


def test_who_leaves_before_it_goes_is_not_told_and_is_when_they_come_back(provider):
    run = factories.sequence()
    ada, bob = people(run, "Ada", "Bob")
    factories.group(ada, bob, told=None)
    queue_introductions()
    Signup.objects.filter(pk=ada.pk).update(left=clock.now())
    leave_group(bob)
    tick("test")
    assert provider.calls == []
    reasons = dict(Delivery.objects.values_list("address", "reason"))
    assert "Left the course" in reasons[ada.email]
    assert "Left the group" in reasons[bob.email]
    Signup.objects.filter(pk=ada.pk).update(left=None)
    tick("test")
    assert list(sent(provider, Kind.INTRO)) == [ada.email]


def test_a_late_comer_meets_the_group_and_the_group_hears_of_them_once_a_day(provider):
    run = factories.sequence()
    ada, bob = people(run, "Ada", "Bob")
    group = factories.group(ada, bob, name="Group One")
    cy, di = people(run, "Cy", "Di")
    add_member(group, cy)
    add_member(group, di)
    tick("test")
    assert "There was a place for you in Group One" in sent(provider, Kind.INTRO)[cy.email]
    news = sent(provider, Kind.NEWS)
    assert sorted(news) == sorted([ada.email, bob.email])
    assert "Cy and Di" in news[ada.email]
    calls = len(provider.calls)
    (eve,) = people(run, "Eve")
    add_member(group, eve)
    tick("test")
    assert len(sent(provider, Kind.NEWS)) == 2  # the group has heard of newcomers today
    tomorrow = clock.now() + DAY
    assert queue_news(tomorrow) == 1
    assert queue_news(tomorrow) == 0
    assert len(provider.calls) == calls + 1
    promised = Delivery.objects.filter(kind=Kind.NEWS, status="queued").values_list("address", flat=True)
    assert sorted(promised) == sorted([ada.email, bob.email, cy.email, di.email])


def test_newcomers_of_many_groups_share_a_call(provider):
    run = factories.sequence()
    for number in range(3):
        group = factories.group(*people(run, f"Old{number}", "Old"))
        add_member(group, *people(run, f"New{number}"))
    tick("test")
    assert len(provider.calls) == 2
    assert len(sent(provider, Kind.NEWS)) == 6


def test_nobody_hears_news_of_a_course_that_is_over(provider):
    today = clock.now().date()
    run = factories.sequence(start_date=today - 50 * DAY, signup_close_date=today - 50 * DAY, end_date=today - 2 * DAY)
    group = factories.group(*people(run, "Ada", "Bob"))
    add_member(group, *people(run, "Cy"))
    tick("test")
    assert sent(provider, Kind.NEWS) == {}


def test_a_moved_person_is_told_and_so_is_the_group(provider):
    run = factories.sequence()
    ada, bob, cy = people(run, "Ada", "Bob", "Cy")
    old, new = factories.group(ada, bob, name="Old"), factories.group(cy, name="New")
    move(Membership.objects.filter(signup=ada), new)
    tick("test")
    assert "You were in Old. An organiser moved you to New." in sent(provider, Kind.INTRO)[ada.email]
    assert "Ada" in sent(provider, Kind.NEWS)[cy.email]
    assert list(old.memberships.current().values_list("signup", flat=True)) == [bob.pk]
    move(Membership.objects.filter(signup=ada, group=new), old)
    tick("test")
    assert "You were in New. An organiser moved you to Old." in sent(provider, Kind.INTRO)[ada.email]


def test_who_lost_a_group_that_was_closed_reads_where_they_are_now(provider):
    run = factories.sequence()
    ada, bob = people(run, "Ada", "Bob")
    old = factories.group(ada, name="Old")
    factories.group(bob, name="New")
    close(old)
    tick("test")
    assert "You were in Old. An organiser moved you to New." in sent(provider, Kind.INTRO)[ada.email]
    ask_for_another(ada)
    third = factories.group(*people(run, "Cy"), name="Third")
    provider.calls.clear()
    tick("test")
    assert "There was a place for you in Third." in sent(provider, Kind.INTRO)[ada.email]
    assert not third.memberships.filter(came_from__isnull=False).exists()


def test_who_finds_no_place_when_their_group_is_closed_hears_that_they_wait_and_later_where_they_are(provider):
    run = factories.sequence(title="Bread")
    ada, bob = people(run, "Ada", "Bob", timezone="Pacific/Auckland")
    old, _far = factories.group(ada, bob, name="Old"), factories.group(*people(run, "Cy"), name="Far")
    leave_group(bob)
    tick("test")
    assert provider.calls == []
    close(old)
    tick("test")
    tick("test")
    told = sent(provider, Kind.WAITING)
    assert list(told) == [ada.email]
    for said in ("An organiser closed your group, Old.", "we write to you as soon as there is one", f"/me/{ada.key}/"):
        assert said in " ".join(told[ada.email].split()), said
    assert provider.accepted == [(ada.email, "You wait for another group in Bread")]
    near = factories.group(*people(run, "Di", timezone="Pacific/Auckland"), name="Near")
    tick("test")
    assert "You were in Old. An organiser moved you to Near." in sent(provider, Kind.INTRO)[ada.email]
    close(near)
    tick("test")
    assert [address for address, subject in provider.accepted if "wait" in subject].count(ada.email) == 2


def test_where_the_last_group_is_closed_all_hear_that_they_wait(provider):
    run = factories.sequence()
    ada, bob, eve, alone = people(run, "Ada", "Bob", "Eve", "Alone")
    one, two = factories.group(ada, eve), factories.group(bob, alone)
    close(one)
    leave_group(alone)
    Signup.objects.filter(pk=eve.pk).update(left=clock.now())
    close(two)
    tick("test")
    tick("test")
    assert sorted(sent(provider, Kind.WAITING)) == sorted([ada.email, bob.email])
    assert Delivery.objects.filter(kind=Kind.WAITING).count() == 2


def test_who_finds_a_place_before_it_goes_does_not_hear_that_they_wait(provider):
    run = factories.sequence()
    ada, bob = people(run, "Ada", "Bob")
    old = factories.group(ada, bob)
    close(old)
    assert place_late() == 0
    assert queue_waiting() == 2
    factories.group(ada)
    Signup.objects.filter(pk=bob.pk).update(wants_group=False)
    tick("test")
    assert sent(provider, Kind.WAITING) == {}
    reasons = set(Delivery.objects.filter(kind=Kind.WAITING).values_list("reason", flat=True))
    assert reasons == {"Found a place before it was sent, or wants none."}


def test_who_asked_for_another_group_themselves_is_not_told_of_a_closing(provider):
    run = factories.sequence()
    (ada,) = people(run, "Ada")
    factories.group(ada)
    ask_for_another(ada)
    tick("test")
    assert provider.calls == []


def test_a_person_in_two_course_runs_has_a_group_in_each_and_leaves_one(provider):
    here, there = (
        factories.signup(sequence=factories.sequence(title=title), email="ada@example.org", welcomed=clock.now())
        for title in ("Bread", "Cheese")
    )
    assert commit(rules_of(here.sequence)) == commit(rules_of(there.sequence)) == 1
    tick("test")
    subjects = [subject for address, subject in provider.accepted if address == "ada@example.org"]
    assert len(subjects) == 2
    groups = {Membership.objects.current().get(signup=row).group.address for row in (here, there)}
    assert len(groups) == 2
    leave_group(here)
    assert not Membership.objects.current().filter(signup=here).exists()
    assert Membership.objects.current().filter(signup=there).exists()


def asking(**fields):
    """Make a course run whose people are asked today."""
    now = clock.now()
    return factories.sequence(timezone="UTC", ask_still_in_on=now.date(), **fields)


def at_nine(run):
    return run.asks_still_in_at + HOUR


def test_who_wants_a_group_is_asked_once_on_the_day(provider, time_machine):
    run = asking(leave_silent_out=True)
    early = run.asks_still_in_at - DAY
    (ada,) = people(run, "Ada", confirmed=early)
    people(run, "Alone", confirmed=early, wants_group=False)
    people(run, "Grouped", confirmed=early)
    factories.group(Signup.objects.get(name="Grouped"))
    Group.objects.update(closed=clock.now())  # so that nobody else is placed in it
    people(run, "Late", confirmed=at_nine(run))
    time_machine.move_to(run.asks_still_in_at - HOUR)
    tick("test")
    assert provider.calls == []
    time_machine.move_to(at_nine(run))
    tick("test")
    tick("test")
    asked = sent(provider, Kind.ASK)
    assert list(asked) == [ada.email]
    assert "/still-in/" in asked[ada.email]
    assert "If you do nothing" in asked[ada.email]


def test_nobody_is_asked_when_the_day_is_long_gone(provider, time_machine):
    run = asking()
    people(run, "Ada", confirmed=run.asks_still_in_at - DAY)
    time_machine.move_to(run.asks_still_in_at + 25 * HOUR)
    tick("test")
    assert provider.calls == []


def test_silent_people_hear_that_groups_were_made_without_them(provider):
    run = factories.sequence(leave_silent_out=True)
    silent, said_yes, unasked = people(run, "Silent", "Yes", "Unasked")
    StillIn.objects.create(signup=silent)
    StillIn.objects.create(signup=said_yes)
    say_yes(said_yes)
    tick("test")
    assert provider.calls == []
    factories.group(said_yes)
    tick("test")
    tick("test")
    told = sent(provider, Kind.LEFT_OUT)
    assert list(told) == [silent.email]
    assert "/still-in/" in told[silent.email]
    assert unasked.email not in told


def test_who_answers_before_the_message_goes_is_not_told(provider):
    run = factories.sequence(leave_silent_out=True)
    silent, ada = people(run, "Silent", "Ada")
    StillIn.objects.create(signup=silent)
    factories.group(ada)
    assert queue_left_out() == 1
    say_yes(silent)
    queue_introductions()
    tick("test")
    assert sent(provider, Kind.LEFT_OUT) == {}
    assert Delivery.objects.get(kind=Kind.LEFT_OUT).reason == "Answered before it was sent."


def test_without_the_rule_silent_people_hear_nothing(provider):
    run = factories.sequence()
    silent, ada = people(run, "Silent", "Ada")
    StillIn.objects.create(signup=silent)
    factories.group(ada)
    Group.objects.update(closed=clock.now())  # so that nobody else is placed in it
    tick("test")
    assert provider.calls == []


def test_a_thousand_introductions_need_few_questions_of_the_database(provider, django_assert_max_num_queries):
    run = factories.sequence()
    members = people(run, *[f"P{number}" for number in range(60)])
    for first in range(0, 60, 10):
        factories.group(*members[first : first + 10], told=None)
    with django_assert_max_num_queries(10):
        queue_introductions()
    assert Delivery.objects.filter(kind=Kind.INTRO).count() == 60
    assert Delivery.objects.values("bundle").distinct().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_promise_each_introduction_once():
    run = factories.sequence()
    factories.group(*people(run, *[f"P{number}" for number in range(20)]), told=None)

    def work():
        queue_introductions()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Delivery.objects.count() == 20
