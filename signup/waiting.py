"""The waiting list: people without a sequence move into the next one when it opens."""

import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone as clock

from sequence.models import Sequence, current_sequence
from signup.models import Signup


def move_one_batch(now: datetime.datetime | None = None, size: int = 500) -> int:
    """Move up to `size` waiting people into the current sequence and return how many; 0 when nothing is to do.

    Confirmed people are in and get its welcome; the unconfirmed are in as soon as they press their link. Somebody
    who has signed up for the sequence meanwhile keeps that sign-up.
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
    rows = list(Signup.objects.live().filter(sequence=None).order_by("pk").select_for_update(skip_locked=True)[:size])
    there = set(
        Signup.objects.filter(sequence=sequence, folded__in=[row.folded for row in rows])
        .values_list("folded", flat=True)
    )  # fmt: skip
    moving = [row.pk for row in rows if row.folded not in there]
    Signup.objects.filter(pk__in=moving).update(sequence=sequence, waited=now, date_updated=now)
    # Their sign-up for this very sequence stands; the waiting one is answered by it.
    Signup.objects.filter(pk__in=[row.pk for row in rows if row.folded in there]).delete()
    return len(rows)
