"""A worker that is stopped for longer than its lease: what others did meanwhile stands, and it sends nothing more."""

import datetime
import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone as clock

from mailing import delivery, mailgun
from mailing.letters import Answer, Letter, Outcome, Recipient
from mailing.models import Batch, Delivery, Email
from tests import factories
from tests.mailgun_standin import StandIn

Status = Delivery.Status
BAD = Outcome(Answer.BAD_ADDRESS, "'to' parameter is not a valid address.")


def waiting(people: int = 4) -> list[Delivery]:
    email = factories.email(state=Email.State.SENDING, frozen_html="x", frozen_text="x")
    return [factories.delivery(email=email, signup=factories.signup(sequence=email.sequence)) for _ in range(people)]


def run_out(batch: Batch) -> None:
    """Let the lease of a call end, its rows be proved absent, and another worker take them up."""
    late = batch.lease_until + datetime.timedelta(hours=2)
    delivery.expire_leases(late)
    rows = Delivery.objects.filter(batch=batch, status=Status.UNSURE).values_list("pk", flat=True)
    delivery.put_back(batch, list(rows), "The provider does not know it.", late)


def halves_of(whole: delivery.Claim) -> list[delivery.Claim]:
    """Split a refused call as the worker does."""
    size, halves = (len(whole.deliveries) + 1) // 2, []
    while part := delivery.part_of(whole.batch, size, BAD):
        halves.append(part)
    return halves


@pytest.mark.django_db
def test_a_late_no_does_not_take_back_what_another_worker_has_sent():
    rows = waiting()
    first = delivery.claim()
    assert delivery.begin(first)
    run_out(first.batch)
    second = delivery.claim(clock.now() + datetime.timedelta(days=1))
    delivery.settle(second.batch, Outcome(Answer.ACCEPTED))
    assert halves_of(first) == []
    for row in rows:
        row.refresh_from_db()
        assert (row.status, row.batch) == (Status.ACCEPTED, second.batch)


@pytest.mark.django_db
def test_who_left_during_a_refused_call_is_not_in_its_halves():
    waiting()
    whole = delivery.claim()
    gone, *staying = whole.deliveries
    gone.signup.left = clock.now()
    gone.signup.save()
    assert [row for half in halves_of(whole) for row in half.deliveries] == staying
    gone.refresh_from_db()
    assert (gone.status, gone.reason) == (Status.SKIPPED, "Left the course before it was sent.")


@pytest.mark.django_db
def test_a_call_refused_after_its_lease_is_still_split():
    waiting()
    whole = delivery.claim()
    assert delivery.begin(whole)
    delivery.expire_leases(whole.batch.lease_until + datetime.timedelta(seconds=1))
    assert [len(half.deliveries) for half in halves_of(whole)] == [2, 2]
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.SENDING}


def test_nothing_is_sent_after_the_time_that_the_lease_was_good_for(settings, monkeypatch):
    original = mailgun._post

    def stopped(*arguments):
        time.sleep(0.4)
        return original(*arguments)

    with StandIn() as standin:
        for name, value in standin.environment().items():
            setattr(settings, name, value)
        settings.MAIL_TIMEOUT_SECONDS = 0.3
        monkeypatch.setattr(mailgun, "_post", stopped)
        letter = Letter(sender="team@mail.example.org", subject="Hello", text="x", html="<p>x</p>")
        outcome = mailgun.prepare(letter, [Recipient(1, "ada@example.org", {})], "abc@mail.example.org")()
        assert outcome.answer == Answer.LATER
        assert standin.truth.everything() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in connection.vendor, reason="SQLite has one writer at a time")
def test_a_late_answer_and_the_end_of_the_lease_do_not_wait_for_each_other():
    waiting()
    claim = delivery.claim()
    failed = []

    def answer() -> None:
        try:
            delivery.settle(claim.batch, Outcome(Answer.ACCEPTED))
        except Exception as error:  # noqa: BLE001  (whatever it is, it is shown below)
            failed.append(error)
        connection.close()

    late = threading.Thread(target=answer)
    with transaction.atomic():
        Batch.objects.select_for_update().get(pk=claim.batch.pk)  # as expire_leases does
        late.start()
        wait_for_a_waiter()
        Delivery.objects.filter(batch=claim.batch).update(status=Status.UNSURE)
    late.join(10)
    assert failed == []
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.ACCEPTED}


def wait_for_a_waiter() -> None:
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")
