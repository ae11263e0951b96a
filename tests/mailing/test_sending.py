"""While one call is answered the next is made ready: never after a stop, never for long, and nothing is lost by it."""

import datetime
import threading
import time

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from mailing import brakes, delivery, sending
from mailing.letters import Answer, Outcome
from mailing.models import Batch, Delivery, Email
from mailing.worker import tick
from signup.models import Signup
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Status, Result = Delivery.Status, Batch.Outcome
STOP = Outcome(Answer.STOP, "Forbidden")


@pytest.fixture
def remote(provider, settings, monkeypatch):
    """A provider far away that answers at once; the next call is made ready before its answer is looked at."""
    settings.MAIL_TRANSPORT, settings.MAIL_BATCH_SIZE = "mailgun", 2
    monkeypatch.setattr(sending, "HEAD_START", 0)
    return provider


def waiting(number: int = 6) -> list[Delivery]:
    email = factories.email(state=Email.State.SENDING, frozen_html="x", frozen_text="x")
    people = [factories.signup(sequence=email.sequence, welcomed=clock.now()) for _ in range(number)]
    return [factories.delivery(email=email, signup=person) for person in people]


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def outcomes() -> list[str]:
    return list(Batch.objects.order_by("pk").values_list("outcome", flat=True))


def during_the_call(monkeypatch, deed) -> None:
    """Do something once, after the next call was made ready and before the answer of the first is looked at."""
    take, deeds = sending.Ahead._take, [deed]

    def taking(self, *, ahead=False):
        made = take(self, ahead=ahead)
        if ahead and deeds:
            deeds.pop()()
        return made

    monkeypatch.setattr(sending.Ahead, "_take", taking)


def test_the_next_call_is_made_ready_while_one_is_answered(remote, monkeypatch):
    waiting()
    held, threads, send = [], set(), remote.send
    during_the_call(monkeypatch, lambda: held.extend(outcomes()))

    def sent(*call):
        threads.add(threading.current_thread())
        return send(*call)

    remote.send = sent
    assert tick("test").counts["accepted"] == 6
    assert held == [Result.OPEN, Result.HELD]
    assert outcomes() == [Result.ACCEPTED] * 3
    assert threading.current_thread() not in threads
    assert [len(recipients) for _, recipients, _ in remote.calls] == [2, 2, 2]
    assert len(set(remote.accepted)) == 6


def test_a_stop_gives_back_what_was_made_ready_and_claims_nothing_more(remote):
    waiting()
    remote.answers = [Outcome(Answer.ACCEPTED), STOP]
    assert tick("test").stopped == "Forbidden"
    assert statuses() == [Status.ACCEPTED] * 2 + [Status.QUEUED] * 4
    assert outcomes() == [Result.ACCEPTED, Result.RETURNED, Result.DROPPED]
    assert list(Delivery.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1, 1, 1, 0, 0]
    assert len(remote.calls) == 2


def test_what_is_done_between_two_calls_may_stop_it_too(remote):
    waiting()
    report = sending.Report()
    sending.send_waiting(report, lambda: setattr(report, "stopped", "Enough."))
    assert outcomes() == [Result.ACCEPTED, Result.DROPPED]
    assert statuses() == [Status.ACCEPTED] * 2 + [Status.QUEUED] * 4


def test_asked_to_end_during_a_call_nothing_more_is_claimed_and_nothing_kept(remote, monkeypatch):
    waiting()
    asked = []
    during_the_call(monkeypatch, lambda: asked.append("please"))
    tick("test", stopping=lambda: bool(asked))
    assert statuses() == [Status.ACCEPTED] * 2 + [Status.QUEUED] * 4
    assert outcomes() == [Result.ACCEPTED, Result.DROPPED]


def test_a_claim_made_ahead_too_long_ago_is_made_anew(remote, monkeypatch):
    rows = waiting(4)
    monkeypatch.setattr(sending, "LONGEST_AHEAD", -1)
    during_the_call(monkeypatch, lambda: Signup.objects.filter(pk=rows[3].signup_id).update(left=clock.now()))
    tick("test")
    assert statuses() == [Status.ACCEPTED] * 3 + [Status.SKIPPED]
    assert outcomes() == [Result.ACCEPTED, Result.DROPPED, Result.ACCEPTED]


def test_a_pause_pressed_during_a_call_holds_back_the_next(remote, monkeypatch):
    email = waiting()[0].email
    other = waiting(1)[0]
    during_the_call(monkeypatch, lambda: brakes.pause(email))
    tick("test")
    assert statuses() == [Status.ACCEPTED] * 2 + [Status.QUEUED] * 4 + [Status.ACCEPTED]
    assert remote.accepted[-1][0] == other.address


def test_a_pause_of_the_site_during_a_call_stops_the_rest(remote, monkeypatch):
    waiting()
    during_the_call(monkeypatch, lambda: brakes.pause_site("a fault in the text"))
    assert "a fault in the text" in tick("test").stopped
    assert statuses() == [Status.ACCEPTED] * 2 + [Status.QUEUED] * 4
    assert len(remote.calls) == 1


def test_a_worker_that_dies_leaves_one_call_unsure_and_what_it_had_made_ready_waits(remote):
    waiting(4)
    first, second = delivery.claim(), delivery.claim()
    assert delivery.begin(first)
    late = first.batch.lease_until + datetime.timedelta(minutes=1)
    assert delivery.expire_leases(late) == 2
    assert statuses() == [Status.UNSURE] * 2 + [Status.QUEUED] * 2
    assert outcomes() == [Result.UNSURE, Result.DROPPED]
    assert not delivery.begin(second)  # it was stopped, and comes back
    assert set(Delivery.objects.filter(status=Status.QUEUED).values_list("batch", "attempts")) == {(None, 0)}


def test_what_was_given_back_is_not_taken_from_who_claims_it_next():
    waiting(2)
    first = delivery.claim()
    calls = Batch.objects.filter(pk=first.batch.pk)
    assert [delivery.give_back(calls), delivery.give_back(calls)] == [2, 0]
    second = delivery.claim()
    assert delivery.give_back(calls) == 0
    delivery.settle(first.batch, Outcome(Answer.LATER, wait=1.0))  # as a worker that was stopped meanwhile would
    assert delivery.begin(second)
    assert not delivery.begin(second)
    assert delivery.give_back(Batch.objects.all()) == 0
    assert statuses() == [Status.SENDING] * 2


def test_an_answer_is_written_down_though_the_next_call_cannot_be_made_ready(remote, monkeypatch, caplog):
    waiting()
    claim, faults = delivery.claim, [OperationalError("the disk is full")]

    def faulty(*args, **kwargs):
        if Batch.objects.exists() and faults:
            raise faults.pop()
        return claim(*args, **kwargs)

    monkeypatch.setattr(delivery, "claim", faulty)
    tick("test")
    assert "the disk is full" in caplog.text
    assert statuses() == [Status.ACCEPTED] * 6


def test_nothing_is_made_ready_while_nobody_knows_whether_the_provider_is_ill(remote):
    waiting(12)
    remote.answers = [Outcome(Answer.UNSURE, "502")] * 3
    assert tick("test").stopped == "502"
    assert outcomes() == [Result.UNSURE] * 3 + [Result.DROPPED]
    tick("test")
    assert [len(recipients) for _, recipients, _ in remote.calls] == [2, 2, 2, 1, 2, 2, 1]
    assert Result.HELD not in outcomes()


def test_a_call_made_ready_too_late_is_not_made(remote, settings, monkeypatch):
    waiting(2)
    settings.MAIL_LEASE_SECONDS, settings.MAIL_TIMEOUT_SECONDS = 1.2, 1
    letter_of = sending.letter_of
    monkeypatch.setattr(sending, "letter_of", lambda rows: (time.sleep(0.3), letter_of(rows))[1])
    tick("test")
    assert remote.calls == []
    assert statuses() == [Status.QUEUED] * 2


def test_a_refused_call_is_split_though_another_one_was_made_ready(remote):
    rows = waiting()
    bad, send = rows[1].address, remote.send

    def strict(letter, recipients, *more):
        if bad in [one.address for one in recipients]:
            remote.answers = [Outcome(Answer.BAD_ADDRESS, "not a valid address")]
        return send(letter, recipients, *more)

    remote.send = strict
    tick("test")
    assert statuses() == [Status.ACCEPTED, Status.FAILED] + [Status.ACCEPTED] * 4
    assert not Batch.objects.filter(outcome__in=(Result.HELD, Result.OPEN)).exists()


def test_what_was_made_ready_is_made_smaller_too_where_calls_are_too_large(remote, settings):
    settings.MAIL_BATCH_SIZE = 4
    waiting(8)
    remote.answers = [Outcome(Answer.SMALLER, "not allowed to send large batches")]
    tick("test")
    assert [len(recipients) for _, recipients, _ in remote.calls] == [4, 2, 2, 2, 2]
    assert statuses() == [Status.ACCEPTED] * 8


def test_one_more_call_takes_the_same_statements_for_two_people_and_for_forty(remote, settings):
    tick("test")
    found = []
    for size in (2, 40):
        settings.MAIL_BATCH_SIZE, counts = size, []
        for calls in (2, 5):
            waiting(calls * size)
            with CaptureQueriesContext(connection) as queries:
                tick("test")
            counts.append(len(queries))
        found.append((counts[1] - counts[0]) / 3)
    assert found[0] == found[1]
    assert found[0] <= 26


def test_a_command_sends_what_waits_and_says_so(remote, capsys):
    waiting(5)
    call_command("handle_new_signups")
    assert "accepted 5" in capsys.readouterr().out
