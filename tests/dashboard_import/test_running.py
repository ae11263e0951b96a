"""An import whose process is killed: everybody sees at once that it is gone, and nothing is half there."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import connection

from dashboard_import import archive, rollups
from dashboard_import.importing import load_upload, load_waiting
from dashboard_import.models import ImportedFile, ImportRun, StepActivity, Tally
from dashboard_import.running import TakenError, hold, is_lost
from tests import factories
from tests.dashboard_import.files import STEPS, text, write
from tests.futurelearn_standin import PASSWORD, USERNAME

pytestmark = pytest.mark.django_db(transaction=True)
IMPORTS = "/admin/dashboard_import/importrun/"
STOPS = """
import sys, time, django
django.setup()
from django.core.management import call_command
from dashboard_import import futurelearn, rollups

def stop(*arguments):
    print("in the middle", flush=True)
    time.sleep(600)

def half(_session, answer, target):
    target.write(answer.raw.read(30))
    target.flush()
    stop()

if sys.argv[1] == "import_futurelearn --fetch-only":
    futurelearn.Session._save = half
else:
    rollups.refresh = stop
call_command(*sys.argv[1].split(), *sys.argv[2:])
"""


@contextmanager
def stopped_in_the_middle(data_dir, *command: str, **environment: str) -> Iterator[subprocess.Popen]:
    """Run a command in a process of its own, on this test's database, until it is in the middle of a file."""
    name = connection.settings_dict["NAME"]
    address = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    own = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "mooc.settings", "DATABASE_URL": address,
        "FUTURELEARN_DATA_DIR": str(data_dir), **environment,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", STOPS, *command], env=own, stdout=subprocess.PIPE, text=True)
    try:
        assert "in the middle\n" in process.stdout  # reads lines until that one
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_until_it_is_seen(row: ImportRun) -> None:
    """Wait until the database server has noticed: it is told at once, and works by itself."""
    for _ in range(1_000):
        if is_lost(row):
            return
        time.sleep(0.01)
    raise AssertionError("nobody sees that the process is gone")


def test_killed_in_the_middle_of_a_load(load, tmp_path, data_dir):
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    load(path)
    tallies = list(Tally.objects.values())
    write(path, f"{text('step-activity')}{text('step-activity').splitlines()[1]}\nx\n")
    client = factories.staff_client()
    with stopped_in_the_middle(data_dir, "import_futurelearn", f"--from={path}") as process:
        row = ImportRun.objects.first()
        load_waiting()
        assert not is_lost(row)
        assert "stopped before its end" not in client.get(IMPORTS).content.decode()
        assert StepActivity.objects.count() == 3
        process.kill()
        process.wait()
        wait_until_it_is_seen(row)
    assert "stopped before its end" in client.get(IMPORTS).content.decode()
    assert StepActivity.objects.count() == 3
    assert list(Tally.objects.values()) == tallies
    assert "5 rows read, 4 stored, 1 rejected" in load(path)
    row.refresh_from_db()
    assert (row.status, row.error.partition(".")[0]) == ("failed", "It was stopped before its end")
    assert StepActivity.objects.count() == 4


def test_what_a_killed_import_had_loaded_is_counted(load, tmp_path, data_dir):
    write(tmp_path / "bread-1_archetype-survey-responses.csv", "id,learner_id,responded_at,archetype\n")
    write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    with stopped_in_the_middle(data_dir, "import_futurelearn", f"--from={tmp_path}"):
        row = ImportRun.objects.get()
    ImportedFile.objects.create(import_run=row, name="x", outcome="loaded", rows_read=7, rows_stored=6, rows_rejected=1)
    wait_until_it_is_seen(row)
    load_waiting()
    row.refresh_from_db()
    assert (row.status, row.files, row.rows_read, row.rows_stored, row.rows_rejected) == ("failed", 1, 7, 6, 1)


def test_killed_in_the_middle_of_a_fetch(futurelearn, seven, settings):
    data = settings.FUTURELEARN_DATA_DIR
    own = {
        "FUTURELEARN_URL": futurelearn.url, "FUTURELEARN_USERNAME": USERNAME, "FUTURELEARN_PASSWORD": PASSWORD,
        "FUTURELEARN_PAUSE": "0",
    }  # fmt: skip
    with stopped_in_the_middle(data, "import_futurelearn --fetch-only", "--run=1", **own):
        row = ImportRun.objects.get()
    wait_until_it_is_seen(row)
    (part,) = data.rglob(f".*{archive.PART}")
    assert part.stat().st_size == 30
    assert not list(data.glob("*/*/*/enrolments.csv"))
    os.utime(part, (time.time() - archive.DEAD_AFTER - 60,) * 2)
    archive.sweep(part.parent)
    assert not part.exists()


def test_killed_while_an_upload_is_loaded(data_dir):
    write(data_dir / "uploads" / "1" / "bread-1_step-activity.csv", text("step-activity"))
    name = "bread-1_step-activity.csv"
    row = ImportRun.objects.create(status="waiting", by="x", source=name, upload=f"1/{name}")
    with stopped_in_the_middle(data_dir, "handle_new_signups"):
        row.refresh_from_db()
        assert row.status == "running"
        assert not load_upload(row)  # somebody else's
        assert (data_dir / "uploads" / "1").is_dir()
    wait_until_it_is_seen(row)
    load_waiting()
    row.refresh_from_db()
    assert (row.status, StepActivity.objects.count()) == ("failed", 0)
    assert not (data_dir / "uploads" / "1").exists()


def test_an_upload_that_another_process_has_begun(data_dir):
    name = "bread-1_step-activity.csv"
    write(data_dir / "uploads" / "1" / name, f"{STEPS}\n")
    row = ImportRun.objects.create(status="waiting", by="x", source=name, upload=f"1/{name}")
    ImportRun.objects.update(status="running")
    free = hold(row.pk)
    assert not load_upload(row)
    assert (data_dir / "uploads" / "1" / name).is_file()
    if connection.vendor == "sqlite":  # PostgreSQL's are the connection's, and this is the same
        with pytest.raises(TakenError):
            hold(row.pk)
    free()
    assert is_lost(ImportRun.objects.get())


def test_a_database_server_that_hangs_up_costs_one_file(load, tmp_path, monkeypatch):
    """The lock goes with the connection, and the import goes on with another one: it takes the lock again."""
    if connection.vendor == "sqlite":
        pytest.skip("a file does not hang up")
    for run in (1, 2):
        write(tmp_path / f"bread-{run}_step-activity.csv", text("step-activity"))
    load(tmp_path)
    seen = []

    def hang_up(run, kind):
        seen.append(is_lost(ImportRun.objects.first()))
        if run.number == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(rollups, "refresh", hang_up)
    said = load(tmp_path, "--again")
    assert seen == [False, False]
    assert "bread-1_step-activity.csv: refused" in said
    assert said.splitlines()[-1].endswith("Missing: bread-1_step-activity.csv.")
    assert StepActivity.objects.count() == 6
    assert ImportRun.objects.first().status == "incomplete"
