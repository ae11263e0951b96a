"""Fetching when the sign-in, the settings, the disk or a name is bad; and runs that have not begun."""

import datetime
import errno
import json
from dataclasses import replace

import pytest

from dashboard_import import archive
from dashboard_import.datasets import KINDS
from dashboard_import.generating import make_runs
from dashboard_import.models import CourseRun, CourseStep, ImportRun
from tests.dashboard_import.fetched import files_in, point, run_import, run_one
from tests.futurelearn_standin import PASSWORD, USERNAME, StandIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waits")]


def test_wrong_credentials(futurelearn, settings, data):
    settings.FUTURELEARN_PASSWORD = "wrong-word"
    code, lines = run_import()
    assert code == 1
    assert "user name or the password is wrong" in lines[-1]
    assert "wrong-word" not in "\n".join(lines) + ImportRun.objects.get().error
    assert not data.exists()


def test_the_session_ends_for_good_in_the_middle(futurelearn, data):
    futurelearn.faults.add("signed-out", "bread-from-field-to-table/1/stats-dashboard/data")
    code, lines = run_import("--fetch-only")
    assert code == 1
    assert "bread-from-field-to-table-1, the-mind-is-flat-2, the-mind-is-flat-1." in lines[-1]
    assert "asks to sign in again" in ImportRun.objects.get().error
    assert list(data.rglob("enrolments.csv"))
    assert not list(data.rglob("update.txt"))


def test_a_file_that_always_leads_to_the_sign_in_form_stops_nothing_else(futurelearn, data):
    futurelearn.faults.add("signed-out", "bread-from-field-to-table/1/stats-dashboard/data/comments")
    code, lines = run_import("--fetch-only")
    assert code == 1
    assert lines[-1].endswith("Missing: bread-from-field-to-table-1_comments.csv.")
    assert len(list(data.rglob("enrolments.csv"))) == 7


def test_a_kind_of_file_that_is_new_is_kept_and_said(futurelearn, data, monkeypatch):
    monkeypatch.delitem(KINDS, "campaigns")
    code, lines = run_import("--run=2")
    assert code == 0
    assert sum("Kept but not loaded, as nobody knows this kind yet: campaigns." in line for line in lines) == 3
    assert len(list(data.rglob("campaigns.csv"))) == 3


def test_options_of_fetching_mean_nothing_for_files(tmp_path):
    code, lines = run_import(f"--from={tmp_path}", "--since=2026-01-01", "--fetch-only")
    assert code == 1
    assert lines == ["--since and --fetch-only only makes sense for fetching, so not with --from."]


def test_nobody_to_sign_in_as(settings):
    settings.FUTURELEARN_USERNAME = settings.FUTURELEARN_PASSWORD = ""
    code, lines = run_import()
    assert code == 1
    assert [line[:54] for line in lines] == ["Set FUTURELEARN_USERNAME and FUTURELEARN_PASSWORD, or "]


def test_the_old_tool_s_config(futurelearn, settings, tmp_path):
    settings.FUTURELEARN_USERNAME = settings.FUTURELEARN_PASSWORD = ""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"username": USERNAME, "password": PASSWORD, "mysqlpassword": "x"}))
    assert run_import("--dry-run", f"--config={config}")[0] == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"username": "a"}', '{"username": "hunter2", "password": 5}'])
def test_a_config_that_cannot_be_used(tmp_path, text):
    config = tmp_path / "config.json"
    config.write_text(text)
    code, lines = run_import(f"--config={config}")
    assert code == 1
    assert lines[-1].startswith("config.json ")
    assert "hunter2" not in lines[-1]
    assert run_import(f"--config={tmp_path / 'nothing.json'}")[1][-1].startswith("nothing.json cannot be read")


def test_a_full_disk(futurelearn, data, monkeypatch):
    run_import("--fetch-only", "--course=the-mind-is-flat", "--run=1")
    kept = files_in(data)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    code, lines = run_import("--fetch-only", "--all", "--course=the-mind-is-flat")
    assert code == 1
    assert "It could not be written here: No space left on device." in "\n".join(lines)
    assert "the-mind-is-flat-1" in lines[-1]
    assert files_in(data) == kept
    assert not list(data.rglob("*.part"))


def test_hostile_names_stay_inside(settings, tmp_path, monkeypatch):
    runs = make_runs(1, runs=1, joiners=5, institution="../../../up")
    object.__setattr__(runs[0].course, "title", "../../<b>&amp;\\course")
    with StandIn(runs, institution="../../../up") as futurelearn:
        point(settings, futurelearn, tmp_path)
        assert run_import("--fetch-only")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert list((tmp_path / "data").glob("*/*/1 - */enrolments.csv"))


def upcoming(futurelearn: StandIn) -> None:
    """Let the newest run of a course begin in a month only."""
    run = futurelearn.runs[-1]
    futurelearn.runs = [*futurelearn.runs[:-1], replace(run, start=run.today + datetime.timedelta(days=30))]


def test_a_run_that_has_not_begun_has_its_enrolments(futurelearn, data):
    upcoming(futurelearn)
    code, lines = run_import("--course=the-mind-is-flat", "--run=2")
    assert code == 0, lines
    assert {path.name for path in data.rglob("*.csv")} - {"Courses-Data.csv"} == {"enrolments.csv", "metadata.csv"}
    assert CourseRun.objects.get().status == "upcoming"


@pytest.mark.parametrize(("kind", "path"), [("missing", "2/stats-dashboard"), ("html", "/data/enrolments")])
def test_a_run_that_has_not_begun_may_have_nothing_at_all(futurelearn, kind, path):
    upcoming(futurelearn)
    futurelearn.faults.add(kind, path)
    code, lines = run_import("--course=the-mind-is-flat", "--run=2")
    assert code == 0, lines
    assert ImportRun.objects.get().imported_files.get().outcome == "absent"


def test_two_courses_of_one_name_have_two_folders(settings, tmp_path):
    runs = make_runs(1, courses=2, runs=2, joiners=5)
    object.__setattr__(runs[1].course, "title", runs[0].course.title)
    with StandIn(runs) as futurelearn:
        point(settings, futurelearn, tmp_path)
        assert run_import()[0] == 0
    assert len({path.parent.parent for path in tmp_path.rglob("enrolments.csv")}) == 2
    assert CourseRun.objects.count() == 2


def test_totals_and_steps_are_stored(futurelearn, seven):
    run_import("--course=the-mind-is-flat", "--run=1")
    stored = CourseRun.objects.get()
    run = run_one(seven)
    assert (stored.slug, stored.number, stored.start, stored.end) == (run.course.slug, 1, run.start, run.end)
    assert (stored.weeks, stored.status, stored.course) == (3, "finished", "The Mind is Flat")
    assert stored.totals["joiners"] == {"count": run.joiners, "percent": None}
    steps = CourseStep.objects.filter(run=stored).order_by("week", "step")
    assert [f"{step.week}.{step.step}" for step in steps] == [step.name for step in run.course.steps]
    assert [step.step_type for step in steps] == [step.type for step in run.course.steps]


def test_no_secret_anywhere(futurelearn, data, caplog):
    caplog.set_level(0)
    futurelearn.faults.add("changed", "the-mind-is-flat/1/overview")
    futurelearn.faults.add("error", "/data/campaigns")
    _code, lines = run_import("--course=the-mind-is-flat")
    row = ImportRun.objects.get()
    said = "\n".join(
        [*lines, caplog.text, row.error, row.by, row.source, *(file.problem for file in row.imported_files.all())]
    )
    kept = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for secret in (USERNAME, PASSWORD, *futurelearn.secrets):
        assert secret not in said
        assert secret.encode() not in kept
