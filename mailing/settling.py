"""Settling what is unsure: proof of acceptance settles a delivery, proved absence puts it back, else a person decides.

Absence is proved only when the question itself works: the events are asked for to their last page, long enough after
the call (MAIL_TRUST_MINUTES, counted from the end of its lease), while a later message of ours is visible there.
"""

import datetime
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from mailing import delivery
from mailing.mailgun_events import EventsError, events
from mailing.models import Batch, Delivery, Email
from mailing.news import News, UnreadableError, read, take
from mooc.lib.insert import insert_if_new

Status, Kind = Delivery.Status, Delivery.Kind
EARLY = datetime.timedelta(minutes=10)  # the provider's clock may be behind ours
ASK_EVERY = datetime.timedelta(minutes=1)
LONGEST = 30.0  # seconds of questions a round; one that has begun is finished
CONTROLS = 5  # later calls that are looked for before a message is sent for nothing else


def settle_next(now: datetime.datetime | None = None) -> int | None:
    """Ask about the next call that is unsure; return how many deliveries it settled, None where none is to be asked.

    Raises EventsError where the events cannot be asked for; the call is asked about again in a minute.
    """
    now = now or clock.now()
    batch = _take_next(now)
    if batch is None:
        return None
    try:
        return ask(batch, now)
    except EventsError as error:
        Batch.objects.filter(pk=batch.pk).update(doubt=str(error))
        raise


@transaction.atomic
def _take_next(now: datetime.datetime) -> Batch | None:
    oldest = now - datetime.timedelta(hours=settings.MAIL_EVENTS_HOURS)
    batch = (
        Batch.objects.filter(outcome=Batch.Outcome.UNSURE, transport="mailgun", lease_until__gte=oldest)
        .exclude(asked__gte=now).exclude(asked__gt=now - _pause())
        .order_by(F("asked").asc(nulls_first=True), "lease_until", "pk").select_for_update(skip_locked=True).first()
    )  # fmt: skip
    if batch:
        batch.asked = now
        batch.save(update_fields=["asked"])
    return batch


def _pause() -> datetime.timedelta:
    """Return how long after a question the same call is asked about again: a minute, or the trust period if shorter."""
    return min(ASK_EVERY, datetime.timedelta(minutes=settings.MAIL_TRUST_MINUTES))


def ask(batch: Batch, now: datetime.datetime) -> int:
    """Ask the provider about one call and settle what can be settled; return how many deliveries that is."""
    before = _unsure(batch).count()
    _take_events(batch, now)
    trusted = batch.lease_until + datetime.timedelta(minutes=settings.MAIL_TRUST_MINUTES)
    if now >= trusted and _unsure(batch).exists() and has_control(batch, now):
        # The control shows that the events are complete by now. They may not have been when we asked before it.
        _take_events(batch, now)
        absent = list(_unsure(batch).values_list("pk", flat=True))
        delivery.put_back(batch, absent, _("The provider does not know it: it was not sent."), now)
    delivery.close_if_settled(batch)
    return before - _unsure(batch).count()


def _take_events(batch: Batch, now: datetime.datetime) -> None:
    for item in events(batch.claimed - EARLY, message_id=batch.message_id):
        try:
            news = read(item)
        except UnreadableError:
            continue
        if news.message_id == batch.message_id:
            take(_with_delivery(news, batch), now)


def _unsure(batch: Batch):
    return Delivery.objects.filter(batch=batch, status=Status.UNSURE)


def _with_delivery(news: News, batch: Batch) -> News:
    """Find by its address the delivery of an event that lost our own mark."""
    if news.delivery is not None:
        return news
    rows = [row.pk for row in batch.deliveries.all() if delivery.belongs_to(row, news.address)]
    return replace(news, delivery=rows[0]) if rows else news


def has_control(batch: Batch, now: datetime.datetime) -> bool:
    """Say whether a message that we sent after this call is visible among the events; have one sent if none is.

    Without it, absence could mean that the events are late or empty for everybody.
    """
    later = Batch.objects.filter(claimed__gt=batch.lease_until, outcome=Batch.Outcome.ACCEPTED).order_by("claimed")
    for message_id in later.values_list("message_id", flat=True)[:CONTROLS]:
        for item in events(batch.lease_until - EARLY, message_id=message_id, event="accepted"):
            headers = (item.get("message") or {}).get("headers") or {}
            if headers.get("message-id") == message_id:
                return True
    _ask_for_control(batch, now)
    return False


def _ask_for_control(batch: Batch, now: datetime.datetime) -> None:
    """Have one message sent to the organisers, so that a later message of ours can be seen among the events."""
    row = Delivery(
        key=f"control:{batch.pk}", bundle="control", kind=Kind.CONTROL, not_before=now, queued_at=now, changed_at=now,
        address=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    )  # fmt: skip
    insert_if_new(row)
    Batch.objects.filter(pk=batch.pk).update(doubt=_("Waiting for a control message to be visible at the provider."))


def settle_all(stopping: Callable[[], bool] = lambda: False) -> tuple[int, str]:
    """Ask about calls that are due to be asked about; return how many deliveries were settled, and a trouble.

    About each once, and for 30 seconds at most: new messages must not wait for hundreds of questions. Who was asked
    about longest ago comes first, so the next round goes on where this one ended.
    """
    settled, now, end = 0, clock.now(), time.monotonic() + LONGEST
    while time.monotonic() < end and not stopping():
        try:
            found = settle_next(now)
        except EventsError as error:
            return settled, str(error)
        if found is None:
            break
        settled += found
    return settled, ""


def unsure_batches(email: Email) -> list[Batch]:
    """Return the calls of an e-mail of which something is unsure, oldest first, each with how many as `count`."""
    calls = Batch.objects.filter(deliveries__email=email, deliveries__status=Status.UNSURE)
    return list(calls.annotate(count=Count("deliveries")).order_by("claimed"))


def ask_again(email: Email) -> int:
    """Ask the provider now about everything unsure of an e-mail; return how much it settled. Raises EventsError."""
    return sum(ask(batch, clock.now()) for batch in unsure_batches(email) if batch.transport == "mailgun")


def treat_as_sent(email: Email) -> int:
    """Take a person's word that what is unsure of an e-mail was sent; return how many deliveries."""
    now, reason = clock.now(), _("A person decided that it was sent.")
    done = 0
    for batch in unsure_batches(email):
        done += delivery.treat_as_sent(batch, reason, now)
        delivery.close_if_settled(batch)
    return done


def send_again(email: Email, typed_number: int | None) -> int:
    """Send again what is unsure of an e-mail, on a person's word; return how many deliveries.

    Some people may then have it twice, so the number of people has to be typed. Raises ValidationError.
    """
    calls = unsure_batches(email)
    size = sum(batch.count for batch in calls)
    if not size or typed_number != size:
        said = _("This sends again to %(people)s people, some of whom may have it. Type that number.")
        raise ValidationError(said % {"people": f"{size:,}"})
    now, reason = clock.now(), _("A person decided to send it again.")
    for batch in calls:
        rows = list(_unsure(batch).values_list("pk", flat=True))
        delivery.put_back(batch, rows, reason, now)
        delivery.close_if_settled(batch)
    Email.objects.filter(pk=email.pk, state=Email.State.SENT).update(state=Email.State.SENDING)
    return size
