"""A worker that is asked to end, or is stopped where it stands."""

import os
import signal
import time

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone as clock

from mailing import sending, settling, worker
from mailing.letters import Answer, Outcome
from mailing.models import Delivery, Email, Tick
from mailing.sending import Report
from mailing.worker import let_go_when_stopped, tick
from signup.leaving import leave_everything
from signup.models import Signup
from tests import factories
from tests.mailing.sending import provider
from tests.mailing.test_settling import email, mailgun
from tests.mailing.test_side_by_side import half_way

__all__ = ["email", "mailgun", "provider"]
Status = Delivery.Status


def waiting(people: int) -> Email:
    made = factories.email(state=Email.State.SENDING, frozen_at=clock.now())
    for _ in range(people):
        factories.delivery(email=made, signup=factories.signup(sequence=made.sequence, welcomed=clock.now()))
    return made


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("transport", ["outbox", "mailgun"])  # the second makes the next call ready meanwhile
def test_sigterm_is_heeded_between_two_calls_and_nothing_is_left_on_its_way(
    provider, settings, monkeypatch, handlers, transport
):
    settings.MAIL_TRANSPORT, settings.MAIL_BATCH_SIZE = transport, 2
    waiting(6)
    sound = provider.send

    def send(*call):
        os.kill(os.getpid(), signal.SIGTERM)
        return sound(*call)

    monkeypatch.setattr(provider, "send", send)
    call_command("run_worker", "--every", "999")  # ends by itself
    assert len(provider.calls) == 1
    states = Delivery.objects.values_list("status", flat=True)
    assert sorted(states) == [Status.ACCEPTED] * 2 + [Status.QUEUED] * 4
    assert Tick.objects.get().error == ""
    monkeypatch.setattr(provider, "send", sound)
    tick("test")
    assert len(provider.accepted) == 6


@pytest.mark.django_db
def test_asked_to_end_while_a_call_is_split_the_parts_go_back(provider):
    waiting(4)
    provider.answers = [Outcome(Answer.BAD_ADDRESS)]
    tick("test", stopping=lambda: bool(provider.calls))
    assert len(provider.calls) == 1
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.QUEUED}


@pytest.mark.django_db
def test_one_by_one_the_next_person_is_not_begun_with():
    row = factories.delivery()
    claim = worker.delivery.claim()
    assert claim.deliveries == [row]
    assert sending._progress(claim.batch, Report()).may_begin()
    assert not sending._progress(claim.batch, Report(stopping=lambda: True)).may_begin()


@pytest.mark.django_db
def test_questions_about_unsure_calls_end_in_time_and_the_next_round_goes_on_with_the_others(
    mailgun, email, settings, monkeypatch
):
    settings.MAIL_BATCH_SIZE = 1
    mailgun.fail("500-before", times=3)
    monkeypatch.setattr(settling, "LONGEST", 0.0)
    assert tick("test").counts["unsure"] == 3
    asked = "GET /v3/{domain}/events"
    assert mailgun.truth.requests[asked] == 0
    monkeypatch.undo()
    for number in (1, 2, 3):
        before = mailgun.truth.requests[asked]
        settling.settle_all(lambda: mailgun.truth.requests[asked] > before)  # noqa: B023
        batches = Email.objects.get().deliveries.filter(batch__asked__isnull=False)
        assert batches.count() == number


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no rows to lock and no server to end it")
def test_a_process_that_is_stopped_in_a_claim_lets_go_of_its_people(monkeypatch):
    person = factories.delivery().signup
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.1)
    let_go_when_stopped()
    with pytest.raises((OperationalError, InterfaceError)), half_way(lambda: leave_everything(person.email)) as go:
        worker.delivery.claim()
        go()  # this process does nothing meanwhile, and its transaction has been ended when it wakes up
    connection.close()
    end = time.monotonic() + 20
    while not Signup.objects.filter(left__isnull=False).exists() and time.monotonic() < end:
        time.sleep(0.05)
    person.refresh_from_db()
    assert person.left
    assert Delivery.objects.get().status == Status.QUEUED


@pytest.mark.django_db
def test_each_round_of_a_worker_asks_for_that():
    tick("test")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("1min",)
    assert Tick.objects.get().finished
