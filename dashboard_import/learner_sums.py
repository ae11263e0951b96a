"""What each learner did, added up once at each load: one pass over the rows for all that is counted by learner."""

# ruff: noqa: S608  (the SQL is our own)
from collections.abc import Iterable

from django.db import connection

from dashboard_import import journeys
from dashboard_import.models import Comment, CourseRun, LearnerSum, QuizResponse
from dashboard_import.rollups import rollup

TABLE = LearnerSum._meta.db_table
ZEROS = dict.fromkeys(("completed", "comments", "replies", "likes", "answers", "correct", "questions"), "0") | {
    "first_week": "CAST(NULL AS smallint)", "last_week": "CAST(NULL AS smallint)",
}  # fmt: skip


def refill(run: CourseRun, kind: str, table: str, learner: str, sums: dict[str, str]) -> None:
    """Replace the run's sums of one kind of file; rows without a learner are left out."""
    added = ", ".join(f"{sql} AS {name}" for name, sql in sums.items())
    mine = f"FROM {table} s WHERE s.run_id = %(run)s AND s.{learner} <> ''"
    store(run, kind, sums, f"SELECT s.{learner} AS learner_id, {added} {mine} GROUP BY s.{learner}")


def store(run: CourseRun, kind: str, names: Iterable[str], rows: str) -> None:
    """Replace the run's sums of one kind of file by what a SELECT gives: learners and their sums of these names."""
    LearnerSum.objects.filter(run=run, kind=kind).delete()
    columns = ZEROS | {name: f"found.{name}" for name in names}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (run_id, kind, learner_id, {', '.join(columns)})"
            f" SELECT %(run)s, %(kind)s, found.learner_id, {', '.join(columns.values())} FROM ({rows}) AS found",
            {"run": run.pk, "kind": kind},
        )


@rollup("step_activity")
def steps(run: CourseRun) -> None:
    """Add up steps completed, and the first and the last week in which one was."""
    if connection.vendor == "postgresql":
        journeys.gather(run)
        store(run, "step_activity", journeys.SUMS, f"SELECT * FROM {journeys.JOURNEYS}")
    else:
        refill(run, "step_activity", journeys.ACTIVITY, "learner_id", journeys.SUMS)


@rollup("comments")
def comments(run: CourseRun) -> None:
    """Add up comments, those of them that are replies, and the likes they got."""
    refill(
        run, "comments", Comment._meta.db_table, "author_id",
        {"comments": "count(*)", "replies": "count(parent_id)", "likes": "coalesce(sum(likes), 0)"},
    )  # fmt: skip


@rollup("question_response")
def answers(run: CourseRun) -> None:
    """Add up answers, right ones, and the different questions answered."""
    refill(
        run, "question_response", QuizResponse._meta.db_table, "learner_id",
        {
            "answers": "count(*)", "correct": "sum(CASE WHEN correct THEN 1 ELSE 0 END)",
            "questions": "count(DISTINCT quiz_question)",
        },
    )  # fmt: skip
