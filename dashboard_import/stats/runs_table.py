"""The table of all runs: their totals, found, sorted, added up, and as files."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter
from django.db.models import Q
from django.http import Http404

from dashboard_import.models import CourseRun
from dashboard_import.stats.hiding import hidden
from dashboard_import.stats.overview import MEASURES
from dashboard_import.stats.reading import read

FACTS = ("course", "run", "start", "weeks", "institution")
COLUMNS = (*FACTS, *MEASURES)
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Row:
    """One run: the cells of COLUMNS, None for what is not known or hidden."""

    run: CourseRun
    cells: tuple

    def cell(self, column: str) -> object:
        return self.cells[COLUMNS.index(column)]


def all_runs(search: str = "", sort: str = "") -> list[Row]:
    """Return the runs whose course, institution or short name has `search` in it; three queries.

    `sort` is a column, with `-` before it the largest first; Http404 for one that there is not.
    """
    search = search.replace("\0", "")[:LONGEST_SEARCH]
    runs = CourseRun.objects.all()
    if search:
        named = Q(course__icontains=search) | Q(institution__icontains=search) | Q(slug__icontains=search)
        runs = runs.filter(named)
    rows = []
    for one in read(list(runs), MEASURES, "all"):
        run = one.run
        counts = hidden([(one.total(measure),) for measure in MEASURES])
        facts = (run.course, run.number, run.start, run.weeks, run.institution)
        rows.append(Row(run, (*facts, *(count for (count,) in counts))))
    return sorted_by(rows, sort)


def sorted_by(rows: Sequence[Row], sort: str) -> list[Row]:
    """Return the rows in order; those without a value come last either way. The newest runs come first by default."""
    sort = sort or "-start"
    column = sort.removeprefix("-")
    if column not in COLUMNS:
        raise Http404
    known = [row for row in rows if row.cell(column) is not None]
    rest = [row for row in rows if row.cell(column) is None]
    return sorted(known, key=lambda row: row.cell(column), reverse=sort.startswith("-")) + rest


def added(rows: Iterable[Row]) -> list[int]:
    """Return the sum of each measure over the rows."""
    columns = zip(*(row.cells[len(FACTS) :] for row in rows), strict=True)
    return [sum(count or 0 for count in column) for column in columns] or [0] * len(MEASURES)


def workbook(rows: Iterable[Row]) -> bytes:
    """Return the rows as an Excel file; texts stay texts, whatever they begin with."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Runs")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for at, column in enumerate(COLUMNS):
            sheet.write_string(0, at, column, bold)
        for line, row in enumerate(rows, start=1):
            for at, cell in enumerate(row.cells):
                if isinstance(cell, str):
                    sheet.write_string(line, at, cell)
                elif isinstance(cell, int):
                    sheet.write_number(line, at, cell)
                elif cell is not None:
                    sheet.write_datetime(line, at, cell, day)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 0, 36)
    return made.getvalue()
