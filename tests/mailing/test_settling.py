"""What is unsure is settled by proof, against a provider that keeps its own ground truth."""

import datetime
from collections.abc import Iterator

import pytest
import time_machine
from django.utils import timezone as clock

from mailing.models import Batch, Delivery, Email
from mailing.news import read, take
from mailing.worker import tick
from tests import factories
from tests.mailgun_standin import StandIn

pytestmark = pytest.mark.django_db
Status = Delivery.Status
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def mailgun(settings) -> Iterator[StandIn]:
    with StandIn() as standin:
        settings.MAIL_TRANSPORT = "mailgun"
        settings.MAILGUN_API_URL = standin.url
        settings.MAILGUN_API_KEY = standin.key
        settings.MAILGUN_API_DOMAIN = settings.EMAIL_DOMAIN = standin.domain_name
        settings.DEFAULT_FROM_EMAIL = "team@mail.example.org"
        settings.MAIL_TIMEOUT_SECONDS = 1.0
        yield standin


@pytest.fixture
def email() -> Email:
    made = factories.email(scheduled_for=clock.now() - MINUTE)
    for _ in range(3):
        factories.signup(sequence=made.sequence, welcomed=clock.now())
    return made


def statuses(email: Email) -> list[str]:
    return sorted(email.deliveries.values_list("status", flat=True))


def tick_after(minutes: float):
    with time_machine.travel(clock.now() + minutes * MINUTE, tick=True):
        return tick("test")


def copies(mailgun: StandIn, email: Email) -> list[int]:
    """How many copies of the e-mail the provider has accepted for each of its people."""
    return [len(mailgun.truth.copies(row.address, str(row.pk))) for row in email.deliveries.order_by("pk")]


@pytest.mark.parametrize("fault", ["reset-after", "502-after", "cut-after", "noid-after", "hang-after"])
def test_proof_of_acceptance_settles_at_once(mailgun, email, fault):
    mailgun.fail(fault)
    report = tick("test")
    # Asked in the same tick: the provider knows the message already.
    assert report.counts["settled"] == 3
    assert set(statuses(email)) == {Status.ACCEPTED}
    assert copies(mailgun, email) == [1, 1, 1]
    assert Batch.objects.get().outcome == Batch.Outcome.SETTLED
    email.refresh_from_db()
    assert email.state == Email.State.SENT


@pytest.mark.parametrize("fault", ["500-before", "502-before", "reset-before"])
def test_absence_counts_only_after_the_trust_period_and_beside_a_control(mailgun, email, fault):
    mailgun.fail(fault)
    tick("test")
    assert set(statuses(email)) == {Status.UNSURE}
    tick_after(60)  # the trust period begins when the lease ends
    assert set(statuses(email)) == {Status.UNSURE}
    assert not Delivery.objects.filter(kind=Delivery.Kind.CONTROL).exists()
    tick_after(70)  # nothing of ours is visible since: a control message is asked for
    assert set(statuses(email)) == {Status.UNSURE}
    control = Delivery.objects.get(kind=Delivery.Kind.CONTROL)
    assert control.address == "team@mail.example.org"
    tick_after(72)  # it is sent, and visible
    tick_after(74)
    tick_after(76)
    assert set(statuses(email)) == {Status.ACCEPTED}
    assert copies(mailgun, email) == [1, 1, 1]
    assert Delivery.objects.filter(kind=Delivery.Kind.CONTROL).count() == 1


def test_a_batch_accepted_in_part_is_finished_without_a_second_copy(mailgun, email):
    mailgun.fail("partial-reset")
    tick("test")
    assert set(statuses(email)) == {Status.ACCEPTED, Status.UNSURE}
    for minutes in (70, 72, 74, 76):
        tick_after(minutes)
    assert set(statuses(email)) == {Status.ACCEPTED}
    assert copies(mailgun, email) == [1, 1, 1]


def test_while_the_events_fail_nothing_is_sent_again_and_staff_see_why(mailgun, email):
    mailgun.fail("500-before")
    tick("test")
    mailgun.events.manners.status = 500
    for minutes in (70, 72, 74):
        report = tick_after(minutes)
    assert set(statuses(email)) == {Status.UNSURE}
    assert "500" in report.trouble
    assert "500" in Batch.objects.get(outcome=Batch.Outcome.UNSURE).doubt


def test_what_is_too_old_waits_for_a_person(mailgun, email):
    mailgun.fail("500-before")
    tick("test")
    for minutes in (25 * 60, 25 * 60 + 5, 25 * 60 + 10):
        tick_after(minutes)
    assert set(statuses(email)) == {Status.UNSURE}
    assert copies(mailgun, email) == [0, 0, 0]


def test_a_late_commit_after_a_second_sending_is_written_down(mailgun, email):
    mailgun.fail("500-before")
    tick("test")
    lost = Batch.objects.get(bundle=f"email:{email.pk}")
    for minutes in (70, 72, 74, 76):
        tick_after(minutes)
    row = email.deliveries.first()
    take(
        read(
            {
                "id": "late", "event": "accepted", "timestamp": clock.now().timestamp(), "recipient": row.address,
                "user-variables": {"d": str(row.pk)}, "message": {"headers": {"message-id": lost.message_id}},
            }
        )
    )  # fmt: skip
    row.refresh_from_db()
    assert row.doubled


def test_a_round_asks_about_each_call_once(mailgun, email, settings):
    settings.MAIL_TRUST_MINUTES = 0
    settings.MAIL_BATCH_SIZE = 1
    mailgun.fail("500-before", times=3)
    report = tick("test")  # it ends, although all three may be asked about again at once
    assert report.counts["unsure"] == 3
    assert mailgun.truth.requests["GET /v3/{domain}/events"] == 3


def test_what_is_seen_only_after_the_control_is_not_sent_again(mailgun, email, monkeypatch):
    mailgun.fail("500-after")
    mailgun.events.manners.delay = 1e9
    tick("test")
    tick_after(70)
    assert set(statuses(email)) == {Status.UNSURE}

    def late(batch, now) -> bool:
        mailgun.events.manners.delay = 0
        return True

    monkeypatch.setattr("mailing.settling.has_control", late)
    tick_after(72)
    assert set(statuses(email)) == {Status.ACCEPTED}
    assert copies(mailgun, email) == [1, 1, 1]
