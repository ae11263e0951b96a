"""From files to rows: every kind, whole or not at all, nothing twice, every row accounted for."""

import csv
import datetime
import os
from pathlib import Path

import pytest
from django.db import OperationalError

from dashboard_import import rollups
from dashboard_import.datasets import DATASETS, KINDS
from dashboard_import.models import (
    Archetype,
    Campaign,
    Comment,
    CountrySubdivision,
    CourseRun,
    CourseStep,
    Enrolment,
    ImportedFile,
    ImportRun,
    LeavingResponse,
    PostCourseResponse,
    QuizResponse,
    StepActivity,
    Tally,
    TeamMember,
    VideoStats,
    WeeklySentiment,
)
from dashboard_import.rejects import Rejects
from tests.dashboard_import.files import ADA, BOB, DAY, ENROLMENTS, FILES, GOOD, LATER, STEPS, rows, text, tree, write

AT, THEN = (
    datetime.datetime(2016, 9, 5, 10, tzinfo=datetime.UTC),
    datetime.datetime(2016, 9, 6, 11, 30, tzinfo=datetime.UTC),
)


@pytest.mark.django_db(transaction=True)
def test_a_tree_of_all_kinds(load, tmp_path):
    tree(tmp_path / "data")
    said = load(tmp_path / "data")
    run = CourseRun.objects.get()
    assert (run.institution, run.course, run.slug, run.number, run.weeks) == (
        "Baker University", "Bread: the basics", "bread-the-basics", 1, 3,
    )  # fmt: skip
    assert (str(run.start), str(run.end)) == ("2016-09-05", "2016-09-25")
    assert run.totals == {"joiners": {"count": 3544, "percent": None}, "leavers": {"count": 407, "percent": 11.5}}
    expected = {KINDS[kind.replace("-", "_")]: rows(kind) for kind in FILES}
    assert expected.keys() == DATASETS.keys()
    assert {kind: dataset.model.objects.filter(run=run).count() for kind, dataset in DATASETS.items()} == expected
    total = sum(expected.values()) + 1
    assert f"19 files, {total} rows read, {total} stored, 0 rejected" in said.splitlines()[-1]
    done = ImportRun.objects.get()
    assert (done.status, done.rows_read, done.rows_stored, done.error) == ("done", total, total, "")
    assert done.seconds > 0


@pytest.mark.django_db
def test_what_is_in_the_rows(load, tmp_path):
    tree(tmp_path)
    load(tmp_path)
    ada, bob = Enrolment.objects.order_by("row")
    assert (ada.row, ada.learner_id, ada.enrolled_at, ada.unenrolled_at, ada.country) == (1, ADA, AT, None, "NA")
    assert (bob.detected_country, bob.gender, bob.fully_participated_at, bob.extra) == ("--", "Unknown", THEN, None)
    assert [(row.week, row.step, row.last_completed_at) for row in StepActivity.objects.order_by("row")] == [
        (1, 1, THEN), (1, 10, None), (1, 1, None),
    ]  # fmt: skip
    first, reply = Comment.objects.order_by("row")
    assert (first.text, first.parent_id, first.likes) == ('A "word"\nand \\ more, with a tab\t.', None, 3)
    assert (reply.author_id, reply.parent_id, reply.moderated, reply.timestamp) == ("", 70001, LATER, THEN)
    quiz = list(QuizResponse.objects.order_by("row").values_list("learner_id", "response", "correct", "week", "step"))
    assert quiz == [(ADA, "1,2,3", True, 1, 8), ("", "2", False, 1, 8), ("", "2", False, 1, 8)]
    assert list(TeamMember.objects.order_by("row").values_list("person_id", "team_role")) == [
        (BOB, "educator"), (BOB, "mentor"),
    ]  # fmt: skip
    video = VideoStats.objects.get()
    assert (video.week, video.step, video.total_views, video.antarctica_views_percentage) == (1, 5, 1200, 12.5)
    campaign = Campaign.objects.get()
    assert (campaign.utm_source, campaign.utm_campaign, campaign.upgrades_purchased) == ("None", "Unknown", None)
    assert list(LeavingResponse.objects.order_by("row").values_list("leaving_reason", "week", "step")) == [
        ("I don’t have enough time", 1, 10), ("Other", None, None),
    ]  # fmt: skip
    assert Archetype.objects.get().archetype == "Vitalisers"
    assert WeeklySentiment.objects.get().reason == "Good.\r\nVery\ngood."
    assert PostCourseResponse.objects.get().extra == {"How was it?": "Good"}
    assert CountrySubdivision.objects.get().country_code == "NA"
    assert list(CourseStep.objects.order_by("row").values_list("week", "step", "step_type")) == [
        (1, 1, "video"), (1, 10, "article"),
    ]  # fmt: skip
    counted = Tally.objects.filter(kind__in=["visited", "completed"]).order_by("week", "step", "day", "kind")
    assert [(one.step, one.day.day, one.kind, one.everyone) for one in counted] == [
        (1, 5, "visited", 1), (1, 6, "completed", 1), (1, 6, "visited", 1), (10, 5, "visited", 1),
    ]  # fmt: skip


LAYOUTS = {
    "enrolments": [ENROLMENTS.removesuffix(",detected_country"), f"{ADA},{DAY},,learner,,,Unknown,NA,,,,"],
    "step-activity": ["learner_id,step,first_visited_at,last_completed_at", f"{ADA},1.10,{DAY},"],
    "comments": [
        "id,author_id,parent_id,step,week_number,step_number,text,timestamp,moderated,likes",
        f"7,{ADA},,1.2,1,2,Hello,{DAY},,4",
    ],
    "comments ": ["id,author_id,parent_id,step,text,timestamp,likes,moderated", f"7,{ADA},,1.2,Hello,{DAY},4,"],
    "question-response": [
        "learner_id,quiz_question,week_number,step_number,question_number,response,submitted_at,correct",
        f"{ADA},1.8.1,1,8,1,2,{DAY},TRUE",
    ],
    "video-stats": [
        ",".join(
            name for name in FILES["video-stats"][0].split(",") if name not in ("step_position", "video_duration")
        ),
        f"Bread,5,0,0,0{',0' * 21}",
    ],
    "campaigns": ["utm_source,utm_campaign,utm_medium,domain,enrolments,active_learners", "a,b,c,d,1,2"],
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", LAYOUTS)
def test_older_layouts(load, tmp_path, kind):
    path = write(tmp_path / f"bread-2_{kind.strip()}.csv", "\n".join(LAYOUTS[kind]))
    assert "1 rows read, 1 stored, 0 rejected" in load(path)
    row = DATASETS[kind.strip().replace("-", "_")].model.objects.get()
    assert getattr(row, "likes", 4) == 4
    assert (getattr(row, "week", None), getattr(row, "step", None)) in [(None, None), (1, 10), (1, 2), (1, 8)]


@pytest.mark.django_db
def test_columns_in_another_order_and_unknown_ones(load, tmp_path):
    names, cells = f"shoe_size,{STEPS},Mood", f"42,{ADA},1.1,1,1,{DAY},,very “good”"
    order = [7, 3, 1, 0, 2, 6, 5, 4]
    content = "\n".join(",".join(line.split(",")[place] for place in order) for line in (names, cells))
    load(write(tmp_path / "bread-1_step-activity.csv", content))
    row = StepActivity.objects.get()
    assert (row.learner_id, row.first_visited_at, row.extra) == (ADA, AT, {"shoe_size": "42", "Mood": "very “good”"})


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [dataset.kind for dataset in DATASETS.values() if dataset.guessed])
def test_a_kind_whose_columns_are_guessed_is_kept_whatever_they_are_called(load, tmp_path, kind):
    path = tmp_path / f"bread-1_{kind.replace('_', '-')}.csv"
    assert "1 rows read, 1 stored" in load(write(path, "Land,How many\nNamibia,NA\n"))
    row = DATASETS[kind].model.objects.get()
    assert row.extra == {"Land": "Namibia", "How many": "NA"}
    assert not Tally.objects.exists()
    assert "By its columns this is step-activity" in load(write(path, text("step-activity")))
    assert "There is one column only" in load(write(path, "Land\nNamibia\n"))
    assert DATASETS[kind].model.objects.get() == row


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing(load, tmp_path):
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    load(path)
    before = list(Tally.objects.values_list("pk"))
    assert "as before" in load(path)
    assert list(Tally.objects.values_list("pk")) == before
    assert list(ImportedFile.objects.order_by("pk").values_list("outcome", flat=True)) == ["loaded", "unchanged"]
    write(tmp_path / "metadata.csv", "course_name,run,duration_weeks\nBread for all,1,6\n")
    assert "as before" in load(path.parent)
    assert CourseRun.objects.values_list("course", "weeks").get() == ("Bread for all", 6)
    assert "loaded, 3 rows" in load(path, "--again")
    assert StepActivity.objects.count() == 3


@pytest.mark.django_db
def test_a_load_replaces_that_kind_of_that_run_alone(load, tmp_path):
    for run in (1, 2):
        load(write(tmp_path / f"bread-{run}_step-activity.csv", text("step-activity")))
    load(write(tmp_path / "bread-1_enrolments.csv", text("enrolments")))
    load(write(tmp_path / "bread-1_step-activity.csv", f"{STEPS}\n{BOB},2.1,2,1,{DAY},{DAY}\n"))
    assert list(StepActivity.objects.filter(run__number=1).values_list("learner_id", "week")) == [(BOB, 2)]
    assert StepActivity.objects.filter(run__number=2).count() == 3
    assert Enrolment.objects.count() == 2
    counted = Tally.objects.filter(run__number=1, kind__in=["visited", "completed"]).order_by("kind")
    assert list(counted.values_list("week", "kind", "everyone")) == [(2, "completed", 1), (2, "visited", 1)]


@pytest.mark.django_db
def test_a_file_with_a_header_only_empties_the_table(load, tmp_path):
    load(write(tmp_path / "bread-1_step-activity.csv", text("step-activity")))
    assert "loaded" in load(write(tmp_path / "bread-1_step-activity.csv", STEPS))
    assert not StepActivity.objects.exists()
    assert not Tally.objects.exists()


BAD_ROWS = {
    f"{ADA},1.10.2,1,10,{DAY},": "step is “1.10.2”, not a step such as 1.10.",
    f"{ADA},1.2,1,3,{DAY},": "The step is “1.2”, but the numbers beside it are “1” and “3”.",
    f"{ADA},1.2,1,2,0001-01-01 00:00:00 UTC,": "first_visited_at is of 0001-01-01, before FutureLearn began.",
    f"{ADA},1.2,1,2,2999-01-01 00:00:00 UTC,": "first_visited_at is of 2999-01-01, in the future.",
    f"{ADA},1.2,1,2,2016-02-30 00:00:00 UTC,": (
        "first_visited_at is “2016-02-30 00:00:00 UTC”, not a moment such as 2016-09-05 10:00:00 UTC."
    ),
    f"{ADA},1.2,1,2,yesterday,": "first_visited_at is “yesterday”, not a moment such as 2016-09-05 10:00:00 UTC.",
    f",1.2,1,2,{DAY},": "learner_id is empty.",
    f"{'x' * 65},1.2,1,2,{DAY},": "learner_id has 65 characters; 64 is the most.",
    f"{ADA},99999.1,99999,1,{DAY},": "step is “99999.1”, not a step such as 1.10.",
    f"{ADA},1.2,1,2,{DAY}": "The row has 5 cells instead of 6.",
    f"{ADA},1.2,1,2,{DAY},,": "The row has 7 cells instead of 6.",
    STEPS: "The row repeats the names of the columns.",
    f'{ADA},1.2,1,2,"{DAY}"x,': "The row has a quotation mark that ends a cell too early.",
}


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_is_put_aside_with_its_line_and_reason(load, tmp_path, data_dir, bad):
    path = write(
        tmp_path / "bread-1_step-activity.csv", f"{STEPS}\n{GOOD}\n\n{bad}\n{GOOD.replace('1.1,1,1', '1.3,1,3')}\n"
    )
    assert "3 rows read, 2 stored, 1 rejected" in load(path)
    assert list(StepActivity.objects.order_by("row").values_list("row", "step")) == [(1, 1), (3, 3)]
    file = ImportedFile.objects.get()
    assert [(row["line"], row["reason"]) for row in file.rejects] == [(4, BAD_ROWS[bad])]
    with (data_dir / file.rejects_file).open(newline="") as kept:
        heading, found = csv.reader(kept)
    assert heading == ["line", "reason", *STEPS.split(",")]
    assert found[:2] == ["4", BAD_ROWS[bad]]
    assert "".join(found[2:]) in (bad.replace(",", ""), bad)


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["9223372036854775808", "1" * 5_000, "12.5", "x", ""])
def test_numbers_over_64_bits_and_no_numbers(load, tmp_path, number):
    line = f"{number},{ADA},,1.1,1,1,Hello,{DAY},0,,,,"
    content = f"{FILES['comments'][0]}\n{line}\n{line.replace(number, '12.0', 1) if number else '12.0' + line}\n"
    assert "2 rows read, 1 stored, 1 rejected" in load(write(tmp_path / "bread-1_comments.csv", content))
    assert Comment.objects.get().comment_id == 12


@pytest.mark.django_db
def test_bytes_that_are_no_utf8_cost_their_row_alone(load, tmp_path):
    lines = [ENROLMENTS.encode(), *(f"{ADA}{n},{DAY},,,,,é,,,,,,".encode() for n in range(3))]
    lines[2] = lines[2].replace("é".encode(), b"\xe9")
    assert "3 rows read, 2 stored, 1 rejected" in load(write(tmp_path / "bread-1_enrolments.csv", b"\n".join(lines)))
    assert set(Enrolment.objects.values_list("gender", flat=True)) == {"é"}
    assert ImportedFile.objects.get().rejects[0]["reason"] == "The row holds bytes that are not UTF-8."


@pytest.mark.django_db
def test_bytes_that_are_no_utf8_where_something_else_is_awaited(load, tmp_path):
    good, bad = f"{ADA},{DAY},,,,,é,,,,,,".encode(), f"{BOB},{DAY}é,,,,,,,,,,,".encode().replace(b"UTC", b"U\xff")
    content = b"\n".join([ENROLMENTS.encode(), good, bad, b""])
    assert "2 rows read, 1 stored, 1 rejected" in load(write(tmp_path / "bread-1_enrolments.csv", content))
    assert ImportedFile.objects.get().rejects[0]["reason"] == "The row holds bytes that are not UTF-8."
    content = b"\n".join([f"{ENROLMENTS},mood".encode().replace(b"mood", b"m\xff"), good + b",", b""])
    said = load(write(tmp_path / "bread-1_enrolments.csv", content), "--again")
    assert "The names of the columns hold bytes that are not UTF-8." in said


@pytest.mark.django_db
def test_a_name_that_is_no_utf8(load, tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    assert "There is no" in load(folder)
    assert "There is no" in load(folder, "--dry-run")
    write(folder / os.fsdecode(b"bread-1_caf\xe9.csv"), text("enrolments"))
    assert "Its name is not one of FutureLearn's tables." in load(folder)
    assert ImportRun.objects.first().source == "caf?"


@pytest.mark.django_db
def test_somebody_who_comes_twice(load, tmp_path, data_dir):
    lines = text("enrolments") + f"{ADA},{LATER},,learner,,,male,,,,,,\n"
    assert "3 rows read, 2 stored, 1 rejected" in load(write(tmp_path / "bread-1_enrolments.csv", lines))
    assert Enrolment.objects.get(learner_id=ADA).gender == "female"
    [reject] = ImportedFile.objects.get().rejects
    assert (reject["line"], reject["reason"]) == (4, "An earlier row has the same learner_id.")
    assert reject["cells"][6] == "male"


@pytest.mark.django_db
def test_other_letters_are_said(load, tmp_path):
    line = FILES["leaving-survey-responses"][1]
    path = tmp_path / "bread-1_leaving-survey-responses.csv"
    content = f"{FILES['leaving-survey-responses'][0]}\n{line}\n"
    assert "Chinese" not in load(write(path, content))
    assert "1 stored, 0 rejected. It is not in UTF-8 and was read as Chinese (GBK)." in load(
        write(path, content.encode("gbk"))
    )
    assert "read as Windows' western code page." in load(write(path, content.encode("cp1252")))
    assert "read as UTF-16." in load(write(path, content.encode("utf-16")))
    assert LeavingResponse.objects.get().leaving_reason == "I don’t have enough time"


@pytest.mark.django_db(transaction=True)
def test_rejected_rows_that_cannot_be_kept(load, tmp_path, monkeypatch):
    """On a full disk the rows are written when the file is closed: that comes before the load is committed."""
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    load(path)

    def full(rejects: Rejects) -> None:
        rejects.file = Path("/dev/full").open("w")  # noqa: SIM115  (closed by the load)

    monkeypatch.setattr(Rejects, "open", full)
    for bad in (1, 40_000):
        said = load(write(path, f"{STEPS}\n{GOOD}\n" + "x\n" * bad))
        assert "It could not be read or written: No space left on device." in said
        assert "(see " not in said  # the list of them is not whole
        assert said.splitlines()[-1].endswith("Missing: bread-1_step-activity.csv.")
    assert StepActivity.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "words"),
    [(OperationalError("disk I/O error"), "refused it: disk I/O error"), (OSError(28, "No space left"), "No space")],
)
def test_an_import_that_cannot_even_begin_ends_with_a_sentence(load, tmp_path, monkeypatch, fault, words):
    def fail() -> None:
        raise fault

    monkeypatch.setattr("dashboard_import.loader.give_up_lost", fail)
    (line,) = load(write(tmp_path / "bread-1_enrolments.csv", text("enrolments"))).splitlines()
    assert line.startswith("ERROR The import stopped. ")
    assert words in line


CUT_OFF = f'{STEPS}\n{GOOD}\n{ADA},1.2,1,2,"2016'
BAD_FILES = {
    "": "is empty",
    "learner_id\nx\n": "The column step is missing",
    "a" + ",b" * 9_999: "10,000 columns",
    "a,a\n1,2\n": "Two columns have the same name",
    text("enrolments"): "By its columns this is enrolments, not step-activity.",
    CUT_OFF: "was cut off: the quoted text",
    f"{STEPS}\n{GOOD}\n{GOOD[:-30]}": "was cut off: line 3, the last one, has no end. The row has",
    f"{STEPS}\n{GOOD}\n{GOOD[:-5]}": "was cut off: line 3, the last one, has no end. last_completed_at is",
    f"{STEPS}\n{STEPS}\n": "Not one row could be taken. The first: The row repeats the names",
    "<html><body>Sign in</body></html>": "web page",
    f"{STEPS}\n{STEPS.replace(',', ';')}\n": "Not one row",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("content", BAD_FILES, ids=BAD_FILES.values())
def test_a_broken_file_changes_nothing(load, tmp_path, content):
    path = write(tmp_path / "bread-1_step-activity.csv", content)
    said = load(path)
    assert BAD_FILES[content] in said
    assert said.splitlines()[-1].endswith("Missing: bread-1_step-activity.csv.")
    assert not CourseRun.objects.exists()
    load(write(path, text("step-activity")))
    before = list(StepActivity.objects.order_by("row").values()), list(Tally.objects.values())
    write(path, content)
    assert BAD_FILES[content] in load(path)
    assert (list(StepActivity.objects.order_by("row").values()), list(Tally.objects.values())) == before
    file = ImportedFile.objects.latest("pk")
    assert (file.outcome, file.rows_stored) == ("refused", 0)
    assert file.rows_read == file.rows_rejected
    done = ImportRun.objects.latest("pk")
    assert (done.status, done.error) == ("incomplete", f"{path.name}: {file.problem}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), RuntimeError("a bug")])
def test_what_fails_in_the_middle_leaves_the_old_rows(load, tmp_path, monkeypatch, fault):
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    load(path)

    def fail(run, kind):
        raise fault

    monkeypatch.setattr(rollups, "refresh", fail)
    write(path, f"{STEPS}\n{GOOD}\n")
    if isinstance(fault, OSError):
        assert "It could not be read or written: No space left on device." in load(path)
    else:
        with pytest.raises(RuntimeError, match="a bug"):
            load(path)
        assert ImportRun.objects.latest("pk").status == "failed"
    assert StepActivity.objects.count() == 3
    assert sum(Tally.objects.filter(kind="visited").values_list("everyone", flat=True)) == 3
