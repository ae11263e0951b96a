"""Where files are found, which run they are of, and zips that nobody should open."""

import datetime
import stat
import zipfile

import pytest

from dashboard_import import sources
from dashboard_import.models import CourseRun, Enrolment, ImportedFile, ImportRun, StepActivity
from dashboard_import.rejects import Rejects
from dashboard_import.runs import RunFacts, course_run
from dashboard_import.shaping import Reject
from dashboard_import.sources import find, run_folder
from dashboard_import.tables import UnreadableError
from dashboard_import.totals import as_number
from tests.dashboard_import.files import FILES, text, tree, write


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("below", ["", "Baker University", "Baker University/Bread", "run"])
def test_a_tree_from_any_of_its_folders(tmp_path, below):
    folder = tree(tmp_path, course="Bread")
    found = find(folder if below == "run" else tmp_path / below)
    tables = [source for source in found if source.kind != "totals"]
    assert len(tables) == len(FILES)
    assert {source.facts for source in tables} == {
        RunFacts(1, "", "Baker University", "Bread", datetime.date(2016, 9, 5), datetime.date(2016, 9, 25), 3)
    }


@pytest.mark.django_db
def test_a_flat_folder_and_single_files(load, tmp_path):
    write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    write(tmp_path / "the-mind-is-flat-7_step_activity (1).csv", text("step-activity"))
    write(tmp_path / "notes.txt", "ours")
    assert "2 files, 6 rows read" in load(tmp_path)
    runs = CourseRun.objects.order_by("slug").values_list("slug", "number", "course")
    assert list(runs) == [("bread", 1, "bread"), ("the-mind-is-flat", 7, "the-mind-is-flat")]


@pytest.mark.django_db
def test_a_name_that_says_no_run(load, tmp_path):
    path = write(tmp_path / "step-activity.csv", text("step-activity"))
    assert "Nothing says which run this is of." in load(path)
    assert "1 files, 3 rows read, 3 stored" in load(path, course="bread", run=4)
    assert str(CourseRun.objects.get()) == "bread 4"


@pytest.mark.django_db
def test_only_the_course_and_the_run_that_are_asked_for(load, tmp_path):
    for course in ("bread", "wine"):
        for run in (1, 2):
            write(tmp_path / f"{course}-{run}_step-activity.csv", text("step-activity"))
    load(tmp_path, course="Bread", run=2)
    assert [str(run) for run in CourseRun.objects.all()] == ["bread 2"]
    assert "There is no table here that was asked for." in load(tmp_path, course="beer")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "words"),
    [("bread-1_secrets.csv", "not one of FutureLearn's tables"), ("bread-1_enrolments.csv", "By its columns this is")],
)
def test_a_file_that_nobody_knows(load, tmp_path, name, words):
    write(tmp_path / name, text("comments"))
    write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    said = load(tmp_path)
    assert words in said
    assert f"Missing: {name}." in said
    assert StepActivity.objects.count() == 3


@pytest.mark.django_db
def test_two_files_of_one_kind(load, tmp_path):
    for name in ("bread-1_step-activity.csv", "bread-1_step_activity.csv"):
        write(tmp_path / name, text("step-activity"))
    assert "Another file of this run and kind came before it" in load(tmp_path)
    assert StepActivity.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nowhere", "empty", "none.csv"])
def test_nothing_there(load, tmp_path, path):
    (tmp_path / "empty").mkdir()
    assert "ERROR 1 files, 0 rows read" in load(tmp_path / path)
    assert ImportedFile.objects.get().outcome == "refused"


@pytest.mark.django_db
def test_a_zip_of_a_tree(load, tmp_path):
    folder = tree(tmp_path / "data")
    root = tmp_path / "data"
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    path = zipped(tmp_path / "all.zip", {**files, "__MACOSX/x.csv": "x", "Baker University/.hidden.csv": "x"})
    assert "19 files" in load(path)
    assert CourseRun.objects.get().start == datetime.date(2016, 9, 5)
    assert Enrolment.objects.count() == 2
    assert folder.is_dir()


BAD_NAMES = [
    "../../bread-1_enrolments.csv",
    "/bread-1_enrolments.csv",
    "a\\..\\bread-1_enrolments.csv",
    "C:/bread-1_enrolments.csv",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_zip_that_would_leave_its_folder(load, tmp_path, name):
    path = zipped(tmp_path / "bad.zip", {"bread-1_step-activity.csv": text("step-activity"), name: text("enrolments")})
    assert "leaves its folder" in load(path)
    assert not CourseRun.objects.exists()


@pytest.mark.django_db
def test_a_zip_bomb(load, tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"bread-1_enrolments.csv": b"0" * 30_000_000})
    assert "this looks like a trap" in load(path)
    assert not CourseRun.objects.exists()


@pytest.mark.django_db
def test_a_zip_with_a_list_that_fills_the_memory(load, tmp_path, monkeypatch):
    good = zipped(tmp_path / "good.zip", {"bread-1_step-activity.csv": text("step-activity")})
    assert "3 rows read, 3 stored" in load(good)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number:0200}", b"")
    monkeypatch.setattr(zipfile.ZipFile, "infolist", None)  # not even asked
    assert "The list of the zip's files has 7,380,000 bytes; 5,242,880 is the most." in load(tmp_path / "many.zip")


@pytest.mark.django_db
def test_zips_that_are_locked_linked_cut_or_damaged(load, tmp_path, monkeypatch):
    good = zipped(tmp_path / "good.zip", {"bread-1_step-activity.csv": text("step-activity") * 50}).read_bytes()
    assert "no zip file, or only the beginning" in load(write(tmp_path / "cut.zip", good[: len(good) // 2]))
    damaged = bytearray(good)
    damaged[70:90] = bytes(20)
    assert "It is damaged" in load(write(tmp_path / "damaged.zip", bytes(damaged)))
    link = zipfile.ZipInfo("bread-1_enrolments.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "has a link in it" in load(tmp_path / "link.zip")
    locked = bytearray(good)
    locked[6] |= 1
    locked[good.rindex(b"PK\x01\x02") + 8] |= 1
    assert "locked with a password" in load(write(tmp_path / "locked.zip", bytes(locked)))
    monkeypatch.setattr(sources, "MOST_ENTRIES", 0)
    assert "holds 1 files; 0 is the most" in load(write(tmp_path / "many.zip", good))
    assert not StepActivity.objects.exists()


@pytest.mark.parametrize("name", ["a.csv", "a.zip"])
def test_what_is_not_there_is_said(tmp_path, name):
    with pytest.raises(UnreadableError, match="There is no"):
        find(tmp_path / name)


@pytest.mark.parametrize("course", ["../../etc", "Bread\0\u202e", "面包", "x" * 500, "."])
@pytest.mark.django_db
def test_odd_names_of_courses(course):
    run = course_run(RunFacts(1, course=course[:200], institution="Baker"))
    assert run.slug.isascii()
    assert not set(run.slug) & set("./\0")
    assert course_run(RunFacts(1, course=course[:200], institution="Baker")) == run


@pytest.mark.django_db
def test_a_run_is_the_same_with_its_slug_and_without(tmp_path):
    folder = tree(tmp_path, course="Bread: the basics")
    facts = RunFacts(1, "bread-basics", "Baker University", "Bread: the basics", status="finished")
    by_folder = course_run(find(folder)[0].facts)
    by_fetching = course_run(run_folder(folder, facts)[0].facts)
    assert by_fetching == by_folder
    assert (by_fetching.slug, by_fetching.status, by_fetching.weeks) == ("bread-basics", "finished", 3)
    assert course_run(find(folder)[0].facts) == by_folder
    assert CourseRun.objects.get().slug == "bread-basics"


@pytest.mark.django_db
def test_two_courses_of_one_name():
    one = course_run(RunFacts(1, "bread-a", "Baker", "Bread"))
    assert course_run(RunFacts(1, "bread-b", "Baker", "Bread")) != one


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            "uni_name,course_name,run,start_date,end_date,duration_weeks\nB,Bread,2,Not set,,10\n",
            ("Bread", 2, None, 10),
        ),
        ("course_name,run\nBread\x00,2\n", ("Bread", 2, None, None)),
        ('"course_name,run\n', None),
        ("", None),
        ("course_name,run\nBread,99999999999999999999\n", None),
    ],
)
def test_metadata_beside_a_file(tmp_path, metadata, expected):
    write(tmp_path / "metadata.csv", metadata)
    write(tmp_path / "enrolments.csv", text("enrolments"))
    [source] = find(tmp_path)
    facts = source.facts
    assert (facts and (facts.course, facts.number, facts.start, facts.weeks)) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("course", ["课程" * 50, "a" * 140, ".hidden"])
def test_rejected_rows_of_a_course_with_any_name(load, tmp_path, data_dir, course):
    facts = course_run(RunFacts(1, "x", course=course))
    kept = Rejects(7, f"{course}/1 - 2016-09-05 - 2016-09-25/step-activity.csv")
    again = Rejects(7, f"{course}/1 - 2016-09-05 - 2016-09-25/step_activity.csv".replace("_", "-"))
    for rejects in (kept, again):
        rejects.add([Reject(1, 2, facts.slug, ["cell"])])
        rejects.close()
    assert kept.name != again.name
    assert all((data_dir / one.name).read_text().endswith("2,x,cell\n") for one in (kept, again))


@pytest.mark.django_db
def test_the_folder_of_our_own_is_read_without_what_we_wrote_there(load, tmp_path, data_dir):
    tree(data_dir)
    load(write(tmp_path / "bread-1_step-activity.csv", text("step-activity") + "x\n"))
    write(data_dir / "uploads" / "1" / "bread-1_comments.csv", text("comments"))
    assert list((data_dir / "rejected").rglob("*.csv"))
    assert {source.name.partition("/")[0] for source in find(data_dir)} == {"Baker University"}


@pytest.mark.django_db
def test_a_damaged_metadata_in_a_zip(load, tmp_path):
    path = zipped_plain(
        tmp_path / "bread.zip", "Bread/1 - 2016-09-05 - 2016-09-25/metadata.csv", "uni_name,course_name\n"
    )
    path.write_bytes(path.read_bytes().replace(b"uni_name,", b"uni_name;"))
    said = load(path)
    assert "metadata.csv is damaged: Bad CRC-32" in said
    assert "Missing: bread.zip." in said
    assert ImportRun.objects.get().status == "incomplete"


def zipped_plain(path, name, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3,544", 3544),
        ("11.5%", 11.5),
        ("£1,234.50", 1234.5),
        ("-2", -2),
        ("N/A", "N/A"),
        ("", None),
        ("nan", "nan"),
        ("1_0", "1_0"),
        ("9" * 4_000, "9" * 50),
        ("1e400", "1e400"),
    ],
)
def test_numbers_of_the_page_of_totals(text, number):
    assert as_number(text) == number
