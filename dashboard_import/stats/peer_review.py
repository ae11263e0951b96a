"""The page of work that learners handed in, and reviewed for each other."""

from collections.abc import Sequence

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import by_day, say_of
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from mooc.lib.charts.bars import columns
from mooc.lib.charts.marks import Amount, Drawing, Series, number

registry.page("peer-review", _("Peer review"))
ASSIGNMENTS, REVIEWS = "peer_review_assignments", "peer_review_reviews"
COMMON = {"page": "peer-review"}
DAYS = _("Days are those of UTC.")
MEASURES = {
    "assignments": ("peer_assignments", _("Assignments handed in")),
    "authors": ("peer_authors", _("People who handed one in")),
    "moderated": ("peer_moderated", _("Assignments that a moderator took away")),
    "reviews": ("peer_reviews", _("Reviews")),
    "reviewers": ("peer_reviewers", _("People who reviewed")),
}


def draw_totals(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show the totals as a table, with reviews for each assignment."""
    if not any(row[1] for one in seen for row in one.rows):
        return [Figure(Drawing("table", missing(chart, seen), [], [], missing=missing(chart, seen)))]
    rows = [
        [str(words), *(Amount(number(one.rows[at][1])) for one in seen)]
        for at, (_kind, words) in enumerate(MEASURES.values())
    ]
    each = []
    for one in seen:
        counts = dict(one.rows)
        made, reviews = counts["assignments"], counts["reviews"]
        each.append(Amount(number(None if not made or reviews is None else reviews / made)))
    rows.append([_now("Reviews for each assignment"), *each])
    names = [one.name for one in seen] if len(seen) > 1 else [_now("How many")]
    return [Figure(Drawing("table", "", [_now("Measure"), *names], rows))]


@registry.chart(
    "peer-review-totals", **COMMON, title=_("Totals"), files=(ASSIGNMENTS, REVIEWS), columns=("measure", "count"),
    tallies=tuple(kind for kind, _words in MEASURES.values()), draw=draw_totals, shares=False,
    definition=_("How many assignments were handed in and how many reviews written, and by how many people."),
    limits=_("A group of people counts for what it wrote: assignments by their authors, reviews by their reviewers."),
)  # fmt: skip
def totals(numbers: RunNumbers) -> Rows:
    return [(measure, numbers.total(kind)) for measure, (kind, _words) in MEASURES.items()]


def draw_spread(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw how many assignments got how many reviews as upright bars, those of several runs beside each other."""
    counts = [dict(one.rows) for one in seen]
    known = {number for count in counts for number in count if number}
    labels = [str(at) for at in range(max(map(int, known)) + 1)] if known else []
    labels += [""] if any("" in count for count in counts) else []
    series = [
        Series(one.name, [one.shown(count.get(at, 0), percent=in_percent) for at in labels], one.colour)
        for one, count in zip(seen, counts, strict=True)
    ]
    named = [at or _now("not said") for at in labels]
    return [Figure(columns(named, series, head=_now("Reviews"), missing=missing(chart, seen), say=say_of(in_percent)))]


@registry.chart(
    "reviews-per-assignment", **COMMON, title=_("Reviews for each assignment"), files=(ASSIGNMENTS,),
    columns=("reviews", "assignments"), tallies=("peer_spread", "peer_assignments"), base="peer_assignments",
    draw=draw_spread,
    definition=_("How many assignments got no review, one, two …: FutureLearn’s review_count."),
)  # fmt: skip
def reviews_per_assignment(numbers: RunNumbers) -> Rows:
    counts = numbers.by_value("peer_spread")
    return sorted(counts.items(), key=lambda item: (item[0] == "", int(item[0] or 0)))


@registry.chart(
    "assignments-per-day", **COMMON, title=_("Assignments by day"), files=(ASSIGNMENTS,), columns=("date", "count"),
    tallies=("peer_handed_in",), draw=by_day, limits=DAYS,
    definition=_("How many assignments were handed in on each day, by submitted_at."),
)  # fmt: skip
def assignments_per_day(numbers: RunNumbers) -> Rows:
    return list(numbers.by_day("peer_handed_in").items())


@registry.chart(
    "reviews-per-day", **COMMON, title=_("Reviews by day"), files=(REVIEWS,), columns=("date", "count"),
    tallies=("peer_reviewed",), draw=by_day, limits=DAYS,
    definition=_("How many reviews were written on each day, by created_at."),
)  # fmt: skip
def reviews_per_day(numbers: RunNumbers) -> Rows:
    return list(numbers.by_day("peer_reviewed").items())
