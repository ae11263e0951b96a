"""All pages, in the order of their links; and a page's charts with the numbers of a few runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module

from dashboard_import.stats.hiding import hidden
from dashboard_import.stats.pooling import Pool, Shown
from dashboard_import.stats.reading import RunNumbers, read
from dashboard_import.stats.registry import PAGES, Chart, Seen

for name in (
    "overview", "demographics", "enrolments", "steps", "comments", "tone", "conversation", "quiz", "measures", "paths",
    "team", "surveys", "videos", "campaigns", "peer_review",
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
    options = options or {}
    tables = dict.fromkeys(table for chart in charts for table in chart.tables)
    has_days = any(chart.pools and "date" in chart.columns for chart in charts)
    by_day = has_days and (len(runs) > 1 or isinstance(runs[0], Pool))
    return read(runs, kinds(charts, options), of, tables, options, at, by_day)


def seen(chart: Chart, runs: Sequence[RunNumbers]) -> list[Seen]:
    """Return the runs as the chart shows them, small numbers hidden, each in its colour."""
    made = []
    for one in runs:
        rows = chart.rows(one)
        base = one.total(chart.base) if chart.base else sum(row[-1] for row in rows if is_known(row))
        made.append(Seen(one, hidden(rows), base, one.colour))
    return made


def is_known(row: tuple) -> bool:
    """Say whether a row of `value,count` is about people who said something."""
    return row[0] not in ("Unknown", "--", "") and isinstance(row[-1], int)
