import datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.utils import timezone as clock

from mailing import scheduling
from mailing.audience import audience_size, people
from mailing.models import Delivery, Email
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def test_a_draft_is_scheduled_in_the_course_runs_zone():
    email = factories.email(sequence=factories.sequence(timezone="America/New_York"))
    wall = datetime.datetime(clock.now().year + 1, 1, 15, 9, 0)  # noqa: DTZ001 an organiser types a time without a zone
    row = scheduling.schedule(email, wall)
    assert row.state == Email.State.SCHEDULED
    assert row.scheduled_for == wall.replace(hour=14, tzinfo=datetime.UTC)


@pytest.mark.parametrize(("when", "words"), [(None, "Choose the date"), (-HOUR, "has passed")])
def test_no_time_and_a_past_time_are_refused_in_words(when, words):
    email = factories.email()
    with pytest.raises(ValidationError, match=words):
        scheduling.schedule(email, when and clock.now() + when)
    email.refresh_from_db()
    assert (email.state, email.scheduled_for) == (Email.State.DRAFT, None)


def test_a_time_that_clocks_skip_is_refused_and_one_that_comes_twice_is_the_first():
    email = factories.email(sequence=factories.sequence(timezone="Europe/London"))
    with time_machine.travel("2026-01-01"):
        with pytest.raises(ValidationError, match="does not exist"):
            scheduling.schedule(email, datetime.datetime(2026, 3, 29, 1, 30))  # noqa: DTZ001
        row = scheduling.schedule(email, datetime.datetime(2026, 10, 25, 1, 30))  # noqa: DTZ001
    assert row.scheduled_for == datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)


def test_unscheduling_makes_a_draft_again_and_refuses_a_draft():
    email = factories.email(scheduled_for=clock.now() + HOUR)
    row = scheduling.unschedule(email)
    assert (row.state, row.scheduled_for) == (Email.State.DRAFT, None)
    with pytest.raises(ValidationError, match="not scheduled"):
        scheduling.unschedule(email)


def test_send_now_makes_a_small_audience_due_at_once():
    email = factories.email()
    factories.signup(sequence=email.sequence)
    row = scheduling.send_now(email)
    assert row.state == Email.State.SCHEDULED
    assert row.scheduled_for <= clock.now()
    assert not Delivery.objects.exists()  # the worker sends, not the request


def test_send_now_to_many_people_needs_their_number():
    email = factories.email()
    for _ in range(101):
        factories.signup(sequence=email.sequence)
    for typed in (None, 100):
        with pytest.raises(ValidationError, match="This goes to 101 people"):
            scheduling.send_now(email, typed)
    assert scheduling.send_now(email, 101).state == Email.State.SCHEDULED


def test_send_now_to_nobody_is_refused():
    with pytest.raises(ValidationError, match="Nobody would get"):
        scheduling.send_now(factories.email())


def test_a_copy_of_a_sent_message_is_a_draft_and_the_original_stays():
    sent = factories.email(state=Email.State.SENT, scheduled_for=clock.now(), tags=["week-1"], text="Plain.")
    made = scheduling.copy(sent)
    assert (made.subject, made.html, made.text, made.tags) == (sent.subject, sent.html, sent.text, ["week-1"])
    assert (made.state, made.scheduled_for) == (Email.State.DRAFT, None)
    sent.refresh_from_db()
    assert sent.state == Email.State.SENT


@pytest.mark.parametrize("state", [Email.State.SENDING, Email.State.SENT, Email.State.TEST])
def test_what_has_left_cannot_be_scheduled_sent_again_or_deleted(state):
    email = factories.email()
    factories.signup(sequence=email.sequence)
    Email.objects.update(state=state)  # after the page was opened
    later = clock.now() + HOUR
    verbs = [lambda: scheduling.schedule(email, later), lambda: scheduling.unschedule(email)]
    for verb in [*verbs, lambda: scheduling.send_now(email), lambda: scheduling.delete(email)]:
        with pytest.raises(ValidationError, match="has been sent"):
            verb()
    assert Email.objects.get().state == state


def test_a_draft_is_deleted_once():
    email = factories.email()
    scheduling.delete(Email.objects.get(pk=email.pk))
    with pytest.raises(ValidationError, match="has been deleted"):
        scheduling.delete(email)


def test_a_test_message_promises_one_delivery_and_says_who_asked():
    by_user = factories.staff()
    email = scheduling.send_test(
        factories.sequence(), "Try", "<p>Hi <script>x</script>{{ name }}</p>", "", " Ann@Example.ORG ", by_user
    )
    assert (email.state, email.html) == (Email.State.TEST, "<p>Hi {{ name }}</p>")
    promise = Delivery.objects.get()
    assert (promise.key, promise.bundle) == (f"test:{email.pk}", f"email:{email.pk}")
    assert (promise.kind, promise.signup, promise.address) == (Delivery.Kind.TEST, None, "Ann@example.org")
    assert LogEntry.objects.get().user == by_user


@pytest.mark.parametrize(("subject", "address"), [("Try", "nobody"), ("", "a@example.org")])
def test_a_test_message_that_cannot_be_sent_leaves_nothing_behind(subject, address):
    with pytest.raises(ValidationError):
        scheduling.send_test(factories.sequence(), subject, "<p>Hi</p>", "", address, factories.staff())
    assert not Email.objects.exists()
    assert not Delivery.objects.exists()


def test_individuals_are_the_confirmed_who_stay_and_groups_their_current_members():
    run = factories.sequence()
    alone, member, former = (factories.signup(sequence=run) for _ in range(3))
    factories.signup(sequence=run, confirmed=None)
    factories.signup(sequence=run, left=clock.now())
    factories.signup()
    factories.group(member, former)
    former.memberships.update(left=clock.now())
    everyone, grouped = factories.email(sequence=run), factories.email(sequence=run, audience="groups")
    assert set(people(everyone)) == {alone, member, former}
    assert set(people(grouped)) == {member}
    assert (audience_size(everyone), audience_size(grouped)) == (3, 1)
