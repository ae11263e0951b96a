"""Which steps each learner completed, one after the other: sums by learner are made of it, and the ways they took."""

# ruff: noqa: S608  (the SQL is our own)
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from tempfile import TemporaryFile
from typing import BinaryIO

from django.db import connection

from dashboard_import.audiences import AUDIENCES, joined
from dashboard_import.models import CourseRun, StepActivity

ACTIVITY = StepActivity._meta.db_table
JOURNEYS = "futurelearn_journeys"  # made for the sums by learner, and dropped once the ways have read it
SHIFT = 10_000  # a place is week * SHIFT + step; both have four digits at most
PLACE = f"s.week * {SHIFT} + s.step"
FLAGS = ", ".join(f"{sql} AS {name}" for name, sql in AUDIENCES.items())
WEEK = "(CASE WHEN s.last_completed_at IS NOT NULL THEN s.week END)"
# What one learner's rows of step activity come to.
SUMS = {"completed": "count(s.last_completed_at)", "first_week": f"min{WEEK}", "last_week": f"max{WEEK}"}

Of = tuple[int, ...]  # for each of AUDIENCES, 1 if a learner is one of them
Journey = tuple[Of, list[int]]  # of whom a learner is one; the places completed, in order of time, then of the file


def gather(run: CourseRun) -> None:
    """Make the temporary table JOURNEYS if it is not there: a row for each learner of the run. PostgreSQL only."""
    sums = ", ".join(f"{sql} AS {name}" for name, sql in SUMS.items())
    places = f"array_agg({PLACE} ORDER BY s.last_completed_at, s.row)"
    with connection.cursor() as cursor:
        # Bytes are compared faster than the letters of a language.
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {JOURNEYS} AS SELECT j.*, {FLAGS} FROM"
            f' (SELECT s.learner_id COLLATE "C" AS learner_id,'
            f" {places} FILTER (WHERE s.last_completed_at IS NOT NULL) AS places, {sums} FROM {ACTIVITY} s"
            f" WHERE s.run_id = %(run)s AND s.learner_id <> '' GROUP BY 1) j {joined('j.learner_id')}",
            {"run": run.pk},
        )


def spooled(run: CourseRun) -> BinaryIO:
    """Return a temporary file with the journeys of a run, and drop JOURNEYS. PostgreSQL only."""
    gather(run)
    columns = ", ".join((*AUDIENCES, "array_to_string(places, ' ')"))
    with ExitStack() as stack, connection.cursor() as cursor:
        # Each read lets other threads in for so short a time that none of them wakes up: a few long ones are better.
        file = stack.enter_context(TemporaryFile(buffering=1 << 20))
        cursor.copy_expert(f"COPY (SELECT {columns} FROM {JOURNEYS} WHERE completed > 0) TO STDOUT", file)
        cursor.execute(f"DROP TABLE {JOURNEYS}")
        stack.pop_all()
    file.seek(0)
    return file


def journeys_in(file: BinaryIO) -> Iterator[Journey]:
    """Yield the journeys in a file of `spooled`, and close it."""
    with file:
        for line in file:
            *flags, places = line.split(b"\t")
            yield tuple(map(int, flags)), list(map(int, places.split()))


def sorted_journeys(run: CourseRun) -> Iterator[Journey]:
    """Yield the journeys of a run as SQLite sorts them. It streams, so memory does not grow with the rows."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT s.learner_id, {FLAGS}, {PLACE} FROM {ACTIVITY} s {joined('s.learner_id')}"
            " WHERE s.run_id = %(run)s AND s.last_completed_at IS NOT NULL AND s.learner_id <> ''"
            " ORDER BY s.learner_id, s.last_completed_at, s.row",
            {"run": run.pk},
        )
        for _learner, rows in groupby(cursor, itemgetter(0)):
            (_same, *flags, first), *later = rows
            yield tuple(flags), [first, *map(itemgetter(-1), later)]
