"""What each learner did, added up once at each load: one pass over the rows for all that is counted by learner."""

# ruff: noqa: S608  (the SQL is our own)
from django.db import connection

from dashboard_import.models import Comment, CourseRun, LearnerSum, QuizResponse, StepActivity
from dashboard_import.rollups import rollup

TABLE = LearnerSum._meta.db_table
ZEROS = dict.fromkeys(("completed", "comments", "replies", "likes", "answers", "correct", "questions"), "0") | {
    "first_week": "CAST(NULL AS smallint)", "last_week": "CAST(NULL AS smallint)",
}  # fmt: skip


def refill(run: CourseRun, kind: str, table: str, learner: str, sums: dict[str, str]) -> None:
    """Replace the run's sums of one kind of file; rows without a learner are left out."""
    LearnerSum.objects.filter(run=run, kind=kind).delete()
    columns = ZEROS | sums
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (run_id, kind, learner_id, {', '.join(columns)})"
            f" SELECT %(run)s, %(kind)s, {learner}, {', '.join(columns.values())} FROM {table}"
            f" WHERE run_id = %(run)s AND {learner} <> '' GROUP BY {learner}",
            {"run": run.pk, "kind": kind},
        )


@rollup("step_activity")
def steps(run: CourseRun) -> None:
    """Add up steps completed, and the first and the last week in which one was."""
    week = "(CASE WHEN last_completed_at IS NOT NULL THEN week END)"
    refill(
        run, "step_activity", StepActivity._meta.db_table, "learner_id",
        {"completed": "count(last_completed_at)", "first_week": f"min{week}", "last_week": f"max{week}"},
    )  # fmt: skip


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
