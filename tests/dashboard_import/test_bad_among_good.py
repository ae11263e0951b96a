"""Three courses with seven runs, served, fetched, kept and loaded, with one file of each bad kind among them."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard_import.generating import Run, kinds, pieces, write_tree
from dashboard_import.models import ImportedFile, ImportRun
from tests.dashboard_import.fetched import counted, prints, run_import, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waits")]
Slot = tuple[str, str]  # a run's name and a kind


def cell(column: str, text: str) -> Callable[[bytes], bytes]:
    """Return what adds a row to a file: its third one, with another text in one cell."""

    def change(body: bytes) -> bytes:
        rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
        rows.append(list(rows[3]))
        rows[-1][rows[0].index(column)] = text
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue().encode()

    return change


# A file of nothing that can be taken: refused whole.
REFUSED = {
    "one column": ("comments", lambda _body: b"id\n1\n2\n", "The column author_id is missing"),
    "10,000 columns": ("video-stats", lambda _body: b"c," * 9_999 + b"c\n", "10,000 columns; 1,000 is the most"),
    "another kind": ("team-members", lambda _body: b"id,responded_at,week_number,experience_rating,reason\n",
                     "By its columns this is weekly-sentiment-survey-responses, not team-members."),
    "cut off": ("leaving-survey-responses", lambda body: body + b'1,"I don', "was cut off: the quoted text"),
    "a zip": ("weekly-sentiment-survey-responses", lambda _body: b"PK\x03\x04\0\0", "This is a zip file"),
    "twice": ("peer-review-reviews", lambda _body: b"id,id\n1,2\n", "Two columns have the same name"),
    "a long line": ("countries", lambda _body: b"x" * 4_000_000, "this is no table"),
}  # fmt: skip
# A file with one row that cannot be taken: the others are.
REJECTED = {
    "two headers": ("step-activity", lambda body: body + body.partition(b"\n")[0] + b"\n", "repeats the names"),
    "a step of three parts": ("step-activity", cell("step", "1.10.2"), "step is “1.10.2”, not a step such as 1.10."),
    "the year 1": ("step-activity", cell("last_completed_at", "0001-01-01 00:00:00 UTC"), "before FutureLearn began"),
    "in the future": ("step-activity", cell("first_visited_at", "9999-01-01 00:00:00 UTC"), "in the future"),
    "over 64 bits": ("comments", cell("id", "9" * 30), "a number over 64 bits"),
    "invalid UTF-8": ("comments", lambda body: body + body.splitlines()[-1].replace(b" ", b"\xff") + b"\n", "UTF-8"),
    "a short row": ("question-response", lambda body: body + b"1,2\n", "The row has 2 cells instead of"),
}  # fmt: skip
# What does not come at all. A 404 is no fault: the run has no such file.
MISSING = {
    "nothing": ("campaigns", "FutureLearn sent nothing at all instead of a table."),
    "html": ("archetype-survey-responses", "FutureLearn sent a page instead of a table."),
    "error": ("question-response", "FutureLearn answered 500, 4 times."),
    "cut": ("enrolments", "The connection to FutureLearn failed (ChunkedEncodingError), 4 times."),
    "reset": ("enrolments", "The connection to FutureLearn failed (ConnectionError), 4 times."),
    "elsewhere": ("enrolments", "FutureLearn leads to another host, example.org: not followed."),
    "forbidden": ("country-subdivisions", "FutureLearn answered 403: this account may not see it."),
    "missing": ("peer-review-assignments", ""),
}


@pytest.fixture
def slots(seven) -> dict[str, Slot]:
    """A place for each bad kind, no two the same, spread over the runs."""
    found: dict[str, Slot] = {}
    for number, (case, (kind, *_)) in enumerate({**REFUSED, **REJECTED, **MISSING}.items()):
        turned = seven[number % 7 :] + seven[: number % 7]
        found[case] = next(
            (run.name, kind) for run in turned if kind in kinds(run) and (run.name, kind) not in found.values()
        )
    return found


def break_all(futurelearn, seven: list[Run], slots: dict[str, Slot]) -> None:
    by_name = {run.name: run for run in seven}
    for case, (_kind, change, _words) in (REFUSED | REJECTED).items():
        name, kind = slots[case]
        futurelearn.files[name, kind] = change(b"".join(pieces(by_name[name], kind)))
    for case in MISSING:
        name, kind = slots[case]
        slug, _, number = name.rpartition("-")
        data = "demographics/countries/" if kind == "country-subdivisions" else "stats-dashboard/data/"
        if case == "nothing":
            futurelearn.files[name, kind] = b""
        else:
            end = kind if kind == "country-subdivisions" else kind.replace("-", "_")
            futurelearn.faults.add(case, f"/{slug}/{number}/{data}{end}")


def by_place(slot: Slot, seven: list[Run]) -> tuple[str, str, str]:
    """Return a slot as the independent counts name it."""
    run = next(run for run in seven if run.name == slot[0])
    return run.course.title, str(run.number), slot[1]


def test_one_file_of_each_bad_kind_among_those_of_seven_runs(futurelearn, seven, slots, settings, tmp_path):
    data: Path = settings.FUTURELEARN_DATA_DIR
    break_all(futurelearn, seven, slots)
    code, lines = run_import()

    # Each is reported as said, and the last line names all that are not here.
    gone = {f"{name}_{kind}.csv" for name, kind in (slots[case] for case in (*REFUSED, *MISSING) if case != "missing")}
    assert code == 1
    assert set(lines[-1].partition("Missing: ")[2].rstrip(".").split(", ")) == gone
    first = ImportRun.objects.get()
    files = {file.name: file for file in first.imported_files.all()}
    for case, (kind, *_, words) in (REFUSED | MISSING).items():
        file = files[f"{slots[case][0]}_{kind}.csv"]
        outcome = "absent" if case == "missing" else "refused" if case in REFUSED else "missing"
        assert (file.outcome, words in file.problem) == (outcome, True), (case, file.problem)
    for case, (kind, _change, words) in REJECTED.items():
        file = files[f"{slots[case][0]}_{kind}.csv"]
        assert (file.outcome, file.rows_rejected) == ("loaded", 1), case
        assert words in file.rejects[0]["reason"], case
        assert (data / file.rejects_file).read_text().count("\n") >= 2
    assert len(files) == first.files

    # The rows of all others, and the good rows of these, are here: by a count of our own.
    refused = {by_place(slots[case], seven) for case in REFUSED}
    rejected = {by_place(slots[case], seven) for case in REJECTED}
    wanted = {key: count for key, count in counted(data, but=refused).items() if key[2] != "metadata"}
    rows = stored()
    assert {key: count for key, count in rows.items() if count} == {
        key: count - (key in rejected) for key, count in wanted.items() if count > (key in rejected)
    }
    assert first.rows_read == first.rows_stored + first.rows_rejected
    assert first.rows_stored == sum(rows.values()) == sum(wanted.values()) - len(REJECTED)
    assert not list(data.rglob("*.part"))
    assert not list(data.rglob("update.txt"))

    # The next night brings the same, and nothing changes.
    before = prints()
    code, again = run_import("--all")
    assert (code, again[-1].partition("Missing: ")[2]) == (1, lines[-1].partition("Missing: ")[2])
    assert prints() == before

    # Once FutureLearn has mended them, all is here, as if nothing had happened.
    bad, rules = dict(futurelearn.files), list(futurelearn.faults.rules)
    futurelearn.files.clear()
    futurelearn.faults.rules.clear()
    code, lines = run_import("--all")
    assert code == 0, lines
    whole, kept = stored(), counted(data)
    assert {key: whole[key] for key in kept if key[2] != "metadata"} == {
        key: count for key, count in kept.items() if key[2] != "metadata"
    }
    write_tree(seven, tmp_path / "old")
    for path in (tmp_path / "old").rglob("*.csv"):
        assert (data / path.relative_to(tmp_path / "old")).read_bytes() == path.read_bytes()

    # Broken once more, they take nothing away that was there.
    futurelearn.files.update(bad)
    futurelearn.faults.rules.extend(rules)
    code, lines = run_import("--all")
    assert code == 1
    assert stored() == whole
    last = ImportRun.objects.first()
    assert set(last.imported_files.filter(outcome="refused").values_list("rows_stored", flat=True)) == {0}
    assert last.imported_files.filter(outcome=ImportedFile.Outcome.LOADED).count() == len(REJECTED)
