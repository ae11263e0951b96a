"""Runs of invented data, written as FutureLearn's files and loaded as the command loads them."""

from pathlib import Path

import pytest

from dashboard_import.generating import LAYOUTS, make_runs, write_flat
from dashboard_import.importing import load_path
from dashboard_import.models import ImportRun


@pytest.fixture
def load(tmp_path, settings):
    """Return a function that loads files; it returns the folder they are in."""
    settings.FUTURELEARN_DATA_DIR = tmp_path / "data"

    def load_folder(folder: Path) -> Path:
        done = load_path(folder, ImportRun(by="a test", source=folder.name))
        assert [(file.name, file.problem) for file in done.missing] == []
        return folder

    return load_folder


@pytest.fixture(params=LAYOUTS)
def layout(request) -> str:
    return request.param


@pytest.fixture
def generated(tmp_path, load, layout) -> Path:
    """The files of two runs of one course in each layout, which are loaded."""
    write_flat(make_runs(7, runs=2, joiners=250, layout=layout), tmp_path / "files")
    return load(tmp_path / "files")
