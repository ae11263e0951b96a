"""Signing up: one row a person and sequence, whoever posts what how often."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone as clock

from mooc.lib.insert import insert_if_new
from sequence.models import Sequence
from signup.models import Signup
from signup.throttle import count_visit


@dataclass(frozen=True)
class Joined:
    """What a sign-up came to: the row, whether this very call made it, whether a link must be pressed first."""

    signup: Signup
    made: bool
    confirms: bool


def join(
    sequence: Sequence | None, address: str, said: dict[str, Any], visitor: str, now: datetime.datetime | None = None
) -> Joined:
    """Sign a person up for a sequence, or for the waiting list, from a form.

    `said` is what `PersonForm.said` returns, `visitor` the network address it came from. Nobody has proven that the
    address is theirs, so what is said about somebody who once confirmed is kept aside until the link mailed to them
    is pressed. That a link is wanted is written into the row; the mail room sends it. Raises TooManyError when the
    network has sent its share.
    """
    now = now or clock.now()
    asks = sequence is None or sequence.confirm_addresses
    new = Signup(sequence=sequence, email=address)
    new.take(said)
    if asks:
        new.asked = now
    else:
        new.confirmed = new.first_confirmed = now
    with transaction.atomic():
        count_visit(visitor, now)
        if not insert_if_new(new):
            row = Signup.objects.select_for_update().of_address(address).filter(sequence=sequence).get()
            return Joined(row, made=False, confirms=_join_again(row, said, asks, now))
        return Joined(new, made=True, confirms=asks)


def _join_again(row: Signup, said: dict[str, Any], asks: bool, now: datetime.datetime) -> bool:
    """Take up a further sign-up of the same address, and say whether a link must be pressed."""
    if row.first_confirmed:
        row.put_aside(said)
        row.asked = now
        if row.left:
            row.left = row.confirmed = None
        row.save()
        return True
    row.take(said)
    row.left = None
    if asks:
        row.asked = now
    else:
        row.confirmed = row.first_confirmed = now
    row.save()
    return asks


@transaction.atomic
def correct_address(
    sequence: Sequence | None, mistaken: int | None, address: str, said: dict[str, Any], visitor: str
) -> Joined:
    """Sign the same person up under another address, after a typing mistake, and forget the mistaken row.

    `mistaken` is the id of the row that this visitor's own form made, or None; it goes only while nobody has
    confirmed it.
    """
    joined = join(sequence, address, said, visitor)
    if mistaken and mistaken != joined.signup.pk:
        Signup.objects.filter(pk=mistaken, first_confirmed=None).delete()
    return joined
