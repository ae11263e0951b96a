"""A survey of one's own before a run: its answers read from a file with two rows of names, and joined to comments.

Survey tools write the question into the first row, or leave it empty where it goes on from the column before, and a
part of it, such as one of several choices, into the second. One column is FutureLearn's id of the learner.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_
from typing import BinaryIO

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard_import import said_before, sheets
from dashboard_import.datasets import normal
from dashboard_import.models import Comment, CourseRun, PreCourseAnswer, PreCourseSurvey
from dashboard_import.said_before import LONGEST_ANSWER, Question, questions_of
from dashboard_import.stats.talkers import pseudonym
from dashboard_import.tables import Table, UnreadableError, scan

LEARNER = "partner_export_id"
STEP = (1, 2)  # where learners introduce themselves
MOST_ROWS, MOST_QUESTIONS, LONGEST = 50_000, 200, 2_000
# What survey tools write into the second row where the question has no parts.
NO_PART = {"response", "open_ended_response", LEARNER, ""}
LEARNERS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)  # what FutureLearn's ids are
BATCH = 1_000


@dataclass
class Answers:
    """What a file holds: what each column asks, and each learner's answers, the last of several.

    A column asks a question, and a part of it where it has several columns, else "".
    """

    questions: list[list[str]]
    by_learner: dict[str, list[str]]


def asked_in(first: Sequence[str], second: Sequence[str]) -> list[list[str]]:
    """Return what each column asks, a question and its part, from the two rows of names."""
    found, question = [], ""
    for place, name in enumerate(first):
        question = name.strip() or question
        part = second[place].strip() if place < len(second) else ""
        if normal(part) in NO_PART or part == question:
            part = ""
        asked = [question, part] if question else [part or f"{place + 1}", ""]
        found.append([words[:LONGEST] for words in asked])
    return found


def heads(survey: PreCourseSurvey) -> list[str]:
    """Return what each column asks, as people read it."""
    return [f"{question}: {part}"[:LONGEST] if part else question for question, part in survey.questions]


def read(stream: BinaryIO) -> Answers:
    """Read a CSV of any encoding, or a workbook. Raises UnreadableError, in words, for what cannot be taken."""
    header, rows = opened(stream)
    names = [normal(name) for name in header]
    second = next(rows, [])
    if LEARNER not in names:
        names = [normal(name) for name in second]
    if LEARNER not in names:
        raise UnreadableError(f"No column is called {LEARNER}: nothing says which learner answered.")
    place = names.index(LEARNER)
    if len(second) > place and LEARNERS.fullmatch(second[place].strip()):  # one row of names alone
        second, rows = [], chain([second], rows)
    kept = [at for at in range(len(header)) if at != place]
    if len(kept) > MOST_QUESTIONS:
        raise UnreadableError(f"The file has {len(kept):,} questions; {MOST_QUESTIONS:,} is the most.")
    questions = asked_in(header, second)
    answers: dict[str, list[str]] = {}
    for row in rows:
        learner = row[place].strip() if len(row) == len(header) else ""
        if learner and len(learner) <= 64:
            answers[learner] = [row[at].strip()[:LONGEST] for at in kept]
        if len(answers) > MOST_ROWS:
            raise UnreadableError(f"The file has more than {MOST_ROWS:,} answers.")
    if not answers:
        raise UnreadableError("No row below the two rows of names says which learner answered.")
    return Answers([questions[at] for at in kept], answers)


def opened(stream: BinaryIO) -> tuple[Sequence[str], Iterator[list[str]]]:
    """Return the first row of a file, and the others. Raises UnreadableError."""
    if not sheets.is_workbook(stream):
        scanned = scan(stream)
        stream.seek(0)
        table = Table(stream, scanned)
        return table.header, rows_of(table)
    rows = sheets.rows(stream)
    first, second = next(rows, []), next(rows, [])
    wide = max(len(first), len(second))  # the last questions of a row may be empty, and then have no cells
    return padded(first, wide), (padded(row, wide) for row in chain([second], rows))


def padded(row: list[str], wide: int) -> list[str]:
    """Return a row of so many cells: empty ones at its end, or those left out that have no question."""
    return row[:wide] + [""] * (wide - len(row))


def rows_of(table: Table) -> Iterator[list[str]]:
    """Yield the rows after the first; raises UnreadableError for one that cannot be taken apart."""
    for batch in table.batches():
        if batch.fault:
            raise UnreadableError(f"Line {batch.lines[0]:,} cannot be read: it has {batch.fault}.")
        yield from batch.rows


@transaction.atomic
def store(run: CourseRun, name: str, by: str, answers: Answers) -> PreCourseSurvey:
    """Put a run's survey in the place of the one before it, and count its answers."""
    said_before.hold(run)
    PreCourseSurvey.objects.filter(run=run).delete()
    survey = PreCourseSurvey.objects.create(run=run, name=name[-200:], by=by[:150], questions=answers.questions)
    PreCourseAnswer.objects.bulk_create(
        (PreCourseAnswer(survey=survey, learner_id=who, answers=said) for who, said in answers.by_learner.items()),
        batch_size=BATCH,
    )
    said_before.count(run)
    return survey


@dataclass(frozen=True)
class Chosen:
    """Whose answers an address asks for: who answered a question, a part of it (None for any), or said just that."""

    question: Question
    part: str | None = None
    answer: str = ""

    @property
    def columns(self) -> list[int]:
        """The places of the columns that may hold it."""
        return [place for place, part in self.question.columns.items() if self.part in (None, part)]

    @property
    def test(self) -> Q:
        """What is true of the answers of these people."""
        return reduce(or_, (holds(place, self.answer) for place in self.columns))


def holds(place: int, answer: str) -> Q:
    """Return the test whether a column holds an answer, or any at all."""
    if not answer:
        return ~Q(**{f"answers__{place}": ""})
    # As many letters as are counted may be the beginning of more.
    return Q(**{f"answers__{place}{'__startswith' * (len(answer) == LONGEST_ANSWER)}": answer})


def chosen(survey: PreCourseSurvey, wanted: Mapping[str, str]) -> Chosen | None:
    """Return what `question`, `part` and `answer` of an address choose; None where they choose nothing.

    Raises ValueError for what the survey does not ask, and for what nobody can have answered.
    """
    key, part, answer = (wanted.get(name, "") for name in ("question", "part", "answer"))
    if not (key or part or answer):
        return None
    question = next((one for one in questions_of(survey.questions) if one.key == key), None)
    if question is None or "\0" in answer or len(answer) > LONGEST_ANSWER:
        raise ValueError(key)
    # An address leaves out what is empty.
    named = part if part or answer or len(question.columns) == 1 else None
    if named is not None and named not in question.columns.values():
        raise ValueError(part)
    return Chosen(question, named, answer)


def people(survey: PreCourseSurvey, whose: Chosen | None) -> QuerySet[PreCourseAnswer]:
    """Return the answers of all people, or of those that were chosen."""
    rows = PreCourseAnswer.objects.filter(survey=survey)
    return rows.filter(whose.test) if whose else rows


def comments(survey: PreCourseSurvey, whose: Chosen | None = None) -> QuerySet[Comment]:
    """Return the comments of step 1.2 by people who answered, or who answered so, the oldest first."""
    week, step = STEP
    answered = people(survey, whose).filter(learner_id=OuterRef("author_id"))
    written = Comment.objects.filter(Exists(answered), run=survey.run_id, week=week, step=step)
    return written.order_by("timestamp", "row")


def joined(survey: PreCourseSurvey, written: Sequence[Comment]) -> Iterator[tuple]:
    """Yield the name that we made for the author, moment, text and answers of these comments; a query a thousand."""
    for start in range(0, len(written), BATCH):
        part = written[start : start + BATCH]
        answers = PreCourseAnswer.objects.filter(survey=survey, learner_id__in={row.author_id for row in part})
        by_learner = dict(answers.values_list("learner_id", "answers"))
        for row in part:
            yield (pseudonym(row.author_id), row.timestamp, row.text, *by_learner[row.author_id])
