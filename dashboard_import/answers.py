"""Tallies of what people answered: to questions of quizzes, to surveys. Made at each load, as in `tallies`."""

# ruff: noqa: S608  (the SQL is our own)
from dashboard_import.models import Archetype, CourseRun, LeavingResponse, QuizResponse, WeeklySentiment
from dashboard_import.rollups import rollup
from dashboard_import.tallies import AUDIENCES, NO_DAY, NO_STEP, joined, refill, sums

QUIZ = QuizResponse._meta.db_table
# Audiences of what FutureLearn gives without names: everyone alone.
NOBODY_ELSE = ", ".join(f"0 AS {name}" for name in list(AUDIENCES)[1:])


@rollup("enrolments", "question_response")
def quiz(run: CourseRun) -> None:
    """Count answers, right ones and first right ones by question, in one pass; and learners by step."""
    counts = {"quiz_attempts": "1 = 1", "quiz_correct": "q.correct", "quiz_first_correct": "q.correct AND q.is_first"}
    tries = (
        "SELECT learner_id, quiz_question, week, step, correct, learner_id <> '' AND row_number() OVER"
        " (PARTITION BY learner_id, quiz_question ORDER BY submitted_at NULLS LAST, row) = 1 AS is_first"
        f" FROM {QUIZ} WHERE run_id = %(run)s"
    )
    columns = ", ".join(
        f"coalesce(sum(CASE WHEN {condition} THEN {count} ELSE 0 END), 0) AS {kind}_{name}"
        for kind, condition in counts.items()
        for name, count in AUDIENCES.items()
    )
    questions = [
        f"SELECT '{kind}' AS kind, week, step, {NO_DAY}, value,"
        f" {', '.join(f'{kind}_{name} AS {name}' for name in AUDIENCES)} FROM counts"
        for kind in counts
    ]
    learners = (
        f"SELECT 'quiz_learners' AS kind, week, step, {NO_DAY}, '' AS value, {sums()}"
        f" FROM (SELECT DISTINCT learner_id, week, step FROM {QUIZ} WHERE run_id = %(run)s AND learner_id <> '') l"
        f" {joined('l.learner_id')} GROUP BY week, step"
    )
    refill(
        run, [*counts, "quiz_learners"], *questions, learners,
        common=(
            f"WITH tries AS ({tries}), counts AS MATERIALIZED (SELECT q.quiz_question AS value, q.week, q.step,"
            f" {columns} FROM tries q {joined('q.learner_id')} GROUP BY q.quiz_question, q.week, q.step)"
        ),
    )  # fmt: skip


@rollup("enrolments", "archetype_survey_responses")
def archetypes(run: CourseRun) -> None:
    """Count answers by archetype."""
    said(run, "archetype", Archetype._meta.db_table, "archetype")


@rollup("enrolments", "leaving_survey_responses")
def reasons(run: CourseRun) -> None:
    """Count answers by reason to leave."""
    said(run, "leaving_reason", LeavingResponse._meta.db_table, "leaving_reason")


def said(run: CourseRun, kind: str, table: str, column: str) -> None:
    refill(
        run, [kind],
        f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, r.{column} AS value, {sums()} FROM {table} r"
        f" {joined('r.learner_id')} WHERE r.run_id = %(run)s GROUP BY r.{column}",
    )  # fmt: skip


@rollup("weekly_sentiment_survey_responses")
def sentiment(run: CourseRun) -> None:
    """Count ratings by week. Nobody says who they are."""
    refill(
        run, ["sentiment"],
        f"SELECT 'sentiment' AS kind, week_number AS week, CAST(NULL AS smallint) AS step, {NO_DAY},"
        f" coalesce(CAST(experience_rating AS varchar(6)), '') AS value, count(*) AS everyone, {NOBODY_ELSE}"
        f" FROM {WeeklySentiment._meta.db_table} WHERE run_id = %(run)s GROUP BY week_number, experience_rating",
    )  # fmt: skip
