"""The table of all runs: their totals, found, sorted, added up, and as files."""

import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.http import Http404
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from dashboard_import.models import CourseRun
from dashboard_import.stats.hiding import hidden
from dashboard_import.stats.overview import MEASURES
from dashboard_import.stats.reading import read

FACTS = ("course", "run", "start", "weeks", "institution")
COLUMNS = (*FACTS, *MEASURES)
LIMITED = ("start", "run", "weeks", *MEASURES)  # columns of which an address may want a least and a most
LEAST, MOST = "from-", "to-"
LONGEST_SEARCH = 200
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot carry
Value = int | datetime.date


@dataclass(frozen=True)
class Row:
    """One run: the cells of COLUMNS, None for what is not known or hidden."""

    run: CourseRun
    cells: tuple

    def cell(self, column: str) -> object:
        return self.cells[COLUMNS.index(column)]


@dataclass(frozen=True)
class Wanted:
    """Which runs an address asks for, in which order: the column, with `-` before it the largest first.

    `least` and `most` are limits by column; a run whose number is not known or hidden is within none.
    """

    search: str = ""
    sort: str = ""
    least: Mapping[str, Value] = field(default_factory=dict)
    most: Mapping[str, Value] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """The address's query, without its order."""
        limits = ((LEAST, self.least), (MOST, self.most))
        named = {f"{name}{column}": str(value) for name, values in limits for column, value in values.items()}
        return {**({"q": self.search} if self.search else {}), **named}

    def takes(self, row: Row) -> bool:
        """Say whether a run is within all limits."""
        limits = ((self.least, 1), (self.most, -1))
        return all(
            row.cell(column) is not None and (row.cell(column) >= value if sign > 0 else row.cell(column) <= value)
            for values, sign in limits
            for column, value in values.items()
        )


def wanted(query: Mapping[str, str]) -> Wanted:
    """Read an address's query. Raises Http404 for a limit that is no number or day, and for an unknown column."""
    search, sort = query.get("q", "").replace("\0", "")[:LONGEST_SEARCH], query.get("sort", "")
    if sort.removeprefix("-") not in ("", *COLUMNS):
        raise Http404
    limits: dict[str, dict[str, Value]] = {LEAST: {}, MOST: {}}
    for name, values in limits.items():
        for column in LIMITED:
            if given := query.get(f"{name}{column}"):
                values[column] = value_of(column, given)
    return Wanted(search, sort, limits[LEAST], limits[MOST])


def value_of(column: str, given: str) -> Value:
    """Return a limit as a day or a number. Raises Http404 for what is neither."""
    if column == "start":
        try:
            return datetime.date.fromisoformat(given)
        except ValueError:
            raise Http404 from None
    if not (given.isascii() and given.isdigit() and len(given) < 12):
        raise Http404
    return int(given)


def all_runs(asked: Wanted) -> list[Row]:
    """Return the runs whose course, institution or short name has the search in it, within limits; three queries."""
    runs = CourseRun.objects.all()
    if search := asked.search:
        named = Q(course__icontains=search) | Q(institution__icontains=search) | Q(slug__icontains=search)
        runs = runs.filter(named)
    rows = []
    for one in read(list(runs), MEASURES, "all"):
        run = one.run
        counts = hidden([(one.total(measure),) for measure in MEASURES])
        facts = (run.course, run.number, run.start, run.weeks, run.institution)
        rows.append(Row(run, (*facts, *(count for (count,) in counts))))
    return sorted_by([row for row in rows if asked.takes(row)], asked.sort)


def of_several_runs() -> dict[str, int]:
    """Return how many runs a course has, by its short name, for those that have several; one query."""
    counts = CourseRun.objects.order_by().values_list("slug").annotate(runs=Count("pk")).filter(runs__gt=1)
    return dict(counts)


def sorted_by(rows: Sequence[Row], sort: str) -> list[Row]:
    """Return the rows in order; those without a value come last either way. The newest runs come first by default."""
    sort = sort or "-start"
    column = sort.removeprefix("-")
    known = [row for row in rows if row.cell(column) is not None]
    rest = [row for row in rows if row.cell(column) is None]
    return sorted(known, key=lambda row: row.cell(column), reverse=sort.startswith("-")) + rest


def added(rows: Iterable[Row]) -> list[int]:
    """Return the sum of each measure over the rows."""
    columns = zip(*(row.cells[len(FACTS) :] for row in rows), strict=True)
    return [sum(count or 0 for count in column) for column in columns] or [0] * len(MEASURES)


def workbook(rows: Iterable[Row]) -> bytes:
    """Return the rows as an Excel file; texts stay texts, whatever they begin with."""
    made, book = io.BytesIO(), Workbook(write_only=True)
    sheet = book.create_sheet("Runs")
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 36

    def cell(value: object) -> WriteOnlyCell:
        is_text = isinstance(value, str)
        one = WriteOnlyCell(sheet, UNFIT.sub("", value) if is_text else value)
        if is_text:
            one.data_type = "s"
        return one

    heads = [cell(column) for column in COLUMNS]
    for head in heads:
        head.font = Font(bold=True)
    for line in (heads, *([cell(value) for value in row.cells] for row in rows)):
        sheet.append(line)
    book.save(made)
    return made.getvalue()
