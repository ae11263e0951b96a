"""Who lost their group as an organiser closed it, and waits for a place: a fact of placing, told by the mail room."""

import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from groups.forming import eligible
from groups.models import Membership
from sequence.models import Sequence


def _last() -> QuerySet[Membership]:
    """Memberships that ended, of people who are in no group and have been in none since."""
    other = Membership.objects.filter(signup=OuterRef("signup")).filter(Q(left=None) | Q(left__gt=OuterRef("left")))
    return Membership.objects.filter(~Exists(other), left__isnull=False)


def note_waiting(sequence: Sequence, confirmed_only: bool, now: datetime.datetime) -> int:
    """Write down since when people of a course run wait whose group was closed, and return how many are new.

    For after placing: whoever found a place is in a group again and does not count.
    """
    closed = _last().filter(group__sequence=sequence, left=F("group__closed"), group__merged_into=None, waits=None)
    people = eligible(sequence, confirmed_only).values("pk")
    found = list(closed.filter(signup__in=people).values_list("pk", flat=True))
    return Membership.objects.filter(pk__in=found, waits=None).update(waits=now)


def to_tell() -> QuerySet[Membership]:
    """Return the memberships whose people wait for another place, and have not been told so."""
    waiting = _last().filter(waits__isnull=False, told_waits=None)
    return waiting.filter(
        signup__left=None, signup__bounced=None, signup__confirmed__isnull=False, signup__wants_group=True
    )  # fmt: skip
