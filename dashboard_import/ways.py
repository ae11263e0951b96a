"""The ways people took: from which week or step to which next one they went, by what they completed in turn."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial
from itertools import groupby, pairwise

from django.db import connection

from dashboard_import.audiences import AUDIENCES
from dashboard_import.journeys import SHIFT, Journey, Of, journeys_in, sorted_journeys, spooled
from dashboard_import.models import CourseRun, Tally
from dashboard_import.rollups import Aside, rollup

BY_WEEK, BY_STEP, BEGAN, ENDED = "ways", "ways in week ", "ways_began", "ways_ended"


def in_week(week: int) -> str:
    """Return the kind of Tally with the moves between the steps of a week."""
    return f"{BY_STEP}{week}"


class Moves:
    """How many learners did what, such as go from one place to another, by whom they are one of."""

    def __init__(self):
        self.counts: dict[Of, Counter] = defaultdict(Counter)

    def tallies(self) -> dict:
        """Return {what they did: the counts of each of AUDIENCES}."""
        added: dict = defaultdict(lambda: [0] * len(AUDIENCES))
        for flags, counts in self.counts.items():
            for what, count in counts.items():
                for place, flag in enumerate(flags):
                    added[what][place] += flag * count
        return added


def by_week(places: Iterable[int]) -> Iterable[list[int]]:
    """Return the places of each week, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    for place in places:
        found[place // SHIFT].append(place)
    return found.values()


@rollup("enrolments", "step_activity")
def ways(run: CourseRun) -> Aside | None:
    """Count the ways of a run anew."""
    if connection.vendor == "postgresql":
        return Aside(partial(tallies_of, journeys_in(spooled(run))), partial(store, run))
    store(run, tallies_of(sorted_journeys(run)))
    return None


def tallies_of(journeys: Iterable[Journey]) -> list[tuple]:
    """Count moves between weeks, and between the steps of each week; a learner's same move counts once.

    Count as well in which week learners completed their first step, and in which their last. A move is from one
    completed step to the next, in a week from one to the next of that week. Return rows of kind, week, step, value
    and the counts of each of AUDIENCES.
    """
    weekly, stepwise, began, ended = Moves(), Moves(), Moves(), Moves()
    for flags, places in journeys:
        weeks = [week for week, _places in groupby([place // SHIFT for place in places])]
        began.counts[flags][weeks[0]] += 1
        ended.counts[flags][weeks[-1]] += 1
        weekly.counts[flags].update(set(pairwise(weeks)))
        is_once = len(set(places)) == len(places)  # then no move comes twice
        # Of one who never came back to a week all moves can be taken: those between weeks are left out in the end.
        for within in [places] if len(set(weeks)) == len(weeks) else by_week(places):
            moves = pairwise(within)
            stepwise.counts[flags].update(moves if is_once else set(moves))
    return [
        *((BY_WEEK, week, after, "", counts) for (week, after), counts in weekly.tallies().items()),
        *(
            (in_week(place // SHIFT), place // SHIFT, place % SHIFT, str(after % SHIFT), counts)
            for (place, after), counts in stepwise.tallies().items()
            if place != after and place // SHIFT == after // SHIFT
        ),
        *((BEGAN, week, None, "", counts) for week, counts in began.tallies().items()),
        *((ENDED, week, None, "", counts) for week, counts in ended.tallies().items()),
    ]


def store(run: CourseRun, rows: Iterable[tuple]) -> None:
    """Put the rows of `tallies_of` in the place of the run's old ones."""
    mine = Tally.objects.filter(run=run)
    mine.filter(kind__in=(BY_WEEK, BEGAN, ENDED)).delete()
    mine.filter(kind__startswith=BY_STEP).delete()
    Tally.objects.bulk_create(
        (
            Tally(run=run, kind=kind, week=week, step=step, value=value, **dict(zip(AUDIENCES, counts, strict=True)))
            for kind, week, step, value, counts in rows
        ),
        batch_size=1_000,
    )
