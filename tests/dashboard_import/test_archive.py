"""The files as kept: safe names, whole files or none, the old tool's folders."""

import csv
import datetime
import errno
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard_import import archive
from dashboard_import.runs import RunFacts

DAY = datetime.date(2018, 2, 5)
FACTS = RunFacts(3, "cyber-security", "Newcastle", 'Cyber, "Security"', DAY, datetime.date(2018, 2, 26), 3, "finished")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Cyber Security: Safety at Home", "Cyber Security: Safety at Home"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("..", "unnamed"),
        ("", "unnamed"),
        (" .hidden ", "hidden"),
        ("a/b\\c\0d\ne", "a-b-c-d-e"),
        ("é" * 200, "é" * 60),
        ("a\ud800b", "ab"),
    ],
)
def test_safe_names(name, wanted):
    assert archive.safe_name(name) == wanted


@given(st.text())
def test_no_name_leaves_its_folder(text):
    name = archive.safe_name(text)
    assert name
    assert not {"/", "\\", "\0"} & set(name)
    assert not name.startswith(".")
    assert len(name.encode()) <= archive.LONGEST_NAME
    assert archive.safe_name(name) == name


def test_a_hostile_institution_stays_inside(tmp_path):
    facts = RunFacts(1, "x", "../../up", "/etc", DAY, DAY, 1)
    assert tmp_path in archive.run_folder(tmp_path, facts).resolve().parents


def test_a_file_is_replaced_by_a_whole_one_only(tmp_path):
    path = tmp_path / "comments.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), archive.new_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["old"]
    with archive.new_file(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["new"]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "comments.csv"
    path.write_text("old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(OSError, match="No space"), archive.new_file(path) as file:
        file.write(b"new")
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["old"]


def test_metadata_as_the_old_tool_had_it_but_quoted(tmp_path):
    archive.write_metadata(tmp_path, FACTS)
    lines = (tmp_path / "metadata.csv").read_text().splitlines()
    assert lines[0] == "uni_name,course_name,run,start_date,end_date,duration_weeks"
    assert next(csv.reader(lines[1:])) == ["Newcastle", 'Cyber, "Security"', "3", "2018-02-05", "2018-02-26", "3"]


def test_a_run_with_new_dates_keeps_one_folder(tmp_path):
    first = archive.run_folder(tmp_path, FACTS)
    (first / "comments.csv").write_text("here")
    later = archive.run_folder(tmp_path, RunFacts(3, "cyber-security", "Newcastle", FACTS.course, DAY, DAY, 4))
    assert later.name == "3 - 2018-02-05 - 2018-02-05"
    assert (later / "comments.csv").read_text() == "here"
    assert [path.name for path in first.parent.iterdir()] == [later.name]


def test_the_table_of_totals_keeps_other_runs(tmp_path):
    (tmp_path / "Newcastle").mkdir()
    one = archive.totals_row(
        FACTS, {"joiners": {"count": 3544, "percent": None}, "leavers": {"count": 4, "percent": 1.5}}
    )
    two = archive.totals_row(RunFacts(4, "cyber-security", "Newcastle", "Cyber", DAY), {})
    archive.write_totals(tmp_path, "Newcastle", [one])
    archive.write_totals(tmp_path, "Newcastle", [two])
    archive.write_totals(tmp_path, "Newcastle", [two])
    with (tmp_path / "Newcastle" / "Courses Data" / "Courses-Data.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows[0]) == 30
    assert [(row["run_id"], row["joiners"], row["leavers_percent"], row["run"]) for row in rows] == [
        ("cyber-security - 3", "3544", "1.5", "3"),
        ("cyber-security - 4", "N/A", "N/A", "4"),
    ]


def test_what_was_missing_of_a_finished_run(tmp_path):
    now = datetime.datetime(2018, 4, 1, tzinfo=datetime.UTC)
    assert archive.last_fetch(tmp_path) is None
    for status, missing, last in [
        ("in progress", [], None), ("finished", ["x"], (now, {"x"})), ("finished", [], (now, set())),
    ]:  # fmt: skip
        archive.write_record(tmp_path, status, missing, now)
        assert archive.last_fetch(tmp_path) == last
    for text in ("{", "[]", '{"at": "2018-04-01T00:00:00+00:00", "status": "finished"}'):
        (tmp_path / archive.RECORD).write_text(text)
        assert archive.last_fetch(tmp_path) is None


def test_halves_that_a_killed_process_left_are_swept_away(tmp_path):
    folder = archive.run_folder(tmp_path, FACTS)
    old, young = folder / ".a.part", folder / ".b.part"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (time.time() - archive.DEAD_AFTER - 60,) * 2)
    archive.run_folder(tmp_path, FACTS)
    assert list(folder.iterdir()) == [young]


def test_damaged_tables_of_links_give_no_addresses(tmp_path):
    (tmp_path / "extract-links.csv").write_bytes(b'Week Number,"' + b"x" * 200_000)
    assert archive.step_addresses(tmp_path) == {}
    (tmp_path / "extract-links.csv").write_bytes(b"Week Number,Step Number,Step URL\n1,10,https://x\n")
    assert archive.step_addresses(tmp_path) == {"1.10": "https://x"}


def test_addresses_that_were_known_stay(tmp_path):
    rows = [("1.1", "", "", "", "a"), ("1.10", "", "", "", "b")]
    archive.write_table(tmp_path / "scraped-links.csv", archive.LINKS, rows)
    assert archive.step_addresses(tmp_path) == {"1.1": "a", "1.10": "b"}
    (tmp_path / "extract-links.csv").write_bytes(b"Week Number,Step Number,Step URL\n1,10,c\n1,1,\n")
    assert archive.step_addresses(tmp_path) == {"1.1": "a", "1.10": "c"}
