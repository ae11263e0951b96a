"""All pages, in the order of their links; and a page's charts with the numbers of a few runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module

from django.db.models import Q

from dashboard_import.stats.hiding import hidden, hidden_sums
from dashboard_import.stats.part import Part, cut
from dashboard_import.stats.pooling import Pool, Shown
from dashboard_import.stats.reading import RunNumbers, read
from dashboard_import.stats.registry import PAGES, Chart, Rows, Seen

for name in (
    "overview", "demographics", "enrolments", "steps", "comments", "threads", "tone", "conversation", "quiz",
    "measures", "paths", "team", "surveys", "said_before", "videos", "campaigns", "peer_review",
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
    runs: Sequence[Shown],
    charts: Collection[Chart],
    of: str,
    options: Mapping[str, str] | None = None,
    at: int | None = None,
) -> list[RunNumbers]:
    """Return what these charts read of runs and pools; a few queries, and one for each table of sums."""
    options = dict(options or {})
    for chart in charts:
        options |= chart.settled(runs, options)
    tables = {table: Q() for chart in charts for table in chart.tables}
    tables |= {table: test for chart in charts for table, test in chart.chosen_rows(options).items()}
    has_days = any(chart.pools and "date" in chart.columns for chart in charts)
    by_day = has_days and (len(runs) > 1 or isinstance(runs[0], Pool))
    return read(runs, kinds(charts, options), of, tables, options, at, by_day)


def seen(chart: Chart, runs: Sequence[RunNumbers], part: Part) -> list[Seen]:
    """Return the runs as the chart shows them, small numbers hidden, each in its colour; by day, a part of the time."""
    made = []
    for one in runs:
        rows = chart.rows(one)
        shown = hidden_sums(rows) if chart.sums else hidden(rows)
        made.append(Seen(one, shown, hundred(chart, one, rows), one.colour))
    return cut(chart, made, part)


def hundred(chart: Chart, numbers: RunNumbers, rows: Rows) -> int:
    """Return how many are a hundred per cent of a chart."""
    if chart.whole:
        return chart.whole(numbers)
    return numbers.total(chart.base) if chart.base else sum(row[-1] for row in rows if is_known(row))


def is_known(row: tuple) -> bool:
    """Say whether a row of `value,count` is about people who said something."""
    return row[0] not in ("Unknown", "--", "") and isinstance(row[-1], int)
