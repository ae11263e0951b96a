"""The survey before a run: read from a file with two rows of names, joined to what its people wrote on step 1.2."""

import csv
import io
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard_import import precourse
from dashboard_import.models import CourseRun, PreCourseAnswer, PreCourseSurvey
from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.runs import comment, write
from tests.dashboard_import.stats.test_numbers import table
from tests.dashboard_import.test_sheets import workbook

pytestmark = pytest.mark.django_db
PATH = "/stats/futurelearn/bread/1/surveys/pre-course/"
FILE = (
    "Respondent ID,partner_export_id,How did you find us?,,What do you hope for?\r\n"
    ",,By a friend,By a search,Open-Ended Response\r\n"
    "1,a,yes,,=1+1\r\n2,b,,yes,<b>bread</b>\r\n3,,yes,yes,nobody\r\n4,b,,no,To bake\r\n"
)


@pytest.fixture
def bread(tmp_path, load) -> CourseRun:
    """A run with comments of three people on step 1.2, and one elsewhere."""
    comments = [
        comment(1, "a", "1.2", "I am Ann"), comment(2, "b", "1.2", "<i>Bo</i>"), comment(3, "c", "1.2", "No answer"),
        comment(4, "a", "1.3", "Elsewhere"),
    ]  # fmt: skip
    assert "ERROR" not in load(write(tmp_path / "bread", comments=comments))
    return CourseRun.objects.get()


@pytest.fixture
def loader(staff) -> Client:
    """Somebody who may see statistics and load files."""
    User.objects.get().user_permissions.add(Permission.objects.get(codename="load_futurelearn"))
    return staff


def sent(client: Client, text: str | bytes = FILE, name: str = "hopes.csv"):
    body = text if isinstance(text, bytes) else text.encode()
    return client.post(PATH, {"file": SimpleUploadedFile(name, body)}, follow=True)


def test_answers_stand_beside_the_comments_of_the_same_people(bread, loader, django_assert_max_num_queries):
    html = sent(loader).content.decode()
    assert "The survey is here, with the answers of 2 people." in html
    assert [cell.strip() for cell in re.findall(r"<th scope=\"col\">(.*?)</th>", html)] == [
        "Learner", "Date", "Comment", "Respondent ID", "How did you find us?: By a friend",
        "How did you find us?: By a search", "What do you hope for?",
    ]  # fmt: skip
    assert "No answer" not in html
    assert "&lt;i&gt;Bo&lt;/i&gt;" in html
    assert "1 to 2 of 2." in html
    assert f'<a href="/stats/futurelearn/bread/1/comments/read/?who={pseudonym("a")}">{pseudonym("a")}</a>' in html
    assert "6 Jan 2026, 12:00 UTC" in html
    assert table(loader, f"{PATH}answers.csv")[1:] == [
        [pseudonym("a"), "2026-01-06 12:00:00 UTC", "I am Ann", "1", "yes", "", "'=1+1"],
        [pseudonym("b"), "2026-01-06 12:00:00 UTC", "<i>Bo</i>", "4", "", "no", "To bake"],
    ]
    with django_assert_max_num_queries(12):
        loader.get(PATH)


def test_a_workbook_says_what_a_csv_says(bread, loader):
    rows = [*csv.reader(io.StringIO(FILE))]
    answers = precourse.read(io.BytesIO(FILE.encode()))
    rows[2] = [1, *rows[2][1:]]
    assert precourse.read(io.BytesIO(workbook([*rows[:3], [], *rows[3:]]))) == answers
    html = sent(loader, workbook(rows), "hopes.xlsx").content.decode()
    assert "with the answers of 2 people" in html
    assert "&lt;i&gt;Bo&lt;/i&gt;" in html


def test_another_file_takes_the_place_of_the_first(bread, loader):
    sent(loader)
    sent(loader, "partner_export_id,Why?\n,Response\nc,Because\n", "why.csv")
    assert PreCourseSurvey.objects.get().questions == [["Why?", ""]]
    assert list(PreCourseAnswer.objects.values_list("learner_id", "answers")) == [("c", ["Because"])]


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (FILE, "hopes.txt", "ends in .csv or .xlsx"),
        ("PK\x03\x04 and nothing more", "hopes.xlsx", "no Excel workbook that can be read"),
        (b"\xd0\xcf\x11\xe0 of 2003", "hopes.xls", "from before 2007"),
        (b"PK\x03\x04", "hopes.csv", "no Excel workbook that can be read"),
        ("a,b\n1,2\n3,4\n", "hopes.csv", "No column is called partner_export_id"),
        ("partner_export_id,Why?\n,Response\n", "hopes.csv", "says which learner answered"),
        ("partner_export_id,Why?\n,Response\n,x\n", "hopes.csv", "says which learner answered"),
        (f"partner_export_id{',q' * 201}\n,\n", "hopes.csv", "201 questions"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words(bread, loader, text, name, words):
    sent(loader)
    assert words in sent(loader, text, name).content.decode()
    assert PreCourseSurvey.objects.get().name == "hopes.csv"


def test_limits(bread, loader, monkeypatch):
    monkeypatch.setattr(precourse, "MOST_ROWS", 1)
    assert "more than 1 answers" in sent(loader).content.decode()
    monkeypatch.setattr("dashboard_import.precourse_page.MOST_BYTES", 1_000)
    assert "The file is larger than" in sent(loader, FILE + "," * 2_000).content.decode()
    assert not PreCourseSurvey.objects.exists()


def test_the_learner_may_be_named_in_the_second_row_and_an_empty_file_is_none(bread, loader):
    sent(loader, "Q1,Q2\nWhy?,partner_export_id\nBecause,a\n")
    assert PreCourseSurvey.objects.get().questions == [["Q1", "Why?"]]
    assert "empty" in sent(loader, b"").content.decode()


def test_who_may_see_is_not_who_may_upload(bread, staff, client):
    assert "Upload a survey" not in staff.get(PATH).content.decode()
    assert sent(staff).status_code == 403
    assert client.get(PATH)["Location"].startswith("/admin/login/")
    assert client.get(f"{PATH}answers.csv")["Location"].startswith("/admin/login/")
    assert staff.get(f"{PATH}answers.csv").status_code == 404
    assert staff.get(f"{PATH}?p=2").status_code == 200  # nothing is here yet, and nothing is counted
    assert staff.get("/stats/futurelearn/cake/1/surveys/pre-course/").status_code == 404


def test_a_form_from_elsewhere_is_refused(bread, loader):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    assert sent(strict).status_code == 403
    assert not PreCourseSurvey.objects.exists()


@pytest.mark.parametrize("at", ["0", "x", "99", "²", "-1"])
def test_pages_that_there_are_not(bread, loader, at):
    sent(loader)
    assert loader.get(f"{PATH}?p={at}").status_code == 404
