"""The page of sums and of how things hang together: comments by how far people got, any two of eight measures."""

import datetime
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from urllib.parse import urlencode

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.measuring import MEASURES, ONLY_ANSWERED, SHARE_WIDTH, points_of, width_of
from dashboard_import.models import Moments
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.over_days import parts_by_day
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import NONE, Amount, Drawing, Series
from mooc.lib.charts.scatter import scatter
from mooc.lib.charts.trend import Trend

registry.page("measures", _("Measures"))
COMMON = {"page": "measures", "shares": False}
FILES = ("step_activity", "comments", "question_response")
NAMES = {
    "steps": _("Steps completed, % of the run’s"), "comments": _("Comments written"), "replies": _("Replies written"),
    "likes": _("Likes received"), "answers": _("Quiz answers"), "correct": _("Right answers, % of theirs"),
    "wrong": _("Wrong answers, % of theirs"), "questions": _("Questions answered, % of the run’s"),
}  # fmt: skip
OPTIONS = {"x": NAMES, "y": {name: NAMES[name] for name in ("comments", *NAMES)}}
SO_FAR = (_("Enrolled"), _("Comments"), _("Replies among them"), _("Likes"), _("Quiz answers"))
FLAG = {"learner": "learner", "buyers": "buyer", "full": "participant"}
WHO = _(
    "A point is a person who visited a step, wrote a comment or answered a question. "
    "Shares are in whole per cent; right and wrong answers are known of those who answered."
)


def draw_completion(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the mean number of comments over the share of steps completed."""
    labels = [f"{at} %" for at in range(0, 101, SHARE_WIDTH)]
    series = []
    for one in seen:
        means = {f"{row[0]} %": row[3] for row in one.rows}
        series.append(Series(one.name, [means.get(at) for at in labels], one.colour))
    drawing = lines(labels, series, head=_now("Steps completed"), missing=missing(chart, seen))
    if len(seen) == 1 and not drawing.missing:
        heads = [_now("Steps completed"), _now("Learners"), _now("Comments"), _now("Comments for each learner")]
        drawing = replace(drawing, heads=heads, rows=[[f"{row[0]} %", *row[1:]] for row in seen[0].rows])
    return [Figure(drawing)]


@registry.chart(
    "comments-per-completion", **COMMON, title=_("Comments by how far people got"),
    files=("step_activity", "comments"), columns=("completed", "learners", "comments", "mean"),
    tallies=("completion_learners", "completion_comments"), draw=draw_completion,
    definition=_(
        "How many comments, replies included, a learner wrote on average, by the share of the run’s steps that they "
        "completed. Shares are put together by fives: 10 % is from 10 to under 15."
    ),
    limits=_("Comments by people who visited no step are not in it."),
    of_all_runs=_("The mean is that of all people together, not of the runs’ means."),
)  # fmt: skip
def comments_per_completion(numbers: RunNumbers) -> Rows:
    learners, comments = (Counter(numbers.by_value(kind)) for kind in ("completion_learners", "completion_comments"))
    return [(at, learners[at], comments[at], round(comments[at] / learners[at], 4)) for at in sorted(learners, key=int)]


def draw_totals(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show the totals as a table."""
    made = []
    for one in seen:
        heads = [_now("What"), _now("In total"), _now("For each learner"), _now("For each person who wrote")]
        names = {"posts": _now("Posts"), "replies": _now("Replies"), "comments": _now("Comments, both together")}
        words = missing(chart, [one]) if not any(row[1] for row in one.rows) else ""
        rows = [] if words else [[names[row[0]], *row[1:]] for row in one.rows]
        made.append(Figure(Drawing("table", words, heads, rows, missing=words), one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "comments-in-total", **COMMON, title=_("Comments in total"), files=("comments", "step_activity"),
    columns=("measure", "count", "per_learner", "per_author"), draw=draw_totals,
    tallies=("written_posts", "written_replies", "learners", "social_learners"),
    definition=_("How many posts and replies there are, for each learner and for each person who wrote any: the mean."),
    limits=_("Comments without an author count, too. The old dashboard called the median an average."),
)  # fmt: skip
def comments_in_total(numbers: RunNumbers) -> Rows:
    posts, replies = numbers.total("written_posts"), numbers.total("written_replies")
    learners, authors = numbers.total("learners"), numbers.total("social_learners")
    return [
        (name, count, *(round(count / people, 4) if people else None for people in (learners, authors)))
        for name, count in (("posts", posts), ("replies", replies), ("comments", posts + replies))
    ]


@registry.chart(
    "sums-so-far", **COMMON, title=_("The run up to each day"), files=("enrolments", "comments", "question_response"),
    columns=("date", "enrolled", "comments", "replies", "likes", "answers"), draw=parts_by_day(SO_FAR, sums=True),
    sums=True, tallies=("enrolled_at", "unenrolled_at", "posts", "replies", "likes_by_day", "quiz_by_day"),
    definition=_(
        "How many people were enrolled at the end of each day (UTC), and how many comments, replies among them, likes "
        "and quiz answers there had been."
    ),
    limits=_(
        "Who left is no longer enrolled. Likes count on the day of their comment: FutureLearn has no other. "
        "Comments and answers without a time are left out."
    ),
)  # fmt: skip
def sums_so_far(numbers: RunNumbers) -> Rows:
    joined, left, posts, replies, answers = (
        numbers.by_day(kind) for kind in ("enrolled_at", "unenrolled_at", "posts", "replies", "quiz_by_day")
    )
    likes: Counter[datetime.date] = Counter()
    for _week, _step, day, value, count in numbers.tallies["likes_by_day"]:
        if day and count:
            likes[day] += int(value) * count
    so_far, rows = [0] * len(SO_FAR), []
    for day in sorted({*joined, *left, *posts, *replies, *likes, *answers}):
        written = replies.get(day, 0)
        news = (
            joined.get(day, 0) - left.get(day, 0),
            posts.get(day, 0) + written,
            written,
            likes[day],
            answers.get(day, 0),
        )
        so_far = [before + new for before, new in zip(so_far, news, strict=True)]
        rows.append((day, *so_far))
    return rows


def moments(numbers: RunNumbers, x: str, y: str) -> tuple[int, ...]:
    """Return how many people are in it, and the sums of x, y, x², y² and xy over them."""
    names = (x, y, f"{x}*{x}", f"{y}*{y}", f"{x}*{y}" if MEASURES.index(x) <= MEASURES.index(y) else f"{y}*{x}")
    answered = x in ONLY_ANSWERED or y in ONLY_ANSWERED
    rows = [
        row
        for row in numbers.tables[Moments]
        if (numbers.of == "all" or getattr(row, FLAG[numbers.of])) and (row.answered or not answered)
    ]
    return sum(row.count for row in rows), *(sum(row.sums[name] for row in rows) for name in names)


def line(numbers: RunNumbers, x: str, y: str) -> Trend | None:
    """Return the straight line through two measures of people; None where all have the same x."""
    count, sum_x, sum_y, xx, yy, xy = moments(numbers, x, y)
    across, up, both = count * xx - sum_x**2, count * yy - sum_y**2, count * xy - sum_x * sum_y
    if not across:
        return None
    slope = both / across
    return Trend(slope, (sum_y - slope * sum_x) / count, both / math.sqrt(across * up) if up else 0.0, None, count)


def widths(numbers: RunNumbers, measure: str) -> list[int]:
    """Return how many values of a measure are one class of the points: each run has its own classes."""
    most: dict[int, int] = {}
    for row in numbers.tables[Moments]:
        most[row.run_id] = max(row.most[measure], most.get(row.run_id, 0))
    return sorted({width_of(measure, one) for one in most.values()})


def points(numbers: RunNumbers) -> Rows:
    """Return the chosen two measures' classes, each by its least value, with how many people are in both."""
    x, y = numbers.options["x"], numbers.options["y"]
    if x == y:
        return []
    turned = MEASURES.index(x) > MEASURES.index(y)
    counts = numbers.by_value(chosen_points(numbers.options)[0])
    pairs = [(tuple(map(int, pair.split())), count) for pair, count in counts.items()]
    return sorted((str(pair[turned]), str(pair[not turned]), count) for pair, count in pairs)


def chosen_points(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kind of Tally with the points of two measures; none where both are the same one."""
    x, y = sorted((options["x"], options["y"]), key=MEASURES.index)
    return () if x == y else (points_of(x, y),)


def axis(numbers: RunNumbers, measure: str) -> str:
    """Return the name of an axis, with the width of its classes if several values are one."""
    wide, name = widths(numbers, measure), str(NAMES[measure])
    if len(wide) > 1:
        return _now("%(measure)s, in steps of %(least)s to %(most)s") % {
            "measure": name, "least": wide[0], "most": wide[-1],
        }  # fmt: skip
    if wide and wide[0] > 1:
        return _now("%(measure)s, in steps of %(width)s") % {"measure": name, "width": wide[0]}
    return name


def draw_points(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw each run's people as points, one point for all of a class, with the line through them all."""
    made = []
    for one in seen:
        x, y = one.numbers.options["x"], one.numbers.options["y"]
        words = _now("Choose two different measures.") if x == y else missing(chart, [one])
        counted = {(int(left), int(up)): count for left, up, count in one.rows if count and left is not None}
        drawing = scatter(
            counted, across=axis(one.numbers, x), up=axis(one.numbers, y), unit=_now("People"), missing=words,
            line=line(one.numbers, x, y),
        )  # fmt: skip
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


registry.chart(
    "correlations", **COMMON, title=_("Two measures of people"), files=FILES, columns=("x", "y", "learners"),
    tables=(Moments,), options=OPTIONS, chosen_tallies=chosen_points, draw=draw_points, limits=WHO,
    of_all_runs=_(
        "Points lie where each run puts its numbers together. Shares are of each run’s own steps and questions."
    ),
    definition=_(
        "How many people have which two numbers: the larger the point, the more people. Where there are many numbers, "
        "some next to each other are one point, named by the least. The straight line is through all people, with its "
        "slope and the correlation r."
    ),
)(points)  # fmt: skip


def draw_table(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show all pairs as a table; each leads to its points, of the same people and runs."""
    beside = [f"{one.numbers.run.slug}/{one.numbers.run.number}" for one in seen[1:]]
    kept, made = {"of": seen[0].numbers.of, "with": beside}, []
    for one in seen:
        heads = [_now("Measures"), _now("People"), _now("Slope"), _now("r")]
        rows = [
            [f"{NAMES[x]} · {NAMES[y]}", count, *(Amount(NONE if cell is None else f"{cell:.3f}") for cell in cells)]
            for x, y, count, *cells in one.rows
        ]
        links = [f"?{urlencode({'x': x, 'y': y, **kept}, doseq=True)}#correlations" for x, y, *_cells in one.rows]
        words = missing(chart, [one]) if not any(row[2] for row in one.rows) else ""
        drawing = Drawing("table", words, heads, [] if words else rows, links=links, missing=words)
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "correlation-table", **COMMON, title=_("All pairs of measures"), files=FILES, tables=(Moments,), limits=WHO,
    columns=("x", "y", "learners", "slope", "r"), draw=draw_table,
    of_all_runs=_("The line is through the people of all runs. Shares are of each run’s own steps and questions."),
    definition=_("The slope of the straight line of y over x, and the correlation r, for each two of the measures."),
)  # fmt: skip
def correlation_table(numbers: RunNumbers) -> Rows:
    rows = []
    for x, y in combinations(MEASURES, 2):
        found, count = line(numbers, x, y), moments(numbers, x, y)[0]
        rows.append((x, y, count, *((round(found.slope, 6), round(found.r, 6)) if found else (None, None))))
    return rows
