"""Run totals as FutureLearn's own page said them: from the old tool's `Courses-Data.csv`, or from the page itself."""

import re
from collections import Counter

from django.db import transaction

from dashboard_import.datasets import normal
from dashboard_import.models import CourseRun, ImportedFile
from dashboard_import.rejects import Rejects
from dashboard_import.runs import clean, slug_of
from dashboard_import.shaping import Reject, refuse_twice
from dashboard_import.sources import Source
from dashboard_import.tables import Scan, Table, UnreadableError

NOT_MEASURES = {
    "run_id",
    "start_date",
    "end_date",
    "no_of_weeks",
    "course",
    "course_run",
    "run",
    "university",
    "uni_name",
}
PERCENT = "_percent"
WHOLE, DECIMAL = re.compile(r"-?\d{1,15}", re.ASCII), re.compile(r"-?\d{1,15}\.\d{0,10}", re.ASCII)


def as_number(text: str) -> int | float | str | None:
    """Return a number as the page writes it (`3,544`, `11.5%`, `£1,200`); a word such as `N/A` stays one."""
    bare = text.strip().removesuffix("%").lstrip("£").replace(",", "").strip()
    if WHOLE.fullmatch(bare):
        return int(bare)
    if DECIMAL.fullmatch(bare):
        return float(bare)
    return clean(text)[:50] or None


def measures(cells: dict[str, str]) -> dict[str, dict[str, object]]:
    """Return {"joiners": {"count": 3544, "percent": None}, …} of columns such as `leavers` and `leavers_percent`."""
    found: dict[str, dict[str, object]] = {}
    for name, text in cells.items():
        if name in NOT_MEASURES or (value := as_number(text)) is None:
            continue
        part = "percent" if name.endswith(PERCENT) else "count"
        found.setdefault(name.removesuffix(PERCENT), {"count": None, "percent": None})[part] = value
    return found


def keep(run: CourseRun, totals: dict[str, dict[str, object]]) -> None:
    """Write down what FutureLearn's page says of a run."""
    run.totals = totals
    run.save(update_fields=["totals", "date_updated"])


def load(source: Source, scanned: Scan, file: ImportedFile, rejects: Rejects, *, dry_run: bool) -> None:
    """Load a table of totals, a row for each run that we know; all of them or none. Raises UnreadableError."""
    counts: Counter[str] = Counter()
    with source.open() as stream, transaction.atomic():
        table = Table(stream, scanned)
        names = [normal(name) for name in table.header]
        refuse_twice(names)
        rejects.header = table.header
        if not {"course", "run", "joiners"} <= set(names):
            raise UnreadableError("The columns course, run and joiners are not all there: this is no table of totals.")
        for batch in table.batches():
            for number, (row, line) in enumerate(zip(batch.rows, batch.lines, strict=True), start=batch.first):
                counts["read"] += 1
                reason = batch.fault and f"The row has {batch.fault}."
                if not reason and len(row) != len(names):
                    reason = f"The row has {len(row):,} cells instead of {len(names):,}."
                reason = reason or set_totals(dict(zip(names, row, strict=True)), dry_run=dry_run)
                if reason:
                    rejects.add([Reject(number, line, reason, row)])
        rejects.close()
        file.rows_read, file.rows_rejected = counts["read"], rejects.count
        file.rows_stored = file.rows_read - file.rows_rejected
        file.outcome = ImportedFile.Outcome.LOADED


def set_totals(cells: dict[str, str], *, dry_run: bool) -> str:
    """Give a run its totals; return the reason where that is not possible."""
    course, number = clean(cells["course"]), cells["run"].strip()
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return f"run is {number[:40]!r}, not a number."
    run = CourseRun.objects.filter(number=number, course=course).first()
    run = run or CourseRun.objects.filter(number=number, slug=slug_of(course)).first()
    if run is None:
        return "No file of this run has been loaded."
    if not dry_run:
        keep(run, measures(cells))
    return ""
