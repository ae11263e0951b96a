"""The whole way: three courses with seven runs, served, fetched, kept, loaded, and loaded again without a change."""

import csv
import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from dashboard_import.archive import RECORD
from dashboard_import.datasets import DATASETS
from dashboard_import.generating import header, kinds, pieces, write_tree
from dashboard_import.models import CourseRun, ImportedFile, ImportRun, StepActivity
from tests.dashboard_import.fetched import run_import

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waits")]


def counted(folder: Path) -> Counter:
    """Count the rows of every file kept, by run's folder and kind, with nothing but Python's own reader."""
    found = Counter()
    for path in folder.glob("*/*/* - *-*-*/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
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


STEPS = b"learner_id,step,week_number,step_number,first_visited_at,last_completed_at\n"
LINE = b"6137cc46-da1f-4727-930c-3e66fceef9a7,%s,%s,%s,2026-06-01 07:00:00 UTC,%s\n"
GOOD = LINE % (b"1.1", b"1", b"1", b"")
# Each stands in the place of one file of a run. Those that nothing can be taken of are refused.
REFUSED = {
    "nothing in it": ("campaigns", b""),
    "one column": ("comments", b"id\n1\n2\n"),
    "10,000 columns": ("video-stats", b",".join(b"c%d" % number for number in range(10_000)) + b"\n"),
    "another kind": ("team-members", STEPS + GOOD),
    "a page": ("archetype-survey-responses", b"<p>Your data is being prepared</p>"),
    "cut off in a quoted field": ("leaving-survey-responses", b'id,learner_id,left_at,leaving_reason\n1,a,,"I don'),
}
REJECTED = {
    "two headers": ("step-activity", STEPS + GOOD + STEPS),
    "a step of three parts": ("step-activity", STEPS + GOOD + LINE % (b"1.10.2", b"1", b"10", b"")),
    "the year 1": ("step-activity", STEPS + GOOD + LINE % (b"1.2", b"1", b"2", b"0001-01-01 00:00:00 UTC")),
    "in the future": ("step-activity", STEPS + GOOD + LINE % (b"1.2", b"1", b"2", b"9999-01-01 00:00:00 UTC")),
    "numbers over 64 bits": ("step-activity", STEPS + GOOD + LINE % (b"1.2", b"9" * 30, b"2", b"")),
}


def test_one_file_of_each_bad_kind_among_them(futurelearn, seven, settings):
    code, _lines = run_import()
    assert code == 0
    before, rows = prints(), stored()
    run = next(run for run in seven if run.name == "the-mind-is-flat-1")
    for kind, text in REFUSED.values():
        futurelearn.files[run.name, kind] = text
    code, lines = run_import("--all")
    assert code == 1
    last = ImportRun.objects.first()
    assert last.status == ImportRun.Status.INCOMPLETE
    bad = {file.name: file for file in last.imported_files.filter(outcome=ImportedFile.Outcome.REFUSED)}
    assert set(bad) == {f"{run.name}_{kind}.csv" for kind, _ in REFUSED.values()}
    assert all(file.problem.endswith(".") for file in bad.values())
    assert all(name in lines[-1] for name in bad)
    assert prints() == before
    assert stored() == rows
    assert last.rows_read == last.rows_stored + last.rows_rejected


@pytest.mark.parametrize("case", REJECTED)
def test_a_bad_row_is_reported_and_the_good_ones_stay(futurelearn, seven, case):
    kind, text = REJECTED[case]
    run = next(run for run in seven if run.name == "the-mind-is-flat-1")
    futurelearn.files[run.name, kind] = text
    code, lines = run_import("--course=the-mind-is-flat", "--run=1")
    file = ImportedFile.objects.get(kind="step_activity")
    assert (file.rows_read, file.rows_stored, file.rows_rejected) == (2, 1, 1)
    assert len(file.rejects) == 1
    assert StepActivity.objects.count() == 1
    assert code == 0, lines
    assert any("step-activity.csv: loaded, 2 rows read, 1 stored, 1 rejected (see " in line for line in lines)


def test_every_layout_comes_back_as_it_went_in(futurelearn, seven):
    """Cells of the two kinds with the most awkward text, compared with what the generator made."""
    run_import()
    for run in seven:
        row = CourseRun.objects.get(slug=run.course.slug, number=run.number)
        for kind, column in (("comments", "text"), ("enrolments", "learner_id")):
            place = header(run, kind).index(column)
            rows = csv.reader(b"".join(pieces(run, kind)).decode().splitlines(keepends=True))
            wanted = [cells[place] for cells in rows][1:]
            model = DATASETS[kind].model
            found = model.objects.filter(run=row).order_by("row").values_list(column, flat=True)
            assert [str(value) for value in found] == wanted
        assert set(kinds(run)) >= {"comments", "enrolments"}
