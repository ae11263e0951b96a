"""How charts of FutureLearn are drawn: numbers by value, by day, by step, by both, on the map, in a table."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard_import.stats import days as days_of
from dashboard_import.stats.absent import missing
from dashboard_import.stats.days import DAY, day_words
from dashboard_import.stats.links import on_step
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Draw, Figure, Seen
from dashboard_import.stats.words import UNKNOWN, label
from mooc.lib.charts.bars import bars, columns
from mooc.lib.charts.heatmap import heat_map
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import Drawing, Say, Series, number, percent
from mooc.lib.charts.stacked import lying_stacked, stacked
from mooc.lib.charts.world import world

MOST_DAYS = 400
UNKNOWN_WEEKS = 4
DAYS_AFTER = 28  # of a heat map, after the last day of the run


def say_of(in_percent: bool) -> Say:
    """Return how numbers are said on a page of people or of per cent."""
    return percent if in_percent else number


def by_value(
    order: Sequence[str] = (),
    say_value: Callable[[str], str] = label,
    link: Callable[[Seen, str], str] | None = None,
    *,
    numbers: bool = False,
) -> Draw:
    """Return the drawing of `value,count` as lying bars: those who said something; the others in the table.

    Values stand in `order`, or the most frequent of the first run first; values that are `numbers`, the least first.
    `link` gives the address that a value of the first run leads to.
    """

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        counts = [dict(one.rows) for one in seen]
        values = [*order, *(value for count in counts for value in count if value not in order)]
        values = [value for value in dict.fromkeys(values) if any(value in count for count in counts)]
        values = sorted(values, key=int) if numbers else values
        known = [value for value in values if value not in UNKNOWN]
        if all(count.get(value, 0) == 0 for count in counts for value in known):
            known = []
        series = [
            Series(one.name, [one.shown(count.get(value, 0), percent=in_percent) for value in known], one.colour)
            for one, count in zip(seen, counts, strict=True)
        ]
        links = [link(seen[0], value) if link and counts[0].get(value) else "" for value in known]
        drawing = bars(
            [say_value(value) for value in known], series, head=str(chart.title), missing=missing(chart, seen),
            say=say_of(in_percent), links=links,
        )  # fmt: skip
        silent = [value for value in values if value in UNKNOWN]
        rest = [[say_value(value), *(count.get(value, 0) for count in counts)] for value in silent if not in_percent]
        notes = []
        for one, count in zip(seen, counts, strict=True):
            if unsaid := sum(count.get(value) or 0 for value in silent):
                notes.append(
                    _("%(run)s: %(known)s gave an answer, %(unsaid)s did not. Shares are of those who did.") % {
                        "run": one.name, "known": number(one.base), "unsaid": number(unsaid),
                    }
                )  # fmt: skip
        return [Figure(replace(drawing, rows=[*drawing.rows, *rest], links=[*links, *[""] * len(rest)], notes=notes))]

    return draw


def on_the_map(say_value: Callable[[str], str]) -> Draw:
    """Return the drawing of `value,count`, the values being countries: a map for each run."""

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            shown = {value: one.shown(count, percent=in_percent) for value, count in one.rows if value not in UNKNOWN}
            drawing = world(
                shown, head=_("Country"), value=_("Percent") if in_percent else _("People"),
                missing=missing(chart, [one]), say=say_of(in_percent),
            )  # fmt: skip
            rest = [[say_value(value), count] for value, count in one.rows if value in UNKNOWN and not in_percent]
            first = [f"{say_value(value)} {say_of(in_percent)(count)}" for value, count in [*shown.items()][:3]]
            notes = [_("Most come from: %(countries)s.") % {"countries": ", ".join(first)}] if first else []
            whole = replace(drawing, rows=[*drawing.rows, *rest], notes=[*notes, *drawing.notes])
            made.append(Figure(whole, one.name if len(seen) > 1 else ""))
        return made

    return draw


def first_day(one: Seen) -> datetime.date | None:
    """Return the day that a run's days are counted from: its first, else the first of the chart."""
    return one.since or one.numbers.first_day or min((row[0] for row in one.rows), default=None)


def largest(rows: Sequence[tuple]) -> tuple | None:
    """Return the row of `date,count` with most people, the first of several; None where all are hidden."""
    return max((row for row in rows if row[1]), key=lambda row: row[1], default=None)


def days_known(chart: Chart, one: Seen, start: datetime.date | None, most: int) -> int:
    """Return how many days after its first a run's files tell of, where other lines go on to day `most`.

    The day on which they were loaded is not over.
    """
    loaded = one.numbers.as_of(chart.files)
    if one.numbers.in_days or not start or not loaded:
        return most
    return (loaded.astimezone(datetime.UTC).date() - start).days - 1


def by_day(
    chart: Chart,
    seen: Sequence[Seen],
    in_percent: bool,
    link: Callable[[Seen, datetime.date], str] | None = None,
) -> list[Figure]:
    """Draw `date,count` as lines: over dates for one run, over days of the run for several and for a pool.

    `link` gives the address that a day of one run leads to.
    """
    starts = [first_day(one) for one in seen]
    offsets = [
        {(day - start).days: count for day, count in one.rows} if start else {}
        for one, start in zip(seen, starts, strict=True)
    ]
    every = sorted(offset for one in offsets for offset in one)
    if not every:
        return [Figure(lines([], [], head=_("Day"), missing=missing(chart, seen)))]
    ends = [(day - start).days for one, start in zip(seen, starts, strict=True) if one.rows for day in one.days or ()]
    low, high = (min(ends), max(ends)) if ends else (min(every[0], 0), every[-1])
    span = range(low, min(high, low + MOST_DAYS - 1) + 1)
    series = []
    for one, offset, start in zip(seen, offsets, starts, strict=True):
        known = days_known(chart, one, start, high)
        counts = [offset.get(at, 0 if at <= known else None) for at in span]
        series.append(Series(one.name, [one.shown(count, percent=in_percent) for count in counts], one.colour))
    events: list[tuple[int, str]] = []
    links: list[str] = []
    if len(seen) == 1 and not seen[0].numbers.in_days:
        days = [starts[0] + DAY * at for at in span]
        links = [link(seen[0], day) if link and offsets[0].get(at) else "" for at, day in zip(span, days, strict=True)]
        labels, ticks, head = days_of.labels(days), days_of.ticks(days), _("Day")
    else:
        labels, head = [str(at + (at >= 0)) for at in span], _("Day of the run")
        ticks = days_of.ticks_of_run(low, len(span))
    if 0 in span and any(one.numbers.start for one in seen):
        events.append((-low, _("The run starts")))
    drawing = lines(
        labels, series, head=head, missing=missing(chart, seen), ticks=ticks, events=events, say=say_of(in_percent),
        links=links,
    )  # fmt: skip
    late = len([at for at in every if at not in span])
    notes = [
        _("%(run)s: most on %(day)s, %(count)s.") % {
            "run": one.name, "day": day_words(top[0], "l j F Y"),
            "count": say_of(in_percent)(one.shown(top[1], percent=in_percent)),
        }
        for one in seen
        if (top := largest(one.rows))
    ]  # fmt: skip
    if late:
        words = ngettext("One later day is in the file alone.", "%(days)s later days are in the file alone.", late)
        notes.append(words % {"days": number(late)})
    return [Figure(replace(drawing, notes=notes))]


def step_key(name: str) -> tuple[int, ...]:
    """Return what steps are ordered by: 1.2 comes before 1.10."""
    return tuple(map(int, name.split(".")))


def days_between(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """Return every day from the first to the last, at most as many as are drawn."""
    return [first + DAY * at for at in range(min((last - first).days + 1, MOST_DAYS))]


def window(numbers: RunNumbers, days: Sequence[datetime.date]) -> list[datetime.date]:
    """Return the days of a heat map: from the first day of the run to four weeks after its last, if there are any.

    `days` are those on which something happened, in order. A run whose days are not known is taken as four weeks.
    """
    if not days:
        return []
    start = numbers.start if numbers.start and numbers.start <= days[-1] else days[0]
    length = datetime.timedelta(weeks=numbers.run.weeks or UNKNOWN_WEEKS)
    return days_between(start, min(start + length + DAYS_AFTER * DAY, days[-1]))


def by_step_and_day(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw `step,date,count` as a heat map for each run, from its first day to four weeks after its last."""
    made = []
    for one in seen:
        cells = {(step, day): one.shown(count, percent=in_percent) for step, day, count in one.rows}
        happened = sorted({day for _step, day in cells})
        shown = days_between(*one.days) if one.days and cells else window(one.numbers, happened)
        steps = sorted({step for step, _day in cells}, key=step_key)
        grid = [[cells.get((step, day), 0) for day in shown] for step in steps]
        drawing = heat_map(
            steps, days_of.labels(shown, "j M"), grid, head=_("Step"), missing=missing(chart, [one]),
            ticks=days_of.ticks(shown), links=[on_step(one, step) for step in steps], say=say_of(in_percent),
        )  # fmt: skip
        drawn = {*shown}
        others = sum(count or 0 for _step, day, count in one.rows if day not in drawn)
        said = say_of(in_percent)(one.shown(others, percent=in_percent))
        notes = [_("%(count)s on other days are in the file alone.") % {"count": said}] if others else []
        made.append(Figure(replace(drawing, notes=notes), one.name if len(seen) > 1 else ""))
    return made


def in_parts(
    head: str,
    names: Sequence[str],
    link: Callable[[Seen, str], str] | None = None,
    *,
    lying: bool = False,
    colours: Sequence[int] = range(1, 9),
) -> Draw:
    """Return the drawing of rows of a label and the parts of a whole as stacked bars: one for each run.

    `link` gives the address that a run's bar of a label leads to. Lying bars have room for long labels. `colours` are
    those of the parts.
    """
    stack = lying_stacked if lying else stacked

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            labels = [str(row[0]) for row in one.rows]
            series = [
                Series(
                    str(name),
                    [one.shown(row[at], percent=in_percent) for row in one.rows],
                    colour if len(names) > 1 else one.colour,
                )
                for at, (name, colour) in enumerate(zip(names, colours, strict=False), start=1)
            ]
            links = [link(one, each) for each in labels] if link else []
            drawing = stack(
                labels, series, head=head, missing=missing(chart, [one]), say=say_of(in_percent), links=links
            )
            made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
        return made

    return draw


def by_step(chart: Chart, seen: Sequence[Seen], in_percent: bool, trends: Sequence[Series] = ()) -> Drawing:
    """Return `step,count` as upright bars in the order of the course, those of several runs beside each other.

    A bar leads to what was written on its step, in the first run.
    """
    counts = [dict(one.rows) for one in seen]
    steps = sorted({step for count in counts for step in count}, key=step_key)
    series = [
        Series(one.name, [one.shown(count.get(step, 0), percent=in_percent) for step in steps], one.colour)
        for one, count in zip(seen, counts, strict=True)
    ]
    return columns(
        steps, series, head=_("Step"), missing=missing(chart, seen), trends=trends, say=say_of(in_percent),
        links=[on_step(seen[0], step) for step in steps],
    )  # fmt: skip
