"""What the tests of fetching share: a small institution, a session with the stand-in, the command."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dashboard_import import archive
from dashboard_import.datasets import DATASETS
from dashboard_import.generating import Run, make_runs
from dashboard_import.models import CourseRun
from tests.futurelearn_standin import PASSWORD, USERNAME, StandIn


@pytest.fixture
def data(settings) -> Path:
    """Return the folder in which what was fetched is kept."""
    return settings.FUTURELEARN_DATA_DIR


@pytest.fixture(scope="session")
def seven() -> list[Run]:
    """Three courses with seven runs in the layouts of different years."""
    return make_runs(1, courses=3, runs=7, joiners=40)


@pytest.fixture
def futurelearn(seven, settings, tmp_path) -> Iterator[StandIn]:
    """A stand-in of today's FutureLearn, which the settings point at."""
    with StandIn(seven) as made:
        point(settings, made, tmp_path)
        yield made


def point(settings: object, standin: StandIn, folder: Path) -> None:
    """Let the settings lead to a stand-in and an empty folder."""
    settings.FUTURELEARN_URL = standin.url
    settings.FUTURELEARN_USERNAME, settings.FUTURELEARN_PASSWORD = USERNAME, PASSWORD
    settings.FUTURELEARN_ORGANISATION = ""
    settings.FUTURELEARN_PAUSE = 0
    settings.FUTURELEARN_DATA_DIR = folder / "data"


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """All pauses and waits of sessions, as asked for, none of them waited."""
    asked: list[float] = []
    monkeypatch.setattr("dashboard_import.futurelearn.sleep", asked.append)
    return asked


def run_import(*arguments: str) -> tuple[int, list[str]]:
    """Run the command; return its exit code and its lines, the sentence of a refusal last."""
    out = io.StringIO()
    try:
        call_command("import_futurelearn", *arguments, stdout=out, stderr=out)
    except CommandError as error:
        return error.returncode, [*out.getvalue().splitlines(), str(error)]
    return 0, out.getvalue().splitlines()


def counted(folder: Path, but: Collection[tuple[str, str, str]] = ()) -> Counter:
    """Count the rows of every file kept, by run's folder and kind, with nothing but Python's own reader."""
    found = Counter()
    for path in folder.glob("*/*/* - *-*-*/*.csv"):
        if (path.parent.parent.name, path.parent.name[0], path.stem) in but:
            continue
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            found[path.parent.parent.name, path.parent.name[0], path.stem] = sum(1 for _ in csv.reader(file)) - 1
    return found


def stored() -> Counter:
    """Count the rows in the database in the same manner."""
    found = Counter()
    for run in CourseRun.objects.all():
        for dataset in DATASETS.values():
            rows = dataset.model.objects.filter(run=run).count()
            name = "scraped-links" if dataset.kind == "course_overview" else dataset.dashed
            found[run.course, str(run.number), name] = rows
    return found


def prints() -> dict[str, str]:
    """Return a digest of all rows of each table."""
    return {
        kind: hashlib.sha256(
            repr(list(dataset.model.objects.order_by("run_id", "row").values_list())).encode()
        ).hexdigest()
        for kind, dataset in DATASETS.items()
    }


def files_in(folder: Path) -> dict[str, bytes]:
    """All files but our own records, which hold the time."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (archive.RECORD, "update.txt")
    }


def run_one(seven: list[Run]) -> Run:
    return next(run for run in seven if run.name == "the-mind-is-flat-1")
