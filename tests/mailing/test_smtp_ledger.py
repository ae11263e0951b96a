"""What the ledger makes of a mail server's answers, and of workers that die between them."""

import datetime
from contextlib import contextmanager

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from mailing import delivery, smtp, transports
from mailing.models import Batch, Delivery, Email
from mailing.worker import tick
from tests import factories
from tests.mailing.smtp_server import by_smtp, server
from tests.smtp_standin import DROP

__all__ = ["by_smtp", "server"]
Status = Delivery.Status
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def email(db) -> Email:
    made = factories.email(scheduled_for=clock.now())
    for _ in range(3):
        factories.signup(sequence=made.sequence, welcomed=clock.now())
    return made


def statuses(email: Email) -> list[str]:
    return list(email.deliveries.order_by("pk").values_list("status", flat=True))


def test_a_tick_writes_down_what_became_of_each(server, email):
    server.on("dot", "451 4.3.0 Try again")
    server.on("RCPT", "550 5.1.1 No such user", skip=1)
    report = tick("test")
    assert statuses(email) == [Status.QUEUED, Status.FAILED, Status.ACCEPTED]
    assert (report.counts["accepted"], report.counts["failed"], report.counts["put off"]) == (1, 1, 1)
    first, second, third = email.deliveries.order_by("pk")
    assert (second.reason, third.reason) == ("The mail server answered 550 5.1.1 No such user", "")
    assert 50 < (first.not_before - clock.now()).total_seconds() <= 60
    batch = third.batch
    assert (batch.transport, batch.outcome, batch.error) == ("smtp", "accepted", "250 2.0.0 Ok: queued as 1")
    assert server.taken[0].message["Message-ID"] == f"<{smtp.own_id(batch.message_id, third.pk)}>"
    Delivery.objects.update(not_before=clock.now())
    tick("test")
    assert statuses(email) == [Status.ACCEPTED, Status.FAILED, Status.ACCEPTED]
    assert len(server.taken) == 2
    email.refresh_from_db()
    assert email.state == Email.State.SENT


def test_what_is_unsure_waits_for_a_person_and_the_rest_goes_on(server, email):
    server.on("after-dot", DROP)
    tick("test")
    assert statuses(email) == [Status.UNSURE, Status.QUEUED, Status.QUEUED]
    lost = email.deliveries.order_by("pk")[0]
    assert lost.batch.outcome == Batch.Outcome.UNSURE
    assert lost.batch.error == lost.reason == smtp.LOST
    for _ in range(3):
        Delivery.objects.update(not_before=clock.now())
        Batch.objects.update(claimed=clock.now(), lease_until=clock.now())
        tick("test")
    assert statuses(email) == [Status.UNSURE, Status.ACCEPTED, Status.ACCEPTED]
    assert sorted(server.readers()) == sorted(email.deliveries.values_list("address", flat=True))


def test_a_batch_is_small_and_ends_before_its_lease(server, email, settings, monkeypatch):
    monkeypatch.setattr(smtp, "MOST_RECIPIENTS", 2)
    assert transports.batch_size() == 2
    settings.MAIL_LEASE_SECONDS, settings.MAIL_TIMEOUT_SECONDS = 6.5, 5.0
    server.on("dot", "250 Ok, slowly", wait=1.6)
    tick("test")
    assert [batch.size for batch in Batch.objects.order_by("pk")] == [2, 1]
    assert statuses(email) == [Status.ACCEPTED, Status.QUEUED, Status.ACCEPTED]
    assert email.deliveries.get(status=Status.QUEUED).reason == "There was no time left for it."


class Killed(BaseException):
    """Stands for a kill -9: nothing of ours runs any more."""


def test_of_a_worker_that_died_only_the_message_it_was_at_is_unsure(server, email, monkeypatch):
    def die(*_args):
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        server.on("dot", "250 Ok", skip=1, wait=0.2)
        dying.setattr(smtp, "said", lambda code, words: die() if len(server.taken) == 2 else f"{code}")
        tick("test")
    assert statuses(email) == [Status.ACCEPTED, Status.SENDING, Status.SENDING]
    with time_machine.travel(clock.now() + HOUR, tick=True):
        assert tick("test").counts["unsure"] == 1
    assert statuses(email) == [Status.ACCEPTED, Status.UNSURE, Status.ACCEPTED]
    assert sorted(server.readers()) == sorted(email.deliveries.values_list("address", flat=True))
    assert sorted(Batch.objects.values_list("outcome", flat=True)) == ["accepted", "unsure"]


def test_a_worker_that_died_after_its_last_message_leaves_no_question(server, email, monkeypatch):
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(smtp, "connect", dies_at_the_end(smtp.connect))
        tick("test")
    assert statuses(email) == [Status.ACCEPTED] * 3
    with time_machine.travel(clock.now() + HOUR, tick=True):
        assert tick("test").counts["unsure"] == 0
    assert Batch.objects.get().outcome == Batch.Outcome.SETTLED
    assert len(server.taken) == 3


def dies_at_the_end(connect):
    @contextmanager
    def dying():
        with connect() as made:
            yield made
        raise Killed

    return dying


def test_a_worker_that_slept_over_its_lease_begins_with_nobody(server, email, monkeypatch):
    real = delivery.seconds_left
    # The first message takes an hour by the clock on the wall, while the other clock stands still.
    monkeypatch.setattr(delivery, "seconds_left", lambda batch: real(batch) - 3600 * len(server.taken))
    tick("test")
    assert statuses(email) == [Status.ACCEPTED, Status.QUEUED, Status.QUEUED]


def test_without_a_server_the_queue_waits_and_says_so(email, settings):
    settings.EMAIL_HOST = ""
    with pytest.raises(CommandError, match="Set EMAIL_HOST"):
        call_command("send_scheduled_mail")
    assert set(statuses(email)) == {Status.QUEUED}
    assert transports.ready() == smtp.NO_HOST


def test_a_server_that_refuses_us_stops_the_run_and_loses_nothing(server, email):
    server.on("RCPT", "554 5.7.1 Relay access denied", times=None)
    with pytest.raises(CommandError, match="Relay access denied"):
        call_command("send_scheduled_mail")
    assert set(statuses(email)) == {Status.QUEUED}
    assert server.connections == 1
    server.rules.clear()
    Delivery.objects.update(not_before=clock.now())
    call_command("send_scheduled_mail")
    assert set(statuses(email)) == {Status.ACCEPTED}
