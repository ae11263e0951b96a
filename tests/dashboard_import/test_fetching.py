"""Fetching as a whole: what is fetched, what is left alone, and that a failure stops only what it concerns."""

import datetime
import errno
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard_import import archive
from dashboard_import.datasets import KINDS
from dashboard_import.generating import Run, kinds, make_runs, pieces
from dashboard_import.models import Comment, CourseRun, CourseStep, ImportRun
from tests.dashboard_import.fetched import point, run_import
from tests.futurelearn_standin import ERAS, PASSWORD, USERNAME, StandIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waits")]


@pytest.fixture
def data(settings) -> Path:
    return settings.FUTURELEARN_DATA_DIR


def tree(folder: Path) -> dict[str, bytes]:
    """All files but our own records, which hold the time."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (archive.RECORD, "update.txt")
    }


@pytest.mark.parametrize("era", ERAS)
def test_each_year_s_pages_lead_to_the_same(era, seven, settings, tmp_path):
    with StandIn(seven[:2], era=era) as futurelearn:
        point(settings, futurelearn, tmp_path)
        code, lines = run_import("--fetch-only")
        assert code == 0, lines
        assert len(list(settings.FUTURELEARN_DATA_DIR.rglob("scraped-links.csv"))) == (
            2 if futurelearn.look.steps else 0
        )
        for run in seven[:2]:
            for kind in kinds(run):
                (path,) = settings.FUTURELEARN_DATA_DIR.glob(f"*/*/{run.number} - {run.start} - {run.end}/{kind}.csv")
                assert path.read_bytes() == b"".join(pieces(run, kind))


def test_a_dry_run_writes_nothing(futurelearn, data):
    code, lines = run_import("--dry-run")
    assert code == 0
    assert sum("to be fetched" in line for line in lines) == 7
    assert len(futurelearn.asked) == 4
    assert not data.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--course=the-mind-is-flat"], {"the-mind-is-flat-1", "the-mind-is-flat-2"}),
        (["--course=The Mind is Flat", "--run=2"], {"the-mind-is-flat-2"}),
        (
            ["--since=2026-08-01"],
            {"the-mind-is-flat-2", "bread-from-field-to-table-2", "cyber-security-safety-at-home-3"},
        ),
    ],
)
def test_what_is_asked_for(futurelearn, options, names):
    code, lines = run_import("--dry-run", *options)
    assert code == 0
    assert {line.partition(":")[0] for line in lines if "to be fetched" in line} == names


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_shows_how_far_it_is(futurelearn, data, monkeypatch):
    monkeypatch.setattr("sys.stderr", seen := Terminal())
    run_import("--course=the-mind-is-flat")
    assert "0/2 " in seen.getvalue()
    monkeypatch.setattr("sys.stderr", seen := Terminal())
    run_import(f"--from={data}")
    size = sum(path.stat().st_size for path in data.rglob("*.csv") if path.name != "metadata.csv")
    assert f"0.00/{size / 1000:.0f}k" in seen.getvalue()
    monkeypatch.setattr("sys.stderr", seen := io.StringIO())
    run_import("--course=the-mind-is-flat")
    assert seen.getvalue() == ""


def test_nothing_of_that_name(futurelearn):
    code, lines = run_import("--course=alchemy")
    assert code == 1
    assert "7 runs, and none that was asked for" in " ".join(lines)


def test_fetch_only_loads_nothing_and_the_next_loads_what_is_here(futurelearn, data):
    assert run_import("--fetch-only", "--course=the-mind-is-flat")[0] == 0
    assert not Comment.objects.exists()
    assert ImportRun.objects.get().status == ImportRun.Status.DONE
    asked = len(futurelearn.downloads)
    code, lines = run_import("--course=the-mind-is-flat", "--run=1")
    assert code == 0
    assert "the-mind-is-flat-1: finished, and complete here." in lines
    assert len(futurelearn.downloads) == asked
    assert Comment.objects.exists()


def test_a_fetch_that_loads_nothing_gives_signs_of_life(futurelearn, monkeypatch):
    seen, plain = [], archive.run_folder

    def look(root, facts):
        seen.append(ImportRun.objects.get().seen)
        return plain(root, facts)

    monkeypatch.setattr(archive, "run_folder", look)
    assert run_import("--fetch-only", "--course=the-mind-is-flat")[0] == 0
    assert len(set(seen)) == 2


def test_a_finished_run_is_fetched_once(futurelearn, data):
    flat = "--course=the-mind-is-flat"
    run_import("--fetch-only", flat)
    before, asked = tree(data), len(futurelearn.downloads)
    assert run_import("--fetch-only", flat)[1][-2].endswith("1 finished runs were complete here.")
    again = futurelearn.downloads[asked:]
    assert {path.split("/")[4] for path in again} == {"2"}  # the run in progress
    assert tree(data) == before
    run_import("--fetch-only", "--all", flat)
    assert len(futurelearn.downloads) == asked + len(again) + asked


def test_a_run_fetched_before_its_files_settled_is_fetched_again(futurelearn, data):
    run_import("--fetch-only", "--course=the-mind-is-flat", "--run=1")
    (record,) = data.rglob(archive.RECORD)
    said = json.loads(record.read_text())
    end = record.parent.name[-10:]
    record.write_text(json.dumps(said | {"at": f"{end}T03:00:00+00:00"}))
    asked = len(futurelearn.downloads)
    run_import("--fetch-only", "--course=the-mind-is-flat", "--run=1")
    assert len(futurelearn.downloads) == 2 * asked


def test_a_failure_of_one_file_stops_nothing_else(futurelearn, data):
    run_import("--course=the-mind-is-flat")
    kept, rows = tree(data), Comment.objects.count()
    name = "the-mind-is-flat/1/stats-dashboard/data/comments"
    futurelearn.faults.add("error", name)
    code, lines = run_import("--all", "--course=the-mind-is-flat")
    assert code == 1
    assert lines[-1].endswith("Missing: the-mind-is-flat-1_comments.csv.")
    assert "FutureLearn answered 500, 4 times." in "\n".join(lines)
    assert tree(data) == kept
    assert Comment.objects.count() == rows
    last = ImportRun.objects.first()
    assert (last.status, "500" in last.error) == (ImportRun.Status.INCOMPLETE, True)
    futurelearn.faults.rules.clear()
    asked = len(futurelearn.downloads)
    code, lines = run_import("--course=the-mind-is-flat", "--run=1")  # what was missing is fetched without --all
    assert (code, lines[0]) == (0, "the-mind-is-flat-1: 1 files. Only what was missing was asked for.")
    assert futurelearn.downloads[asked:] == [f"/admin/courses/{name}"]
    assert "the-mind-is-flat-1: finished, and complete here." in run_import("--course=the-mind-is-flat", "--run=1")[1]


@pytest.mark.parametrize("page", ["/overview", "/totals"])
def test_a_page_that_was_missing_is_asked_for_alone(futurelearn, data, page):
    one = ("--course=the-mind-is-flat", "--run=1")
    futurelearn.faults.add("error", f"the-mind-is-flat/1{'/stats-dashboard' * (page == '/totals')}{page}")
    assert run_import(*one)[0] == 1
    futurelearn.faults.rules.clear()
    asked = len(futurelearn.asked)
    assert run_import(*one)[0] == 0
    again = [path for method, path, _, _ in futurelearn.asked[asked:] if "/the-mind-is-flat/1" in path]
    assert again[2:] == [again[0] + ("/stats-dashboard" * (page == "/totals")) + page]
    assert run_import(*one)[1][0] == "the-mind-is-flat-1: finished, and complete here."


def run_one(seven: list[Run]) -> Run:
    return next(run for run in seven if run.name == "the-mind-is-flat-1")


def test_a_file_that_always_fails_does_not_have_all_others_fetched_each_night(futurelearn, seven, data):
    one = ("--course=the-mind-is-flat", "--run=1")
    futurelearn.faults.add("error", "/data/comments")
    assert run_import("--fetch-only", *one)[0] == 1
    futurelearn.faults.rules.clear()
    futurelearn.files["the-mind-is-flat-1", "comments"] = b"id\n1\n"  # comes, and is refused
    for _night in range(2):
        asked = len(futurelearn.downloads)
        code, lines = run_import(*one)
        assert (code, len(futurelearn.downloads) - asked) == (1, 1)
        assert lines[-1].endswith("Missing: the-mind-is-flat-1_comments.csv.")
    assert {file.kind for file in ImportRun.objects.first().imported_files.all()} == {"comments"}
    loaded = {file.kind for run in ImportRun.objects.all() for file in run.imported_files.filter(outcome="loaded")}
    others = {kind.replace("-", "_") for kind in kinds(run_one(seven))} - {"comments"}
    assert loaded == others | {"course_overview"}  # of the first night, which kept them only


@pytest.mark.parametrize("kind", ["cut", "html", "elsewhere", "reset", "forbidden", "loop"])
def test_whatever_goes_wrong_with_a_file_what_was_there_stays(futurelearn, data, kind):
    run_import("--fetch-only", "--course=the-mind-is-flat", "--run=1")
    kept = tree(data)
    futurelearn.faults.add(kind, "/data/comments")
    code, lines = run_import("--fetch-only", "--all", "--course=the-mind-is-flat", "--run=1")
    assert code == 1
    assert lines[-1].endswith("Missing: the-mind-is-flat-1_comments.csv.")
    assert tree(data) == kept


def test_a_404_means_that_there_is_no_such_file(futurelearn, data):
    futurelearn.faults.add("missing", "/data/campaigns")
    code, _lines = run_import("--course=the-mind-is-flat", "--run=1")
    assert code == 0
    assert not list(data.rglob("campaigns.csv"))
    absent = {file.kind for file in ImportRun.objects.get().imported_files.filter(outcome="absent")}
    assert "campaigns" in absent
    asked = len(futurelearn.downloads)
    code, lines = run_import("--course=the-mind-is-flat", "--run=1")  # so the run is complete, and left alone
    assert (code, lines[0], len(futurelearn.downloads)) == (
        0,
        "the-mind-is-flat-1: finished, and complete here.",
        asked,
    )


@pytest.mark.parametrize(
    ("path", "page", "words"),
    [
        ("/the-mind-is-flat/1", "run details", "m-metadata__content"),
        ("/the-mind-is-flat/1/stats-dashboard", "statistics", "stats-dashboard/data"),
        ("/the-mind-is-flat/1/stats-dashboard/totals", "totals", "m-table--condensed"),
        ("/the-mind-is-flat/1/overview", "course overview", "m-overview__step-row"),
    ],
)
def test_a_page_nobody_knows_stops_its_run_only(futurelearn, data, path, page, words, monkeypatch):
    plain = futurelearn.faults.for_path
    monkeypatch.setattr(
        futurelearn.faults, "for_path", lambda asked: plain(asked) if asked.endswith(f"{path}") else None
    )
    futurelearn.faults.add("changed", path)
    code, lines = run_import("--fetch-only", "--course=the-mind-is-flat")
    text = "\n".join(lines)
    assert code == 1
    assert f"The {page} page has a layout that we do not know: looked for" in text
    assert words in text
    assert "the-mind-is-flat-2: 18 files." in lines
    (copy,) = (data / "unknown-pages").iterdir()
    assert str(copy) in text
    kept = copy.read_text()
    assert "All new" in kept
    for secret in (USERNAME, PASSWORD, *futurelearn.secrets):
        assert secret not in kept


def test_a_list_nobody_knows(futurelearn, data):
    futurelearn.faults.add("changed", "/admin/organisations")
    code, lines = run_import()
    assert code == 1
    assert "The courses page has a layout that we do not know" in lines[-1]
    assert [path.name for path in data.rglob("*.html")] == ["courses.html"]
    assert ImportRun.objects.get().status == ImportRun.Status.FAILED


def test_many_pages_of_courses(settings, tmp_path):
    runs = make_runs(1, courses=43, runs=43, joiners=1)
    with StandIn(runs) as futurelearn:
        point(settings, futurelearn, tmp_path)
        code, lines = run_import("--dry-run")
        assert (code, sum("to be fetched" in line for line in lines)) == (0, 43)
        futurelearn.faults.add("changed", "page=2")
        code, lines = run_import("--dry-run")
        assert (code, sum("to be fetched" in line for line in lines)) == (1, 20)
        assert "Page 2 of the list of courses: The courses page has a layout that we do not know" in "".join(lines)
        assert "Missing: list of courses." in lines[-1]
        futurelearn.faults.rules.clear()
        futurelearn.faults.add("error", "page=3")
        code, lines = run_import("--dry-run")
        assert code == 1
        assert "Page 3 of the list of courses: FutureLearn answered 500" in lines[-2] + lines[-1] + "".join(lines)


@pytest.mark.parametrize("fault", [None, "missing"])
def test_a_list_whose_last_page_is_full(settings, tmp_path, fault):
    with StandIn(make_runs(1, courses=20, runs=20, joiners=1)) as futurelearn:
        point(settings, futurelearn, tmp_path)
        if fault:
            futurelearn.faults.add(fault, "page=2")
        code, lines = run_import("--dry-run")
        assert (code, sum("to be fetched" in line for line in lines)) == (0, 20)


def test_a_run_with_a_status_or_a_start_that_is_new(futurelearn, seven, monkeypatch):
    """A status nobody knows is taken for one in progress; a start that cannot be read is in the breadcrumb as well."""
    plain = futurelearn.answer
    run = run_one(seven)
    day = f"{run.start.day} {run.start:%b %Y}"

    def odd(request):
        response = plain(request)
        if "courses-all" in request.path:
            row = response.body.index(f'/the-mind-is-flat/{run.number}"')
            rest = response.body[row:].replace("Finished", "Always open", 1).replace(day, "Soon", 1)
            response.body = response.body[:row] + rest
        return response

    monkeypatch.setattr(futurelearn, "answer", odd)
    code, lines = run_import("--fetch-only", "--course=the-mind-is-flat", "--run=1")
    assert (code, lines[0]) == (0, f"the-mind-is-flat-1: {len(kinds(run)) + 1} files.")
    futurelearn.faults.add("html", "the-mind-is-flat/1/stats-dashboard")
    code, lines = run_import("--fetch-only", "--course=the-mind-is-flat", "--run=1")
    assert code == 1
    assert lines[0] == "the-mind-is-flat-1: The list of courses says “Soon” for its start, which is no day."
    assert lines[-1].endswith("Missing: the-mind-is-flat-1.")


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
    kept = tree(data)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    code, lines = run_import("--fetch-only", "--all", "--course=the-mind-is-flat")
    assert code == 1
    assert "It could not be written here: No space left on device." in "\n".join(lines)
    assert "the-mind-is-flat-1" in lines[-1]
    assert tree(data) == kept
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
