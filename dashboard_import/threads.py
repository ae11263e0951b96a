"""The threads of each step with most replies, and when each of their comments was written. Made at each load."""

# ruff: noqa: S608  (the SQL is our own)
from django.db import connection

from dashboard_import import talk  # noqa: F401  (it names the people first)
from dashboard_import.models import Comment, CourseRun, Talker, ThreadComment
from dashboard_import.rollups import rollup

MOST_THREADS, MOST_COMMENTS = 12, 40  # of a step, of a thread


@rollup("comments")
def threads(run: CourseRun) -> None:
    """Keep the first comments of the threads with most replies on each step; without a time they have no place.

    The busiest step is the one with most comments among those with a reply.
    """
    ThreadComment.objects.filter(run=run).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ThreadComment._meta.db_table} (run_id, week, step, busiest, thread, place, replies,"
            " comment_id, parent_id, written, author)"
            " WITH c AS (SELECT c.row, c.comment_id, c.parent_id, c.author_id, c.week, c.step, c.timestamp,"
            f" coalesce(c.parent_id, c.comment_id) AS thread FROM {Comment._meta.db_table} c WHERE c.run_id = %(run)s"
            " AND c.week IS NOT NULL AND c.step IS NOT NULL AND c.timestamp IS NOT NULL),"
            " threads AS (SELECT week, step, thread, count(parent_id) AS replies, row_number() OVER (PARTITION BY week,"
            " step ORDER BY count(parent_id) DESC, thread) AS place FROM c GROUP BY week, step, thread"
            " HAVING count(parent_id) > 0),"
            " steps AS (SELECT c.week, c.step, row_number() OVER (ORDER BY count(*) DESC, c.week, c.step) AS place"
            " FROM c JOIN threads t ON t.week = c.week AND t.step = c.step AND t.place = 1 GROUP BY c.week, c.step),"
            " numbered AS (SELECT c.*, t.replies, t.place, row_number() OVER (PARTITION BY c.week, c.step, c.thread"
            " ORDER BY c.parent_id IS NOT NULL, c.timestamp, c.row) AS at FROM c JOIN threads t ON t.week = c.week"
            f" AND t.step = c.step AND t.thread = c.thread AND t.place <= {MOST_THREADS})"
            " SELECT %(run)s, n.week, n.step, s.place = 1, n.thread, n.place, n.replies, n.comment_id, n.parent_id,"
            " n.timestamp, coalesce(k.name, '') FROM numbered n JOIN steps s ON s.week = n.week AND s.step = n.step"
            f" LEFT JOIN {Talker._meta.db_table} k ON k.run_id = %(run)s AND k.learner_id = n.author_id"
            f" WHERE n.at <= {MOST_COMMENTS} ORDER BY n.week, n.step, n.place, n.at",
            {"run": run.pk},
        )
