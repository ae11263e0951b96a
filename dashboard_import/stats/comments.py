"""The page of what people wrote: comments and replies by step, day and week, who wrote, what was liked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard_import.said import MOST_KEPT, MOST_OF_EACH, RUN, STEP, STEPS, WEEK
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import by_day, by_step_and_day, by_value, in_parts
from dashboard_import.stats.links import on_day, on_step, on_week, reading
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.selection import AnyStep
from mooc.lib.charts.bars import bars
from mooc.lib.charts.marks import Drawing, Series, number

PARTS = (_("Posts"), _("Replies"))
KINDS = ("posts", "replies")
common = {"page": "comments", "files": ("comments",), "base": "learners"}


registry.page("comments", _("Comments"))


@registry.chart(
    "comments-by-step", **common, title=_("Comments by step"), columns=("step", "posts", "replies"), tallies=KINDS,
    draw=in_parts(_("Step"), PARTS, on_step),
    definition=_("How many comments there are on each step: first ones and replies."),
    limits=_("A post is a comment without a parent_id. Comments without an author are counted for everyone."),
)  # fmt: skip
def comments_by_step(numbers: RunNumbers) -> Rows:
    posts, replies = (numbers.by_step(kind) for kind in KINDS)
    return [(step_name(step), posts.get(step, 0), replies.get(step, 0)) for step in sorted({*posts, *replies})]


@registry.chart(
    "comments-per-day", **common, title=_("Comments by day"), columns=("date", "count"), tallies=KINDS,
    draw=partial(by_day, link=on_day),
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
    draw=in_parts(_("Week"), PARTS, on_week),
    definition=_("How many comments and replies there are on the steps of each week."),
    limits=_("Weeks are those of the course."),
)  # fmt: skip
def comments_by_week(numbers: RunNumbers) -> Rows:
    posts, replies = (numbers.by_week(kind) for kind in KINDS)
    return [(str(week), posts.get(week, 0), replies.get(week, 0)) for week in sorted({*posts, *replies})]


@registry.chart(
    "commenters-by-week", **common, title=_("People who commented by week"), columns=("week", "count"),
    tallies=("commenters",), draw=in_parts(_("Week"), (_("People"),), on_week),
    definition=_("How many different people commented on the steps of each week."),
    limits=_("Comments without an author are left out."), of_all_runs=_("They are different within a run."),
)  # fmt: skip
def commenters_by_week(numbers: RunNumbers) -> Rows:
    return [(str(week), count) for week, count in numbers.by_week("commenters").items()]


def likes_words(value: str) -> str:
    """Return how many likes that is."""
    return ngettext("%(count)s like", "%(count)s likes", int(value)) % {"count": number(int(value))}


def replies_words(value: str) -> str:
    """Return how many replies that is."""
    return ngettext("%(count)s reply", "%(count)s replies", int(value)) % {"count": number(int(value))}


@registry.chart(
    "likes", page="comments", files=("comments",), title=_("Likes"), columns=("likes", "count"), tallies=("likes",),
    draw=by_value((), likes_words, lambda one, likes: reading(one.numbers.run, likes=likes), numbers=True),
    definition=_("How many comments got how many likes. A bar leads to them."),
)  # fmt: skip
def likes(numbers: RunNumbers) -> Rows:
    return sorted(numbers.by_value("likes").items(), key=lambda item: int(item[0]))


@registry.chart(
    "replies-per-post", page="comments", files=("comments",), title=_("Replies to posts"), columns=("replies", "count"),
    tallies=("replies_got",),
    draw=by_value((), replies_words, lambda one, replies: reading(one.numbers.run, replies=replies), numbers=True),
    definition=_("How many posts got no reply, one, two … A bar leads to them."),
    limits=_("A group of people counts for the posts that it wrote, whoever replied."),
)  # fmt: skip
def replies_per_post(numbers: RunNumbers) -> Rows:
    return sorted(numbers.by_value("replies_got").items(), key=lambda item: int(item[0]))


COMMONEST = _("We keep the commonest words of each run, and add those up. A word that is rare in a run may have more.")
WORDS = {"page": "comments", "files": ("comments",), "shares": False, "of_all_runs": COMMONEST}
WEEKS = {"all": _("all weeks"), **{str(week): str(week) for week in range(1, 53)}}
MOST_DRAWN = 20  # words; the table has more
EVERY_STEP = AnyStep(all=_("all steps"))
SILENT = _(
    "How many comments have the word, not how often. Little words of the course’s language are left out. "
    "We know those of English, French, Spanish, German, Italian, Portuguese and Dutch, and take the one used most."
)


def draw_words(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the most frequent words as lying bars; each leads to the comments that have it."""
    made = []
    for one in seen:
        chosen = {name: value for name, value in one.numbers.options.items() if value != "all"}
        links = [reading(one.numbers.run, q=word, **chosen) for word, _count in one.rows]
        first = one.rows[:MOST_DRAWN]
        series = [Series(_now("Comments"), [count for _word, count in first], one.colour)]
        words = [word for word, _count in first]
        drawing = bars(words, series, head=_now("Word"), missing=missing(chart, [one]), links=links)
        made.append(Figure(replace(drawing, rows=one.rows, links=links), one.name if len(seen) > 1 else ""))
    return made


def draw_steps(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show the words of each step in a row of a table; a step leads to its comments."""
    made = []
    for one in seen:
        steps: dict[str, list[str]] = {}
        for step, word, count in one.rows:
            steps.setdefault(step, []).append(word if count is None else f"{word} {number(count)}")
        rows = [[step, ", ".join(words)] for step, words in steps.items()]
        nothing = "" if rows else missing(chart, [one])
        links = [on_step(one, step) for step in steps]
        drawing = Drawing("table", nothing, [_now("Step"), _now("Words")], rows, links=links, missing=nothing)
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


def words_kind(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kind of Tally with the words of the chosen step, else of the chosen week."""
    week, step = options.get("week", "all"), options.get("step", "all")
    if step != "all":
        return (f"{STEP}{step}",)
    return (RUN if week == "all" else f"{WEEK}{week}",)


@registry.chart(
    "words", **WORDS, title=_("Words"), columns=("word", "count"), options={"week": WEEKS, "step": EVERY_STEP},
    chosen_tallies=words_kind, draw=draw_words, limits=SILENT,
    definition=_(
        "The hundred words that most comments have, in the whole run or the chosen week; or the fifty of a chosen step."
    ),
)  # fmt: skip
def words(numbers: RunNumbers) -> Rows:
    (kind,) = words_kind(numbers.options)
    return ranked([(value, count) for _week, _step, _day, value, count in numbers.tallies[kind]], MOST_KEPT)


def ranked(counts: list[tuple[str, int]], most: int) -> Rows:
    """Return the words with most comments, the most frequent first."""
    return sorted(((word, count) for word, count in counts if count), key=lambda one: (-one[1], one[0]))[:most]


@registry.chart(
    "words-by-step", **WORDS, title=_("Words by step"), columns=("step", "word", "count"), tallies=(STEPS,),
    draw=draw_steps, limits=SILENT, definition=_("The ten words that most comments on a step have."),
)  # fmt: skip
def words_by_step(numbers: RunNumbers) -> Rows:
    steps: dict[tuple[int, int], list] = {}
    for week, step, _day, value, count in numbers.tallies[STEPS]:
        steps.setdefault((week, step), []).append((value, count))
    return [(step_name(step), *row) for step in sorted(steps) for row in ranked(steps[step], MOST_OF_EACH)]
