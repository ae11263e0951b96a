"""The page of what people wrote: comments and replies by step, day and week, who wrote, what was liked."""

from collections import Counter

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.drawing import by_day, by_step_and_day, by_value, in_parts
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Rows, Seen

PARTS = (_("Posts"), _("Replies"))
KINDS = ("posts", "replies")
common = {"page": "comments", "files": ("comments",), "base": "learners"}


def reading(one: Seen, step: str) -> str:
    """Return the address where a run's comments on a step are read."""
    run = one.numbers.run
    return reverse("stats_comments", args=[run.slug, run.number], query={"step": step})


registry.page("comments", _("Comments"))


@registry.chart(
    "comments-by-step", **common, title=_("Comments by step"), columns=("step", "posts", "replies"), tallies=KINDS,
    draw=in_parts(_("Step"), PARTS, reading),
    definition=_("How many comments there are on each step: first ones and replies."),
    limits=_("A post is a comment without a parent_id. Comments without an author are counted for everyone."),
)  # fmt: skip
def comments_by_step(numbers: RunNumbers) -> Rows:
    posts, replies = (numbers.by_step(kind) for kind in KINDS)
    return [(step_name(step), posts.get(step, 0), replies.get(step, 0)) for step in sorted({*posts, *replies})]


@registry.chart(
    "comments-per-day", **common, title=_("Comments by day"), columns=("date", "count"), tallies=KINDS, draw=by_day,
    definition=_("How many comments and replies were written on each day."), limits=_("Days are those of UTC."),
)  # fmt: skip
def comments_per_day(numbers: RunNumbers) -> Rows:
    counts = Counter(numbers.by_day("posts")) + Counter(numbers.by_day("replies"))
    return sorted(counts.items())


@registry.chart(
    "comments-by-step-and-day", **common, title=_("Comments by step and day"), columns=("step", "date", "count"),
    tallies=KINDS, draw=by_step_and_day, definition=_("How many comments and replies each step got on each day."),
    limits=_("Days are those of UTC."),
)  # fmt: skip
def comments_by_step_and_day(numbers: RunNumbers) -> Rows:
    counts = Counter(numbers.by_step_and_day("posts")) + Counter(numbers.by_step_and_day("replies"))
    return [(step_name(step), day, count) for (step, day), count in sorted(counts.items())]


@registry.chart(
    "comments-by-week", **common, title=_("Comments by week"), columns=("week", "posts", "replies"), tallies=KINDS,
    draw=in_parts(_("Week"), PARTS), definition=_("How many comments and replies there are on the steps of each week."),
    limits=_("Weeks are those of the course."),
)  # fmt: skip
def comments_by_week(numbers: RunNumbers) -> Rows:
    posts, replies = (numbers.by_week(kind) for kind in KINDS)
    return [(str(week), posts.get(week, 0), replies.get(week, 0)) for week in sorted({*posts, *replies})]


@registry.chart(
    "commenters-by-week", **common, title=_("People who commented by week"), columns=("week", "count"),
    tallies=("commenters",), draw=in_parts(_("Week"), (_("People"),)),
    definition=_("How many different people commented on the steps of each week."),
    limits=_("Comments without an author are left out."),
)  # fmt: skip
def commenters_by_week(numbers: RunNumbers) -> Rows:
    return [(str(week), count) for week, count in numbers.by_week("commenters").items()]


@registry.chart(
    "likes", page="comments", files=("comments",), title=_("Likes"), columns=("likes", "count"), tallies=("likes",),
    draw=by_value(), definition=_("How many comments got how many likes."),
)  # fmt: skip
def likes(numbers: RunNumbers) -> Rows:
    return sorted(numbers.by_value("likes").items(), key=lambda item: int(item[0]))
