"""All runs of a course taken together as one, a pool: what an address calls `all`, and how its tallies are added up.

Days are then days of the run: the first day of each run is day 1. They are kept as dates of an imagined run that began
on DAY_ONE, so that charts draw them as they draw any run's.
"""

# ruff: noqa: S608  (the SQL is our own)
import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import ngettext

from dashboard_import.models import CourseRun, Tally

ALL = "all"
DAY_ONE = datetime.date(5000, 1, 1)
# A row's kind, week, step and day as one number: sorting by one is half the work of sorting by four.
PLACES, ZERO = 1 << 17, 1 << 16  # weeks and steps have 16 bits and may be below zero
DAYS = 1_000_000  # days from the first on are smaller than half of it


@dataclass(frozen=True)
class Pool:
    """All runs of a course, in order of their numbers; it has what charts ask a CourseRun for."""

    runs: tuple[CourseRun, ...]
    number = ALL

    @property
    def slug(self) -> str:
        return self.runs[0].slug

    @property
    def course(self) -> str:
        """The name of the course as its last run has it."""
        return self.runs[-1].course

    @property
    def weeks(self) -> int | None:
        """How many weeks the longest of them has."""
        return max((run.weeks or 0 for run in self.runs), default=0) or None

    def __str__(self) -> str:
        return pool_name(self.course, len(self.runs))


Shown = CourseRun | Pool


def pool_name(course: str, count: int) -> str:
    """Return what all `count` runs of a course together are called."""
    return ngettext("%(course)s, its only run", "%(course)s, all %(count)s runs", count) % {
        "course": course, "count": count,
    }  # fmt: skip


def added(
    pools: Sequence[Sequence[CourseRun]],
    kinds: Collection[str],
    column: str,
    firsts: Mapping[int, datetime.date | None],
) -> Iterator[tuple[int, str, tuple]]:
    """Yield tallies added up over some runs each: the place in `pools`, the kind, and (week, step, day, value, count).

    `firsts` are the first days of runs by key; a run without one has no days. `column` is an audience's of Tally. One
    query; the database adds up.
    """
    if not pools or not kinds:
        return
    names = sorted(kinds)
    is_sqlite = connection.vendor == "sqlite"
    first = "julianday(%s)" if is_sqlite else "CAST(%s AS date)"
    later = "CAST(julianday(t.day) - o.first AS bigint)" if is_sqlite else "t.day - o.first"
    origins = [(at, run.pk, firsts.get(run.pk)) for at, runs in enumerate(pools) for run in runs]
    top = f"CAST(o.pool * {len(names)} + k.place AS bigint)"
    key = (
        f"(({top} * {PLACES} + coalesce(t.week + {ZERO}, 0)) * {PLACES} + coalesce(t.step + {ZERO}, 0)) * {DAYS}"
        f" + coalesce({later} + {DAYS // 2}, 0)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH o(pool, run_id, first) AS (VALUES {', '.join([f'(%s, %s, {first})'] * len(origins))}),"
            f" k(kind, place) AS (VALUES {', '.join(['(%s, %s)'] * len(names))})"
            f" SELECT {key} AS places, t.value, sum(t.{column}) FROM o CROSS JOIN k"
            f" JOIN {Tally._meta.db_table} t ON t.run_id = o.run_id AND t.kind = k.kind GROUP BY 1, 2 ORDER BY 1, 2",
            [cell for row in (*origins, *((name, at) for at, name in enumerate(names))) for cell in row],
        )
        for places, value, count in cursor:
            rest, day = divmod(places, DAYS)
            rest, step = divmod(rest, PLACES)
            rest, week = divmod(rest, PLACES)
            pool, kind = divmod(rest, len(names))
            date = DAY_ONE + datetime.timedelta(days=day - DAYS // 2) if day else None
            place = (week - ZERO if week else None, step - ZERO if step else None)
            yield pool, names[kind], (*place, date, value, int(count))
