"""What charts read: the tallies of a few runs, or of all runs of a course, in a few queries however large they are."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Max, Model, Q

from dashboard_import.models import CourseRun, ImportedFile, PreCourseSurvey, Tally
from dashboard_import.stats.days import first_days
from dashboard_import.stats.pooling import DAY_ONE, Pool, Shown, added

# `of` in an address, and the column of Tally.
AUDIENCES = {"all": "everyone", "learner": "learners", "buyers": "buyers", "full": "participants"}
Step = tuple[int, int]
BEFORE = "pre_course_survey"  # what the survey before a run is called among kinds of files


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
    """The tallies of a run, or of all runs of a course together (a pool), for one audience.

    `loaded` says when the last file of each kind was loaded; `files` says so of each run, by key. `tables` are the
    rows of small tables of sums, by model; `options` are the address's further choices. `at` is the page of a list,
    counted from 1; None for a file, which has all of it. Lists are of the first run. `colour` is the run's on every
    chart, and `first_day` the one that its days are counted from, where that is known.
    """

    run: Shown
    of: str = "all"
    tallies: dict[str, list[tuple]] = field(default_factory=lambda: defaultdict(list))
    files: dict[int, dict[str, datetime.datetime]] = field(default_factory=lambda: defaultdict(dict))
    tables: dict[type[Model], list] = field(default_factory=lambda: defaultdict(list))
    options: Mapping[str, str] = field(default_factory=dict)
    at: int | None = None
    is_first: bool = True
    colour: int = 1
    first_day: datetime.date | None = None

    @property
    def name(self) -> str:
        return str(self.run)

    @property
    def is_pool(self) -> bool:
        return isinstance(self.run, Pool)

    @property
    def runs(self) -> Sequence[CourseRun]:
        """The run, or those of the pool."""
        return self.run.runs if isinstance(self.run, Pool) else (self.run,)

    @property
    def in_days(self) -> bool:
        """Whether days are days of the run, as those of `pooling`, and not dates."""
        return self.first_day == DAY_ONE

    @property
    def start(self) -> datetime.date | None:
        """The first day, if that of every run is known."""
        return self.first_day if all(run.start for run in self.runs) else None

    @property
    def loaded(self) -> dict[str, datetime.datetime]:
        """When the last file of each kind was loaded, of any of the runs."""
        found: dict[str, datetime.datetime] = {}
        for kinds in self.files.values():
            for kind, moment in kinds.items():
                found[kind] = max(moment, found.get(kind, moment))
        return found

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
        """Return when the youngest of these kinds of file was loaded, None if none ever was.

        A pool is as old as the oldest of its runs, each being as young as its youngest file.
        """
        return next(iter(self.ages(files)), None)

    def ages(self, files: Iterable[str]) -> list[datetime.datetime]:
        """Return when each run's youngest file of these kinds was loaded, the oldest run first."""
        files = set(files)
        of_runs = [[moment for kind, moment in kinds.items() if kind in files] for kinds in self.files.values()]
        return sorted(max(moments) for moments in of_runs if moments)

    def lacking(self, kind: str) -> list[CourseRun]:
        """Return the runs that have no file of this kind."""
        return [run for run in self.runs if kind not in self.files.get(run.pk, {})]


def read(
    chosen: Sequence[Shown],
    kinds: Iterable[str],
    of: str,
    tables: Mapping[type[Model], Q] | None = None,
    options: Mapping[str, str] | None = None,
    at: int | None = None,
    by_day: bool = False,
) -> list[RunNumbers]:
    """Return the numbers of runs and pools, in their order; `by_day` if days of the run will be counted.

    Two queries, and one for each of `tables`, of those rows; one more if days are counted from a first day that is not
    known.
    """
    made = [RunNumbers(run, of, options=options or {}, at=at, colour=colour) for colour, run in enumerate(chosen, 1)]
    has_pools = any(one.is_pool for one in made)
    firsts = first_days([run for one in made for run in one.runs]) if by_day else {}
    for one in made:
        first = None if isinstance(one.run, Pool) else firsts.get(one.run.pk, one.run.start)
        one.first_day = DAY_ONE if has_pools else first
    for one in [one for one in made if not one.is_pool][1:]:
        one.is_first = False
    read_tallies(made, set(kinds), AUDIENCES[of], firsts)
    of_run: dict[int, list[RunNumbers]] = defaultdict(list)
    for one in made:
        for run in one.runs:
            of_run[run.pk].append(one)
    files = ImportedFile.objects.filter(run__in=of_run, outcome=ImportedFile.Outcome.LOADED).order_by()
    for run, kind, moment in files.values_list("run", "kind").annotate(Max("import_run__started")):
        for one in of_run[run]:
            one.files[run][kind] = moment
    order = {run.pk: place for one in made for place, run in enumerate(one.runs)}
    for table, test in (tables or {}).items():
        for row in sorted(table.objects.filter(test, run__in=of_run).order_by("pk"), key=lambda row: order[row.run_id]):
            for one in of_run[row.run_id]:
                one.tables[table].append(row)
                if table is PreCourseSurvey:  # uploaded by itself, and so none of the files that an import loads
                    one.files[row.run_id][BEFORE] = row.uploaded
    return made


def read_tallies(
    made: Sequence[RunNumbers], kinds: set[str], column: str, firsts: Mapping[int, datetime.date | None]
) -> None:
    """Read the tallies in one query. If there are pools all days are days of the run, those of single runs too."""
    if any(one.is_pool for one in made):
        for place, kind, row in added([one.runs for one in made], kinds, column, firsts):
            made[place].tallies[kind].append(row)
        return
    of_run = {one.run.pk: one.tallies for one in made}
    columns = ("run", "kind", "week", "step", "day", "value", column)
    rows = Tally.objects.filter(run__in=of_run, kind__in=kinds).values_list(*columns)
    for run, kind, *row in rows.iterator(chunk_size=10_000):
        of_run[run][kind].append(tuple(row))
