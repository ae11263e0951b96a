"""Groups while everybody comes and goes, in short, on the database that is tested."""

import subprocess
import sys

from django.db import connection

from tests.torture.crew import ROOT


def test_a_short_upheaval():
    command = ["--seconds", "3", "--people", "250", "--workers", "3", "--database", connection.vendor]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.upheaval", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "in against their wish 0, told wrong 0, broken off 0" in ended.stdout
