"""The whole way: three courses with seven runs, served, fetched, kept, loaded, and loaded again without a change."""

import re
from pathlib import Path

import pytest

from dashboard_import.archive import RECORD
from dashboard_import.generating import write_tree
from dashboard_import.models import CourseRun, ImportedFile, ImportRun
from tests.dashboard_import.fetched import counted, prints, run_import, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waits")]


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_three_courses_with_seven_runs(futurelearn, seven, settings, tmp_path):
    data = settings.FUTURELEARN_DATA_DIR
    code, lines = run_import()
    assert code == 0, lines

    # Kept: what the old tool would have written, byte by byte, and the few files that it made of pages.
    write_tree(seven, tmp_path / "old")
    old, ours = tree(tmp_path / "old"), tree(data)
    more = {name for name in ours if name not in old}
    for name in old:
        if name.endswith("update.txt"):
            assert re.fullmatch(rb"\d{4}-\d\d-\d\d \d\d:\d\d", ours[name])
        else:
            assert ours[name] == old[name], name
    assert {Path(name).name for name in more} == {"scraped-links.csv", "Courses-Data.csv"}

    # Loaded: each row of each file, by an independent count.
    files = counted(data)
    assert len({key[:2] for key in files}) == 7
    rows = stored()
    assert {key: rows[key] for key in files if key[2] != "metadata"} == {
        key: count for key, count in files.items() if key[2] != "metadata"
    }
    assert sum(rows.values()) == sum(count for key, count in files.items() if key[2] != "metadata") > 5_000
    row = ImportRun.objects.get()
    assert (row.status, row.rows_rejected) == (ImportRun.Status.DONE, 0)
    assert row.rows_read == row.rows_stored == sum(rows.values())

    # Again, everything fetched anew: nothing changes.
    before = prints()
    code, lines = run_import("--all")
    assert code == 0, lines
    assert prints() == before
    assert {name: text for name, text in tree(data).items() if "update" not in name} == {
        name: text for name, text in ours.items() if "update" not in name
    }
    outcomes = set(ImportRun.objects.first().imported_files.values_list("outcome", flat=True))
    assert outcomes == {ImportedFile.Outcome.UNCHANGED, ImportedFile.Outcome.ABSENT}

    # And from the folder that was kept, as another machine would load it.
    code, lines = run_import(f"--from={data}")
    assert code == 0, lines
    assert prints() == before
    assert CourseRun.objects.count() == 7
