"""Joining a group that fades with another: what is suggested, and doing it. Never by itself: an organiser says so."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from groups.clockline import apart, middle
from groups.formation import merge
from groups.forming import locked, rules_of, standing
from groups.models import Group, Membership
from groups.moving import move
from mooc.lib.digests import digest
from sequence.models import Sequence

FIRST_WEEK = datetime.timedelta(days=7)  # in which nobody can tell yet which groups live


@dataclass(frozen=True)
class Suggestion:
    """One group that had better be joined with another: `hours` apart, their active members, their members together."""

    source: Group
    into: Group
    hours: float
    source_active: int
    into_active: int
    size: int


def begins(sequence: Sequence) -> datetime.datetime:
    """Return the moment from which groups are suggested: the end of the first week."""
    return sequence.starts_at + FIRST_WEEK


def suggestions(
    sequence: Sequence, active: Collection[int], now: datetime.datetime | None = None
) -> list[Suggestion]:  # fmt: skip
    """Return which groups had better be joined, each group in one suggestion at most; none in the first week.

    `active` holds the ids of the people who gave a sign of life in the last seven days. Where it is empty, the site
    knows of none rather than everybody being gone, and nothing is suggested.
    """
    now = now or clock.now()
    if not active or now < begins(sequence):
        return []
    options = rules_of(sequence).options()
    groups = {group.number: group for group in Group.objects.open().filter(sequence=sequence)}
    plan = standing(sequence, options, active)
    lively = {one.number: one.active for one in plan.groups}
    # Nobody can tell yet of a group made within the week: it counts as if all of it were active.
    young = {number for number, group in groups.items() if now - group.date_created < FIRST_WEEK}
    alive = {learner.id for one in plan.groups if one.number in young for learner in one.members}.union(active)
    found, busy = [], set()
    for merger in merge(plan, alive, options).mergers:
        # Accepting one changes the groups of the other: it is suggested again when it still holds then.
        if busy.isdisjoint((merger.source, merger.into)):
            busy |= {merger.source, merger.into}
            source, into = groups[merger.source], groups[merger.into]
            counts = (lively[merger.source], lively[merger.into])
            found.append(Suggestion(source, into, merger.hours, *counts, merger.size))
    return found


def hours_between(one: Group, other: Group) -> float | None:
    """Return how many hours the middles of two groups of one run are apart; None where one is empty or closed."""
    options = rules_of(one.sequence).options()
    middles = {
        group.number: middle(learner.hours for learner in group.members)
        for group in standing(one.sequence, options).groups if group.members
    }  # fmt: skip
    if one.number not in middles or other.number not in middles:
        return None
    return apart(middles[one.number], middles[other.number])


def mark_of(source: Group, into: Group) -> str:
    """Return a mark of who is in two groups: a press counts only for what its page showed."""
    here = Membership.objects.current().filter(group__in=(source, into)).order_by("pk")
    members = ",".join(map(str, here.values_list("pk", flat=True)))
    return digest("merging", f"{source.pk}>{into.pk}:{members}")


@transaction.atomic
def merge_groups(source: Group, into: Group, mark: str | None = None, now: datetime.datetime | None = None) -> int:
    """Move everybody of `source` into `into`, close it, lead its address there, and return how many moved.

    Raises ValidationError for a closed group, for groups of two runs, and where the members are no longer those that
    `mark` was made of. The mail room tells both groups.
    """
    now = now or clock.now()
    locked(source.sequence)
    rows = Group.objects.filter(pk__in=(source.pk, into.pk)).order_by("pk")
    if len(rows) < 2 or source.sequence_id != into.sequence_id:
        raise ValidationError(_("Choose two groups of one course run."))
    for group in rows:
        if group.closed:
            raise ValidationError(_("%(group)s is closed. Choose another."), params={"group": group.name})
    if mark is not None and mark != mark_of(source, into):
        raise ValidationError(_("Somebody joined or left one of these groups meanwhile. Look at them again."))
    Group.objects.filter(merged_into=source).update(merged_into=into)
    Group.objects.filter(pk=source.pk).update(merged_into=into, closed=now)
    count = Membership.objects.current().filter(group=source).count()
    # Also those who have left the course: should they come back, they are in the group that there is.
    move(Membership.objects.filter(group=source), into, now)
    return count
