"""The one way in which rows of a run are replaced: all of them, in one transaction, as fast as the database can.

PostgreSQL takes them by COPY inside the transaction. SQLite lets only one writer in, so there they are first
written into a temporary table, which locks nobody out, and the transaction only moves them.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, models, transaction

from dashboard_import.models import CourseRun
from dashboard_import.shaping import Field
from dashboard_import.tables import UnreadableError

SPECIAL = "\\\t\n\r"  # what COPY's text format writes in another way
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
STAGE = "futurelearn_stage"
READ = 1 << 22  # bytes; each read by the driver waits until Python lets its thread go on
AHEAD = 1 << 26  # bytes that may wait on the disk for PostgreSQL

Columns = Sequence[Sequence[str]]


def replace_rows(
    model: type[models.Model],
    run: CourseRun,
    fields: Sequence[Field],
    batches: Iterable[Columns],
    after: Callable[[], None],
) -> None:
    """Put the rows of `batches` in the place of all rows that `run` has in the table of `model`.

    A batch is a column of texts for each of `fields`. `after` runs at the end of the transaction, with the run
    locked: whatever it or `batches` raises leaves the old rows as they were.
    """
    columns = [model._meta.get_field(field.name).column for field in fields]
    if connection.vendor == "postgresql":
        with transaction.atomic():
            lock(run)
            copy(model, run, columns, (lines(run, fields, batch) for batch in batches))
            after()
        return
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        own = connection.get_autocommit()  # not in a transaction of the caller's
        cursor.execute(f"CREATE TEMPORARY TABLE {STAGE} ({quoted})")
        try:
            insert = f"INSERT INTO temp.{STAGE} VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608
            if own:
                cursor.execute("BEGIN DEFERRED")  # of the temporary file alone
            for batch in batches:
                cursor.executemany(insert, list(zip(*with_nulls(fields, batch, None), strict=True)))
            if own:
                cursor.execute("COMMIT")
            with transaction.atomic():
                lock(run)
                cursor.execute(deletion(model), [run.pk])
                cursor.execute(
                    f"INSERT INTO {table} (run_id, {quoted}) SELECT %s, {quoted} FROM temp.{STAGE} ORDER BY rowid",  # noqa: S608
                    [run.pk],
                )
                after()
        finally:
            if own and connection.connection.in_transaction:
                cursor.execute("ROLLBACK")
            cursor.execute(f"DROP TABLE temp.{STAGE}")


def lock(run: CourseRun) -> None:
    """Lock the run, so that two loads of it come one after the other.

    Raises UnreadableError where somebody has deleted the run since the file was opened.
    """
    if not CourseRun.objects.select_for_update().filter(pk=run.pk).exists():
        raise UnreadableError("Its run was deleted while the file was read. Load the file again.")


def deletion(model: type[models.Model]) -> str:
    """Return SQL that deletes all rows of one run; its id is the parameter."""
    return f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE run_id = %s"  # noqa: S608


def with_nulls(fields: Sequence[Field], batch: Columns, instead: object) -> Iterable[Sequence]:
    """Yield the batch's columns with `instead` where an empty text stands for NULL."""
    for field, column in zip(fields, batch, strict=True):
        yield [text or instead for text in column] if field.null and "" in column else column


def lines(run: CourseRun, fields: Sequence[Field], batch: Columns) -> bytes:
    """Return one batch as COPY's text format has it, the run's id in the last column."""
    written = [escaped(column) if field.free else column for field, column in zip(fields, batch, strict=True)]
    columns = [*with_nulls(fields, written, "\\N"), [str(run.pk)] * len(batch[0])]
    return ("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n").encode()


def escaped(column: Sequence[str]) -> Sequence[str]:
    """Return texts as COPY's text format has them."""
    whole = "".join(column)
    return [text.translate(ESCAPES) for text in column] if any(mark in whole for mark in SPECIAL) else column


class Feed:
    """A file that one thread writes and PostgreSQL's driver reads in another.

    What is still to be read waits on the disk: while PostgreSQL deletes the old rows, many new ones can be made ready.
    The file begins again at its start after AHEAD bytes.
    """

    def __init__(self, file: int):
        self.file, self.written, self.taken = file, 0, 0
        self.ended = self.broken = False
        self.changed = threading.Condition()

    def read(self, size: int) -> bytes:
        """Return the next bytes, none at the end. Raises RuntimeError where there is no proper end."""
        with self.changed:
            self.changed.wait_for(lambda: self.taken < self.written or self.ended)
            if self.broken:
                raise RuntimeError("what is copied broke off")
            start = self.taken % AHEAD
            found = os.pread(self.file, min(size, self.written - self.taken, AHEAD - start), start)
            self.taken += len(found)
            self.changed.notify()
            return found

    def write(self, piece: bytes) -> None:
        """Hand over a piece, as there is room for it. It is lost where the reader has ended."""
        rest = memoryview(piece)
        with self.changed:
            while rest:
                self.changed.wait_for(lambda: self.written - self.taken < AHEAD or self.ended)
                if self.ended:
                    return
                start = self.written % AHEAD
                put = os.pwrite(self.file, rest[: min(AHEAD - start, AHEAD - (self.written - self.taken))], start)
                self.written, rest = self.written + put, rest[put:]
                self.changed.notify()

    def finish(self, *, broken: bool = False) -> None:
        """Say that no more comes, or that nobody reads any more."""
        with self.changed:
            self.ended, self.broken = True, self.broken or broken
            self.changed.notify()


def copy(model: type[models.Model], run: CourseRun, columns: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Delete the run's rows and COPY new ones, in a thread of its own, as it takes as long as making the pieces."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, [*columns, "run_id"]))
    statement = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        tempfile.TemporaryFile() as file,
        ThreadPoolExecutor(1) as pool,
    ):
        feed = Feed(file.fileno())

        def replace() -> None:
            try:
                cursor.execute(deletion(model), [run.pk])
                cursor.copy_expert(statement, feed, READ)
            finally:
                feed.finish()

        reader = pool.submit(replace)
        try:
            for piece in pieces:
                feed.write(piece)
                if reader.done():
                    break
        except BaseException:
            feed.finish(broken=True)
            raise
        feed.finish()
        reader.result()


def delete_twins(model: type[models.Model], run: CourseRun, key: Sequence[str]) -> set[int]:
    """Delete a run's rows of which an earlier row has the same `key`; return their numbers."""
    quote = connection.ops.quote_name
    table, row = quote(model._meta.db_table), quote("row")
    names = ", ".join(quote(model._meta.get_field(name).column) for name in key)
    mine = f"FROM {table} WHERE run_id = %(run)s"
    later = f"SELECT {row}, row_number() OVER (PARTITION BY {names} ORDER BY {row}) AS place {mine}"
    with connection.cursor() as cursor:
        # First the question that is quick to answer, as there are hardly ever any.
        cursor.execute(f"SELECT 1 {mine} GROUP BY {names} HAVING count(*) > 1 LIMIT 1", {"run": run.pk})
        if cursor.fetchone() is None:
            return set()
        cursor.execute(
            f"DELETE {mine} AND {row} IN (SELECT {row} FROM ({later}) AS numbered WHERE place > 1) RETURNING {row}",  # noqa: S608
            {"run": run.pk},
        )
        return {found[0] for found in cursor.fetchall()}
