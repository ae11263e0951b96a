"""One tick of the periodic work: queue what became due, send what waits, write down what came of it."""

import datetime
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, reset_queries
from django.utils import timezone as clock

from groups.placing import place_late
from mailing import delivery, introductions, queue, transports
from mailing.activity import active_people
from mailing.audience import audience_size
from mailing.brakes import site_is_paused, stop_harmful
from mailing.content import letter_of
from mailing.keeping_step import keep_step
from mailing.letters import Answer, Outcome, Progress
from mailing.models import Batch, Delivery, Email, Tick
from mailing.purging import purge
from mailing.settling import settle_all
from signup.models import LinkRequest, Signup
from signup.throttle import forget_visits
from signup.waiting import move_one_batch

log = logging.getLogger(__name__)

LOOK_AGAIN = 5.0  # seconds after which a long sending looks for new confirmations, which go first
IDLE_SECONDS = 60.0  # between two statements of one transaction; ours take milliseconds
KEEP_TESTS = datetime.timedelta(days=30)


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


def tick(command: str, *, freeze: bool = True, stopping: Callable[[], bool] = lambda: False) -> Report:
    """Do one round of all periodic work and return what was done; `freeze` includes e-mails that have become due.

    May run at any time, any number at once. What goes wrong is written into the Tick row that staff see. Once
    `stopping` says so, no further call is begun, and the round ends with what was begun.
    """
    let_go_when_stopped()
    row, _made = Tick.objects.update_or_create(
        command=command, defaults={"started": clock.now(), "finished": None, "error": ""}
    )
    report = Report(stopping=stopping)
    try:
        _round(report, freeze)
    except Exception as error:
        _finish(row, report, in_words(error))
        raise
    _finish(row, report, report.stopped or report.trouble)
    return report


def let_go_when_stopped() -> None:
    """Have PostgreSQL end a transaction of ours that does nothing for a minute, and so free the rows it holds.

    A process that is stopped in the middle of a claim, or whose machine sleeps, would otherwise keep its people from
    leaving. It has sent nothing yet; when it wakes up its connection is gone, and the next round begins anew.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = %s", [int(IDLE_SECONDS * 1000)])


def _finish(row: Tick, report: Report, error: str) -> None:
    Tick.objects.filter(pk=row.pk).update(finished=clock.now(), counts=dict(report.counts), error=error)


def _round(report: Report, freeze: bool) -> None:
    report.counts["unsure"] += delivery.expire_leases()
    trouble = _keep_step(report)
    _queue_people(report.counts)
    report.counts["e-mails stopped"] += len(stop_harmful())
    if freeze:
        _freeze_all(report)
    _send_all(report)
    report.stopped = report.stopped or report.fault
    if settings.MAIL_TRANSPORT == "mailgun" and settings.MAILGUN_API_KEY:
        settled, report.trouble = settle_all(report.stopping)
        report.counts["settled"] += settled
    report.trouble = report.trouble or trouble
    report.counts["e-mails finished"] += queue.finish_emails()
    forget_visits()
    report.counts["old news cleared"] += purge()
    Email.objects.filter(state=Email.State.TEST, date_created__lt=clock.now() - KEEP_TESTS).delete()


def _keep_step(report: Report) -> str:
    """Bring the provider's lists in step while mail can leave, and return what went wrong."""
    if site_is_paused() or transports.ready():
        return ""
    report.counts["addresses changed at the provider"], trouble = keep_step(stopping=report.stopping)
    return trouble


def _queue_people(counts: Counter) -> None:
    """Queue all that is not written by staff, and move the waiting list, until nothing of each is left."""
    for name, step in (
        ("confirmations", queue.queue_confirmations),
        ("links", queue.queue_links),
        ("moved from the waiting list", move_one_batch),
        ("welcomes", queue.queue_welcomes),
        ("late-comers placed", partial(place_late, active_of=active_people)),
        *introductions.STEPS,
    ):
        while done := step():
            counts[name] += done


def _freeze_all(report: Report) -> None:
    """Begin every e-mail that is due. A fault in one leaves it scheduled; what waits already is whole and goes out."""
    try:
        while email := queue.freeze_one():
            begun = email.state == Email.State.SENDING
            report.counts["e-mails begun" if begun else "e-mails back to their authors"] += 1
    except Exception as error:
        log.exception("An e-mail that is due could not be begun.")
        report.fault = in_words(error)


def _send_all(report: Report) -> None:
    report.stopped = site_is_paused() or transports.ready()
    if report.stopped:
        waiting = delivery.due(clock.now()).count()
        report.counts["waiting"] += waiting
        report.stopped = report.stopped if waiting else ""
        return
    looked = time.monotonic()
    while not (report.stopped or report.stopping()) and (
        claim := delivery.claim(size=1 if delivery.is_unclear() else transports.batch_size())
    ):
        _send(claim, report)
        if settings.DEBUG:
            reset_queries()  # Django then keeps every statement in memory, with the messages in it
        if time.monotonic() - looked > LOOK_AGAIN:
            _queue_people(report.counts)
            report.counts["e-mails stopped"] += len(stop_harmful())
            report.stopped = report.stopped or site_is_paused()
            looked = time.monotonic()


def send_bundle(bundle: str) -> Report:
    """Send what waits of one bundle, as far as it fits one call, and nothing else; return what was done."""
    report = Report(stopped=site_is_paused() or transports.ready())
    if not report.stopped and (claim := delivery.claim(bundle=bundle)):
        _send(claim, report)
    return report


def _send(claim: delivery.Claim, report: Report) -> None:
    """Make the one call of a claim and write down its outcome; split it where a part of it may be to blame."""
    batch, rows = claim.batch, claim.deliveries
    report.counts["skipped"] += claim.skipped
    if batch is None:
        return
    outcome = _call(batch, rows, report)
    if outcome.answer in (Answer.BAD_ADDRESS, Answer.SMALLER) and len(rows) > 1:
        while part := delivery.part_of(batch, (len(rows) + 1) // 2, outcome):
            _send(part, report)
        return
    _write_down(batch, outcome)
    name = {Answer.ACCEPTED: "accepted", Answer.LATER: "put off", Answer.STOP: "put off", Answer.UNSURE: "unsure"}
    for answer, number in outcome.tally(len(rows)).items():
        report.counts[name.get(answer, "failed")] += number
    if outcome.answer in (Answer.STOP, Answer.SMALLER) or (outcome.answer == Answer.UNSURE and delivery.is_unclear()):
        report.stopped = outcome.reason


def _call(batch: Batch, rows: list[Delivery], report: Report) -> Outcome:
    """Return what the one call of a batch came to, or why it was not made."""
    if report.stopped:
        return Outcome(Answer.STOP, report.stopped)
    try:
        letter, recipients = letter_of(rows)
    except ValidationError as error:
        reason = " ".join(error.messages)
        # Whoever tests a text hears of it now. A course's own welcome waits until somebody has mended it.
        return Outcome(Answer.REFUSED, reason) if rows[0].kind == Delivery.Kind.TEST else report.put_off(reason)
    except Exception as error:
        # Nothing has left yet, so nothing is unsure, and other messages may be sound.
        log.exception("The message of %s could not be put together.", batch.bundle)
        return report.put_off(in_words(error))
    if report.stopping() or delivery.seconds_left(batch) < 0:
        return Outcome(Answer.LATER, wait=1.0)
    try:
        outcome = transports.send(letter, recipients, batch.message_id, _progress(batch, report))
    except Exception as error:
        log.exception("The call for %s broke off.", batch.bundle)
        report.fault = report.fault or in_words(error)
        return Outcome(Answer.UNSURE, in_words(error))
    if outcome.answer == Answer.LATER and not outcome.each:
        # Nobody answers, or there were too many calls: any other call now would meet the same.
        report.stopped = outcome.reason
    return outcome


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


def outlook(*, freeze: bool = True) -> Report:
    """Return what a tick would find to do now, changing nothing."""
    now = clock.now()
    report = Report()
    report.counts["confirmations"] = Signup.objects.filter(asked__isnull=False).count()
    report.counts["links"] = LinkRequest.objects.filter(mailed=None).count()
    report.counts["welcomes"] = Signup.objects.active().filter(welcomed=None, sequence__isnull=False).count()
    report.counts.update(introductions.outlook())
    if freeze:
        emails = Email.objects.filter(state=Email.State.SCHEDULED, scheduled_for__lte=now).select_related("sequence")
        report.counts["e-mails due"] = len(emails)
        report.counts["people they go to"] = sum(map(audience_size, emails))
    report.counts["waiting in the queue"] = delivery.due(now).count()
    report.counts["unsure"] = Delivery.objects.filter(status=Delivery.Status.UNSURE).count()
    report.stopped = site_is_paused() or transports.ready()
    return report
