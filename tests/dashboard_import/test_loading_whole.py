"""A load is whole or not at all: for readers, in batches, in a dry run, and where the database refuses."""

import threading

import pytest
from django.db import connection, connections

from dashboard_import import rollups
from dashboard_import.loader import Import
from dashboard_import.models import (
    CourseRun,
    ImportedFile,
    ImportRun,
    StepActivity,
    Tally,
)
from dashboard_import.sources import find
from tests.dashboard_import.files import DAY, GOOD, LATER, STEPS, text, tree, write


@pytest.mark.django_db(transaction=True)
def test_readers_see_the_old_rows_until_all_new_ones_are_there(load, tmp_path, monkeypatch):
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    load(path)
    seen = []

    def look(run, kind):
        def from_elsewhere():
            seen.append((StepActivity.objects.count(), Tally.objects.filter(kind="visited").count()))
            connections.close_all()

        other = threading.Thread(target=from_elsewhere)
        other.start()
        other.join()

    monkeypatch.setattr(rollups, "refresh", look)
    load(write(path, f"{STEPS}\n{GOOD}\n"))
    assert seen == [(3, 3)]
    assert StepActivity.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_batches(load, tmp_path, monkeypatch):
    monkeypatch.setattr("dashboard_import.tables.PIECE", 1_000)
    lines = [f"{number:036},1.{number % 20 + 1},1,{number % 20 + 1},{DAY},{LATER}" for number in range(500)]
    lines[321] = lines[321].replace("UTC", "GMT")
    assert "500 rows read, 499 stored, 1 rejected" in load(
        write(tmp_path / "bread-1_step-activity.csv", "\n".join([STEPS, *lines]))
    )
    stored = list(StepActivity.objects.order_by("row").values_list("row", "learner_id"))
    assert stored == [(number + 1, f"{number:036}") for number in range(500) if number != 321]
    assert sum(Tally.objects.filter(kind="completed").values_list("everyone", flat=True)) == 499


@pytest.mark.django_db
def test_a_file_that_the_database_refuses(load, tmp_path, monkeypatch):
    load(write(tmp_path / "bread-1_enrolments.csv", text("enrolments")))
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    [source] = find(path)

    def fail(run, kind):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")

    monkeypatch.setattr(rollups, "refresh", fail)
    with Import(ImportRun(by="test", source="test")) as importing:
        file = importing.load(source)
    assert (file.outcome, file.rows_stored) == ("refused", 0)
    assert connection.vendor in file.problem
    assert not StepActivity.objects.exists()
    assert ImportRun.objects.latest("pk").status == "incomplete"


@pytest.mark.django_db
def test_files_that_could_not_be_fetched_or_do_not_exist():
    with Import(ImportRun(by="test", source="test")) as importing:
        importing.note(
            "bread-1 enrolments", "enrolments", None, ImportedFile.Outcome.MISSING, "FutureLearn answered 500."
        )
        importing.note("bread-1 campaigns", "campaigns", None, ImportedFile.Outcome.ABSENT)
    done = ImportRun.objects.get()
    assert (done.status, done.files, done.error) == ("incomplete", 2, "bread-1 enrolments: FutureLearn answered 500.")


@pytest.mark.django_db
def test_a_dry_run_changes_nothing(load, tmp_path, data_dir):
    tree(tmp_path)
    write(tmp_path / "bread-9_step-activity.csv", f"{STEPS}\n{GOOD}\nx\n")
    said = load(tmp_path, "--dry-run")
    assert "bread-9_step-activity.csv: loaded, 2 rows read, 1 stored, 1 rejected" in said
    assert "Dry run, nothing changed: 20 files" in said
    assert not CourseRun.objects.exists()
    assert not ImportRun.objects.exists()
    assert not data_dir.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such settings")
@pytest.mark.django_db(transaction=True)
def test_postgresql_goes_through_no_table_once_for_each_row_of_another(load, tmp_path, monkeypatch):
    def nested_loops() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW enable_nestloop")
            return cursor.fetchone()[0]

    seen = []
    monkeypatch.setitem(rollups.REGISTRY, "step_activity", [lambda _run: seen.append(nested_loops())])
    load(write(tmp_path / "bread-1_step-activity.csv", text("step-activity")))
    assert (seen, nested_loops()) == (["off"], "on")
