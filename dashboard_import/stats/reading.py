"""What charts read: the tallies of a few runs, in two queries however large the runs are."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Max, Model, Q

from dashboard_import.models import CourseRun, ImportedFile, Tally

# `of` in an address, and the column of Tally.
AUDIENCES = {"all": "everyone", "learner": "learners", "buyers": "buyers", "full": "participants"}
Step = tuple[int, int]


def step_name(step: Step) -> str:
    """Return a step as FutureLearn writes it: `2.10`."""
    return f"{step[0]}.{step[1]}"


def step_of(name: str) -> Step | None:
    """Return the week and the number of a step such as `2.10`; None for what is no step."""
    week, _dot, number = name.partition(".")
    parts = [part for part in (week, number) if part.isascii() and part.isdigit() and len(part) < 5]
    return (int(week), int(number)) if len(parts) == 2 else None


@dataclass
class RunNumbers:
    """A run's tallies for one audience. `loaded` says when the last file of each kind was loaded.

    `tables` are the run's rows of small tables of sums, by model; `options` are the address's further choices.
    `at` is the page of a list, counted from 1; None for a file, which has all of it. Lists are of the first run.
    """

    run: CourseRun
    of: str = "all"
    tallies: dict[str, list[tuple]] = field(default_factory=lambda: defaultdict(list))
    loaded: dict[str, datetime.datetime] = field(default_factory=dict)
    tables: dict[type[Model], list] = field(default_factory=lambda: defaultdict(list))
    options: Mapping[str, str] = field(default_factory=dict)
    at: int | None = None
    is_first: bool = True

    @property
    def name(self) -> str:
        return str(self.run)

    @property
    def path(self) -> str:
        """The run as in `with=` of an address."""
        return f"{self.run.slug}/{self.run.number}"

    def total(self, kind: str) -> int:
        """Return the sum of a kind, such as how many joined."""
        return sum(count for _week, _step, _day, _value, count in self.tallies[kind])

    def by_value(self, kind: str) -> dict[str, int]:
        """Return counts by FutureLearn's word, the largest first."""
        counts = Counter({value: count for _week, _step, _day, value, count in self.tallies[kind] if count})
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def by_day(self, kind: str) -> dict[datetime.date, int]:
        """Return counts by day (UTC), the first first."""
        counts: Counter[datetime.date] = Counter()
        for _week, _step, day, _value, count in self.tallies[kind]:
            if day:
                counts[day] += count
        return {day: counts[day] for day in sorted(counts) if counts[day]}

    def by_step(self, kind: str) -> dict[Step, int]:
        """Return counts by step, in the order of the course; what has no step is left out."""
        counts: Counter[Step] = Counter()
        for week, step, _day, _value, count in self.tallies[kind]:
            if week is not None and step is not None:
                counts[week, step] += count
        return {step: counts[step] for step in sorted(counts) if counts[step]}

    def by_step_and_day(self, kind: str) -> dict[tuple[Step, datetime.date], int]:
        """Return counts by step and day, in the order of the course."""
        found = {((week, step), day): count for week, step, day, _value, count in self.tallies[kind] if day and count}
        return dict(sorted(found.items()))

    def by_week(self, kind: str) -> dict[int, int]:
        """Return counts by week of the course."""
        counts: Counter[int] = Counter()
        for week, _step, _day, _value, count in self.tallies[kind]:
            counts[week] += count
        return {week: counts[week] for week in sorted(counts) if counts[week]}

    def as_of(self, files: Iterable[str]) -> datetime.datetime | None:
        """Return when the youngest of these kinds of file was loaded, None if none ever was."""
        return max((self.loaded[kind] for kind in files if kind in self.loaded), default=None)


def read(
    runs: Sequence[CourseRun],
    kinds: Iterable[str],
    of: str,
    tables: Mapping[type[Model], Q] | None = None,
    options: Mapping[str, str] | None = None,
    at: int | None = None,
) -> list[RunNumbers]:
    """Return the numbers of the runs, in their order; two queries, and one for each of `tables`, of those rows."""
    found = {
        run.pk: RunNumbers(run, of, options=options or {}, at=at, is_first=place == 0) for place, run in enumerate(runs)
    }
    columns = ("run", "kind", "week", "step", "day", "value", AUDIENCES[of])
    rows = Tally.objects.filter(run__in=found, kind__in=set(kinds)).values_list(*columns)
    for run, kind, *row in rows.iterator(chunk_size=10_000):
        found[run].tallies[kind].append(tuple(row))
    files = ImportedFile.objects.filter(run__in=found, outcome=ImportedFile.Outcome.LOADED).order_by()
    for run, kind, moment in files.values_list("run", "kind").annotate(Max("import_run__started")):
        found[run].loaded[kind] = moment
    for table, test in (tables or {}).items():
        for row in table.objects.filter(test, run__in=found).order_by("pk"):
            found[row.run_id].tables[table].append(row)
    return list(found.values())
