"""One tick of the periodic work: queue what became due, send what waits, write down what came of it."""

import datetime
import time
from collections import Counter
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone as clock

from mailing import delivery, queue, transports
from mailing.audience import audience_size
from mailing.content import letter_of
from mailing.letters import Answer, Outcome, Progress
from mailing.models import Batch, Delivery, Email, Tick
from mailing.settling import settle_all
from signup.models import LinkRequest, Signup
from signup.throttle import forget_visits
from signup.waiting import move_one_batch

LOOK_AGAIN = 5.0  # seconds after which a long sending looks for new confirmations, which go first
KEEP_TESTS = datetime.timedelta(days=30)


@dataclass
class Report:
    """What one tick did: counts by name, why sending stopped, if it did, and what else went wrong."""

    counts: Counter = field(default_factory=Counter)
    stopped: str = ""
    trouble: str = ""

    def line(self) -> str:
        """Return the counts as one line for a log."""
        return ", ".join(f"{name} {number:,}" for name, number in self.counts.items() if number) or "nothing to do"


def tick(command: str, *, freeze: bool = True) -> Report:
    """Do one round of all periodic work and return what was done; `freeze` includes e-mails that have become due.

    May run at any time, any number at once. What goes wrong is written into the Tick row that staff see.
    """
    row, _made = Tick.objects.update_or_create(
        command=command, defaults={"started": clock.now(), "finished": None, "error": ""}
    )
    report = Report()
    try:
        _round(report, freeze)
    except Exception as error:
        _finish(row, report, f"{type(error).__name__}: {error}")
        raise
    _finish(row, report, report.stopped or report.trouble)
    return report


def _finish(row: Tick, report: Report, error: str) -> None:
    Tick.objects.filter(pk=row.pk).update(finished=clock.now(), counts=dict(report.counts), error=error)


def _round(report: Report, freeze: bool) -> None:
    report.counts["unsure"] += delivery.expire_leases()
    _queue_people(report.counts)
    while freeze and queue.freeze_one():
        report.counts["e-mails begun"] += 1
    _send_all(report)
    if settings.MAIL_TRANSPORT == "mailgun" and not report.stopped:
        settled, report.trouble = settle_all()
        report.counts["settled"] += settled
    report.counts["e-mails finished"] += queue.finish_emails()
    forget_visits()
    Email.objects.filter(state=Email.State.TEST, date_created__lt=clock.now() - KEEP_TESTS).delete()


def _queue_people(counts: Counter) -> None:
    """Queue confirmations, links and welcomes, and move the waiting list, until nothing of each is left."""
    for name, step in (
        ("confirmations and links", queue.queue_links),
        ("moved from the waiting list", move_one_batch),
        ("welcomes", queue.queue_welcomes),
    ):
        while done := step():
            counts[name] += done


def _send_all(report: Report) -> None:
    report.stopped = transports.ready()
    if report.stopped:
        waiting = delivery.due(clock.now()).count()
        report.counts["waiting"] += waiting
        report.stopped = report.stopped if waiting else ""
        return
    looked = time.monotonic()
    while not report.stopped and (claim := delivery.claim(size=transports.batch_size())):
        report.counts["skipped"] += claim.skipped
        if claim.batch:
            _send(claim, report)
        if time.monotonic() - looked > LOOK_AGAIN:
            _queue_people(report.counts)
            looked = time.monotonic()


def send_bundle(bundle: str) -> Report:
    """Send what waits of one bundle, as far as it fits one call, and nothing else; return what was done."""
    report = Report(stopped=transports.ready())
    if not report.stopped and (claim := delivery.claim(bundle=bundle)) and claim.batch:
        _send(claim, report)
    return report


def _send(claim: delivery.Claim, report: Report) -> None:
    """Make the one call of a claim and write down its outcome; split it where a part of it may be to blame."""
    batch, rows = claim.batch, claim.deliveries
    try:
        letter, recipients = letter_of(rows)
    except ValidationError as error:
        delivery.settle(batch, Outcome(Answer.REFUSED, " ".join(error.messages)))
        report.counts["failed"] += len(rows)
        return
    except Exception as error:
        # Nothing has left yet, so nothing is unsure: back into the queue, and the fault is for staff to see.
        delivery.settle(batch, Outcome(Answer.STOP, f"{type(error).__name__}: {error}"))
        raise
    if delivery.seconds_left(batch) < 0:
        delivery.settle(batch, Outcome(Answer.LATER, wait=1.0))
        return
    outcome = transports.send(letter, recipients, batch.message_id, _progress(batch))
    if outcome.answer in (Answer.BAD_ADDRESS, Answer.SMALLER) and len(rows) > 1:
        for half in delivery.split(batch, rows, outcome.reason):
            if not report.stopped:
                _send(half, report)
            else:
                delivery.settle(half.batch, Outcome(Answer.STOP, report.stopped))
        return
    delivery.settle(batch, outcome)
    name = {Answer.ACCEPTED: "accepted", Answer.LATER: "put off", Answer.STOP: "put off", Answer.UNSURE: "unsure"}
    for answer, number in outcome.tally(len(rows)).items():
        report.counts[name.get(answer, "failed")] += number
    if outcome.answer in (Answer.STOP, Answer.SMALLER):
        report.stopped = outcome.reason


def _progress(batch: Batch) -> Progress:
    """Return what a transport that serves people one by one keeps to: the lease, and each answer written at once."""
    end = time.monotonic() + delivery.seconds_left(batch)
    # Either clock alone can be wrong: the one may be set back, the other stands still while a machine sleeps.
    return Progress(
        may_begin=lambda: time.monotonic() <= end and delivery.seconds_left(batch) >= 0,
        answered=lambda number, outcome: delivery.settle_one(batch, number, outcome),
    )


def outlook(*, freeze: bool = True) -> Report:
    """Return what a tick would find to do now, changing nothing."""
    now = clock.now()
    report = Report()
    report.counts["confirmations and links"] = LinkRequest.objects.filter(mailed=None, used=None).count()
    report.counts["welcomes"] = Signup.objects.active().filter(welcomed=None, sequence__isnull=False).count()
    if freeze:
        emails = Email.objects.filter(state=Email.State.SCHEDULED, scheduled_for__lte=now).select_related("sequence")
        report.counts["e-mails due"] = len(emails)
        report.counts["people they go to"] = sum(map(audience_size, emails))
    report.counts["waiting in the queue"] = delivery.due(now).count()
    report.counts["unsure"] = Delivery.objects.filter(status=Delivery.Status.UNSURE).count()
    report.stopped = transports.ready()
    return report
