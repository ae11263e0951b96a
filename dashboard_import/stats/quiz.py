"""The page of quizzes: how often each question was answered, and how often rightly, at once or in the end."""

import re
from collections import Counter

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.parts import in_parts
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Rows, Seen
from mooc.lib.charts.marks import number

registry.page("quiz", _("Quizzes"))
COMMON = {"page": "quiz", "files": ("question_response",), "shares": False}


def question_key(name: str) -> list[tuple[int, int | str]]:
    """Return what questions are ordered by: 1.2.9 comes before 1.10.1."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"[.\s]+", name)]


def by_question(numbers: RunNumbers, kind: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for _week, _step, _day, question, count in numbers.tallies[kind]:
        counts[question] += count
    return counts


def most_wrong(one: Seen) -> list[str]:
    """Say which question most answers were wrong to."""
    known = [row for row in one.rows if None not in row and row[1] > row[2]]
    if not known:
        return []
    question, attempts, correct, *_first = max(known, key=lambda row: row[1] - row[2])
    words = _now("Most wrong answers: %(question)s, %(wrong)s of %(attempts)s.")
    return [words % {"question": question, "wrong": number(attempts - correct), "attempts": number(attempts)}]


@registry.chart(
    "quiz-questions", **COMMON, title=_("Questions"), tallies=("quiz_attempts", "quiz_correct", "quiz_first_correct"),
    columns=("question", "attempts", "correct", "first_try_correct"),
    draw=in_parts(
        _("Question"),
        {
            _("Right at the first try"): lambda row: row[3],
            _("Right later"): lambda row: row[2] - row[3],
            _("Wrong"): lambda row: row[1] - row[2],
        },
        lambda row: row[0], most_wrong,
    ),
    definition=_(
        "How often each question was answered, how often rightly, and how many learners were right at their first try: "
        "the earliest of a learner’s answers to the question by submitted_at, the first in the file of several."
    ),
    limits=_(
        "Answers without a learner count as answers, not as first tries. "
        "Rows that are alike in every column are kept, as FutureLearn gives them."
    ),
)  # fmt: skip
def quiz_questions(numbers: RunNumbers) -> Rows:
    attempts, correct, first = (
        by_question(numbers, kind) for kind in ("quiz_attempts", "quiz_correct", "quiz_first_correct")
    )
    return [
        (question, attempts[question], correct[question], first[question])
        for question in sorted(attempts, key=question_key)
        if attempts[question]
    ]


@registry.chart(
    "quiz-by-step", **COMMON, title=_("Answers by step"), columns=("step", "attempts", "correct", "learners"),
    tallies=("quiz_attempts", "quiz_correct", "quiz_learners"),
    draw=in_parts(
        _("Step"), {_("Right"): lambda row: row[2], _("Wrong"): lambda row: row[1] - row[2]}, lambda row: row[0],
        most_wrong,
    ),
    definition=_("How often the questions of each step were answered, how often rightly, and by how many learners."),
    limits=_("Answers without a learner count as answers, and their people nowhere."),
)  # fmt: skip
def quiz_by_step(numbers: RunNumbers) -> Rows:
    attempts, correct, learners = (
        by_place(numbers, kind) for kind in ("quiz_attempts", "quiz_correct", "quiz_learners")
    )
    places = sorted(attempts, key=lambda place: (None in place, place if None not in place else ()))
    return [
        ("" if None in place else step_name(place), attempts[place], correct[place], learners[place])
        for place in places
        if attempts[place]
    ]


def by_place(numbers: RunNumbers, kind: str) -> Counter[tuple]:
    """Return counts by step; steps that the file does not name are (None, None)."""
    counts: Counter[tuple] = Counter()
    for week, step, _day, _value, count in numbers.tallies[kind]:
        counts[(None, None) if week is None or step is None else (week, step)] += count
    return counts
