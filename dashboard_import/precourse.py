"""A survey of one's own before a run: its answers read from a file with two rows of names, and joined to comments.

Survey tools write the question into the first row, or leave it empty where it goes on from the column before, and a
part of it, such as one of several choices, into the second. One column is FutureLearn's id of the learner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from dashboard_import import sheets
from dashboard_import.datasets import normal
from dashboard_import.models import Comment, CourseRun, PreCourseAnswer, PreCourseSurvey
from dashboard_import.tables import Table, UnreadableError, scan

LEARNER = "partner_export_id"
STEP = (1, 2)  # where learners introduce themselves
MOST_ROWS, MOST_QUESTIONS, LONGEST = 50_000, 200, 2_000
# What survey tools write into the second row where the question has no parts.
NO_PART = {"response", "open_ended_response", LEARNER, ""}
BATCH = 1_000


@dataclass
class Answers:
    """What a file holds: the questions, and each learner's answers to them, the last of several."""

    questions: list[str]
    by_learner: dict[str, list[str]]


def questions_of(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return what each column asks, from the two rows of names."""
    found, question = [], ""
    for place, name in enumerate(first):
        question = name.strip() or question
        part = second[place].strip() if place < len(second) else ""
        plain = normal(part) in NO_PART or part == question
        found.append((question if plain else f"{question}: {part}")[:LONGEST] or f"{place + 1}")
    return found


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
    kept = [at for at in range(len(header)) if at != place]
    if len(kept) > MOST_QUESTIONS:
        raise UnreadableError(f"The file has {len(kept):,} questions; {MOST_QUESTIONS:,} is the most.")
    questions = questions_of(header, second)
    answers: dict[str, list[str]] = {}
    for row in rows:
        learner = row[place].strip() if len(row) == len(header) else ""
        if learner and len(learner) <= 64:
            answers[learner] = [row[at][:LONGEST] for at in kept]
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
    """Put a run's survey in the place of the one before it."""
    PreCourseSurvey.objects.filter(run=run).delete()
    survey = PreCourseSurvey.objects.create(run=run, name=name[-200:], by=by[:150], questions=answers.questions)
    PreCourseAnswer.objects.bulk_create(
        (PreCourseAnswer(survey=survey, learner_id=who, answers=said) for who, said in answers.by_learner.items()),
        batch_size=BATCH,
    )
    return survey


def comments(survey: PreCourseSurvey) -> QuerySet[Comment]:
    """Return the comments of step 1.2 by people who answered, the oldest first."""
    week, step = STEP
    answered = PreCourseAnswer.objects.filter(survey=survey, learner_id=OuterRef("author_id"))
    written = Comment.objects.filter(Exists(answered), run=survey.run_id, week=week, step=step)
    return written.order_by("timestamp", "row")


def joined(survey: PreCourseSurvey, written: Sequence[Comment]) -> Iterator[tuple]:
    """Yield author, moment, text and answers of these comments; one query for each thousand."""
    for start in range(0, len(written), BATCH):
        part = written[start : start + BATCH]
        answers = PreCourseAnswer.objects.filter(survey=survey, learner_id__in={row.author_id for row in part})
        by_learner = dict(answers.values_list("learner_id", "answers"))
        for row in part:
            moment = f"{row.timestamp:%Y-%m-%d %H:%M:%S} UTC" if row.timestamp else ""
            yield (row.author_id, moment, row.text, *by_learner[row.author_id])
