"""The ways people took: from which week or step to which next one they went, by what they completed in turn."""

# ruff: noqa: S608  (the SQL is our own)
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import itemgetter

from django.db import connection

from dashboard_import.models import CourseRun, StepActivity, Tally
from dashboard_import.rollups import rollup
from dashboard_import.tallies import AUDIENCES, joined

ACTIVITY = StepActivity._meta.db_table
BY_WEEK, BY_STEP, BEGAN, ENDED = "ways", "ways in week ", "ways_began", "ways_ended"
SHIFT = 10_000  # a place is week * SHIFT + step; both have four digits at most
FLAGS = ", ".join(f"{sql} AS {name}" for name, sql in AUDIENCES.items())

Of = tuple[int, ...]  # for each of AUDIENCES, 1 if a learner is one of them


def in_week(week: int) -> str:
    """Return the kind of Tally with the moves between the steps of a week."""
    return f"{BY_STEP}{week}"


def journeys(run: CourseRun) -> Iterator[tuple[Of, list[int]]]:
    """Yield, for each learner, of whom they are one and the places they completed, in order of time, then of the file.

    The database sorts. It streams what it has sorted, so memory does not grow with the rows.
    """
    mine = "WHERE s.run_id = %(run)s AND s.last_completed_at IS NOT NULL AND s.learner_id <> ''"
    with connection.chunked_cursor() as cursor:
        if connection.vendor == "postgresql":
            # Bytes are compared faster than the letters of a language.
            cursor.execute(
                f'SELECT {FLAGS}, j.places FROM (SELECT s.learner_id COLLATE "C" AS learner_id,'
                f" array_agg(s.week * {SHIFT} + s.step ORDER BY s.last_completed_at, s.row) AS places"
                f" FROM {ACTIVITY} s {mine} GROUP BY 1) j {joined('j.learner_id')}",
                {"run": run.pk},
            )
            for *flags, places in cursor:
                yield tuple(flags), places
            return
        cursor.execute(
            f"SELECT s.learner_id, {FLAGS}, s.week * {SHIFT} + s.step FROM {ACTIVITY} s {joined('s.learner_id')} {mine}"
            " ORDER BY s.learner_id, s.last_completed_at, s.row",
            {"run": run.pk},
        )
        for _learner, rows in groupby(cursor, itemgetter(0)):
            (_same, *flags, first), *later = rows
            yield tuple(flags), [first, *map(itemgetter(-1), later)]


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


@rollup("enrolments", "step_activity")
def ways(run: CourseRun) -> None:
    """Count moves between weeks, and between the steps of each week; a learner's same move counts once.

    Count as well in which week learners completed their first step, and in which their last. A move is from one
    completed step to the next, in a week from one to the next of that week.
    """
    weekly, stepwise, began, ended = Moves(), Moves(), Moves(), Moves()
    for flags, places in journeys(run):
        weeks = [place // SHIFT for place in places]
        began.counts[flags][weeks[0]] += 1
        ended.counts[flags][weeks[-1]] += 1
        by_week: dict[int, list[int]] = {weeks[0]: places}
        if weeks.count(weeks[0]) < len(weeks):
            weekly.counts[flags].update(set(pairwise(weeks)))
            by_week = defaultdict(list)
            for week, place in zip(weeks, places, strict=True):
                by_week[week].append(place)
        for within in by_week.values():
            stepwise.counts[flags].update(set(pairwise(within)))
    rows = [
        *((BY_WEEK, week, after, "", counts) for (week, after), counts in weekly.tallies().items() if week != after),
        *(
            (in_week(place // SHIFT), place // SHIFT, place % SHIFT, str(after % SHIFT), counts)
            for (place, after), counts in stepwise.tallies().items()
            if place != after
        ),
        *((BEGAN, week, None, "", counts) for week, counts in began.tallies().items()),
        *((ENDED, week, None, "", counts) for week, counts in ended.tallies().items()),
    ]
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
