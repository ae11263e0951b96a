"""One tick of the periodic work: queue what became due, send what waits, write down what came of it."""

import datetime
import logging
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import connection
from django.utils import timezone as clock

from groups.placing import place_late
from groups.talking import forget_refusals
from mailing import delivery, introductions, moderation, queue, talk_queue, transports
from mailing.activity import active_people
from mailing.audience import audience_size
from mailing.brakes import site_is_paused, stop_harmful
from mailing.keeping_lists import keep_lists
from mailing.keeping_step import keep_step
from mailing.models import Delivery, Email, Tick
from mailing.purging import purge
from mailing.sending import Report, in_words, send_waiting
from mailing.settling import settle_all
from signup.models import LinkRequest, Signup
from signup.throttle import forget_visits
from signup.waiting import move_one_batch

log = logging.getLogger(__name__)

LOOK_AGAIN = 5.0  # seconds after which a long sending looks for new confirmations, which go first
IDLE_SECONDS = 60.0  # between two statements of one transaction; ours take milliseconds
KEEP_TESTS = datetime.timedelta(days=30)


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
    forget_refusals()
    report.counts["old news cleared"] += purge()
    Email.objects.filter(state=Email.State.TEST, date_created__lt=clock.now() - KEEP_TESTS).delete()


def _keep_step(report: Report) -> str:
    """Bring the provider's lists in step while mail can leave, and return what went wrong."""
    if site_is_paused() or transports.ready():
        return ""
    report.counts["addresses changed at the provider"], trouble = keep_step(stopping=report.stopping)
    report.counts["changes to mailing lists"], about_lists = keep_lists(stopping=report.stopping)
    return trouble or about_lists


def _queue_people(counts: Counter) -> None:
    """Queue all that is not written by staff, and move the waiting list, until nothing of each is left."""
    for name, step in (
        ("confirmations", queue.queue_confirmations),
        ("links", queue.queue_links),
        ("moved from the waiting list", move_one_batch),
        ("welcomes", queue.queue_welcomes),
        ("late-comers placed", partial(place_late, active_of=active_people)),
        *introductions.STEPS,
        *talk_queue.STEPS,
        ("messages about posts that wait", moderation.queue_notice),
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

    def look_again() -> None:
        nonlocal looked
        if time.monotonic() - looked > LOOK_AGAIN:
            _queue_people(report.counts)
            report.counts["e-mails stopped"] += len(stop_harmful())
            report.stopped = report.stopped or site_is_paused()
            looked = time.monotonic()

    send_waiting(report, look_again)


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
