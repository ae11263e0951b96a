"""The ways people took: from which week or step to which next one they went, by what they completed in turn."""

# ruff: noqa: S608  (the SQL is our own)
from dashboard_import.models import CourseRun, StepActivity, Tally
from dashboard_import.rollups import rollup
from dashboard_import.tallies import NO_DAY, NO_NUMBER, joined, refill, sums

ACTIVITY = StepActivity._meta.db_table
BY_WEEK, BY_STEP, BEGAN, ENDED = "ways", "ways in week ", "ways_began", "ways_ended"


def in_week(week: int) -> str:
    """Return the kind of Tally with the moves between the steps of a week."""
    return f"{BY_STEP}{week}"


@rollup("enrolments", "step_activity")
def ways(run: CourseRun) -> None:
    """Count moves between weeks, and between the steps of each week; a learner's same move counts once.

    Count as well in which week learners completed their first step, and in which their last.

    A learner's completed steps stand in order of time, ties in that of the file. A move is from one to the next.
    """
    Tally.objects.filter(run=run, kind__startswith=BY_STEP).delete()
    ends = [
        f"SELECT '{kind}' AS kind, m.week, {NO_NUMBER}, {NO_DAY}, '' AS value, {sums()} FROM done m"
        f" {joined('m.learner_id')} WHERE m.{beside} IS NULL GROUP BY m.week"
        for kind, beside in ((BEGAN, "week_before"), (ENDED, "next_week"))
    ]
    refill(
        run, [BY_WEEK, BEGAN, ENDED], *ends,
        f"SELECT '{BY_WEEK}' AS kind, m.week, m.next_week AS step, {NO_DAY}, '' AS value, {sums()} FROM"
        " (SELECT DISTINCT learner_id, week, next_week FROM done WHERE next_week <> week) m"
        f" {joined('m.learner_id')} GROUP BY m.week, m.next_week",
        f"SELECT '{BY_STEP}' || m.week AS kind, m.week, m.step, {NO_DAY}, CAST(m.next_step AS varchar(9)) AS value,"
        f" {sums()} FROM (SELECT DISTINCT learner_id, week, step, next_step FROM done WHERE next_step <> step) m"
        f" {joined('m.learner_id')} GROUP BY m.week, m.step, m.next_step",
        common=(
            "WITH done AS MATERIALIZED (SELECT learner_id, week, step,"
            " lead(week) OVER whole AS next_week, lag(week) OVER whole AS week_before,"
            " lead(step) OVER (PARTITION BY learner_id, week ORDER BY last_completed_at, row) AS next_step"
            f" FROM {ACTIVITY} WHERE run_id = %(run)s AND last_completed_at IS NOT NULL"
            " WINDOW whole AS (PARTITION BY learner_id ORDER BY last_completed_at, row))"
        ),
    )  # fmt: skip
