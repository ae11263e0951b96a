"""The ledger's states. This module alone writes `Delivery.status`; docs/delivery.md draws the picture.

A claim is committed before the socket opens, so whatever breaks afterwards, the row says that something was tried.
"""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Min, QuerySet
from django.db.models.functions import Greatest, Least
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.models import Membership
from mailing.eligible import complained, gone, members_of, why_not
from mailing.letters import Answer, Outcome
from mailing.models import Batch, Delivery, Email, Event, OutboxMessage, SitePause, Suppression
from mailing.talk_readers import is_for_team, of_one_course
from mailing.turns import next_of
from mooc.lib.addresses import fold
from mooc.lib.deadlocks import once_more_after_deadlock
from mooc.lib.digests import digest
from sequence.models import Sequence
from signup.models import LinkRequest, Signup

Status, Kind = Delivery.Status, Delivery.Kind
UNDECIDED = (Status.SENDING, Status.UNSURE)
ERASED = "erased:"
# News only climbs: whatever order it comes in, the highest state stays.
CLIMB = (Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)
ONE_BY_ONE = "smtp"
LONGEST_WAIT = 3600.0  # seconds between two tries of one call
ILL_AFTER = 3  # calls
MOST_ATTEMPTS = 32_000  # counted no further: the column ends soon after, and tries every 10 seconds get there in days
RETURNED = (Answer.LATER, Answer.STOP, Answer.SMALLER)
RESULTS = dict.fromkeys(RETURNED, Batch.Outcome.RETURNED) | {
    Answer.ACCEPTED: Batch.Outcome.ACCEPTED, Answer.UNSURE: Batch.Outcome.UNSURE,
}  # fmt: skip
NO_ANSWER_YET = (Batch.Outcome.HELD, Batch.Outcome.DROPPED, Batch.Outcome.OPEN)


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


@once_more_after_deadlock
@transaction.atomic
def claim(now: datetime.datetime | None = None, size: int | None = None, bundle: str = "") -> Claim | None:
    """Take the next deliveries that can share one provider call, of one `bundle` if given; None when nothing waits.

    The most urgent kind goes first, and posts of groups in turns with what is less urgent. Any number of workers may
    claim at once: each takes rows that no other has locked. Whether each person is still to be written to is asked
    here, with their rows locked, so nobody who left before the claim was committed is written to.
    """
    now = now or clock.now()
    waiting = due(now).filter(bundle=bundle) if bundle else due(now)
    first = next_of(waiting.order_by("kind", "pk").select_for_update(skip_locked=True))
    if first is None:
        return None
    # A range of one, in the order of the index `delivery_of_bundle`. Asked for an equal bundle in the order of the
    # primary key, PostgreSQL often reads through all that was ever sent.
    same = due(now).filter(bundle__range=(first.bundle, first.bundle)).order_by("bundle", "pk")
    most = min(size or settings.MAIL_BATCH_SIZE, largest_call(now))
    rows = list(same.select_for_update(skip_locked=True)[:most])
    return _claim_of(rows, first.bundle, now)


def _claim_of(rows: list[Delivery], bundle: str, now: datetime.datetime) -> Claim:
    """Commit to one call for those of these locked rows who are still to be written to; skip the others for good."""
    people = {
        person.pk: person
        for person in Signup.objects.filter(pk__in=[row.signup_id for row in rows if row.signup_id])
        .defer("aside").order_by("pk").select_for_update(no_key=True)
    }  # fmt: skip
    courses = Sequence.objects.in_bulk({person.sequence_id for person in people.values() if person.sequence_id})
    for person in people.values():
        person.sequence = courses.get(person.sequence_id)  # one row for all of them, and not one for each
    email = Email.objects.select_related("sequence").filter(pk=rows[0].email_id).first() if rows else None
    members, reported, deleted = members_of(email, rows), complained(rows), gone(rows)
    going, skipped, seen = [], {}, set()
    for row in rows:
        row.signup, row.email = people.get(row.signup_id), email
        reason = deleted or why_not(row, members, reported)
        if reason:
            skipped.setdefault(reason, []).append(row)
        elif fold(row.address) not in seen and of_one_course(row, going):
            # A second message of this kind to one address waits for the next call: a call names an address once.
            # So does somebody whom the waiting list has moved into a course meanwhile: a call is about one course.
            seen.add(fold(row.address))
            going.append(row)
    for reason, kept_back in skipped.items():
        _skip(kept_back, reason, now)
    batch = _open_batch(bundle, going, now) if going else None
    return Claim(batch, going, sum(map(len, skipped.values())))


def _skip(rows: list[Delivery], reason: str, now: datetime.datetime) -> None:
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.SKIPPED, reason=reason, changed_at=now
    )
    # Who is out when the welcome would go has not been welcomed: `revive` brings it back with them.
    out = [row.signup_id for row in rows if row.kind == Kind.WELCOME and row.signup and not _is_in(row.signup)]
    Signup.objects.filter(pk__in=out).update(welcomed=None)
    unmet = [
        row.key.partition(":")[2] for row in rows if row.kind == Kind.INTRO and row.signup and not _is_in(row.signup)
    ]
    Membership.objects.filter(pk__in=unmet).update(told=None)
    # Nobody has seen the link of a confirmation that was not sent: it must not keep the next one from being sent.
    links = [row.key.partition(":")[2] for row in rows if row.kind == Kind.CONFIRM]
    LinkRequest.objects.filter(pk__in=links).delete()
    for row in rows:
        if row.signup is None and not is_forgotten(row) and not is_for_team(row):
            # Erased, or mistyped and corrected, since `forget` looked: the address goes with its owner.
            _hide([row.pk], row.address)


def _is_in(person: Signup) -> bool:
    return bool(person.confirmed) and not person.left and not person.bounced


def revive(keys: Iterable[str], now: datetime.datetime) -> int:
    """Put skipped deliveries back into the queue, for people who have come back; return how many."""
    skipped = Delivery.objects.filter(key__in=list(keys), status=Status.SKIPPED)
    return skipped.update(status=Status.QUEUED, reason="", not_before=now, changed_at=now)


def _open_batch(bundle: str, rows: list[Delivery], now: datetime.datetime) -> Batch:
    """Commit to one call: its own Message-Id, by which the provider can be asked later, and its lease."""
    batch = Batch.objects.create(
        bundle=bundle, transport=settings.MAIL_TRANSPORT, size=len(rows), claimed=now, outcome=Batch.Outcome.HELD,
        message_id=f"{uuid.uuid4().hex}@{settings.EMAIL_DOMAIN}",
        lease_until=now + datetime.timedelta(seconds=settings.MAIL_LEASE_SECONDS),
    )  # fmt: skip
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.SENDING, batch=batch, attempts=Least(F("attempts") + 1, MOST_ATTEMPTS), changed_at=now, reason=""
    )
    return batch


def seconds_left(batch: Batch) -> float:
    """Return for how many seconds a call may still be begun: its answer must come before the lease ends."""
    left = batch.lease_until - clock.now()
    return left.total_seconds() - settings.MAIL_TIMEOUT_SECONDS


def begin(claim: Claim, now: datetime.datetime | None = None) -> bool:
    """Write down that the call of a claim begins now; False where it may not any more, and is to be given back.

    The last thing before its socket opens. Until then it is proved that nothing of it was sent.
    """
    held = Email.objects.filter(pk=claim.deliveries[0].email_id, paused__isnull=False)
    batch = Batch.objects.filter(pk=claim.batch.pk, outcome=Batch.Outcome.HELD, lease_until__gt=now or clock.now())
    return bool(batch.exclude(Exists(held) | Exists(SitePause.objects.all())).update(outcome=Batch.Outcome.OPEN))


@transaction.atomic
def give_back(calls: QuerySet[Batch], reason: str = "", now: datetime.datetime | None = None) -> int:
    """Put back into the queue what was taken for calls that were never begun, and return how many deliveries."""
    now = now or clock.now()
    found = calls.filter(outcome=Batch.Outcome.HELD).order_by("pk").select_for_update(skip_locked=True)
    held = list(found.values_list("pk", flat=True))
    if not held:
        return 0
    Batch.objects.filter(pk__in=held).update(outcome=Batch.Outcome.DROPPED, finished=now, error=reason)
    # It was not tried, so it does not count as a try.
    return Delivery.objects.filter(batch__in=held, status=Status.SENDING).update(
        status=Status.QUEUED, batch=None, attempts=Greatest(F("attempts") - 1, 0), changed_at=now, reason=reason
    )


def is_unclear() -> bool:
    """Say whether the last three calls that ended had no clear answer: then the next carries one message only.

    A provider that is ill for an hour would otherwise leave every message that waits unsure.
    """
    ended = Batch.objects.exclude(outcome__in=NO_ANSWER_YET).order_by("-pk").values_list("outcome", flat=True)
    return list(ended[:ILL_AFTER]) == [Batch.Outcome.UNSURE] * ILL_AFTER


@transaction.atomic
def settle(batch: Batch, outcome: Outcome, now: datetime.datetime | None = None) -> None:
    """Write down what became of a call, of each recipient on its own where that is known.

    Rows that were settled otherwise meanwhile stay as they are.
    """
    now = now or clock.now()
    _lock(batch)
    rows = Delivery.objects.filter(batch=batch, status__in=UNDECIDED)
    parts: dict[Outcome, list[int]] = {}
    for number, one in outcome.each.items():
        parts.setdefault(one, []).append(number)
    for one, numbers in parts.items():
        _move(rows.filter(pk__in=numbers), one, now)
    _move(rows.exclude(pk__in=list(outcome.each)), outcome, now)
    # A call of which anything is unsure is unsure: it is a question that somebody has to answer.
    whole = next((one for one in parts if one.answer == Answer.UNSURE), outcome)
    result = RESULTS.get(whole.answer, Batch.Outcome.REFUSED)
    Batch.objects.filter(pk=batch.pk).update(outcome=result, finished=now, error=whole.reason)


@transaction.atomic
def settle_one(batch: Batch, number: int, outcome: Outcome, now: datetime.datetime | None = None) -> None:
    """Write down what became of one delivery of a call that is still going on."""
    _move(Delivery.objects.filter(pk=number, batch=batch, status__in=UNDECIDED), outcome, now or clock.now())


def _move(rows: QuerySet[Delivery], outcome: Outcome, now: datetime.datetime) -> None:
    reason = outcome.reason[:500]
    match outcome.answer:
        case Answer.ACCEPTED:
            rows.update(status=Status.ACCEPTED, reason="", changed_at=now)
        case Answer.LATER:
            for tries in set(rows.values_list("attempts", flat=True)):
                wait = outcome.wait or min(60.0 * 2 ** min(tries - 1, 10), LONGEST_WAIT)
                again = now + datetime.timedelta(seconds=wait)
                rows.filter(attempts=tries).update(
                    status=Status.QUEUED, not_before=again, reason=reason, changed_at=now
                )
        case Answer.STOP | Answer.SMALLER:
            rows.update(status=Status.QUEUED, not_before=now, reason=reason, changed_at=now)
        case Answer.UNSURE:
            rows.update(status=Status.UNSURE, reason=reason, changed_at=now)
        case _:
            rows.update(status=Status.FAILED, reason=reason, changed_at=now)


def _lock(batch: Batch) -> None:
    """Take the call's row before those of its deliveries, as everybody does: else two wait for each other."""
    Batch.objects.select_for_update().get(pk=batch.pk)


@transaction.atomic
def part_of(batch: Batch, size: int, refusal: Outcome, now: datetime.datetime | None = None) -> Claim | None:
    """Take up to `size` deliveries of a call that was refused whole into a call of their own; None where none is left.

    Only after a definite no: nothing of the first call was sent. This is a new claim: who has left meanwhile is
    skipped. Where the call was too large for the account, calls stay smaller than it for a day.
    """
    now = now or clock.now()
    _lock(batch)
    left = Delivery.objects.filter(batch=batch, status__in=UNDECIDED)
    rows = list(left.order_by("pk").select_for_update()[:size])
    claim = _claim_of(rows, batch.bundle, now) if rows else None
    if not left.exists():
        outcome = Batch.Outcome.TOO_MANY if refusal.answer == Answer.SMALLER else Batch.Outcome.SPLIT
        Batch.objects.filter(pk=batch.pk).update(outcome=outcome, finished=now, error=refusal.reason)
    return claim


def largest_call(now: datetime.datetime) -> int:
    """Return to how many people one call may go: MAIL_BATCH_SIZE, or half of what was too many within a day."""
    refused = Batch.objects.filter(outcome=Batch.Outcome.TOO_MANY, finished__gte=now - datetime.timedelta(days=1))
    smallest = refused.aggregate(smallest=Min("size"))["smallest"]
    return min(settings.MAIL_BATCH_SIZE, max(smallest // 2, 1)) if smallest else settings.MAIL_BATCH_SIZE


@transaction.atomic
def expire_leases(now: datetime.datetime | None = None) -> int:
    """Mark as unsure what a dead worker left on its way, and return how many deliveries.

    What it had taken for a call that it did not begin goes back into the queue. A call that served people one by one
    had begun with the first of these only (letters.Progress): the others are proved not to be sent, and go back too.
    """
    now = now or clock.now()
    turn = _("The worker that was to send it stopped before its turn.")
    give_back(Batch.objects.filter(lease_until__lt=now), turn, now)
    dead = list(
        Batch.objects.filter(outcome=Batch.Outcome.OPEN, lease_until__lt=now)
        .order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)
    )  # fmt: skip
    reason = _("The worker that sent it stopped before the provider's answer was written down.")
    Batch.objects.filter(pk__in=dead).update(outcome=Batch.Outcome.UNSURE, finished=now, error=reason)
    rows = Delivery.objects.filter(batch__in=dead, status=Status.SENDING)
    one_by_one = rows.filter(batch__transport=ONE_BY_ONE)
    begun = one_by_one.order_by().values("batch").annotate(first=Min("pk")).values_list("first", flat=True)
    one_by_one.exclude(pk__in=list(begun)).update(
        status=Status.QUEUED, batch=None, not_before=now, changed_at=now, reason=turn
    )
    unsure = rows.update(status=Status.UNSURE, reason=reason, changed_at=now)
    whole = Batch.objects.filter(pk__in=dead, transport=ONE_BY_ONE).exclude(deliveries__status=Status.UNSURE)
    whole.update(outcome=Batch.Outcome.SETTLED)
    return unsure


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
    # Two questions: one with OR would read the whole ledger.
    owned = Delivery.objects.filter(signup__folded=fold(address)).values_list("pk", flat=True)
    loose = Delivery.objects.filter(signup=None, address__iexact=address).values_list("pk", flat=True)
    rows = [*owned, *loose]
    OutboxMessage.objects.filter(delivery__in=rows).delete()
    waiting = Delivery.objects.filter(pk__in=rows, status=Status.QUEUED)
    waiting.update(status=Status.SKIPPED, reason=_("The person was erased."), changed_at=now)
    Event.objects.filter(delivery__in=rows).update(address=hidden(address), url="", payload={"erased": True})
    known = Suppression.objects.filter(folded=hidden(address)).values("kind")
    Suppression.objects.filter(folded=fold(address), kind__in=known).delete()  # the same person was erased before
    Suppression.objects.filter(folded=fold(address)).update(folded=hidden(address))
    return _hide(rows, address)


def _hide(rows: list[int], address: str) -> int:
    """Put a keyed hash in place of an address in these rows, and return in how many.

    Where the same promise stands under the hash already, the later row goes: two would break `promised_once`.
    """
    here = Delivery.objects.filter(pk__in=rows).order_by("pk").values_list("pk", "key")
    first = {key: pk for pk, key in reversed(here)}
    there = Delivery.objects.filter(key__in=first, address=hidden(address)).values_list("key", flat=True)
    kept = [pk for key, pk in first.items() if key not in set(there)]
    Delivery.objects.filter(pk__in=rows).exclude(pk__in=kept).delete()
    return Delivery.objects.filter(pk__in=kept).update(address=hidden(address), signup=None)


def hidden(address: str) -> str:
    """Return the keyed hash that stands in place of an erased person's address."""
    return f"{ERASED}{digest('erased', fold(address))[:32]}"


def is_forgotten(row: Delivery) -> bool:
    """Say whether the person behind a delivery was erased."""
    return row.address.startswith(ERASED)


def belongs_to(row: Delivery, address: str) -> bool:
    """Say whether a delivery was promised to this address, also after its owner was erased."""
    return row.address == hidden(address) if is_forgotten(row) else fold(row.address) == fold(address)
