"""Which charts there are, on which page, and what each of them is."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Model, Q

from dashboard_import.stats.pooling import Shown
from dashboard_import.stats.reading import RunNumbers
from mooc.lib.charts.marks import Drawing

Rows = list[tuple]
BY_DAY = (("date",), ("step", "date"), ("step", "thread", "date"))  # how the columns of charts over days begin


@dataclass(frozen=True)
class Seen:
    """One run, or all runs of a course, as a chart shows it.

    `rows` are those of its CSV, None standing for a number that is hidden; `base` is what a hundred per cent are;
    `colour` is the run's on every chart.

    Where a part of the time was chosen, `rows` are of that part: `days` are its first and its last day, `before` is
    the last row before it, and `since` is the day from which the run's days are counted.
    """

    numbers: RunNumbers
    rows: Rows
    base: int
    colour: int
    days: tuple[datetime.date, datetime.date] | None = None
    before: tuple | None = None
    since: datetime.date | None = None

    @property
    def name(self) -> str:
        return self.numbers.name

    def shown(self, count: int | None, *, percent: bool) -> float | None:
        """Return a count as the page wants it: as it is, or in per cent of the base."""
        if not percent or count is None:
            return count
        return 100 * count / self.base if self.base else None


@dataclass(frozen=True)
class Figure:
    """A drawing of a chart; `of` names the run where each run has its own.

    `pager` is for a list of which this is one page: `first` to `last` of `all`, and the numbers of the pages with
    `newer` and `older` ones, 0 where there are none. `upload` is where those who may load can bring
    what is missing, and the words of a link to it.
    """

    drawing: Drawing
    of: str = ""
    pager: Mapping[str, int] = field(default_factory=dict)
    upload: tuple[str, ...] = ()


Draw = Callable[["Chart", Sequence[Seen], bool], list[Figure]]


@dataclass(frozen=True)
class Chart:
    """A chart, its CSV and its definition.

    `columns` are those of the CSV, the last of them a number of people; `files` are the kinds of file that it is made
    of, `tallies` the kinds of Tally; `base` is the kind of Tally that is a hundred per cent ("" for the sum of what
    is known); `rows` makes the CSV's rows of one run, `draw` the drawings of several.

    `tables` are small tables of sums that it reads beside tallies. Without `shares` its last column is no part of a
    whole, and per cent means nothing to its file. `options` are further choices in the address, the first of each
    being made where there is none; `chosen_tallies` are the kinds of Tally that such a choice asks for, `chosen_rows`
    which rows of further tables. `of_all_runs` says what is special where all runs of a course are one. Without `pools`
    that means nothing: then each run is shown by itself.

    With `sums` a row's numbers are all that there was up to its day, and so tell what came on it.

    `settled` returns what choices that were not made come to for some runs; `whole`, how many people are a hundred per
    cent where that depends on such a choice.
    """

    slug: str
    page: str
    title: str
    definition: str
    limits: str
    columns: tuple[str, ...]
    files: tuple[str, ...]
    tallies: tuple[str, ...]
    base: str
    draw: Draw
    rows: Callable[[RunNumbers], Rows]
    tables: tuple[type[Model], ...] = ()
    shares: bool = True
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    chosen_tallies: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda _chosen: ()
    chosen_rows: Callable[[Mapping[str, str]], Mapping[type[Model], Q]] = lambda _chosen: {}
    of_all_runs: str = ""
    pools: bool = True
    settled: Callable[[Sequence[Shown], Mapping[str, str]], Mapping[str, str]] = lambda _runs, _chosen: {}
    whole: Callable[[RunNumbers], int] | None = None
    sums: bool = False

    @property
    def labels(self) -> int:
        """How many of the columns say what is counted, where the others are numbers of people."""
        return len(self.columns) - 1 if self.columns[-1] == "count" else 1

    @property
    def day_at(self) -> int | None:
        """The place of the day, or of a moment, among the columns of a chart over days; None for others."""
        return next((at for at, start in enumerate(BY_DAY) if self.columns[: at + 1] == start), None)


@dataclass(frozen=True)
class Page:
    """A page of charts in the order in which they were registered."""

    slug: str
    title: str
    charts: dict[str, Chart]


PAGES: dict[str, Page] = {}


def page(slug: str, title: str) -> None:
    """Register a page; its charts follow."""
    PAGES[slug] = Page(slug, title, {})


def chart(slug: str, page: str, **facts) -> Callable[[Callable[[RunNumbers], Rows]], Callable[[RunNumbers], Rows]]:
    """Register the function that makes a chart's rows of one run; `facts` are the other fields of Chart."""

    def register(rows: Callable[[RunNumbers], Rows]) -> Callable[[RunNumbers], Rows]:
        PAGES[page].charts[slug] = Chart(
            slug=slug, page=page, rows=rows, **{"limits": "", "base": "", "tallies": (), **facts}
        )
        return rows

    return register
