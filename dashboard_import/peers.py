"""Tallies of the work that learners handed in and reviewed for each other. Made at each load, as in `tallies`."""

# ruff: noqa: S608  (the SQL is our own)
from dashboard_import.audiences import joined
from dashboard_import.models import CourseRun, PeerAssignment, PeerReview
from dashboard_import.rollups import day, rollup
from dashboard_import.tallies import NO_DAY, NO_STEP, refill, sums


def counted(kind: str, source: str, person: str, condition: str = "") -> str:
    """Return a SELECT of one number: the rows of `source` (as r) by audiences of `person`."""
    return (
        f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, '' AS value, {sums(condition)} FROM {source} {joined(person)}"
    )


def people(table: str, column: str) -> str:
    """Return SQL of the different people in a column."""
    return f"(SELECT DISTINCT {column} FROM {table} WHERE run_id = %(run)s AND {column} <> '') r"


def days(kind: str, source: str, person: str, moment: str) -> str:
    """Return a SELECT of rows by day."""
    return (
        f"SELECT '{kind}' AS kind, {NO_STEP}, {day(moment)} AS day, '' AS value, {sums()} FROM {source}"
        f" {joined(person)} WHERE {moment} IS NOT NULL GROUP BY {day(moment)}"
    )


@rollup("enrolments", "peer_review_assignments")
def assignments(run: CourseRun) -> None:
    """Count assignments, their authors, and how many reviews they got."""
    table, author = PeerAssignment._meta.db_table, "r.author_id"
    rows = f"(SELECT * FROM {table} WHERE run_id = %(run)s) r"
    spread = "coalesce(CAST(r.review_count AS varchar(12)), '')"
    refill(
        run, ["peer_assignments", "peer_moderated", "peer_authors", "peer_spread", "peer_handed_in"],
        counted("peer_assignments", rows, author), counted("peer_moderated", rows, author, "r.moderated <> ''"),
        counted("peer_authors", people(table, "author_id"), author),
        f"SELECT 'peer_spread' AS kind, {NO_STEP}, {NO_DAY}, {spread} AS value, {sums()} FROM {rows} {joined(author)}"
        f" GROUP BY {spread}",
        days("peer_handed_in", rows, author, "r.submitted_at"),
    )  # fmt: skip


@rollup("enrolments", "peer_review_reviews")
def reviews(run: CourseRun) -> None:
    """Count reviews and their writers."""
    table, reviewer = PeerReview._meta.db_table, "r.reviewer_id"
    rows = f"(SELECT * FROM {table} WHERE run_id = %(run)s) r"
    refill(
        run, ["peer_reviews", "peer_reviewers", "peer_reviewed"],
        counted("peer_reviews", rows, reviewer), counted("peer_reviewers", people(table, "reviewer_id"), reviewer),
        days("peer_reviewed", rows, reviewer, "r.created_at"),
    )  # fmt: skip
