"""Runs of invented data, written as FutureLearn's files and loaded as the command loads them; and who may see them."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from dashboard_import.generating import LAYOUTS, make_runs, write_flat
from dashboard_import.models import CourseRun
from tests.dashboard_import.stats.runs import write


@pytest.fixture(params=LAYOUTS)
def layout(request) -> str:
    """An era of FutureLearn's files; a test may name one by `indirect`."""
    return request.param


@pytest.fixture
def generated(tmp_path, load, layout) -> Path:
    """The files of two runs of one course in each layout, which are loaded."""
    folder = tmp_path / "files"
    write_flat(make_runs(7, runs=2, joiners=250, layout=layout), folder)
    assert "ERROR" not in load(folder)
    return folder


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
