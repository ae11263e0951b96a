"""What a run's team wrote: counted by person, and listed in order of time, for the page of the team."""

# ruff: noqa: S608  (the SQL is our own)
from django.db import connection

from dashboard_import.audiences import joined
from dashboard_import.models import Comment, CourseRun, TeamComment, TeamMember
from dashboard_import.rollups import rollup
from dashboard_import.tallies import NO_DAY, NO_STEP, refill, sums


@rollup("enrolments", "team_members", "comments")
def talk(run: CourseRun) -> None:
    """Count posts and replies of each member of the team; list them, the newest first."""
    mine = (
        f"FROM {Comment._meta.db_table} c {joined('c.author_id')} WHERE c.run_id = %(run)s AND c.author_id IN"
        f" (SELECT person_id FROM {TeamMember._meta.db_table} WHERE run_id = %(run)s)"
    )
    refill(
        run, ["team_posts", "team_replies"],
        *(
            f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, c.author_id AS value, {sums()} {mine}"
            f" AND c.parent_id {test} GROUP BY c.author_id"
            for kind, test in (("team_posts", "IS NULL"), ("team_replies", "IS NOT NULL"))
        ),
    )  # fmt: skip
    TeamComment.objects.filter(run=run).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TeamComment._meta.db_table} (run_id, place, comment_id) SELECT c.run_id,"
            f" row_number() OVER (ORDER BY c.timestamp DESC NULLS LAST, c.row DESC), c.comment_id {mine}",
            {"run": run.pk},
        )
