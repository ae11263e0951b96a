"""The page of the ways people took through a run: from week to week, and from step to step in a week."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import step_key
from dashboard_import.stats.hiding import hidden
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.ways import BEGAN, BY_WEEK, ENDED, in_week
from mooc.lib.charts.bars import columns
from mooc.lib.charts.marks import Series
from mooc.lib.charts.sankey import sankey

registry.page("paths", _("Paths"))
MOST_WEEKS = 52
WEEKS = {str(week): str(week) for week in range(1, MOST_WEEKS + 1)}
COMMON = {"page": "paths", "files": ("step_activity",), "columns": ("from", "to", "learners"), "shares": False}
ENDS = {BEGAN: _("Began"), ENDED: _("Ended")}
ORDER = _(
    "Steps that a person completed stand in order of time, those of one moment in the order of the file. "
    "Only the last time that somebody completed a step is known."
)


def both_ways(say_place: Callable[[str], str], ends: Callable[[RunNumbers], Rows] | None = None) -> registry.Draw:
    """Return the drawing of `from,to,learners` as ribbons: those forward, and those backward.

    `ends` gives the rows of how many began and ended at each place; those forward come from there and lead there.
    """

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            known = hidden(ends(one.numbers)) if ends else []
            places = sorted({place for row in one.rows for place in row[:2]} | {row[0] for row in known}, key=step_key)
            begun = [(BEGAN, place, began) for place, began, _ended in known]
            ended = [(place, ENDED, ended) for place, _began, ended in known]
            forward = [BEGAN, *places, ENDED] if known else places
            for words, order in ((_now("forward"), forward), (_now("backward"), places[::-1])):
                at = {place: index for index, place in enumerate(order)}
                moves = [*begun, *one.rows, *ended] if order is forward else one.rows
                flows = [(at[start], at[end], count or 0) for start, end, count in moves if at[start] < at[end]]
                nothing = nobody(order is forward) if known or one.rows else missing(chart, [one])
                drawing = sankey([say_place(place) for place in order], flows, heads=heads(), missing=nothing)
                made.append(Figure(drawing, f"{one.name}, {words}" if len(seen) > 1 else words))
        return made

    return draw


def nobody(is_forward: bool) -> str:
    """Say that all went the other way."""
    return _now("Nobody went forward here.") if is_forward else _now("Nobody went back here.")


def heads() -> tuple[str, str, str]:
    """Return the heads of a table of moves."""
    return _now("From"), _now("To"), _now("Learners")


def week_words(week: str) -> str:
    """Return what a week is called, or what stands before the first and after the last."""
    return str(ENDS[week]) if week in ENDS else _now("Week %(week)s") % {"week": week}


def week_ends(numbers: RunNumbers) -> Rows:
    """Return in which weeks people completed their first and their last step: the week, how many, how many."""
    began, ended = numbers.by_week(BEGAN), numbers.by_week(ENDED)
    return [(str(week), began.get(week, 0), ended.get(week, 0)) for week in sorted({*began, *ended})]


@registry.chart(
    "paths-by-week", **COMMON, title=_("From week to week"), tallies=(BY_WEEK, BEGAN, ENDED),
    draw=both_ways(week_words, week_ends), limits=ORDER,
    definition=_("How many people completed a step of one week and next a step of another, each move once a person."),
)  # fmt: skip
def paths_by_week(numbers: RunNumbers) -> Rows:
    moves = sorted(numbers.tallies[BY_WEEK], key=lambda row: row[:2])
    return [(str(start), str(end), count) for start, end, _day, _value, count in moves if count]


def draw_ends(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the first and the last weeks of people beside each other, each run by itself."""
    made = []
    for one in seen:
        series = [
            Series(_now("Completed their first step here"), [row[1] for row in one.rows], 1),
            Series(_now("Completed their last step here"), [row[2] for row in one.rows], 2),
        ]
        labels = [week_words(row[0]) for row in one.rows]
        drawing = columns(labels, series, head=_now("Week"), missing=missing(chart, [one]))
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


registry.chart(
    "path-ends", **{**COMMON, "columns": ("week", "began", "ended")}, title=_("Where people begin and end"),
    tallies=(BEGAN, ENDED), draw=draw_ends, limits=ORDER,
    definition=_("In which week people completed the first step that they completed, and in which the last."),
)(week_ends)  # fmt: skip


def of_week(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kind of Tally of the chosen week."""
    return (in_week(int(options["week"])),) if "week" in options else ()


@registry.chart(
    "paths-by-step", **COMMON, title=_("From step to step"), options={"week": WEEKS}, chosen_tallies=of_week,
    draw=both_ways(str), limits=ORDER,
    definition=_("How many people completed a step of the chosen week, and next in that week another one."),
)  # fmt: skip
def paths_by_step(numbers: RunNumbers) -> Rows:
    week = int(numbers.options["week"])
    moves = sorted((step, int(value), count) for _week, step, _day, value, count in numbers.tallies[in_week(week)])
    return [(step_name((week, start)), step_name((week, end)), count) for start, end, count in moves if count]
