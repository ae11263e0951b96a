"""Sending what waits: a claim, its one call, what came of it. While one call is answered, the next is made ready."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, reset_queries
from django.utils import timezone as clock

from mailing import delivery, transports
from mailing.brakes import site_is_paused
from mailing.composing import letter_of
from mailing.letters import Answer, Outcome, Progress
from mailing.models import Batch, Delivery

log = logging.getLogger(__name__)

# Seconds in which a call gets its request out before we do anything else: two threads share one Python.
HEAD_START = 0.02
LONGEST_AHEAD = 5.0  # seconds after which a claim made ahead is made anew: people leave meanwhile


@dataclass
class Report:
    """What one tick did: counts by name, why sending stopped, if it did, and what else went wrong."""

    counts: Counter = field(default_factory=Counter)
    stopped: str = ""
    trouble: str = ""
    fault: str = ""  # what kept some messages from being put together, while others went out
    stopping: Callable[[], bool] = lambda: False  # whether this process has been asked to end

    def line(self) -> str:
        """Return the counts as one line for a log."""
        return ", ".join(f"{name} {number:,}" for name, number in self.counts.items() if number) or "nothing to do"

    def put_off(self, fault: str) -> Outcome:
        """Keep a fault of ours for staff, and say that its messages go later."""
        self.fault = self.fault or fault
        return Outcome(Answer.LATER, fault)


def in_words(error: Exception) -> str:
    """Return what went wrong, for staff."""
    return f"{type(error).__name__}: {error}"


@dataclass
class Ready:
    """A claim with what its call needs, put together; or with `refusal`, why there is to be no call."""

    claim: delivery.Claim
    call: Callable[[], Outcome] | None = None
    refusal: Outcome | None = None
    since: float = field(default_factory=time.monotonic)


def send_waiting(report: Report, look: Callable[[], None]) -> None:
    """Send all that waits, until something stops it; `look` is called between two calls and may set report.stopped."""
    with ThreadPoolExecutor(1, "call") as line:
        ahead = Ahead(report, line)
        try:
            while ready := ahead.next():
                _send(ready, report, ahead)
                if settings.DEBUG:
                    reset_queries()  # Django then keeps every statement in memory, with the messages in it
                look()
        finally:
            ahead.give_back()


def send_bundle(bundle: str) -> Report:
    """Send what waits of one bundle, as far as it fits one call, and nothing else; return what was done."""
    report = Report(stopped=site_is_paused() or transports.ready())
    if not report.stopped and (claim := delivery.claim(bundle=bundle)):
        _send(_made_ready(claim, report), report)
    return report


class Ahead:
    """The next call, made ready while another one waits for its answer. Everything but the call is done in one thread.

    Only where the answer comes from far away: other transports write to the database themselves.
    """

    def __init__(self, report: Report, line: ThreadPoolExecutor) -> None:
        self._report, self._line = report, line
        self._held: Ready | None = None

    def next(self) -> Ready | None:
        """Return what is to be sent now: what was made ready if it still may be, else a new claim."""
        held = self._held
        fresh = held and time.monotonic() - held.since <= LONGEST_AHEAD
        if fresh and not (self._report.stopped or self._report.stopping()):
            self._held = None
            return held
        self.give_back()
        return self._take()

    def give_back(self) -> None:
        """Put what is held back into the queue."""
        if self._held:
            _give_back(self._held.claim)
            self._held = None

    def during(self, call: Callable[[], Outcome]) -> Outcome:
        """Make a call and meanwhile the next one ready; return the answer, or raise what the call raised."""
        answer = self._line.submit(call)
        wait([answer], HEAD_START)
        try:
            self._held = self._held or self._take(ahead=True)
        except Exception:
            # The answer must be written down first. The next claim meets the same fault, or there was none.
            log.exception("The next call could not be made ready.")
        return answer.result()

    def _take(self, *, ahead: bool = False) -> Ready | None:
        while not (self._report.stopped or self._report.stopping()):
            unclear = delivery.is_unclear()
            if unclear and ahead:
                return None  # the answer that is waited for decides how many the next call is for
            claim = delivery.claim(size=1 if unclear else transports.batch_size())
            if claim is None or claim.batch:
                return claim and _made_ready(claim, self._report)
            self._report.counts["skipped"] += claim.skipped
        return None


def _made_ready(claim: delivery.Claim, report: Report) -> Ready:
    """Put together what the call of a claim needs. Nothing has left yet, so nothing that fails here is unsure."""
    batch, rows = claim.batch, claim.deliveries
    if batch is None or report.stopped:
        return Ready(claim)
    try:
        letter, recipients = letter_of(rows)
        return Ready(claim, transports.prepare(letter, recipients, batch.message_id, _progress(batch, report)))
    except ValidationError as error:
        reason = " ".join(error.messages)
        # Whoever tests a text hears of it now. A course's own welcome waits until somebody has mended it.
        at_once = rows[0].kind == Delivery.Kind.TEST
        return Ready(claim, refusal=Outcome(Answer.REFUSED, reason) if at_once else report.put_off(reason))
    except Exception as error:
        # Other messages may be sound.
        log.exception("The message of %s could not be put together.", batch.bundle)
        return Ready(claim, refusal=report.put_off(in_words(error)))


def _send(ready: Ready, report: Report, ahead: Ahead | None = None) -> None:
    """Make the one call of a claim and write down its outcome; split it where a part of it may be to blame."""
    batch, rows = ready.claim.batch, ready.claim.deliveries
    report.counts["skipped"] += ready.claim.skipped
    if batch is None:
        return
    outcome = _outcome_of(ready, report, ahead)
    if outcome is None:
        _give_back(ready.claim)
        return
    if outcome.answer in (Answer.BAD_ADDRESS, Answer.SMALLER) and len(rows) > 1:
        if ahead:
            ahead.give_back()  # the parts take a while, and the next call may be too large as well
        while part := delivery.part_of(batch, (len(rows) + 1) // 2, outcome):
            _send(_made_ready(part, report), report)
        return
    _write_down(batch, outcome)
    name = {Answer.ACCEPTED: "accepted", Answer.LATER: "put off", Answer.STOP: "put off", Answer.UNSURE: "unsure"}
    for answer, number in outcome.tally(len(rows)).items():
        report.counts[name.get(answer, "failed")] += number
    if outcome.answer in (Answer.STOP, Answer.SMALLER) or (outcome.answer == Answer.UNSURE and delivery.is_unclear()):
        report.stopped = outcome.reason


def _outcome_of(ready: Ready, report: Report, ahead: Ahead | None) -> Outcome | None:
    """Return what the one call of a batch came to, or why it was not made; None where it is to be given back."""
    batch = ready.claim.batch
    if report.stopped:
        return Outcome(Answer.STOP, report.stopped)
    if ready.refusal:
        return ready.refusal
    if delivery.seconds_left(batch) < 0:
        return Outcome(Answer.LATER, wait=1.0)
    if report.stopping():
        return None
    if not delivery.begin(ready.claim):
        # Somebody has pressed pause since, or this process was stopped for so long that others took it up.
        report.stopped = site_is_paused()
        return None

    def call() -> Outcome:
        return ready.call() if delivery.seconds_left(batch) >= 0 else Outcome(Answer.LATER, wait=1.0)

    try:
        outcome = ahead.during(call) if ahead and transports.may_overlap() else call()
    except Exception as error:
        log.exception("The call for %s broke off.", batch.bundle)
        report.fault = report.fault or in_words(error)
        return Outcome(Answer.UNSURE, in_words(error))
    if outcome.answer == Answer.LATER and outcome.reason and not outcome.each:
        # Nobody answers, or there were too many calls: any other call now would meet the same.
        report.stopped = outcome.reason
    return outcome


def _give_back(claim: delivery.Claim) -> None:
    delivery.give_back(Batch.objects.filter(pk=claim.batch.pk))


def _progress(batch: Batch, report: Report) -> Progress:
    """Return what a transport that serves people one by one keeps to: the lease, and each answer written at once."""

    def may_begin() -> bool:
        return time.monotonic() <= end and delivery.seconds_left(batch) >= 0 and not report.stopping()

    end = time.monotonic() + delivery.seconds_left(batch)
    # Either clock alone can be wrong: the one may be set back, the other stands still while a machine sleeps.
    return Progress(
        may_begin=may_begin,
        answered=lambda number, outcome: delivery.settle_one(batch, number, outcome),
    )


def _write_down(batch: Batch, outcome: Outcome) -> None:
    """Settle a batch; while the database is away, wait for it until the lease ends: nobody else knows the answer."""
    while True:
        try:
            delivery.settle(batch, outcome)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or clock.now() > batch.lease_until:
                raise
            log.warning("An answer of the provider could not be written down (%s). Trying again.", in_words(error))
            connection.close()
            time.sleep(1)
        else:
            return
