"""Addresses that must be left alone, and how one of them gets mail again. No call to a provider is made here."""

import datetime
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Least
from django.utils import timezone as clock

from mailing.delivery import ERASED, hidden
from mailing.models import Delivery, Suppression
from mooc.lib.addresses import fold
from mooc.lib.insert import insert_if_new
from signup.leaving import leave_everything
from signup.models import LinkRequest, Signup

Kind = Suppression.Kind
LIFTED_BY_STAFF = (Kind.BOUNCE, Kind.COMPLAINT)


@transaction.atomic
def suppress(address: str, kind: str, since: datetime.datetime) -> bool:
    """Leave an address alone from now on, everywhere: all its sign-ups, also in what is queued already.

    A bounce marks the sign-ups, which a new confirmation clears. A complaint stays until a person lifts it. An
    unsubscription at the provider is the same as pressing our own button. News from before it was lifted, or taken out
    for a confirmation, changes nothing: then return False.
    """
    folded = fold(address)
    if not _stands(folded, kind, since):
        return False
    people = Signup.objects.of_address(address)
    if kind == Kind.BOUNCE:
        people.filter(Q(bounced=None) | Q(bounced__gt=since)).filter(
            Q(confirmed=None) | Q(confirmed__lte=since)
        ).update(bounced=since)
    else:
        leave_everything(address)
    return True


@transaction.atomic
def ask_anew(row: Delivery, since: datetime.datetime, now: datetime.datetime) -> None:
    """Have a confirmation sent once more that the provider held back: it knew of an unsubscription that we did not.

    Only the first time, when that is news: the worker then takes it out, and the second confirmation arrives.
    """
    if insert_if_new(Suppression(folded=fold(row.address), kind=Kind.UNSUBSCRIBE, since=since)):
        LinkRequest.objects.filter(pk=row.key.partition(":")[2]).delete()
        Signup.objects.filter(pk=row.signup_id, left=None).update(asked=now)


def suppress_erased(mark: str, since: datetime.datetime) -> None:
    """Keep that somebody who was erased reported our mail as spam; `mark` stands in place of their address."""
    _stands(mark, Kind.COMPLAINT, since)


def _stands(folded: str, kind: str, since: datetime.datetime) -> bool:
    """Write down that an address is suppressed, and say whether it is after this news."""
    if insert_if_new(Suppression(folded=folded, kind=kind, since=since)):
        return True
    row = Suppression.objects.filter(folded=folded, kind=kind)
    # It has happened again since it was lifted, or since the provider's entry was taken out to try.
    row.filter(lifted__lt=since).update(lifted=None, removed=None, since=since)
    row.filter(lifted=None, removed__lt=since).update(removed=None)
    return bool(row.filter(lifted=None, removed=None).update(since=Least("since", since)))


def recall_erased(people: Iterable[Signup]) -> int:
    """Give what stands against erased people their address again, as they sign up again; return how many."""
    marks = {hidden(person.email): person.folded for person in people}
    found = Suppression.objects.filter(folded__in=marks)
    for row in found:
        if Suppression.objects.filter(folded=marks[row.folded], kind=row.kind).exists():
            continue
        Suppression.objects.filter(pk=row.pk).update(folded=marks[row.folded])
    return len(found)


@transaction.atomic
def lift(row: Suppression, now: datetime.datetime | None = None) -> bool:
    """Let a person's word lift a bounce or a complaint, and return whether that changed anything.

    The worker takes it out at the provider. Sign-ups that a complaint took out stay out until they sign up again.
    """
    now = now or clock.now()
    standing = Suppression.objects.filter(pk=row.pk, lifted=None, kind__in=LIFTED_BY_STAFF)
    if is_erased(row) or not standing.update(lifted=now, removed=None, tried=None, trouble=""):
        return False
    if row.kind == Kind.BOUNCE:
        Signup.objects.filter(folded=row.folded, bounced__isnull=False).update(bounced=None)
    return True


def lift_unsubscription(address: str, now: datetime.datetime | None = None) -> int:
    """Lift an unsubscription at the provider for somebody who comes back with their own key; return 1 or 0."""
    standing = unsubscribed().filter(folded=fold(address))
    return standing.update(lifted=now or clock.now(), tried=None, trouble="")


def lift_confirmed(now: datetime.datetime) -> int:
    """Lift the unsubscriptions of those who have pressed the link of a confirmation since; return how many."""
    pressed = LinkRequest.objects.filter(
        kind=LinkRequest.Kind.CONFIRM, used__gt=OuterRef("since"), signup__folded=OuterRef("folded"),
        signup__left=None, signup__confirmed__isnull=False,
    )  # fmt: skip
    return unsubscribed().filter(Exists(pressed)).update(lifted=now, tried=None, trouble="")


def unsubscribed() -> QuerySet[Suppression]:
    """Return the unsubscriptions that stand, and that only the person's own will lifts: no complaint beside them."""
    complained = Suppression.objects.filter(kind=Kind.COMPLAINT, lifted=None, folded=OuterRef("folded"))
    found = Suppression.objects.filter(kind=Kind.UNSUBSCRIBE, lifted=None).exclude(folded__startswith=ERASED)
    return found.exclude(Exists(complained))


def in_the_way() -> QuerySet[Suppression]:
    """Return the unsubscriptions at the provider that would stop a confirmation which somebody has asked for now."""
    asking = Signup.objects.filter(asked__isnull=False, left=None, folded=OuterRef("folded"))
    return unsubscribed().filter(Exists(asking), removed=None)


def prolong_trials(now: datetime.datetime) -> int:
    """Give those on trial who ask for a confirmation once more the whole time again; return how many."""
    asking = Signup.objects.filter(asked__isnull=False, left=None).values("folded")
    return unsubscribed().filter(removed__isnull=False, folded__in=asking).update(removed=now)


def to_remove() -> QuerySet[Suppression]:
    """Return what was lifted here and still stands at the provider."""
    lifted = Suppression.objects.filter(lifted__isnull=False, removed=None)
    return lifted.exclude(folded__startswith=ERASED).order_by(F("tried").asc(nulls_first=True), "pk")


def to_restore(before: datetime.datetime) -> QuerySet[Suppression]:
    """Return the unsubscriptions that were taken out before a moment for a confirmation that nobody has pressed."""
    return unsubscribed().filter(removed__lt=before).order_by(F("tried").asc(nulls_first=True), "pk")


def is_erased(row: Suppression) -> bool:
    """Say whether a keyed hash stands in place of the address: its owner was erased."""
    return row.folded.startswith(ERASED)
