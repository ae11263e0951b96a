"""The ledger's states. This module alone writes `Delivery.status`; docs/delivery.md draws the picture.

A claim is committed before the socket opens, so whatever breaks afterwards, the row says that something was tried.
"""

import datetime
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.models import Membership
from mailing.letters import Answer, Outcome
from mailing.models import Batch, Delivery, Email, Event, OutboxMessage, Suppression
from mooc.lib.addresses import fold
from mooc.lib.digests import digest
from signup.models import Signup

Status, Kind = Delivery.Status, Delivery.Kind
UNDECIDED = (Status.SENDING, Status.UNSURE)
ERASED = "erased:"
# News only climbs: whatever order it comes in, the highest state stays.
CLIMB = (Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)
LONGEST_WAIT = 3600.0  # seconds between two tries of one call


@dataclass
class Claim:
    """What one claim took from the queue: a batch to send now (None where nothing is left of it), and the skipped."""

    batch: Batch | None
    deliveries: list[Delivery] = field(default_factory=list)
    skipped: int = 0


def due(now: datetime.datetime) -> QuerySet[Delivery]:
    """The deliveries that wait and may be sent at `now`; those of a paused e-mail may not."""
    ready = Delivery.objects.filter(status=Status.QUEUED, not_before__lte=now)
    paused = list(Email.objects.filter(paused__isnull=False).values_list("pk", flat=True))
    return ready.exclude(email__in=paused) if paused else ready


@transaction.atomic
def claim(now: datetime.datetime | None = None) -> Claim | None:
    """Take the next deliveries that can share one provider call; None when nothing waits.

    The most urgent kind goes first. Any number of workers may claim at once: each takes rows that no other has
    locked. Whether each person is still to be written to is asked here, with their rows locked, so nobody who left
    before the claim was committed is written to.
    """
    now = now or clock.now()
    first = due(now).order_by("kind", "pk").select_for_update(skip_locked=True).first()
    if first is None:
        return None
    rows = list(
        due(now).filter(bundle=first.bundle).order_by("pk").select_for_update(skip_locked=True)
        [: largest_call(now)]
    )  # fmt: skip
    going, skipped = _still_going(rows, now)
    batch = _open_batch(first.bundle, going, now) if going else None
    return Claim(batch, going, skipped)


def _still_going(rows: list[Delivery], now: datetime.datetime) -> tuple[list[Delivery], int]:
    """Return those of a bundle's rows that may leave, their people locked and filled in, and how many were skipped."""
    people = {
        person.pk: person
        for person in Signup.objects.filter(pk__in=[row.signup_id for row in rows if row.signup_id])
        .select_related("sequence").order_by("pk").select_for_update(of=("self",), no_key=True)
    }  # fmt: skip
    email = Email.objects.select_related("sequence").filter(pk__in=[row.email_id for row in rows[:1]]).first()
    members = _members(email, list(people))
    complained = _complained(rows)
    going, skipped, seen = [], {}, set()
    for row in rows:
        row.signup, row.email = people.get(row.signup_id), email
        reason = why_not(row, members, complained)
        if reason:
            skipped.setdefault(reason, []).append(row.pk)
        elif fold(row.address) not in seen:
            # A second message of this kind to one address waits for the next call: a call names an address once.
            seen.add(fold(row.address))
            going.append(row)
    for reason, numbers in skipped.items():
        Delivery.objects.filter(pk__in=numbers).update(status=Status.SKIPPED, reason=reason, changed_at=now)
    return going, sum(map(len, skipped.values()))


def why_not(row: Delivery, members: set[int] | None, complained: set[str]) -> str:
    """Return why a delivery must not leave any more, in words, or "" when it may."""
    person = row.signup
    if fold(row.address) in complained:
        return _("This address reported our mail as spam. Only an organiser can lift that.")
    if row.kind in (Kind.TEST, Kind.CONTROL):
        return ""
    if person is None:
        return _("The sign-up was deleted.")
    if person.left:
        return _("Left the course before it was sent.")
    if row.kind in (Kind.CONFIRM, Kind.LINK):
        return ""
    if person.bounced:
        return _("Earlier mail to this address bounced.")
    if not person.confirmed:
        return _("The address is no longer confirmed.")
    if members is not None and person.pk not in members:
        return _("Left the group before it was sent.")
    return ""


def _members(email: Email | None, people: list[int]) -> set[int] | None:
    if email is None or email.audience != Email.Audience.GROUPS:
        return None
    return set(Membership.objects.current().filter(signup__in=people).values_list("signup", flat=True))


def _complained(rows: list[Delivery]) -> set[str]:
    theirs = [fold(row.address) for row in rows]
    standing = Suppression.objects.filter(kind=Suppression.Kind.COMPLAINT, lifted=None, folded__in=theirs)
    return set(standing.values_list("folded", flat=True))


def _open_batch(bundle: str, rows: list[Delivery], now: datetime.datetime) -> Batch:
    """Commit to one call: its own Message-Id, by which the provider can be asked later, and its lease."""
    batch = Batch.objects.create(
        bundle=bundle, transport=settings.MAIL_TRANSPORT, size=len(rows), claimed=now,
        message_id=f"{uuid.uuid4().hex}@{settings.EMAIL_DOMAIN}",
        lease_until=now + datetime.timedelta(seconds=settings.MAIL_LEASE_SECONDS),
    )  # fmt: skip
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.SENDING, batch=batch, attempts=F("attempts") + 1, changed_at=now, reason=""
    )
    return batch


def has_time(batch: Batch, now: datetime.datetime | None = None) -> bool:
    """Say whether the lease is long enough for one more call."""
    left = batch.lease_until - (now or clock.now())
    return left.total_seconds() >= settings.MAIL_TIMEOUT_SECONDS


@transaction.atomic
def settle(batch: Batch, outcome: Outcome, now: datetime.datetime | None = None) -> None:
    """Write down what became of a call. Rows that were settled otherwise meanwhile stay as they are."""
    now = now or clock.now()
    _lock(batch)
    rows = Delivery.objects.filter(batch=batch, status__in=UNDECIDED)
    reason = outcome.reason[:500]
    match outcome.answer:
        case Answer.ACCEPTED:
            result = Batch.Outcome.ACCEPTED
            rows.update(status=Status.ACCEPTED, reason="", changed_at=now)
        case Answer.LATER:
            result = Batch.Outcome.RETURNED
            for tries in set(rows.values_list("attempts", flat=True)):
                wait = outcome.wait or min(60.0 * 2 ** min(tries - 1, 10), LONGEST_WAIT)
                again = now + datetime.timedelta(seconds=wait)
                rows.filter(attempts=tries).update(
                    status=Status.QUEUED, not_before=again, reason=reason, changed_at=now
                )
        case Answer.STOP | Answer.SMALLER:
            result = Batch.Outcome.RETURNED
            rows.update(status=Status.QUEUED, not_before=now, reason=reason, changed_at=now)
        case Answer.UNSURE:
            result = Batch.Outcome.UNSURE
            rows.update(status=Status.UNSURE, reason=reason, changed_at=now)
        case _:
            result = Batch.Outcome.REFUSED
            rows.update(status=Status.FAILED, reason=reason, changed_at=now)
    Batch.objects.filter(pk=batch.pk).update(outcome=result, finished=now, error=outcome.reason)


def _lock(batch: Batch) -> None:
    """Lock a call before its deliveries, as `expire_leases` does: the other way round the two could wait in a ring."""
    Batch.objects.select_for_update().get(pk=batch.pk)


@transaction.atomic
def split(batch: Batch, rows: list[Delivery], refusal: Outcome, now: datetime.datetime | None = None) -> list[Claim]:
    """Replace a call that was refused whole by two of half the size, and return their claims.

    Only after a definite no: nothing of the first call was sent. They are claims like any other: rows that another
    worker has taken up since, as our lease had run out, are left to it, and whoever has left meanwhile is skipped.
    Where the call was too large for the account, calls stay smaller than it for a day.
    """
    now = now or clock.now()
    _lock(batch)
    ours = Delivery.objects.filter(batch=batch, status__in=UNDECIDED).order_by("pk").select_for_update()
    still = set(ours.values_list("pk", flat=True))
    going, _skipped = _still_going([row for row in rows if row.pk in still], now)
    middle = len(going) // 2
    halves = [Claim(_open_batch(batch.bundle, part, now), part) for part in (going[:middle], going[middle:]) if part]
    outcome = Batch.Outcome.TOO_MANY if refusal.answer == Answer.SMALLER else Batch.Outcome.SPLIT
    Batch.objects.filter(pk=batch.pk).update(outcome=outcome, finished=now, error=refusal.reason)
    return halves


def largest_call(now: datetime.datetime) -> int:
    """Return to how many people one call may go: MAIL_BATCH_SIZE, or half of what was too many within a day."""
    refused = Batch.objects.filter(outcome=Batch.Outcome.TOO_MANY, finished__gte=now - datetime.timedelta(days=1))
    smallest = refused.aggregate(smallest=Min("size"))["smallest"]
    return min(settings.MAIL_BATCH_SIZE, max(smallest // 2, 1)) if smallest else settings.MAIL_BATCH_SIZE


@transaction.atomic
def expire_leases(now: datetime.datetime | None = None) -> int:
    """Mark as unsure what a dead worker left on its way, and return how many deliveries."""
    now = now or clock.now()
    dead = list(
        Batch.objects.filter(outcome=Batch.Outcome.OPEN, lease_until__lt=now)
        .order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)
    )  # fmt: skip
    reason = _("The worker that sent it stopped before the provider's answer was written down.")
    Batch.objects.filter(pk__in=dead).update(outcome=Batch.Outcome.UNSURE, finished=now, error=reason)
    rows = Delivery.objects.filter(batch__in=dead, status=Status.SENDING)
    return rows.update(status=Status.UNSURE, reason=reason, changed_at=now)


@transaction.atomic
def put_back(batch: Batch, rows: list[int], reason: str, now: datetime.datetime) -> int:
    """Put unsure deliveries of a call back into the queue, for a new call, and return how many."""
    unsure = Delivery.objects.filter(pk__in=rows, batch=batch, status=Status.UNSURE)
    return unsure.update(status=Status.QUEUED, batch=None, not_before=now, reason=reason[:500], changed_at=now)


@transaction.atomic
def treat_as_sent(batch: Batch, reason: str, now: datetime.datetime) -> int:
    """Let a person's word settle what is unsure of a call as sent, and return how many deliveries."""
    unsure = Delivery.objects.filter(batch=batch, status=Status.UNSURE)
    return unsure.update(status=Status.ACCEPTED, reason=reason[:500], changed_at=now)


def close_if_settled(batch: Batch) -> None:
    """Mark a call as settled once nothing of it is unsure."""
    if not Delivery.objects.filter(batch=batch, status=Status.UNSURE).exists():
        Batch.objects.filter(pk=batch.pk, outcome=Batch.Outcome.UNSURE).update(outcome=Batch.Outcome.SETTLED, doubt="")


@transaction.atomic
def learn(row: Delivery, status: str, reason: str, message_id: str, now: datetime.datetime) -> None:
    """Let a delivery climb to what the provider's news about one call proves.

    Proof that an earlier call was accepted settles a row that is unsure or back in the queue. Where the message has
    been sent again meanwhile, the person may have it twice: that is written down and shown.
    """
    fresh = Delivery.objects.select_for_update().select_related(None).get(pk=row.pk)
    place = CLIMB.index(status)
    if fresh.batch_id and fresh.status not in (Status.QUEUED, Status.SKIPPED):
        current = Batch.objects.get(pk=fresh.batch_id)
        if current.message_id != message_id and fresh.doubled is None:
            fresh.doubled = now
            fresh.save(update_fields=["doubled"])
    if fresh.status in CLIMB and CLIMB.index(fresh.status) >= place:
        return
    fresh.status, fresh.changed_at = status, now
    fresh.reason = reason if status in (Status.DEFERRED, Status.BOUNCED) else ""
    fresh.save(update_fields=["status", "reason", "changed_at"])


@transaction.atomic
def forget(address: str, now: datetime.datetime | None = None) -> int:
    """Take an erased person's address out of the ledger and return in how many rows it stood.

    What still waits is not sent. The rows stay as counts, under a keyed hash.
    """
    now = now or clock.now()
    theirs = Q(signup__folded=fold(address)) | Q(address__iexact=address)
    rows = list(Delivery.objects.filter(theirs).values_list("pk", flat=True))
    OutboxMessage.objects.filter(delivery__in=rows).delete()
    waiting = Delivery.objects.filter(pk__in=rows, status=Status.QUEUED)
    waiting.update(status=Status.SKIPPED, reason=_("The person was erased."), changed_at=now)
    Event.objects.filter(delivery__in=rows).update(address=_hidden(address), url="", payload={"erased": True})
    Suppression.objects.filter(folded=fold(address)).update(folded=_hidden(address))
    return Delivery.objects.filter(pk__in=rows).update(address=_hidden(address), signup=None)


def _hidden(address: str) -> str:
    return f"{ERASED}{digest('erased', fold(address))[:32]}"


def is_forgotten(row: Delivery) -> bool:
    """Say whether the person behind a delivery was erased."""
    return row.address.startswith(ERASED)


def belongs_to(row: Delivery, address: str) -> bool:
    """Say whether a delivery was promised to this address, also after its owner was erased."""
    return row.address == _hidden(address) if is_forgotten(row) else fold(row.address) == fold(address)
