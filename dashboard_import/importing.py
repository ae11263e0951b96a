"""Imports from files: by the command, by the admin, by the worker for what waits."""

import datetime
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone as clock

from dashboard_import.loader import Import
from dashboard_import.models import ImportedFile, ImportRun
from dashboard_import.sources import Source, find
from dashboard_import.tables import UnreadableError

AT_ONCE = 2_000_000  # bytes; larger uploads wait for the worker, as a page answers within a second or two
LOST_AFTER = datetime.timedelta(hours=2)  # without a sign of life; one file of 5 GB takes a quarter of an hour


def load_path(
    path: Path,
    row: ImportRun,
    *,
    course: str = "",
    run: int | None = None,
    dry_run: bool = False,
    again: bool = False,
    advance: Callable[[int], None] = lambda _bytes: None,
    found: Callable[[list[Source]], None] = lambda _sources: None,
    said: Callable[[ImportedFile], None] = lambda _file: None,
) -> Import:
    """Load everything at `path` and return what came of it; `found` hears what there is, `said` of each file."""
    with Import(row, dry_run=dry_run, again=again, advance=advance) as importing:
        problem, sources = "There is no table here that was asked for.", []
        try:
            sources = find(path, course=course, run=run)
        except UnreadableError as error:
            problem = str(error)
        except OSError as error:
            problem = f"It could not be read: {error.strerror}."
        if not sources:
            said(importing.note(path.name or "/", "", None, ImportedFile.Outcome.REFUSED, problem))
        found(sources)
        for source in sources:
            said(importing.load(source))
    return importing


def uploads() -> Path:
    return Path(settings.FUTURELEARN_DATA_DIR, "uploads")


def take_upload(temporary: Path, name: str, who: AbstractBaseUser) -> ImportRun:
    """Keep an uploaded file under a folder of its own and return its import, which waits. Raises OSError."""
    folder = uploads() / uuid.uuid4().hex
    folder.mkdir(parents=True)
    shutil.move(temporary, folder / name)
    return ImportRun.objects.create(
        status=ImportRun.Status.WAITING, who=who, by=who.get_username(), source=name, upload=f"{folder.name}/{name}"
    )


def is_small(name: str, size: int) -> bool:
    """Say whether a page may load a file while somebody waits for it; a zip may hold anything."""
    return size <= AT_ONCE and name.lower().endswith(".csv")


def load_upload(row: ImportRun) -> bool:
    """Load an upload that waits, and delete it; return False where another process has taken it."""
    waiting = ImportRun.objects.filter(pk=row.pk, status=ImportRun.Status.WAITING)
    if not waiting.update(status=ImportRun.Status.RUNNING, seen=clock.now()):
        return False
    row.refresh_from_db()
    path = uploads() / row.upload
    if path.is_file():
        try:
            load_path(path, row)
        finally:
            shutil.rmtree(path.parent, ignore_errors=True)
        return True
    with Import(row) as importing:
        problem = (
            "The upload is not on this machine. FUTURELEARN_DATA_DIR must be one folder for web server and worker."
        )
        importing.note(path.name, "", None, ImportedFile.Outcome.REFUSED, problem)
    return True


def load_waiting(*, most: int | None = None, stopping: Callable[[], bool] = lambda: False) -> int:
    """Load uploads that wait, all or at most so many; return how many. Call it from any number of processes.

    Once `stopping` says so, no further one is begun.
    """
    give_up_lost()
    loaded = 0
    for row in ImportRun.objects.filter(status=ImportRun.Status.WAITING).order_by("pk")[:most]:
        if stopping():
            break
        loaded += load_upload(row)
    return loaded


def give_up_lost() -> None:
    """Say of imports whose process has ended that they were stopped; delete their uploads, which nobody would."""
    lost = ImportRun.objects.filter(status=ImportRun.Status.RUNNING, seen__lt=clock.now() - LOST_AFTER)
    for upload in lost.exclude(upload="").values_list("upload", flat=True):
        shutil.rmtree((uploads() / upload).parent, ignore_errors=True)
    lost.update(status=ImportRun.Status.FAILED, error="It was stopped before its end. Load the same files again.")
