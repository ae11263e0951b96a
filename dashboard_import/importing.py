"""Imports from files: by the command, by the admin, by the worker for what waits."""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser

from dashboard_import.loader import Import
from dashboard_import.models import ImportedFile, ImportRun
from dashboard_import.running import TakenError, give_up_lost, uploads
from dashboard_import.sources import Source, find
from dashboard_import.tables import UnreadableError

NOT_HERE = "The upload is not on this machine. FUTURELEARN_DATA_DIR must be one folder for web server and worker."
AT_ONCE = 2_000_000  # bytes; larger uploads wait for the worker, as a page answers within a second or two


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
    if row.status != ImportRun.Status.WAITING:
        return False
    path = uploads() / row.upload
    try:
        if path.is_file():
            load_path(path, row)
        else:
            with Import(row) as importing:
                importing.note(path.name, "", None, ImportedFile.Outcome.REFUSED, NOT_HERE)
    except TakenError:
        return False
    finally:
        if row.status != ImportRun.Status.WAITING:  # it was ours
            shutil.rmtree(path.parent, ignore_errors=True)
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
