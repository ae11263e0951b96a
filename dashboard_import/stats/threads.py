"""The threads of a step over time, on the page of comments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from django.db.models import Model, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard_import.models import ThreadComment
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.comments import EVERY_STEP
from dashboard_import.stats.links import reading
from dashboard_import.stats.reading import RunNumbers, step_name, step_of
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.threads import MOST_COMMENTS, MOST_THREADS
from mooc.lib.charts.marks import number
from mooc.lib.charts.threads import Said, Thread, threads
from mooc.lib.moments import in_utc


def rows_of_step(options: Mapping[str, str]) -> dict[type[Model], Q]:
    """Return which rows the chosen step asks for, or the step with most comments."""
    step = step_of(options.get("step", ""))
    return {ThreadComment: Q(week=step[0], step=step[1]) if step else Q(busiest=True)}


def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw each run's threads by themselves; a mark leads to its comment, a name to the whole thread."""
    made = []
    for one in seen:
        known = {str(row.comment_id): row for row in one.numbers.tables[ThreadComment]}
        shown, table, links = [], [], []
        for place, (thread, rows) in enumerate(groupby(one.rows, key=lambda row: row[1]), start=1):
            there, comments = reading(one.numbers.run, thread=thread), []
            for _step, _thread, _date, comment, _answers, author, _replies in rows:
                row, what = known[comment], _now("Reply") if known[comment].parent_id else _now("Post")
                who, when = author or _now("no name in the file"), in_utc(row.written)
                words = f"{place}. {what}\n{when}\n{who}"
                comments.append(Said(row.written, words, row.parent_id is None, f"{there}#comment-{comment}"))
                table.append([when, str(place), what, who])
                links.append(comments[-1].href)
            shown.append(Thread(name_of(place, one, thread), comments, there))
        heads = [_now("Written"), _now("Thread"), _now("What"), _now("By")]
        drawing = threads(
            shown, heads=heads, rows=table, links=links, missing=nothing(chart, one), days=one.days,
            description=_now("Threads: %(count)s") % {"count": len(shown)},
        )  # fmt: skip
        made.append(Figure(replace(drawing, notes=notes(one)), one.name if len(seen) > 1 else ""))
    return made


def name_of(place: int, one: Seen, thread: str) -> str:
    """Return what stands above a thread: how many replies it has, and how many are drawn where not all are."""
    replies = next(row[-1] for row in one.rows if row[1] == thread)
    if replies is None:
        return f"{place}. {_now('few replies')}"
    words = ngettext("one reply", "%(count)s replies", replies) % {"count": number(replies)}
    if replies < MOST_COMMENTS:
        return f"{place}. {words}"
    return _now("%(place)s. %(replies)s, the first %(most)s drawn") % {
        "place": place, "replies": words, "most": MOST_COMMENTS - 1,
    }  # fmt: skip


def notes(one: Seen) -> list[str]:
    """Say which step it is, and which threads."""
    if not one.rows:
        return []
    step = one.rows[0][0]
    which = _now("Step %(step)s, where most comments are.") if one.numbers.options["step"] == "all" else _now(
        "Step %(step)s."
    )  # fmt: skip
    every = _now("A square is a post, a dot a reply. Drawn are the %(most)s threads with most replies, or fewer.")
    return [f"{which % {'step': step}} {every % {'most': MOST_THREADS}}"]


def nothing(chart: Chart, one: Seen) -> str:
    """Say why no threads are drawn."""
    step = step_of(one.numbers.options["step"])
    replies = one.numbers.by_step("replies")
    if one.days or "comments" not in one.numbers.loaded or not (replies.get(step) if step else replies):
        return missing(chart, [one]) if not step or one.days else _now("Nobody has replied on this step.")
    return _now(
        "%(run)s has replies, and no threads are kept. Load its comments again: import_futurelearn --again. "
        "Comments without a time are in no thread."
    ) % {"run": one.name}


@registry.chart(
    "comment-threads", page="comments", files=("comments",), title=_("Threads over time"), shares=False, pools=False,
    columns=("step", "thread", "date", "comment", "answers", "author", "replies"), tallies=("replies",), draw=draw,
    options={"step": EVERY_STEP}, chosen_rows=rows_of_step,
    definition=_(
        "When each comment of a step’s threads was written, and what it answers. A mark leads to its comment. "
        "Without a chosen step it is the one with most comments."
    ),
    limits=_(
        "Kept are the twelve threads of each step with most replies, each with its post and 39 replies. "
        "They are of everyone, whichever group you count. Moments are in UTC."
    ),
)  # fmt: skip
def comment_threads(numbers: RunNumbers) -> Rows:
    rows = sorted(numbers.tables[ThreadComment], key=lambda row: (row.place, row.pk))
    return [
        (
            step_name((row.week, row.step)), str(row.thread), f"{row.written:%Y-%m-%d %H:%M:%S} UTC",
            str(row.comment_id), str(row.parent_id or ""), row.author, row.replies,
        )
        for row in rows
    ]  # fmt: skip
