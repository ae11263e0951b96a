"""The comments of a run in the order of the course, each with all that the reader can be asked for as one number.

So the reader finds any page of any choice by an index: for each number that fits a choice the index has the comments
in their order. Made at each load.
"""

# ruff: noqa: S608  (the SQL is our own)
from collections.abc import Mapping
from itertools import accumulate
from operator import mul

from django.db import connection

from dashboard_import.models import Comment, CommentType, CourseRun, PlacedComment, Talker, TeamMember
from dashboard_import.rollups import rollup
from dashboard_import.talk import TALKERS, TYPES
from dashboard_import.tallies import NO_DAY, NO_STEP, refill

PLACED = PlacedComment._meta.db_table
CODES = "codes_of_comments"  # the kind of Tally with the numbers that a run's comments have
# What is asked for, and its answers by their place in the number; the first is what every comment is that is no other.
QUESTIONS = {
    "type": TYPES,
    "talker": ("", *TALKERS),
    "by": ("learners", "team", "nobody"),
    "kind": ("posts", "replies"),
    "threaded": ("no", "yes"),
    "helped": ("no", "yes"),
}
UNITS = dict(zip(QUESTIONS, accumulate(map(len, QUESTIONS.values()), mul, initial=1), strict=False))


def fits(code: int, wanted: Mapping[str, str]) -> bool:
    """Say whether comments of this number are as wanted: {"type": "lone", …}, `all` standing for any."""
    return all(
        wanted[question] in ("all", answers[code // UNITS[question] % len(answers)])
        for question, answers in QUESTIONS.items()
    )


def code_of() -> str:
    """Return SQL for the number of a comment."""
    named = {"type": "k.type", "talker": "w.type"}
    parts = [
        f"{UNITS[question]} * CASE {column} "
        + " ".join(f"WHEN '{name}' THEN {at}" for at, name in enumerate(QUESTIONS[question]))
        + " ELSE 0 END"
        for question, column in named.items()
    ]
    tests = {
        "by": "WHEN c.author_id = '' THEN 2 WHEN m.person_id IS NOT NULL THEN 1",
        "kind": "WHEN c.parent_id IS NOT NULL THEN 1",
        "threaded": "WHEN c.parent_id IS NOT NULL OR r.replies > 0 THEN 1",
        "helped": "WHEN r.helped > 0 THEN 1",
    }
    return " + ".join([*parts, *(f"{UNITS[name]} * CASE {test} ELSE 0 END" for name, test in tests.items())])


@rollup("comments", "team_members")
def placed(run: CourseRun) -> None:
    """Place the comments of a run; which numbers they have is a Tally.

    What is joined is grouped first, though nothing comes twice: of groups SQLite expects many and makes an index of
    its own, else it would go through all of them for each comment.
    """
    comments, team = Comment._meta.db_table, f"SELECT person_id FROM {TeamMember._meta.db_table} WHERE run_id = %(run)s"
    PlacedComment.objects.filter(run=run).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH m AS MATERIALIZED (SELECT DISTINCT person_id FROM ({team}) AS t),"
            f" k AS MATERIALIZED (SELECT comment_id, min(type) AS type FROM {CommentType._meta.db_table}"
            " WHERE run_id = %(run)s GROUP BY comment_id),"
            f" w AS MATERIALIZED (SELECT learner_id, min(type) AS type FROM {Talker._meta.db_table}"
            " WHERE run_id = %(run)s GROUP BY learner_id),"
            " r AS MATERIALIZED (SELECT c.parent_id, count(*) AS replies, count(m.person_id) AS helped"
            f" FROM {comments} c LEFT JOIN m ON m.person_id = c.author_id"
            " WHERE c.run_id = %(run)s AND c.parent_id IS NOT NULL GROUP BY c.parent_id)"
            f" INSERT INTO {PLACED} (run_id, place, comment_id, week, step, code, likes, replies)"
            " SELECT c.run_id, row_number() OVER (ORDER BY c.week, c.step, c.timestamp, c.row), c.comment_id, c.week,"
            f" c.step, {code_of()}, nullif(c.likes, 0), CASE WHEN c.parent_id IS NULL THEN r.replies END"
            f" FROM {comments} c"
            " LEFT JOIN k ON k.comment_id = c.comment_id LEFT JOIN w ON w.learner_id = c.author_id"
            " LEFT JOIN m ON m.person_id = c.author_id"
            " LEFT JOIN r ON r.parent_id = coalesce(c.parent_id, c.comment_id) WHERE c.run_id = %(run)s",
            {"run": run.pk},
        )
    refill(
        run, [CODES],
        f"SELECT '{CODES}' AS kind, {NO_STEP}, {NO_DAY}, CAST(p.code AS varchar(9)) AS value, count(*) AS everyone,"
        f" 0 AS learners, 0 AS buyers, 0 AS participants FROM {PLACED} p WHERE p.run_id = %(run)s GROUP BY p.code",
    )  # fmt: skip
