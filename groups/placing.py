"""Late-comers: a place in a group that there is, or in a new one as soon as enough people wait."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone as clock

from groups.formation import place
from groups.forming import eligible, insert, learners, locked, rules_of, standing
from groups.models import Group, Membership
from groups.moving import closed_under, former_groups
from groups.waiting import note_waiting
from sequence.models import Sequence


@dataclass(frozen=True)
class Placed:
    """What became of those who came late: how many joined groups that were there, how many new groups, who waits."""

    joined: int
    founded: int
    in_founded: int
    waiting: int


def nobody(_sequence: Sequence) -> Collection[int]:
    """Return no ids: where nothing is known of who was active."""
    return ()


def place_late(now: datetime.datetime | None = None, active_of: Callable[[Sequence], Collection[int]] = nobody) -> int:
    """Place the late-comers of every course run that has groups and has not ended; return how many got a place.

    Who lost their group as it was closed, and finds no place, is noted to wait for one.

    For the tick: any number of workers may do it at once, and each newcomer gets one place. `active_of` returns the
    ids of people who gave a sign of life lately: among equal groups the one with fewest of them is filled first.
    """
    now = now or clock.now()
    made = Group.objects.filter(sequence=OuterRef("pk"))
    running = Sequence.objects.filter(Exists(made), end_date__gte=now.date()).order_by("pk")
    count = 0
    for sequence in running.annotate(open=Exists(made.open())):
        if not sequence.open:
            note_waiting(sequence, rules_of(sequence).confirmed_only, now)
        elif eligible(sequence, rules_of(sequence).confirmed_only).exists():
            done = place_newcomers(sequence, now, active_of(sequence))
            count += done.joined + done.in_founded
    return count


def place_newcomers(
    sequence: Sequence, now: datetime.datetime | None = None, active: Collection[int] = ()
) -> Placed:  # fmt: skip
    """Place everyone of a course run who is to be in a group and is in none; nobody else moves.

    A person who was erased meanwhile is left to the next tick, with all the others.
    """
    try:
        return _place(sequence, now or clock.now(), active)
    except IntegrityError:
        return Placed(0, 0, 0, 0)


@transaction.atomic
def _place(sequence: Sequence, now: datetime.datetime, active: Collection[int]) -> Placed:
    sequence = locked(sequence)
    rules = rules_of(sequence)
    options = rules.options()
    newcomers = learners(eligible(sequence, rules.confirmed_only), sequence, options, held=True)
    numbers = dict(Group.objects.filter(sequence=sequence).values_list("pk", "number"))
    barred: dict[int, set[int]] = defaultdict(set)
    people = [learner.id for learner in newcomers]
    for person, groups in former_groups(people).items():
        barred[person] = {numbers[group] for group in groups if group in numbers}
    moves = place(standing(sequence, options, active), newcomers, options, barred)
    came_from = closed_under(people)
    ids = {number: pk for pk, number in numbers.items()}
    Membership.objects.bulk_create(
        Membership(group_id=ids[number], signup_id=person, joined=now, came_from_id=came_from.get(person))
        for person, number in moves.joins
    )
    insert(sequence, moves.founded, now, came_from)
    note_waiting(sequence, rules.confirmed_only, now)
    in_founded = sum(group.size for group in moves.founded)
    return Placed(len(moves.joins), len(moves.founded), in_founded, len(moves.waiting))
