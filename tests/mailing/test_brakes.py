"""Brakes: pausing, being too late, and stopping by itself."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from mailing.brakes import pause, pause_site, resume, resume_site, stop_harmful
from mailing.models import Batch, Delivery, Email
from mailing.scheduling import send_now
from mailing.worker import tick
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Status = Delivery.Status
HOUR = datetime.timedelta(hours=1)


def sending(people: int = 2) -> Email:
    """An e-mail whose deliveries wait, as its first call was put off."""
    email = factories.email(state=Email.State.SENDING, frozen_at=clock.now())
    for _ in range(people):
        person = factories.signup(sequence=email.sequence, welcomed=clock.now())
        factories.delivery(email=email, signup=person)
    return email


def test_a_paused_email_waits_while_others_go(provider):
    held, other = sending(), sending()
    assert pause(held) == 1
    assert pause(held) == 0
    tick("test")
    assert len(provider.accepted) == 2
    held.refresh_from_db()
    assert held.state == Email.State.SENDING
    assert resume(held) == 1
    tick("test")
    assert len(provider.accepted) == 4
    other.refresh_from_db()
    assert other.state == Email.State.SENT
    assert pause(other) == 0  # nothing of it is left to hold back


def test_a_paused_site_sends_nothing_and_says_so(provider):
    sending()
    pause_site("The wrong text went out.")
    with pytest.raises(CommandError, match=r"paused since .* The wrong text went out\."):
        call_command("send_scheduled_mail")
    assert provider.calls == []
    resume_site()
    call_command("send_scheduled_mail")
    assert len(provider.accepted) == 2


@pytest.mark.parametrize(("hours", "state"), [(11, Email.State.SENT), (13, Email.State.MISSED)])
def test_an_email_long_overdue_is_missed_and_a_person_decides(provider, hours, state):
    email = factories.email(scheduled_for=clock.now() - hours * HOUR)
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    tick("test")
    email.refresh_from_db()
    assert email.state == state
    assert len(provider.accepted) == (state == Email.State.SENT)
    if state == Email.State.MISSED:
        send_now(email)
        tick("test")
        assert len(provider.accepted) == 1


@pytest.mark.parametrize(
    ("news", "count", "stops"),
    [
        (Status.BOUNCED, 7, True),
        (Status.BOUNCED, 5, False),
        (Status.COMPLAINED, 3, True),
        (Status.COMPLAINED, 2, False),
    ],
)
def test_an_email_that_does_harm_stops_by_itself(provider, news, count, stops):
    email = sending(62)
    gone = list(email.deliveries.values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=gone[:60]).update(status=Status.ACCEPTED)
    Delivery.objects.filter(pk__in=gone[:count]).update(status=news)
    report = tick("test")
    email.refresh_from_db()
    assert bool(email.paused) is stops
    assert report.counts["e-mails stopped"] == stops
    assert len(provider.accepted) == (0 if stops else 2)
    if stops:
        assert "Stopped by itself: of 60 messages" in email.problem
        resume(email)
        assert tick("test").counts["e-mails stopped"] == 0
        assert len(provider.accepted) == 2


def left_in(email: Email, claimed: datetime.datetime, bounced: int) -> None:
    """Fifty messages that left in one call, of which some bounced."""
    batch = Batch.objects.create(bundle="x", message_id=f"{claimed}", size=50, claimed=claimed, lease_until=claimed)
    for number in range(50):
        status = Status.BOUNCED if number < bounced else Status.ACCEPTED
        person = factories.signup(sequence=email.sequence, welcomed=clock.now())
        factories.delivery(email=email, signup=person, status=status, batch=batch)


def test_resuming_lasts_until_later_calls_do_harm_too():
    email = sending(1)
    left_in(email, clock.now() - HOUR, bounced=20)
    assert stop_harmful() == [email]
    resume(email)
    Delivery.objects.filter(status=Status.ACCEPTED).update(status=Status.BOUNCED)  # late news of the same call
    left_in(email, clock.now(), bounced=5)
    assert stop_harmful() == []
    left_in(email, clock.now(), bounced=30)
    assert stop_harmful() == [email]
    email.refresh_from_db()
    assert "of 100 messages 35 bounced" in email.problem


def test_resuming_what_a_person_paused_forgives_nothing():
    email = sending(1)
    pause(email)
    left_in(email, clock.now() - HOUR, bounced=20)
    resume(email)
    assert stop_harmful() == [email]


def test_looking_for_harm_does_not_count_what_has_left_without_a_cause(django_assert_num_queries):
    email = sending(60)
    Delivery.objects.update(status=Status.ACCEPTED)
    with django_assert_num_queries(3):
        assert stop_harmful() == []
    Delivery.objects.filter(pk__in=email.deliveries.values("pk")[:10]).update(status=Status.BOUNCED)
    with django_assert_num_queries(5):
        assert stop_harmful() == [email]


@pytest.mark.parametrize(("bounced", "stops"), [(0, False), (1, True)])
def test_a_share_of_nothing_allows_nothing(settings, bounced, stops):
    settings.MAIL_BOUNCE_SHARE = 0
    email = sending(50)
    Delivery.objects.update(status=Status.ACCEPTED)
    Delivery.objects.filter(pk__in=email.deliveries.values("pk")[:bounced]).update(status=Status.BOUNCED)
    assert bool(stop_harmful()) is stops
