"""How charts over the days of a run are drawn: parts of a whole, sums up to each day, shares; a figure for each run."""

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from dashboard_import.stats.absent import missing
from dashboard_import.stats.days import head, labels, ticks
from dashboard_import.stats.drawing import days_between, say_of
from dashboard_import.stats.registry import Chart, Draw, Figure, Seen
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import Drawing, Series, percent

Link = Callable[[Seen, datetime.date], str]
Value = TypeVar("Value")


def span(one: Seen, days: Collection[datetime.date]) -> list[datetime.date]:
    """Return every day from the first of `days` to the last, or those of the chosen part of the time."""
    return days_between(*(one.days or (min(days), max(days)))) if days else []


def so_far(known: Mapping[datetime.date, Value], days: Iterable[datetime.date]) -> list[Value | None]:
    """Return what was known last on each of `days`, which are in order: of a day without news that of a day before."""
    news, at, last, values = sorted(known), 0, None, []
    for day in days:
        while at < len(news) and news[at] <= day:
            last, at = known[news[at]], at + 1
        values.append(last)
    return values


def over_days(
    chart: Chart,
    one: Seen,
    days: Sequence[datetime.date],
    series: Sequence[Series],
    in_percent: bool,
    link: Link | None = None,
) -> Drawing:
    """Return lines over days; a day on which something happened leads where `link` says."""
    happened = {row[0] for row in one.rows}
    return lines(
        labels(days), series if days else [], head=head(days), missing=missing(chart, [one]), ticks=ticks(days),
        say=say_of(in_percent), links=[link(one, day) if link and day in happened else "" for day in days],
    )  # fmt: skip


def parts_by_day(names: Sequence[str], link: Link | None = None, *, sums: bool = False) -> Draw:
    """Return the drawing of rows of a day and the parts of a whole: a line for each part.

    A day without a row has none of anything; where rows are `sums` up to their day, it has what there was before.
    """

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made, in_percent = [], in_percent and chart.shares
        for one in seen:
            known = {row[0]: row[1:] for row in one.rows}
            days, nothing = span(one, known), [0] * len(names)
            if sums and one.before:
                known[one.before[0]] = one.before[1:]
            rows = so_far(known, days) if sums else [known.get(day) for day in days]
            series = [
                Series(str(name), [one.shown((row or nothing)[at], percent=in_percent) for row in rows], at + 1)
                for at, name in enumerate(names)
            ]
            drawing = over_days(chart, one, days, series, in_percent, link)
            made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
        return made

    return draw


def share_so_far(name: str, link: Link | None = None) -> Draw:
    """Return the drawing of rows of a day and, last, a share from 0 to 1 that holds until the next row: a line."""

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            days = span(one, [row[0] for row in one.rows])
            known = {row[0]: row[-1] for row in (*([one.before] if one.before else ()), *one.rows)}
            shares = [None if share is None else 100 * share for share in so_far(known, days)]
            drawing = over_days(chart, one, days, [Series(str(name), shares, one.colour)], True, link)
            made.append(Figure(replace(drawing, say=percent), one.name if len(seen) > 1 else ""))
        return made

    return draw
