"""All pages, in the order of their links; and a page's charts with the numbers of a few runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module

from django.conf import settings

from dashboard_import.models import CourseRun
from dashboard_import.stats.reading import RunNumbers, read
from dashboard_import.stats.registry import PAGES, Chart, Rows, Seen

for name in (
    "overview", "demographics", "enrolments", "steps", "comments", "conversation", "paths", "quiz", "measures", "team",
    "surveys", "videos", "campaigns", "peer_review",
):  # fmt: skip
    import_module(f"dashboard_import.stats.{name}")  # its charts register themselves

__all__ = ["PAGES", "kinds", "numbers", "seen"]


def kinds(charts: Iterable[Chart], options: Mapping[str, str]) -> set[str]:
    """Return the kinds of Tally that these charts read."""
    return {
        kind
        for chart in charts
        for kind in (*chart.tallies, *filter(None, [chart.base]), *chart.chosen_tallies(options))
    }


def numbers(
    runs: Sequence[CourseRun],
    charts: Collection[Chart],
    of: str,
    options: Mapping[str, str] | None = None,
    at: int | None = None,
) -> list[RunNumbers]:
    """Return what these charts read of the runs; two queries, and one for each table of sums."""
    options = options or {}
    tables = dict.fromkeys(table for chart in charts for table in chart.tables)
    return read(runs, kinds(charts, options), of, tables, options, at)


def hidden(rows: Rows) -> Rows:
    """Return the rows without the numbers of those that are about fewer people than may be shown."""
    least = settings.STATISTICS_HIDE_BELOW
    if least < 2:
        return rows
    return [
        tuple(None if isinstance(cell, int | float) else cell for cell in row)
        if any(isinstance(cell, int) and 0 < abs(cell) < least for cell in row)
        else row
        for row in rows
    ]


def seen(chart: Chart, runs: Sequence[RunNumbers]) -> list[Seen]:
    """Return the runs as the chart shows them, small numbers hidden, each in its colour."""
    made = []
    for colour, one in enumerate(runs, start=1):
        rows = chart.rows(one)
        base = one.total(chart.base) if chart.base else sum(row[-1] for row in rows if is_known(row))
        made.append(Seen(one, hidden(rows), base, colour))
    return made


def is_known(row: tuple) -> bool:
    """Say whether a row of `value,count` is about people who said something."""
    return row[0] not in ("Unknown", "--", "") and isinstance(row[-1], int)
