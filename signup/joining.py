"""Signing up: one row a person and sequence, whoever posts what how often."""

import datetime
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone as clock
from django.utils.crypto import constant_time_compare

from mooc.lib.connections import on_a_live_connection
from mooc.lib.digests import digest
from mooc.lib.insert import insert_if_new
from sequence.models import Sequence
from signup.choosing import ClosedError
from signup.courses import forget
from signup.models import ErasedAddress, Signup
from signup.throttle import count_visit


@dataclass(frozen=True)
class Joined:
    """What a sign-up came to: the row, whether this very call made it, whether the course has people press a link.

    Pages show `confirms` only, which is the same for every address: `made` would tell who is signed up.
    """

    signup: Signup
    made: bool
    confirms: bool


def join(
    sequence: Sequence | None, address: str, said: dict[str, Any], visitor: str, now: datetime.datetime | None = None
) -> Joined:
    """Sign a person up for a sequence, or for the waiting list, from a form.

    `said` is what `PersonForm.said` returns, `visitor` the network address it came from. Nobody has proven that the
    address is theirs, so what is said about somebody who once confirmed is kept aside until the link mailed to them
    is pressed. That a link is wanted is written into the row; the mail room sends it. Somebody who was erased is
    asked in any course: only they can come back. Raises TooManyError when the network has sent its share, and
    ClosedError where the sequence has just been deleted.
    """
    now = now or clock.now()
    try:
        return on_a_live_connection(lambda: _join(sequence, address, said, visitor, now))
    except IntegrityError:
        if sequence is None or Sequence.objects.filter(pk=sequence.pk).exists():
            raise
        forget()
        raise ClosedError from None


def _join(
    sequence: Sequence | None, address: str, said: dict[str, Any], visitor: str, now: datetime.datetime
) -> Joined:
    shown = sequence is None or sequence.confirm_addresses
    asks = shown or ErasedAddress.objects.of(address).exists()
    new = Signup(sequence=sequence, email=address, timezone=sequence.timezone if sequence else "UTC")
    new.take(said)
    if asks:
        new.asked = now
    else:
        new.confirmed = new.first_confirmed = now
    with transaction.atomic():
        count_visit(visitor, now)
        while not insert_if_new(new):
            there = Signup.objects.of_address(address).filter(sequence=sequence)
            # As weak a lock as will do: the worker's promises of mail to this person need not wait for it.
            if row := there.select_for_update(no_key=True).first():
                _join_again(row, said, asks, now)
                return Joined(row, made=False, confirms=shown)
            # It was erased, corrected or moved between the two statements.
        return Joined(new, made=True, confirms=shown)


def _join_again(row: Signup, said: dict[str, Any], asks: bool, now: datetime.datetime) -> None:
    """Take up a further sign-up of the same address."""
    if row.first_confirmed:
        row.put_aside(said)
        row.asked = now
        if row.left:
            row.left = row.confirmed = None
        row.save()
        return
    row.take(said)
    row.left = None
    if asks:
        row.asked = now
    else:
        row.confirmed = row.first_confirmed = now
    row.save()


@dataclass(frozen=True)
class Mistake:
    """An address that was mistyped in a sign-up for a sequence, with what `proof_of` gave for that sign-up."""

    sequence: Sequence | None
    address: str
    proof: str


def proof_of(joined: Joined) -> str:
    """Return what proves later that a visitor's own form made this row and that nobody has touched it since.

    For a row that was there before it is noise that looks the same: nobody learns from it who is signed up.
    """
    return _proof(joined.signup) if joined.made else secrets.token_hex(32)


def _proof(row: Signup) -> str:
    return digest("joined", f"{row.key} {row.date_updated.isoformat()}")


@transaction.atomic
def correct_address(mistake: Mistake, address: str, said: dict[str, Any], visitor: str) -> Joined:
    """Sign the same person up under another address, after a typing mistake, and forget the mistaken sign-up.

    It is forgotten only where the visitor's own form made it, and nobody has confirmed it or signed up with that
    address since. Raises TooManyError as `join` does.
    """
    joined = join(mistake.sequence, address, said, visitor)
    there = Signup.objects.of_address(mistake.address).filter(sequence=mistake.sequence)
    row = there.exclude(pk=joined.signup.pk).select_for_update(no_key=True).first()
    if row and constant_time_compare(mistake.proof, _proof(row)):
        _forget(row)
    return joined


def _forget(row: Signup) -> None:
    """Delete a mistaken sign-up; where its message has left, keep the bare address, marked as left.

    Otherwise somebody who corrects to and fro could have a stranger mailed each time.
    """
    if row.welcomed is None and not row.link_requests.exists():
        row.delete()
        return
    row.name, row.answers, row.left = "", {}, clock.now()
    row.save(update_fields=["name", "answers", "left", "date_updated"])
