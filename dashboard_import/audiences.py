"""Of whom something is counted: everyone, and those of three groups of enrolments."""

from dashboard_import.models import Enrolment

# Which enrolments `e` count. People who acted without an enrolment are part of everyone alone.
AUDIENCES = {
    "everyone": "1",
    "learners": "CASE WHEN e.role = 'learner' THEN 1 ELSE 0 END",
    "buyers": "CASE WHEN e.purchased_statement_at IS NOT NULL THEN 1 ELSE 0 END",
    "participants": "CASE WHEN e.fully_participated_at IS NOT NULL THEN 1 ELSE 0 END",
}


def joined(learner: str) -> str:
    """Return SQL that joins the enrolment of `learner` as `e`; the run's id is the parameter `run`."""
    return f"LEFT JOIN {Enrolment._meta.db_table} e ON e.run_id = %(run)s AND e.learner_id = {learner}"
