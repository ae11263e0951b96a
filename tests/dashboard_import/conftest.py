"""What tests of this room share: a folder for what it writes, a way to call the command, a stand-in to fetch from."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.dashboard_import.fetched import data, futurelearn, seven, waits

__all__ = ["data", "data_dir", "futurelearn", "load", "seven", "waits"]


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path: Path) -> Path:
    settings.FUTURELEARN_DATA_DIR = tmp_path / "kept"
    return settings.FUTURELEARN_DATA_DIR


@pytest.fixture
def load():
    """Call `import_futurelearn --from`; return what it says, the reason that it ends with included."""

    def call(path: Path, *options: str, **named: object) -> str:
        out = io.StringIO()
        try:
            call_command("import_futurelearn", f"--from={path}", *options, stdout=out, **named)
        except CommandError as error:
            return f"{out.getvalue()}ERROR {error}"
        return out.getvalue()

    return call
