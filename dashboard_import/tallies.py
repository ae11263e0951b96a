"""The counts that pages of statistics read: how many of a run's people did what, where and when.

Each function fills some kinds of Tally. A pass over step activity is what costs, so there are two of them: one by step
and day, one by learner (`learner_sums`). Days are UTC's. The SQL is our own; only numbers come in, as parameters.
"""

# ruff: noqa: S608  (the SQL is our own)
from collections.abc import Mapping, Sequence

from django.db import connection

from dashboard_import.audiences import AUDIENCES, joined
from dashboard_import.models import (
    Archetype,
    Comment,
    CountrySubdivision,
    CourseRun,
    CourseStep,
    Enrolment,
    LearnerSum,
    LeavingResponse,
    QuizResponse,
    StepActivity,
    Tally,
    WeeklySentiment,
)
from dashboard_import.rollups import day, rollup

DEMOGRAPHICS = (
    "gender", "age_range", "highest_education_level", "employment_status", "employment_area", "country",
    "detected_country",
)  # fmt: skip
MOMENTS = ("enrolled_at", "unenrolled_at", "fully_participated_at", "purchased_statement_at")
TABLES = {
    name: model._meta.db_table
    for name, model in (
        ("enrolment", Enrolment),
        ("activity", StepActivity),
        ("comment", Comment),
        ("tally", Tally),
        ("sums", LearnerSum),
    )
}
FIELDS = ("kind", "week", "step", "day", "value", *AUDIENCES)
# The columns of a SELECT that has none of its own for them.
NO_NUMBER = "CAST(NULL AS smallint) AS step"
NO_STEP, NO_DAY = "CAST(NULL AS smallint) AS week, CAST(NULL AS smallint) AS step", "CAST(NULL AS date) AS day"


def sums(condition: str = "") -> str:
    """Return SQL that counts each audience, where `condition` holds."""
    test = f"CASE WHEN {condition} THEN {{}} ELSE 0 END" if condition else "{}"
    return ", ".join(f"coalesce(sum({test.format(count)}), 0) AS {name}" for name, count in AUDIENCES.items())


def refill(run: CourseRun, kinds: Sequence[str], *selects: str, common: str = "", **known: int) -> None:
    """Replace the run's tallies of these kinds by what the SELECTs give, their columns those of FIELDS.

    `common` is a WITH that they share, so that it is counted once; `known` are its further parameters.
    """
    Tally.objects.filter(run=run, kind__in=kinds).delete()
    rows = " UNION ALL ".join(f"SELECT {', '.join(FIELDS)} FROM ({select}) AS part" for select in selects)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{common} INSERT INTO {TABLES['tally']} (run_id, {', '.join(FIELDS)})"
            f" SELECT %(run)s, counted.* FROM ({rows}) AS counted WHERE everyone > 0",
            {**known, "run": run.pk},
        )


@rollup("enrolments")
def who_and_when(run: CourseRun) -> None:
    """Count what people said of themselves, and the days on which they joined, left, participated fully and bought."""
    mine = f"FROM {TABLES['enrolment']} e WHERE e.run_id = %(run)s"
    said = [
        f"SELECT '{name}' AS kind, {NO_STEP}, {NO_DAY}, e.{name} AS value, {sums()} {mine} GROUP BY e.{name}"
        for name in DEMOGRAPHICS
    ]
    days = [
        f"SELECT '{name}' AS kind, {NO_STEP}, {day(f'e.{name}')} AS day, '' AS value, {sums()} {mine}"
        f" AND e.{name} IS NOT NULL GROUP BY {day(f'e.{name}')}"
        for name in MOMENTS
    ]
    refill(run, [*DEMOGRAPHICS, *MOMENTS], *said, *days)


@rollup("enrolments", "step_activity")
def steps_and_days(run: CourseRun) -> None:
    """Count first visits and completions of each step, in all and on each day, in one pass over the rows."""
    first, last = day("s.first_visited_at"), day("s.last_completed_at")
    again = ", ".join(f"sum({name}) AS {name}" for name in AUDIENCES)
    steps = {
        f"steps_{kind}": f"SELECT 'steps_{kind}' AS kind, week, step, {NO_DAY}, '' AS value, {again} FROM pairs"
        f" WHERE {kind} IS NOT NULL GROUP BY week, step"
        for kind in ("visited", "completed")
    }
    days = {
        kind: f"SELECT '{kind}' AS kind, week, step, {kind} AS day, '' AS value, {again} FROM pairs"
        f" WHERE {kind} IS NOT NULL GROUP BY week, step, {kind}"
        for kind in ("visited", "completed")
    }
    refill(
        run, [*steps, *days], *steps.values(), *days.values(),
        common=(
            f"WITH pairs AS MATERIALIZED (SELECT s.week, s.step, {first} AS visited, {last} AS completed, {sums()}"
            f" FROM {TABLES['activity']} s {joined('s.learner_id')} WHERE s.run_id = %(run)s GROUP BY 1, 2, 3, 4)"
        ),
    )  # fmt: skip


def steps_of(run: CourseRun) -> int:
    """Return how many steps a run has: those of its overview, else those that somebody visited or completed."""
    overview = CourseStep.objects.filter(run=run).count()
    if overview:
        return overview
    return Tally.objects.filter(run=run, kind__startswith="steps_").values("week", "step").distinct().count()


def unpivoted(kind: str, source: str) -> str:
    """Return a SELECT that makes a tally of the columns `kind_audience` of the one row of `source`."""
    columns = ", ".join(f"{kind}_{name} AS {name}" for name in AUDIENCES)
    return f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, '' AS value, {columns} FROM {source}"


def at_once(conditions: Mapping[str, str], counts: Mapping[str, str] = AUDIENCES) -> str:
    """Return SQL that counts each audience under each condition, as columns `kind_audience` of one row.

    `counts` is the SQL of what a row counts for each audience.
    """
    return ", ".join(
        f"coalesce(sum(CASE WHEN {condition} THEN {count} ELSE 0 END), 0) AS {kind}_{name}"
        for kind, condition in conditions.items()
        for name, count in counts.items()
    )


@rollup("enrolments")
def enrolled(run: CourseRun) -> None:
    """Count who joined, who of them left, participated fully, bought a statement."""
    conditions = {
        "joiners": "1 = 1",
        "leavers": "e.unenrolled_at IS NOT NULL",
        "fully_participating": "e.fully_participated_at IS NOT NULL",
        "statements": "e.purchased_statement_at IS NOT NULL",
    }
    refill(
        run, list(conditions), *(unpivoted(kind, "counts") for kind in conditions),
        common=(
            f"WITH counts AS MATERIALIZED (SELECT {at_once(conditions)} FROM {TABLES['enrolment']} e"
            " WHERE e.run_id = %(run)s)"
        ),
    )  # fmt: skip


@rollup("enrolments", "step_activity", "course_overview")
def learned(run: CourseRun) -> None:
    """Count learners by what they did, after `steps_and_days`."""
    steps = steps_of(run)
    conditions = {
        "learners": "1 = 1",
        "active_learners": "l.completed > 0",
        "returning_learners": "l.first_week < l.last_week",
        "step_completion_50": f"l.completed > 0 AND l.completed * 2 >= {steps}",
        "step_completion_90": f"l.completed > 0 AND l.completed * 10 >= {steps * 9}",
    }
    refill(
        run, list(conditions), *(unpivoted(kind, "counts") for kind in conditions),
        common=(
            f"WITH counts AS MATERIALIZED (SELECT {at_once(conditions)} FROM {TABLES['sums']} l"
            f" {joined('l.learner_id')} WHERE l.run_id = %(run)s AND l.kind = 'step_activity')"
        ),
    )  # fmt: skip


@rollup("enrolments", "comments")
def talked(run: CourseRun) -> None:
    """Count who wrote at least one comment, in all and in each week; and comments by step, day and likes."""
    comments = f"FROM {TABLES['comment']} c {joined('c.author_id')} WHERE c.run_id = %(run)s"
    posted = {
        kind: f"SELECT '{kind}' AS kind, c.week, c.step, {day('c.timestamp')} AS day, '' AS value, {sums()} {comments}"
        f" AND c.parent_id IS {parent} GROUP BY c.week, c.step, {day('c.timestamp')}"
        for kind, parent in (("posts", "NULL"), ("replies", "NOT NULL"))
    }
    likes = (
        f"SELECT 'likes' AS kind, {NO_STEP}, {NO_DAY}, CAST(coalesce(c.likes, 0) AS text) AS value, {sums()} {comments}"
    )
    liked = (
        f"SELECT 'likes_by_day' AS kind, {NO_STEP}, {day('c.timestamp')} AS day, CAST(c.likes AS varchar(12)) AS value,"
        f" {sums()} {comments} AND c.likes > 0 GROUP BY {day('c.timestamp')}, c.likes"
    )
    got = (
        f"SELECT 'replies_got' AS kind, {NO_STEP}, {NO_DAY}, CAST(coalesce(r.replies, 0) AS varchar(9)) AS value,"
        f" {sums()} FROM {TABLES['comment']} c LEFT JOIN (SELECT parent_id, count(*) AS replies"
        f" FROM {TABLES['comment']} WHERE run_id = %(run)s AND parent_id IS NOT NULL GROUP BY parent_id) r"
        f" ON r.parent_id = c.comment_id {joined('c.author_id')} WHERE c.run_id = %(run)s AND c.parent_id IS NULL"
        " GROUP BY coalesce(r.replies, 0)"
    )
    commenters = (
        f"SELECT 'commenters' AS kind, w.week, {NO_NUMBER}, {NO_DAY}, '' AS value, {sums()} FROM"
        f" (SELECT DISTINCT c.week, c.author_id FROM {TABLES['comment']} c WHERE c.run_id = %(run)s"
        " AND c.author_id <> '')"
        f" w {joined('w.author_id')} GROUP BY w.week"
    )
    refill(
        run, [*posted, "likes", "likes_by_day", "commenters", "replies_got"],
        *posted.values(), f"{likes} GROUP BY coalesce(c.likes, 0)", liked, commenters, got,
    )  # fmt: skip
    refill(
        run, ["social_learners"], unpivoted("social_learners", "counts"),
        common=(
            f"WITH a AS (SELECT DISTINCT c.author_id FROM {TABLES['comment']} c"
            " WHERE c.run_id = %(run)s AND c.author_id <> ''),"
            f" counts AS MATERIALIZED (SELECT {at_once({'social_learners': '1 = 1'})} FROM a {joined('a.author_id')})"
        ),
    )  # fmt: skip


@rollup("country_subdivisions")
def subdivisions(run: CourseRun) -> None:
    """Add up FutureLearn's own count of joiners by region. It knows of everyone alone."""
    table = CountrySubdivision._meta.db_table
    nobody = ", ".join(f"0 AS {name}" for name in list(AUDIENCES)[1:])
    refill(
        run, ["subdivisions"],
        f"SELECT 'subdivisions' AS kind, {NO_STEP}, {NO_DAY}, subdivision_first AS value,"
        f" coalesce(sum(joiner_count), 0) AS everyone, {nobody} FROM {table}"
        " WHERE run_id = %(run)s AND subdivision_first <> '' GROUP BY subdivision_first",
    )  # fmt: skip


@rollup("enrolments", "question_response")
def answered(run: CourseRun) -> None:
    """Count answers to each question: all, the correct ones, tries, first tries and last ones; and who answered any.

    A learner's first try is the earliest, of two at once the one that comes first in the file. Answers without a
    learner are attempts alone, and no tries.
    """
    conditions = {
        "quiz_attempts": "1 = 1",
        "quiz_correct": "q.correct",
        "quiz_first": "q.place = 1",
        "quiz_first_correct": "q.place = 1 AND q.correct",
        "quiz_tries": "q.place IS NOT NULL",
        "quiz_last_correct": "q.place = q.tries AND q.correct",
    }
    selects = [
        f"SELECT '{kind}' AS kind, q.week, q.step, {NO_DAY}, q.quiz_question AS value, {sums(condition)}"
        f" FROM q {joined('q.learner_id')} GROUP BY q.week, q.step, q.quiz_question"
        for kind, condition in conditions.items()
    ]
    submitted = day("q.submitted_at")
    days = (
        f"SELECT 'quiz_by_day' AS kind, {NO_STEP}, {submitted} AS day, '' AS value, {sums()} FROM q"
        f" {joined('q.learner_id')} WHERE q.submitted_at IS NOT NULL GROUP BY {submitted}"
    )
    people = (
        f"SELECT 'quiz_learners' AS kind, {NO_STEP}, {NO_DAY}, '' AS value, {sums()} FROM {TABLES['sums']} l"
        f" {joined('l.learner_id')} WHERE l.run_id = %(run)s AND l.kind = 'question_response'"
    )
    of_one = "PARTITION BY learner_id, quiz_question"
    place = f"row_number() OVER ({of_one} ORDER BY submitted_at IS NULL, submitted_at, row)"
    refill(
        run, [*conditions, "quiz_by_day", "quiz_learners"], *selects, days, people,
        common=(
            f"WITH q AS MATERIALIZED (SELECT week, step, quiz_question, learner_id, correct, submitted_at,"
            f" CASE WHEN learner_id <> '' THEN {place} END AS place, count(*) OVER ({of_one}) AS tries"
            f" FROM {QuizResponse._meta.db_table}"
            " WHERE run_id = %(run)s)"
        ),
    )  # fmt: skip


@rollup("enrolments", "archetype_survey_responses")
def archetypes(run: CourseRun) -> None:
    """Count answers to the question what kind of learner somebody is."""
    refill(run, ["archetypes"], said_in_survey(Archetype, "archetypes", "archetype"))


@rollup("enrolments", "leaving_survey_responses")
def leaving_reasons(run: CourseRun) -> None:
    """Count the reasons for leaving; a person may leave more than once."""
    refill(run, ["leaving_reasons"], said_in_survey(LeavingResponse, "leaving_reasons", "leaving_reason"))


def said_in_survey(model: type, kind: str, column: str) -> str:
    """Return a SELECT that counts the words in a column of a survey."""
    return (
        f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, s.{column} AS value, {sums()} FROM {model._meta.db_table} s"
        f" {joined('s.learner_id')} WHERE s.run_id = %(run)s GROUP BY s.{column}"
    )


@rollup("weekly_sentiment_survey_responses")
def sentiments(run: CourseRun) -> None:
    """Count ratings of each week. They have no names, so they are of everyone alone."""
    nobody = ", ".join(f"0 AS {name}" for name in list(AUDIENCES)[1:])
    refill(
        run, ["sentiments"],
        f"SELECT 'sentiments' AS kind, week_number AS week, {NO_NUMBER}, {NO_DAY},"
        f" CAST(experience_rating AS text) AS value, count(*) AS everyone, {nobody}"
        f" FROM {WeeklySentiment._meta.db_table} WHERE run_id = %(run)s AND week_number IS NOT NULL"
        " AND experience_rating IS NOT NULL GROUP BY week_number, experience_rating",
    )  # fmt: skip
