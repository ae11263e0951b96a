"""The page of totals: how many joined, learned, talked and finished, beside what FutureLearn's own page says."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard_import.models import CourseRun
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import by_value
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from mooc.lib.charts.marks import Amount, Drawing, number, percent

registry.page("overview", gettext_lazy("Overview"))

# Measure: what a hundred per cent of it are, its name, its rule, and the names that FutureLearn's page has for it.
MEASURES = {
    "joiners": ("", gettext_lazy("Joiners"), gettext_lazy("Everyone who enrolled, those who left included."), ()),
    "leavers": ("joiners", gettext_lazy("Leavers"), gettext_lazy("Joiners who left the run."), ()),
    "learners": ("joiners", gettext_lazy("Learners"), gettext_lazy("People who visited at least one step."), ()),
    "active_learners": (
        "learners", gettext_lazy("Active learners"), gettext_lazy("Learners who completed at least one step."), (),
    ),
    "returning_learners": (
        "learners", gettext_lazy("Returning learners"),
        gettext_lazy("Learners who completed steps of at least two weeks of the course."), (),
    ),
    "social_learners": (
        "learners", gettext_lazy("Social learners"), gettext_lazy("People who posted at least one comment."), (),
    ),
    "fully_participating": (
        "learners", gettext_lazy("Fully participating"),
        gettext_lazy("Joiners of whom FutureLearn says so: most steps and all assessments."),
        ("fully_participating_learners",),
    ),
    "statements": (
        "learners", gettext_lazy("Statements bought"), gettext_lazy("Joiners who bought a statement."),
        ("statements_sold", "upgrades_sold", "certificates_sold"),
    ),
    "step_completion_50": (
        "learners", gettext_lazy("Completed half of the steps"),
        gettext_lazy("People who completed at least 50 % of the steps of the run."),
        ("learners_with_at_least_50_percent_step_completion", "at_least_50_percent_step_completion"),
    ),
    "step_completion_90": (
        "learners", gettext_lazy("Completed nine steps in ten"),
        gettext_lazy("People who completed at least 90 % of the steps of the run."),
        ("learners_with_at_least_90_percent_step_completion", "at_least_90_percent_step_completion"),
    ),
}  # fmt: skip
FILES = ("enrolments", "step_activity", "comments")


def said_by_futurelearn(numbers: RunNumbers, measure: str) -> int | None:
    """Return what FutureLearn's own page said of a measure, where it said a number: of all runs together, of each."""
    said = [said_of(run, measure) for run in numbers.runs]
    return None if None in said else sum(said)


def said_of(run: CourseRun, measure: str) -> int | None:
    """Return what FutureLearn's own page said of a measure of a run, where it said a number."""
    for name in (measure, *MEASURES[measure][3]):
        count = run.totals.get(name, {}).get("count")
        if isinstance(count, int | float):
            return int(count)
    return None


def share_words(share: float | None, base: str) -> str:
    """Return a share with what it is of: `52.3 % of joiners`."""
    if not base:
        return ""
    return _("%(percent)s of %(of)s") % {"percent": percent(share), "of": str(MEASURES[base][1]).lower()}


def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show the totals as a table: for one run with what FutureLearn says, for several beside each other."""
    if not any(row[1] for one in seen for row in one.rows):
        return [Figure(Drawing("table", missing(chart, seen), [], [], missing=missing(chart, seen)))]
    rows, links = [], []
    for measure, (base, name, rule, _names) in MEASURES.items():
        cells: list[object] = [str(name)]
        for one in seen:
            counts = {row[0]: row[1] for row in one.rows}
            count, whole = counts[measure], counts.get(base)
            share = 100 * count / whole if count is not None and whole else None
            cells.append(Amount(percent(share)) if in_percent and base else Amount(number(count)))
            if len(seen) == 1:
                own = said_by_futurelearn(one.numbers, measure)
                difference = count - own if own is not None and count is not None else None
                cells += [Amount(share_words(share, base)), Amount(number(own)), Amount(number(difference))]
        rows.append([*cells, str(rule)])
        links.append(f"{reverse('stats_definitions')}#{measure}")
    heads = [_("Measure"), *(one.name for one in seen)]
    if len(seen) == 1:
        heads = [_("Measure"), _("People"), _("Share"), _("FutureLearn’s page"), _("Difference")]
    return [Figure(Drawing("table", "", [*heads, _("What it is")], rows, links=links))]


@registry.chart(
    "totals", page="overview", title=gettext_lazy("Totals"), columns=("measure", "count", "percent", "of"), files=FILES,
    tallies=tuple(MEASURES), draw=draw,
    definition=gettext_lazy("How many people joined, learned, talked and finished, in any role."),
    limits=gettext_lazy(
        "FutureLearn’s page is of another night than its files, and its rules are not all known. "
        "The steps of a run are those of its overview, else those that somebody visited."
    ),
    of_all_runs=gettext_lazy(
        "Shares of steps are of each run’s own steps. FutureLearn’s page stands here if it has the number of every run."
    ),
)  # fmt: skip
def totals(numbers: RunNumbers) -> Rows:
    rows = []
    for measure, (base, *_words) in MEASURES.items():
        count, whole = numbers.total(measure), numbers.total(base) if base else 0
        rows.append((measure, count, round(100 * count / whole, 2) if whole else None, base))
    return rows


# Measure: what a hundred per cent of it are, its name, the kinds of Tally that are added up.
ACTIVITY = {
    "learners": ("", gettext_lazy("Learners"), ("learners",)),
    "visits": ("", gettext_lazy("Steps visited"), ("steps_visited",)),
    "completions": ("visits", gettext_lazy("Steps completed"), ("steps_completed",)),
    "comments": ("", gettext_lazy("Comments"), ("written_posts", "written_replies")),
    "replies": ("comments", gettext_lazy("Replies among them"), ("written_replies",)),
    "commenters": ("learners", gettext_lazy("People who commented"), ("social_learners",)),
    "answers": ("", gettext_lazy("Quiz answers"), ("quiz_attempts",)),
    "correct": ("answers", gettext_lazy("Correct answers"), ("quiz_correct",)),
    "answerers": ("learners", gettext_lazy("People who answered"), ("quiz_learners",)),
    "assignments": ("", gettext_lazy("Assignments handed in"), ("peer_assignments",)),
    "reviews": ("", gettext_lazy("Reviews of them"), ("peer_reviews",)),
}  # fmt: skip


def draw_activity(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show what was done as a table, shares beside the numbers; runs beside each other."""
    if not any(row[1] for one in seen for row in one.rows):
        return [Figure(Drawing("table", missing(chart, seen), [], [], missing=missing(chart, seen)))]
    rows = []
    for measure, (base, name, _kinds) in ACTIVITY.items():
        cells: list[object] = [str(name)]
        for one in seen:
            counts = dict(one.rows)
            count, whole = counts[measure], counts.get(base)
            share = 100 * count / whole if count is not None and whole else None
            cells.append(Amount(percent(share)) if in_percent and base else Amount(number(count)))
            if len(seen) == 1:
                of = str(ACTIVITY[base][1]).lower() if base else ""
                cells.append(Amount(_("%(percent)s of %(of)s") % {"percent": percent(share), "of": of} if base else ""))
        rows.append(cells)
    heads = [_("What"), _("How many"), _("Share")] if len(seen) == 1 else [_("What"), *(one.name for one in seen)]
    return [Figure(Drawing("table", "", heads, rows))]


@registry.chart(
    "activity", page="overview", title=gettext_lazy("What they did"), columns=("measure", "count"), shares=False,
    files=("step_activity", "comments", "question_response", "peer_review_assignments", "peer_review_reviews"),
    tallies=tuple({kind for _base, _name, kinds in ACTIVITY.values() for kind in kinds}), draw=draw_activity,
    definition=gettext_lazy("How much people visited, completed, wrote, answered and handed in, all together."),
    limits=gettext_lazy("A visit is a person’s first one of a step. Nobody is counted twice among a run’s people."),
)  # fmt: skip
def activity(numbers: RunNumbers) -> Rows:
    return [(measure, sum(map(numbers.total, kinds))) for measure, (_base, _name, kinds) in ACTIVITY.items()]


# Stage: its name, the kind of Tally, the page that says more.
FUNNEL = {
    "joined": (gettext_lazy("Joined"), "joiners", "enrolments"),
    "steps": (gettext_lazy("Completed five steps or more"), "funnel_steps", "steps"),
    "comments": (gettext_lazy("… and wrote five comments or more"), "funnel_comments", "comments"),
    "assignment": (gettext_lazy("… and handed in an assignment"), "funnel_assignment", "peer-review"),
    "completion": (gettext_lazy("… and completed 95 % of the steps"), "funnel_completion", "steps"),
}


def page_of(one: Seen, stage: str) -> str:
    """Return the address of the page that says more of a stage, of the same people."""
    query = {} if one.numbers.of == "all" else {"of": one.numbers.of}
    return reverse("stats_page", args=[one.numbers.run.slug, one.numbers.run.number, FUNNEL[stage][2]], query=query)


@registry.chart(
    "funnel", page="overview", title=gettext_lazy("How far people came"), columns=("stage", "count"), base="joiners",
    files=FILES, draw=by_value(tuple(FUNNEL), lambda stage: str(FUNNEL[stage][0]), page_of),
    tallies=(*(kind for _name, kind, _page in FUNNEL.values()), "peer_assignments"),
    definition=gettext_lazy(
        "How many joined, how many of them completed at least five steps, wrote at least five comments, handed in an "
        "assignment, and completed at least 95 % of the steps."
    ),
    limits=gettext_lazy(
        "Each row is of the people in the row above it. If nobody handed in an assignment, that row is left out. "
        "Who did something without having joined is not counted."
    ),
    of_all_runs=gettext_lazy("Runs without assignments are in the last row without that condition."),
)  # fmt: skip
def funnel(numbers: RunNumbers) -> Rows:
    return [
        (stage, numbers.total(kind))
        for stage, (_name, kind, _page) in FUNNEL.items()
        if stage != "assignment" or numbers.tallies["peer_assignments"]
    ]


@registry.chart(
    "futurelearn-totals", page="overview", title=gettext_lazy("What FutureLearn says"),
    columns=("measure", "counted", "futurelearn", "difference"), files=FILES, tallies=tuple(MEASURES), shares=False,
    draw=lambda _chart, _seen, _percent: [],
    definition=gettext_lazy("Our count beside what FutureLearn’s own page said, and the difference."),
    of_all_runs=gettext_lazy("FutureLearn’s number stands here if its page has it of every run."),
)  # fmt: skip
def futurelearn_totals(numbers: RunNumbers) -> Rows:
    rows = []
    for measure in MEASURES:
        own = said_by_futurelearn(numbers, measure)
        rows.append((measure, numbers.total(measure), own, None if own is None else numbers.total(measure) - own))
    return rows
