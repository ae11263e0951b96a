"""Which imports still run. Each holds a lock that the system frees when its process ends, however it ends.

On PostgreSQL it is an advisory lock of the connection, which every machine sees. Whoever uses SQLite is on the same
machine as its file: there it is a lock on a small file beside the database.
"""

import contextlib
import datetime
import fcntl
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.db import Error, connection, models
from django.db.models.functions import Coalesce
from django.utils import timezone as clock

from dashboard_import.models import ImportRun

OURS = 0x464C  # the first half of the numbers of our advisory locks; the second is the import's
# PostgreSQL keeps the lock of a machine that vanished until it misses it, after two hours as a rule.
LOST_AFTER = datetime.timedelta(hours=2)  # without a file or a run done; a file of 5 GB takes less than half an hour


class TakenError(Exception):
    """Another process has this import, or had it."""


def hold(number: int) -> Callable[[], None]:
    """Take the lock of an import and return what frees it. Raises TakenError, on SQLite also OSError.

    Call it in the transaction that says the import runs, so that nobody sees the one without the other.
    """
    if connection.vendor == "postgresql":
        if not _ask("SELECT pg_try_advisory_lock(%s, %s)", OURS, number)[0][0]:
            raise TakenError
        return lambda: _free(number)
    path = _file(number)
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise TakenError from None

    def free() -> None:
        path.unlink(missing_ok=True)
        file.close()

    return free


def hold_again(number: int) -> None:
    """Take the lock of this process's import once more if it went away with a connection to PostgreSQL."""
    if connection.vendor == "postgresql" and number not in _held({number}):
        hold(number)


def lost() -> models.QuerySet[ImportRun]:
    """Return the imports that are said to run although their processes are gone. Reads only."""
    rows = ImportRun.objects.filter(status=ImportRun.Status.RUNNING)
    # First the rows, then the locks: who ends in between has said so before.
    numbers = set(rows.values_list("pk", flat=True))
    gone = numbers - _held(numbers) if numbers else set()
    return rows.filter(models.Q(pk__in=gone) | models.Q(seen__lt=clock.now() - LOST_AFTER))


def is_lost(row: ImportRun) -> bool:
    """Say whether an import is said to run although its process is gone."""
    return row.status == ImportRun.Status.RUNNING and lost().filter(pk=row.pk).exists()


def give_up_lost() -> None:
    """Say of imports whose process has ended that they were stopped; delete their uploads, which nobody would."""
    for row in lost():
        if row.upload:
            shutil.rmtree((uploads() / row.upload).parent, ignore_errors=True)
        if connection.vendor == "sqlite":
            _file(row.pk).unlink(missing_ok=True)
        files = row.imported_files.aggregate(
            files=models.Count("pk"), **{name: Coalesce(models.Sum(name), 0) for name in ImportRun.COUNTS}
        )
        error = "It was stopped before its end. What it had loaded is whole. Load the same files again."
        still = ImportRun.objects.filter(pk=row.pk, status=ImportRun.Status.RUNNING)
        still.update(status=ImportRun.Status.FAILED, error=error, **files)


def uploads() -> Path:
    """Return the folder of uploads that wait or are being loaded."""
    return Path(settings.FUTURELEARN_DATA_DIR, "uploads")


def _free(number: int) -> None:
    # Without a connection there is no lock either.
    with contextlib.suppress(Error):
        _ask("SELECT pg_advisory_unlock(%s, %s)", OURS, number)


def _held(numbers: Iterable[int]) -> set[int]:
    """Return those of the imports whose locks somebody has."""
    if connection.vendor == "postgresql":
        found = _ask(
            "SELECT objid FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()"
            " WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = %s",
            OURS,
        )
        return {number for (number,) in found}
    return {number for number in numbers if _is_locked(_file(number))}


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _file(number: int) -> Path:
    database = Path(connection.settings_dict["NAME"])
    return database.with_name(f"{database.name}-import-{number}")


def _ask(statement: str, *values: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
