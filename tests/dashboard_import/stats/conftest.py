"""Runs of invented data, written as FutureLearn's files and loaded as the command loads them; and who may see them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings

from dashboard_import import precourse
from dashboard_import.generating import LAYOUTS, Run, make_runs, survey, write_flat, write_tree
from dashboard_import.models import CourseRun
from tests.dashboard_import.stats.runs import write
from tests.dashboard_import.stats.slow_before import path_of


@pytest.fixture(params=LAYOUTS)
def layout(request) -> str:
    """An era of FutureLearn's files; a test may name one by `indirect`."""
    return request.param


@pytest.fixture
def generated(tmp_path, load, layout) -> Path:
    """The files of two runs of one course in each layout, which are loaded, each with a survey before it."""
    folder, runs = tmp_path / "files", make_runs(7, runs=2, joiners=250, layout=layout)
    write_flat(runs, folder)
    assert "ERROR" not in load(folder)
    for run in runs:
        keep_survey(run, folder)
    return folder


@pytest.fixture(scope="module")
def load_for_all(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Callable]:
    """Return a function that loads runs for all tests of a module, in a transaction that ends with the module.

    What is done in the block that it opens is for all of them as well. Each test has a savepoint of its own inside
    that transaction. It is not for tests that commit: those of a browser, or with `transaction=True`.
    """
    around = transaction.atomic()

    @contextmanager
    def loaded(runs: list[Run]) -> Iterator[None]:
        folder = tmp_path_factory.mktemp("runs")
        write_tree(runs, folder / "files")
        with django_db_blocker.unblock(), override_settings(FUTURELEARN_DATA_DIR=folder / "kept"):
            call_command("import_futurelearn", f"--from={folder / 'files'}", stdout=io.StringIO())
            yield

    with django_db_blocker.unblock():
        around.__enter__()
    yield loaded
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


def keep_survey(run: Run, folder: Path) -> None:
    """Write the survey before a run into a folder, and upload it."""
    path = path_of(folder, run.name)
    path.write_bytes(survey(run))
    with path.open("rb") as stream:
        answers = precourse.read(stream)
    precourse.store(CourseRun.objects.get(slug=run.course.slug, number=run.number), path.name, "ann", answers)


@pytest.fixture
def bread(tmp_path, load):
    """Return a function that writes and loads files of a run called Bread."""

    def made(name: str = "bread-1", **files: list[str]) -> CourseRun:
        assert "ERROR" not in load(write(tmp_path / name, name, **files))
        return CourseRun.objects.get(slug="bread", number=name.split("-")[1])

    return made


@pytest.fixture
def staff(db) -> Client:
    """A browser of somebody who may see statistics, and no more."""
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="see_statistics"))
    client = Client()
    client.force_login(user)
    return client
