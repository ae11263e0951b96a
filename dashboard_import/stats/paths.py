"""The page of the ways people took through a run: from week to week, and from step to step in a week."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.drawing import missing, step_key
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.ways import BY_WEEK, in_week
from mooc.lib.charts.sankey import sankey

registry.page("paths", _("Paths"))
MOST_WEEKS = 52
WEEKS = {str(week): str(week) for week in range(1, MOST_WEEKS + 1)}
COMMON = {"page": "paths", "files": ("step_activity",), "columns": ("from", "to", "learners"), "shares": False}
ORDER = _(
    "Steps that a person completed stand in order of time, those of one moment in the order of the file. "
    "Only the last time that somebody completed a step is known."
)


def both_ways(say_place: Callable[[str], str]) -> registry.Draw:
    """Return the drawing of `from,to,learners` as ribbons: those forward, and those backward."""

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            places = sorted({place for row in one.rows for place in row[:2]}, key=step_key)
            for words, order in ((_now("forward"), places), (_now("backward"), places[::-1])):
                at = {place: index for index, place in enumerate(order)}
                flows = [(at[start], at[end], count or 0) for start, end, count in one.rows if at[start] < at[end]]
                drawing = sankey(
                    [say_place(place) for place in order], flows, heads=(_now("From"), _now("To"), _now("Learners")),
                    missing=missing(chart, [one]),
                )  # fmt: skip
                made.append(Figure(drawing, f"{one.name}, {words}" if len(seen) > 1 else words))
        return made

    return draw


def week_words(week: str) -> str:
    """Return what a week is called."""
    return _now("Week %(week)s") % {"week": week}


@registry.chart(
    "paths-by-week", **COMMON, title=_("From week to week"), tallies=(BY_WEEK,), draw=both_ways(week_words),
    definition=_("How many people completed a step of one week and next a step of another, each move once a person."),
    limits=ORDER,
)  # fmt: skip
def paths_by_week(numbers: RunNumbers) -> Rows:
    moves = sorted(numbers.tallies[BY_WEEK], key=lambda row: row[:2])
    return [(str(start), str(end), count) for start, end, _day, _value, count in moves if count]


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
