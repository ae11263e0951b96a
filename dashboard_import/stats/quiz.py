"""The page of answers to quizzes: how many, how many correct, and how many at the first try."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import in_parts, say_of
from dashboard_import.stats.links import on_step
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from mooc.lib.charts.bars import columns
from mooc.lib.charts.marks import Amount, Series, number, percent

KINDS = ("quiz_attempts", "quiz_correct", "quiz_first_correct")
TRIES = ("quiz_first", "quiz_tries", "quiz_first_correct", "quiz_last_correct")
ALL_KINDS = tuple(dict.fromkeys((*KINDS, *TRIES)))
SAME = gettext_lazy("A question is the same in two runs if it has the same number there, on the same step.")
common = {
    "page": "quiz", "files": ("question_response",), "base": "learners", "tallies": ALL_KINDS, "of_all_runs": SAME,
}  # fmt: skip

registry.page("quiz", gettext_lazy("Quiz"))


def natural(text: str) -> list[tuple[int, str]]:
    """Return what questions are ordered by: 1.2.9 comes before 1.2.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text) if part]


def counts(numbers: RunNumbers) -> dict[tuple, dict[str, int]]:
    """Return the counts of each question, by (week, step, question)."""
    found: dict[tuple, dict[str, int]] = defaultdict(lambda: dict.fromkeys(ALL_KINDS, 0))
    for kind in ALL_KINDS:
        for week, step, _day, question, count in numbers.tallies[kind]:
            found[week or 0, step or 0, question][kind] += count
    return {
        key: found[key]
        for key in sorted(found, key=lambda key: (*key[:2], natural(key[2])))
        if any(found[key].values())
    }


def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw attempts, correct ones and correct first tries beside each other, and name the hardest question."""
    names = (_("Attempts"), _("Correct"), _("Correct at the first try"))
    made = []
    for one in seen:
        series = [
            Series(name, [one.shown(row[at], percent=in_percent) for row in one.rows], at)
            for at, name in enumerate(names, start=1)
        ]
        labels = [str(row[0]) for row in one.rows]
        anchors = [f"question-{one.colour}-{at}" for at in range(len(labels))]
        drawing = columns(
            labels, series, head=_("Question"), missing=missing(chart, [one]), say=say_of(in_percent),
            links=[f"#{anchor}" for anchor in anchors],
        )  # fmt: skip
        table = replace(drawing, notes=hardest(one), links=read_about(one), anchors=anchors)
        made.append(Figure(table, one.name if len(seen) > 1 else ""))
    return made


def read_about(one: Seen) -> list[str]:
    """Return for each question the address of what was written on its step."""
    return [about(one, key) for key in counts(one.numbers)]


def about(one: Seen, key: tuple) -> str:
    """Return the address of what was written on the step of a question, given as (week, step, question)."""
    return on_step(one, step_name(key[:2]) if all(key[:2]) else "")


def hardest(one: Seen) -> list[str]:
    """Say which question most people got wrong at their first try; nothing where numbers are hidden."""
    firsts = {row[0] for row in one.rows if None not in row}
    wrong = {
        question: (found["quiz_first"] - found["quiz_first_correct"], found["quiz_first"])
        for (_week, _step, question), found in counts(one.numbers).items()
        if question in firsts
    }
    question = max(wrong, key=lambda name: wrong[name][0], default=None)
    if question is None or not wrong[question][0]:
        return []
    count, of = wrong[question]
    return [
        _("%(run)s: most people got question %(question)s wrong, %(count)s of %(of)s at the first try.") % {
            "run": one.name, "question": question, "count": number(count), "of": number(of),
        }
    ]  # fmt: skip


@registry.chart(
    "quiz-questions", **common, title=gettext_lazy("Questions"), draw=draw,
    columns=("question", "attempts", "correct", "first_try_correct"),
    definition=gettext_lazy(
        "How often each question was answered, how often correctly, and by how many people at the first try."
    ),
    limits=gettext_lazy("A first try is a person’s earliest answer. Answers without a learner are attempts alone."),
)  # fmt: skip
def quiz_questions(numbers: RunNumbers) -> Rows:
    return [(key[2], *(found[kind] for kind in KINDS)) for key, found in counts(numbers).items()]


@registry.chart(
    "quiz-by-step", **{**common, "base": "quiz_attempts"}, title=gettext_lazy("Answers by step"),
    columns=("step", "correct", "wrong"),
    draw=in_parts(
        gettext_lazy("Step"), (gettext_lazy("Correct"), gettext_lazy("Wrong")),
        on_step,
    ),
    definition=gettext_lazy("How many answers to the questions of each step were correct, and how many were wrong."),
)  # fmt: skip
def quiz_by_step(numbers: RunNumbers) -> Rows:
    attempts, correct = numbers.by_step("quiz_attempts"), numbers.by_step("quiz_correct")
    return [(step_name(step), correct.get(step, 0), attempts[step] - correct.get(step, 0)) for step in attempts]


def rate(part: int | None, whole: int | None) -> float | None:
    """Return a share in per cent; None where there is no whole, or a number is hidden."""
    return 100 * part / whole if part is not None and whole else None


def draw_tries(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw how many had each question right at their first and at their last try, in per cent."""
    made = []
    for one in seen:
        shares = [(rate(row[3], row[1]), rate(row[4], row[1])) for row in one.rows]
        series = [
            Series(name, [share[at] for share in shares], at + 1)
            for at, name in enumerate((_("Right at the first try"), _("Right at the last try")))
        ]
        labels = [str(row[0]) for row in one.rows]
        links = [about(one, key) for key, found in counts(one.numbers).items() if found["quiz_first"]]
        drawing = columns(labels, series, head=_("Question"), missing=missing(chart, [one]), say=percent, links=links)
        heads = [_("Question"), _("People"), _("Tries of each"), _("First try right"), _("Last try right")]
        rows = [
            [row[0], Amount(number(row[1])), Amount(number(row[2] / row[1] if row[1] and row[2] else None)),
             Amount(percent(first)), Amount(percent(last))]
            for row, (first, last) in zip(one.rows, shares, strict=True)
        ]  # fmt: skip
        made.append(Figure(replace(drawing, heads=heads, rows=rows), one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "quiz-tries", **common, title=gettext_lazy("Tries"), shares=False, draw=draw_tries,
    columns=("question", "people", "tries", "first_try_correct", "last_try_correct"),
    definition=gettext_lazy(
        "How many people answered each question, how many tries they made in all, and how many were right at their "
        "first and at their last try."
    ),
    limits=gettext_lazy("Answers without a learner are left out here."),
)  # fmt: skip
def quiz_tries(numbers: RunNumbers) -> Rows:
    return [(key[2], *(found[kind] for kind in TRIES)) for key, found in counts(numbers).items() if found["quiz_first"]]
