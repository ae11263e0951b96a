"""The waiting list: people without a sequence move into the next one when it opens."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone as clock

from sequence.models import Sequence, current_sequence
from signup.models import Signup

SAID = ("name", "timezone", "wants_group", "answers")


def move_one_batch(now: datetime.datetime | None = None, size: int = 500) -> int:
    """Move up to `size` waiting people into the current sequence and return how many; 0 when nothing is to do.

    Confirmed people are in and get its welcome; the unconfirmed are in as soon as they press their link. Somebody
    who has signed up for the sequence too keeps that sign-up, and is in by the confirmation of either.
    """
    now = now or clock.now()
    sequence = current_sequence(now)
    if sequence is None:
        return 0
    try:
        return _move(sequence, now, size)
    except IntegrityError:
        # One of them signed up for the sequence between our look and our write: this time the look finds the row.
        return _move(sequence, now, size)


@transaction.atomic
def _move(sequence: Sequence, now: datetime.datetime, size: int) -> int:
    found = _ready(sequence).order_by("pk").values_list("folded", flat=True)[:size]
    # All rows of these people that this is about, in one order, as everybody locks them.
    about = Signup.objects.filter(Q(sequence=None) | Q(sequence=sequence), folded__in=list(found))
    rows = list(about.order_by("pk").select_for_update())
    own = {row.folded: row for row in rows if row.sequence_id}
    waiting = [row for row in rows if not row.sequence_id and not row.left]
    moving = [row.pk for row in waiting if row.folded not in own]
    Signup.objects.filter(pk__in=moving).update(sequence=sequence, waited=now, date_updated=now)
    answered = [row for row in waiting if row.folded in own]
    for row in answered:
        _bring_in(own[row.folded], row)
    # Not deleted: that would wait for a worker that is about to write to them, while it waits for us.
    Signup.objects.filter(pk__in=[row.pk for row in answered]).update(left=now, date_updated=now)
    return len(waiting)


def _ready(sequence: Sequence) -> QuerySet[Signup]:
    """Who waits and can be moved.

    Two kinds of people with a sign-up in this sequence go on waiting: the unconfirmed, until they press the link in
    their inbox, and those who have left the sequence since they asked for the next one.
    """
    own = Signup.objects.filter(sequence=sequence, folded=OuterRef("folded"))
    waiting = Signup.objects.live().filter(sequence=None)
    return waiting.exclude(Exists(own), confirmed=None).exclude(Exists(own.filter(left__gt=OuterRef("confirmed"))))


def _bring_in(own: Signup, waiting: Signup) -> None:
    """Let a confirmation on the waiting list count for the same person's sign-up.

    Nobody has proven what an unconfirmed sign-up says: it waits for the link that was mailed for it, as in `join`.
    """
    if not own.first_confirmed:
        unproven = {name: getattr(own, name) for name in SAID}
        own.put_aside(unproven)
        for name in SAID:
            setattr(own, name, getattr(waiting, name))
    own.left = None
    own.confirmed = own.confirmed or waiting.confirmed
    own.first_confirmed = own.first_confirmed or waiting.confirmed
    own.save()
