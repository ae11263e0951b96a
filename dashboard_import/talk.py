"""How people talked: what kind each comment is, what kind of talker each person is, who replied to whom.

A thread is a post and its replies. A comment without an author is by somebody else than all others.
"""

# ruff: noqa: S608  (the SQL is our own)
from collections.abc import Iterable
from itertools import count

from django.db import connection

from dashboard_import.audiences import AUDIENCES, joined
from dashboard_import.models import Comment, CommentType, CourseRun, Talker
from dashboard_import.rollups import day, rollup
from dashboard_import.stats.talkers import pseudonym
from dashboard_import.tallies import NO_DAY, NO_STEP, refill, sums

COMMENT = Comment._meta.db_table
TYPES = ("lone", "initiating", "first_reply", "further_reply", "initiators_reply")
COUNTS = ("lone", "initiating", "first", "further", "initiators")
BATCH = 2_000
MOST_DRAWN = 100  # people on the drawing of the network
MOST_CONNECTED = 7  # people whose connections are kept day by day
# Which type a talker is: the first whose condition holds.
TALKERS = {
    "active": "initiating > 0 AND first > 0 AND (initiators > 0 OR further > 0)",
    "reluctant": "lone > 0 AND first > 0 AND further > 0",
    "active_without_turns": "(initiating > 0 OR lone > 0) AND first > 0",
    "replier": "first > 0",
    "initiator_responding": "initiating > 0 AND initiators > 0",
    "initiator": "initiating > 0",
    "loner": "1 = 1",
}
WHO = "CASE WHEN {0}.author_id = '' THEN {0}.row || '' ELSE {0}.author_id END"


def typed(of_threads: str = "") -> str:
    """Return a WITH that gives `typed`: each comment of the run with its type, its author and its thread.

    `of_threads` is SQL that keeps the comments `c` of some threads.
    """
    return (
        f"WITH c AS (SELECT c.row, c.comment_id, c.parent_id, c.author_id, c.week, c.step, c.timestamp, c.likes,"
        f" coalesce(c.parent_id, c.comment_id) AS thread, {WHO.format('c')} AS who"
        f" FROM {COMMENT} c WHERE c.run_id = %(run)s{of_threads}),"
        " threads AS (SELECT r.parent_id AS thread, p.who AS starter,"
        " max(CASE WHEN r.who = p.who THEN 0 ELSE 1 END) AS others"
        " FROM c r LEFT JOIN c p ON p.comment_id = r.parent_id WHERE r.parent_id IS NOT NULL GROUP BY 1, 2),"
        " typed AS MATERIALIZED (SELECT c.*, CASE"
        " WHEN c.parent_id IS NULL AND coalesce(t.others, 0) = 1 THEN 'initiating'"
        " WHEN c.parent_id IS NULL OR t.others = 0 THEN 'lone'"
        " WHEN c.who = t.starter THEN 'initiators_reply'"
        " WHEN row_number() OVER (PARTITION BY c.parent_id, c.who ORDER BY c.timestamp IS NULL, c.timestamp, c.row) = 1"
        " THEN 'first_reply' ELSE 'further_reply' END AS type, t.starter"
        " FROM c LEFT JOIN threads t ON t.thread = c.thread)"
    )


def types_in(run: CourseRun, threads: Iterable[int]) -> dict[int, str]:
    """Return the type of each comment in some threads, by its number; one query."""
    names = {f"thread{at}": thread for at, thread in enumerate(threads)}
    if not names:
        return {}
    listed = ", ".join(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{typed(f' AND (c.comment_id IN ({listed}) OR c.parent_id IN ({listed}))')}"
            " SELECT comment_id, type FROM typed",
            {"run": run.pk, **names},
        )
        return dict(cursor.fetchall())


@rollup("comments")
def types(run: CourseRun) -> None:
    """Keep the type of each comment."""
    CommentType.objects.filter(run=run).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CommentType._meta.db_table} (run_id, type, comment_id)"
            f" {typed()} SELECT %(run)s, type, comment_id FROM typed",
            {"run": run.pk},
        )


@rollup("enrolments", "comments")
def comment_types(run: CourseRun) -> None:
    """Count comments by type, step and day."""
    at = day("c.timestamp")
    refill(
        run, ["comment_types"],
        f"SELECT 'comment_types' AS kind, c.week, c.step, {at} AS day, c.type AS value, {sums()}"
        f" FROM typed c {joined('c.author_id')} GROUP BY c.week, c.step, {at}, c.type",
        common=typed(),
    )  # fmt: skip


def people() -> str:
    """Return WITHs that give `people`: a row for each author, with the counts of Talker.

    Replies received are those in a thread after one's post, or after one's first reply to somebody else's, that
    others wrote.
    """
    counted = ", ".join(
        f"sum(CASE WHEN type = '{kind}' THEN 1 ELSE 0 END) AS {name}" for kind, name in zip(TYPES, COUNTS, strict=True)
    )
    kinds = " ".join(f"WHEN {test} THEN '{name}'" for name, test in TALKERS.items())
    return (
        f"{typed()}, ranked AS (SELECT typed.*, count(*) OVER after_it AS later,"
        " count(*) OVER (PARTITION BY thread, who ORDER BY parent_id IS NOT NULL, timestamp IS NULL, timestamp, row"
        " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS own_later"
        " FROM typed WINDOW after_it AS (PARTITION BY thread"
        " ORDER BY parent_id IS NOT NULL, timestamp IS NULL, timestamp, row"
        " ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)),"
        f" people AS MATERIALIZED (SELECT author_id, {counted}, coalesce(sum(likes), 0) AS likes,"
        " sum(CASE WHEN type IN ('initiating', 'first_reply') THEN later - own_later ELSE 0 END) AS received"
        " FROM ranked WHERE author_id <> '' GROUP BY author_id),"
        f" talkers AS (SELECT people.*, CASE {kinds} END AS type FROM people)"
    )


@rollup("enrolments", "comments")
def talkers(run: CourseRun) -> None:
    """Keep a row of each person who wrote, and count them by what kind of talker they are."""
    Talker.objects.filter(run=run).delete()
    columns = ("learner_id", "type", *COUNTS, "received", "likes", *list(AUDIENCES)[1:])
    flags = ", ".join(f"coalesce({test}, 0)" for name, test in AUDIENCES.items() if name != "everyone")
    numbers = ", ".join(f"t.{name}" for name in (*COUNTS, "received", "likes"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{people()} SELECT t.author_id, t.type, {numbers}, {flags} FROM talkers t {joined('t.author_id')}"
            f" ORDER BY {' + '.join(f't.{name}' for name in COUNTS)} DESC, t.author_id",
            {"run": run.pk},
        )
        places = count(1)
        while rows := cursor.fetchmany(BATCH):
            Talker.objects.bulk_create(
                Talker(run=run, place=next(places), name=pseudonym(row[0]), **dict(zip(columns, row, strict=True)))
                for row in rows
            )
    refill(
        run, ["learner_types"],
        f"SELECT 'learner_types' AS kind, {NO_STEP}, {NO_DAY}, t.type AS value, {sums()} FROM {Talker._meta.db_table} t"
        f" {joined('t.learner_id')} WHERE t.run_id = %(run)s GROUP BY t.type",
    )  # fmt: skip


def ties() -> str:
    """Return WITHs that give `ties`, how often one person replied to another and since when; and `met`, the people.

    `known` has each two people of a tie, either way; `degrees` says how many others each knows.
    """
    return (
        f"WITH ties AS MATERIALIZED (SELECT c.author_id AS writer, p.author_id AS receiver, count(*) AS replies,"
        f" min({day('c.timestamp')}) AS since FROM {COMMENT} c JOIN {COMMENT} p"
        " ON p.run_id = c.run_id AND p.comment_id = c.parent_id WHERE c.run_id = %(run)s AND c.author_id <> ''"
        " AND p.author_id <> '' AND c.author_id <> p.author_id GROUP BY 1, 2),"
        " met AS MATERIALIZED (SELECT person, sum(replies) AS replies, min(since) AS since FROM"
        " (SELECT writer AS person, replies, since FROM ties UNION ALL SELECT receiver, replies, since FROM ties) AS e"
        " GROUP BY person),"
        f" drawn AS (SELECT person FROM met ORDER BY replies DESC, person LIMIT {MOST_DRAWN}),"
        " known AS MATERIALIZED (SELECT person, other, min(since) AS since FROM"
        " (SELECT writer AS person, receiver AS other, since FROM ties"
        " UNION ALL SELECT receiver, writer, since FROM ties) AS b GROUP BY person, other),"
        " degrees AS (SELECT person, count(*) AS others FROM known GROUP BY person),"
        f" top AS (SELECT person FROM degrees ORDER BY others DESC, person LIMIT {MOST_CONNECTED})"
    )


@rollup("comments")
def network(run: CourseRun) -> None:
    """Count replies from one person to another among those with most of them; people, pairs and pairs both ways by
    first day; people by how many others they exchanged replies with, and those others by day for whom most.
    """
    same = ", ".join(f"{{0}} AS {name}" for name in AUDIENCES)  # of everyone, whichever group is counted
    by_day = "CAST(NULL AS smallint) AS week, CAST(NULL AS smallint) AS step, since AS day, '' AS value"
    returned = (
        "SELECT CASE WHEN a.since > b.since THEN a.since ELSE b.since END AS since FROM ties a JOIN ties b"
        " ON b.writer = a.receiver AND b.receiver = a.writer WHERE a.since IS NOT NULL AND b.since IS NOT NULL"
    )
    refill(
        run, ["network", "network_people", "network_pairs", "network_returned", "network_top", "connections"],
        f"SELECT 'connections' AS kind, {NO_STEP}, {NO_DAY}, CAST(d.others AS varchar(9)) AS value,"
        f" {same.format('count(*)')} FROM degrees d GROUP BY d.others",
        f"SELECT 'network' AS kind, {NO_STEP}, {NO_DAY}, writer || ' ' || receiver AS value,"
        f" {same.format('replies')} FROM ties JOIN drawn a ON a.person = writer JOIN drawn b ON b.person = receiver",
        f"SELECT 'network_people' AS kind, {by_day}, {same.format('count(*)')} FROM met GROUP BY since",
        f"SELECT 'network_pairs' AS kind, {by_day}, {same.format('count(*)')} FROM ties GROUP BY since",
        f"SELECT 'network_returned' AS kind, {by_day}, {same.format('count(*)')} FROM ({returned}) r GROUP BY since",
        f"SELECT 'network_top' AS kind, {NO_STEP}, k.since AS day, k.person AS value, {same.format('count(*)')}"
        " FROM known k JOIN top ON top.person = k.person GROUP BY k.since, k.person",
        common=ties(),
    )  # fmt: skip
