"""The threads of each step with most replies, and when each of their comments was written. Made at each load."""

# ruff: noqa: S608  (the SQL is our own)
import datetime

from django.db import connection

from dashboard_import.models import Comment, CourseRun, ThreadComment
from dashboard_import.rollups import rollup
from dashboard_import.stats.talkers import pseudonym

MOST_THREADS, MOST_COMMENTS = 12, 40  # of a step, of a thread
BATCH = 2_000
COLUMNS = ("week", "step", "busiest", "thread", "place", "replies", "comment_id", "parent_id")


def first_comments() -> str:
    """Return a SELECT of the first comments of the threads with most replies on each step.

    Its columns are COLUMNS, the moment and the author.
    """
    comments = f"{Comment._meta.db_table} c"
    placed = "c.run_id = %(run)s AND c.week IS NOT NULL AND c.step IS NOT NULL AND c.timestamp IS NOT NULL"
    # A plus keeps SQLite from an index that finds more rows.
    there = "c.run_id = %(run)s AND +c.week = k.week AND +c.step = k.step AND c.timestamp IS NOT NULL"
    columns = "k.*, c.comment_id, c.parent_id, c.author_id, c.timestamp, c.row"
    return (
        "WITH threads AS MATERIALIZED (SELECT c.week, c.step, coalesce(c.parent_id, c.comment_id) AS thread,"
        f" count(c.parent_id) AS replies FROM {comments} WHERE {placed} GROUP BY 1, 2, 3"
        " HAVING count(c.parent_id) > 0),"
        " steps AS (SELECT c.week, c.step, row_number() OVER (ORDER BY count(*) DESC, c.week, c.step) AS busy"
        f" FROM {comments} WHERE {placed} GROUP BY c.week, c.step HAVING count(c.parent_id) > 0),"
        " kept AS MATERIALIZED (SELECT * FROM (SELECT t.*, row_number() OVER (PARTITION BY t.week, t.step"
        f" ORDER BY t.replies DESC, t.thread) AS place FROM threads t) AS p WHERE place <= {MOST_THREADS}),"
        f" said AS (SELECT {columns} FROM kept k JOIN {comments} ON {there} AND c.parent_id = k.thread UNION ALL"
        f" SELECT {columns} FROM kept k JOIN {comments} ON {there} AND c.comment_id = k.thread"
        " AND +c.parent_id IS NULL),"
        " numbered AS (SELECT said.*, row_number() OVER (PARTITION BY week, step, thread"
        " ORDER BY parent_id IS NOT NULL, timestamp, row) AS at FROM said)"
        " SELECT n.week, n.step, s.busy = 1, n.thread, n.place, n.replies, n.comment_id, n.parent_id, n.timestamp,"
        " n.author_id FROM numbered n JOIN steps s ON s.week = n.week AND s.step = n.step"
        f" WHERE n.at <= {MOST_COMMENTS} ORDER BY n.week, n.step, n.place, n.at"
    )


@rollup("comments")
def threads(run: CourseRun) -> None:
    """Keep the first comments of the threads with most replies on each step; without a time they have no place.

    The busiest step is the one with most comments among those with a reply.
    """
    ThreadComment.objects.filter(run=run).delete()
    with connection.cursor() as cursor:
        cursor.execute(first_comments(), {"run": run.pk})
        while rows := cursor.fetchmany(BATCH):
            ThreadComment.objects.bulk_create(
                ThreadComment(
                    run=run,
                    **dict(zip(COLUMNS, row, strict=True)),
                    author=pseudonym(author) if author else "",
                    written=written if written.tzinfo else written.replace(tzinfo=datetime.UTC),  # SQLite has no zones
                )
                for *row, written, author in rows
            )
