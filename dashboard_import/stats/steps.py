"""The page of which steps people visited and completed, and when."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard_import.models import Tally
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import by_day, by_step, by_step_and_day, step_key
from dashboard_import.stats.links import on_step
from dashboard_import.stats.reading import AUDIENCES, RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from mooc.lib.charts.bars import columns
from mooc.lib.charts.marks import Series, percent
from mooc.lib.charts.trend import Trend, chance, trend

OWN_LINE, ALL_LINES = 8, 6  # colours that stand out from the bars
ALPHAS = (0.01, 0.05, 0.1)
STEP_FILE = {"page": "steps", "files": ("step_activity",), "base": "learners"}

ONE_STEP = gettext_lazy(
    "A step is the same in two runs if it has the same number. The average trend is of single runs, and not compared."
)

registry.page("steps", gettext_lazy("Steps"))


def line(counts: Sequence[float]) -> Trend | None:
    """Return the straight line through counts of steps in the order of the course, the first at 1."""
    return trend(range(1, len(counts) + 1), counts)


def average(kind: str, of: str) -> tuple[float, float] | None:
    """Return the slope and the intercept of the average line of all runs; one query."""
    column = AUDIENCES[of]
    rows = Tally.objects.filter(kind=kind).order_by("run", "week", "step").values_list("run", column)
    runs: dict[int, list[int]] = {}
    for run, count in rows:
        runs.setdefault(run, []).append(count)
    found = [one for counts in runs.values() if (one := line(counts))]
    if not found:
        return None
    return sum(one.slope for one in found) / len(found), sum(one.intercept for one in found) / len(found)


def more_or_fewer(slope: float) -> str:
    """Say how many more or fewer people a slope means."""
    words = _("%(count)s fewer people") if slope < 0 else _("%(count)s more people")
    return words % {"count": f"{abs(slope):.2f}"}


def test_words(name: str, own: Trend, slope: float) -> str:
    """Say how a run's slope compares with the average one: Student's t test, as the old dashboard had it."""
    words = _("%(run)s: its trend is %(own)s with each step, the average of all runs %(all)s.") % {
        "run": name, "own": more_or_fewer(own.slope), "all": more_or_fewer(slope),
    }  # fmt: skip
    p = chance(own, slope)
    if p is None:
        return words
    passed = next((alpha for alpha in ALPHAS if p <= alpha), None)
    if passed is None:
        return _("%(words)s The difference may be chance (p = %(p)s).") % {"words": words, "p": f"{p:.2f}"}
    said = _("p below 0.001") if p < 0.001 else f"p = {p:.3f}"
    return _("%(words)s The difference is significant at %(alpha)s (%(p)s).") % {
        "words": words, "alpha": passed, "p": said,
    }  # fmt: skip


def with_trend(kind: str) -> registry.Draw:
    """Return the drawing of `step,count` with the line of each run and the average one of all runs.

    Added up over runs, people a step are not compared with the average of single runs.
    """

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        runs = [one for one in seen if not one.numbers.is_pool]
        whole = average(kind, seen[0].numbers.of) if runs and not in_percent else None
        lines, notes = [], []
        most = max((len(one.rows) for one in seen), default=0)
        for one in seen:
            counts = [one.shown(count, percent=in_percent) for _step, count in sorted(one.rows, key=order)]
            own = line([count or 0 for count in counts])
            if own is None:
                continue
            if len(seen) == 1:
                name = _("Trend of %(run)s") % {"run": one.name}
                lines.append(Series(name, [max(own.at(1), 0), max(own.at(most), 0)], OWN_LINE))
            if whole and one in runs:
                notes.append(test_words(one.name, own, whole[0]))
        if whole and lines:
            slope, intercept = whole
            ends = [max(intercept + slope, 0), max(intercept + slope * most, 0)]
            lines.append(Series(_("Average trend of all runs"), ends, ALL_LINES))
        return [Figure(replace(by_step(chart, seen, in_percent, lines), notes=notes))]

    return draw


def order(row: tuple) -> tuple[int, ...]:
    """Return what a row of `step,count` is sorted by."""
    return step_key(row[0])


def register(what: str, kind: str, words: dict[str, str]) -> None:
    """Register the three charts of visits or of completions."""

    @registry.chart(
        f"steps-{what}", **STEP_FILE, title=words["steps"], columns=("step", "count"), draw=with_trend(f"steps_{kind}"),
        tallies=(f"steps_{kind}", "learners"), definition=words["by step"], limits=words["limits"],
        of_all_runs=ONE_STEP,
    )  # fmt: skip
    def steps(numbers: RunNumbers) -> Rows:
        return [(step_name(step), count) for step, count in numbers.by_step(f"steps_{kind}").items()]


def register_days(what: str, kind: str, words: dict[str, str]) -> None:
    """Register the line by day."""

    @registry.chart(
        f"{what}-per-day", **STEP_FILE, title=words["days"], columns=("date", "count"), draw=by_day,
        tallies=(kind, "learners"), definition=words["by day"], limits=words["limits"],
    )  # fmt: skip
    def days(numbers: RunNumbers) -> Rows:
        return list(numbers.by_day(kind).items())


def register_cells(what: str, kind: str, words: dict[str, str]) -> None:
    """Register the heat map."""

    @registry.chart(
        f"{what}-by-step-and-day", **STEP_FILE, title=words["both"], columns=("step", "date", "count"),
        draw=by_step_and_day, tallies=(kind, "learners"), definition=words["by both"], limits=words["limits"],
    )  # fmt: skip
    def cells(numbers: RunNumbers) -> Rows:
        return [(step_name(step), day, count) for (step, day), count in numbers.by_step_and_day(kind).items()]


WORDS = {
    ("visited", "visited"): {
        "steps": gettext_lazy("Steps visited"),
        "by step": gettext_lazy("How many people visited each step at least once."),
        "days": gettext_lazy("First visits by day"),
        "by day": gettext_lazy("How many first visits of a step by a person there were on each day."),
        "both": gettext_lazy("First visits by step and day"),
        "by both": gettext_lazy("How many people visited each step for the first time on each day."),
        "limits": gettext_lazy("Rows of step activity by first_visited_at. Days are those of UTC."),
    },
    ("completed", "completed"): {
        "steps": gettext_lazy("Steps completed"),
        "by step": gettext_lazy("How many people marked each step as complete."),
        "days": gettext_lazy("Completions by day"),
        "by day": gettext_lazy("How many times a person completed a step, by day."),
        "both": gettext_lazy("Completions by step and day"),
        "by both": gettext_lazy("How many people completed each step on each day."),
        "limits": gettext_lazy(
            "Rows of step activity by last_completed_at: only the last time counts. Days are those of UTC."
        ),
    },
}
for make in (register, register_days, register_cells):
    for (what, kind), words in WORDS.items():
        make(what, kind, words)


def draw_rates(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the shares of visitors who completed each step, those of several runs beside each other."""
    rates = [{row[0]: row[-1] for row in one.rows} for one in seen]
    steps = sorted({step for rate in rates for step in rate}, key=step_key)
    series = [
        Series(one.name, [rate.get(step) for step in steps], one.colour) for one, rate in zip(seen, rates, strict=True)
    ]
    links = [on_step(seen[0], step) for step in steps]
    drawing = columns(steps, series, head=_("Step"), missing=missing(chart, seen), say=percent, links=links)
    return [Figure(replace(drawing, say=percent))]


@registry.chart(
    "completion-rate", **{**STEP_FILE, "base": ""}, title=gettext_lazy("Completed of visited"), shares=False,
    columns=("step", "visited", "completed", "percent"), tallies=("steps_visited", "steps_completed"), draw=draw_rates,
    definition=gettext_lazy("Of the people who visited each step, how many per cent marked it as complete."),
)  # fmt: skip
def completion_rate(numbers: RunNumbers) -> Rows:
    visited, completed = (numbers.by_step(f"steps_{kind}") for kind in ("visited", "completed"))
    return [
        (
            step_name(step), visited.get(step, 0), completed.get(step, 0),
            round(100 * completed.get(step, 0) / visited[step], 2) if visited.get(step) else None,
        )
        for step in sorted({*visited, *completed})
    ]  # fmt: skip
