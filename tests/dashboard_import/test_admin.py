"""Staff upload files and read what became of them."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone as clock

from dashboard_import.importing import load_waiting
from dashboard_import.models import CourseRun, ImportedFile, ImportRun, StepActivity
from dashboard_import.running import LOST_AFTER, hold
from tests import factories
from tests.dashboard_import.files import STEPS, text, tree, write

pytestmark = pytest.mark.django_db
IMPORTS, RUNS = "/admin/dashboard_import/importrun/", "/admin/dashboard_import/courserun/"
UPLOAD = f"{IMPORTS}upload/"
MAY = ("dashboard_import.load_futurelearn", "dashboard_import.view_importrun", "dashboard_import.view_courserun")


def send(client: Client, name: str, content: str | bytes, **fields):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(UPLOAD, {"file": file, **fields}, follow=True)


def test_a_small_table_is_loaded_at_once(data_dir):
    page = send(
        factories.staff_client(*MAY), "bread-1_step-activity.csv", text("step-activity") + "x\n"
    ).content.decode()
    assert "Loaded: 3 rows." in page
    assert "1 row of bread-1_step-activity.csv was rejected" in page
    assert "The row has 1 cells instead of 6." in page
    row = ImportRun.objects.get()
    assert (row.status, row.rows_read, row.rows_stored, row.rows_rejected) == ("done", 4, 3, 1)
    assert row.by == row.who.username
    assert StepActivity.objects.count() == 3
    assert not list((data_dir / "uploads").iterdir())


def test_a_zip_waits_for_the_worker(data_dir):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bread-1_step-activity.csv", text("step-activity"))
        archive.writestr("bread-1_enrolments.csv", text("enrolments"))
    client = factories.staff_client(*MAY)
    page = send(client, "bread.zip", packed.getvalue()).content.decode()
    assert "This file waits for the worker" in page
    assert not CourseRun.objects.exists()
    assert load_waiting() == 1
    assert load_waiting() == 0
    row = ImportRun.objects.get()
    assert (row.status, row.files, row.rows_stored) == ("done", 2, 5)
    assert not list((data_dir / "uploads").iterdir())
    assert "bread-1_enrolments.csv" in client.get(f"{IMPORTS}{row.pk}/change/").content.decode()


def test_a_name_without_a_run_needs_both_said():
    client = factories.staff_client(*MAY)
    assert "Say course and run." in send(client, "step-activity.csv", text("step-activity")).content.decode()
    assert not ImportRun.objects.exists()
    send(client, "step-activity.csv", text("step-activity"), course="Bread", run="3")
    assert str(CourseRun.objects.get()) == "bread 3"


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("bread-1_comments.csv", {"course": "wine"}, "By its name this file is of bread, run 1."),
        ("bread-1_comments.csv", {"course": "bread", "run": 2}, "By its name this file is of bread, run 1."),
        ("bread.zip", {"course": "bread", "run": 1}, "In a zip each table&#x27;s name says its run."),
    ],
)
def test_what_is_said_of_a_file_that_says_something_else_itself(name, fields, words):
    assert words in send(factories.staff_client(*MAY), name, text("comments"), **fields).content.decode()
    assert not ImportRun.objects.exists()


def test_what_a_file_says_itself_may_be_said_again():
    send(factories.staff_client(*MAY), "bread-1_comments.csv", text("comments"), course="Bread", run=1)
    assert str(CourseRun.objects.get()) == "bread 1"


def test_a_broken_table_is_refused_in_words():
    page = send(factories.staff_client(*MAY), "bread-1_step-activity.csv", f'{STEPS}\n"').content.decode()
    assert "was cut off" in page
    assert not CourseRun.objects.exists()


def test_what_is_no_table_is_not_taken(settings):
    client = factories.staff_client(*MAY)
    assert "ends in .csv or .zip" in send(client, "bread.xlsx", "x").content.decode()
    settings.FUTURELEARN_UPLOAD_MB = 1
    page = send(client, "bread-1_comments.csv", b"x" * 1_100_000).content.decode()
    assert "too large" in page
    assert "This field is required" not in page
    assert not ImportRun.objects.exists()


def test_a_full_disk_is_said(monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dashboard_import.importing.shutil.move", full)
    page = send(factories.staff_client(*MAY), "bread-1_step-activity.csv", text("step-activity")).content.decode()
    assert "The file could not be kept here: No space left on device." in page
    assert not ImportRun.objects.exists()


def test_who_may_not():
    file = SimpleUploadedFile("bread-1_step-activity.csv", text("step-activity").encode())
    client = factories.staff_client("dashboard_import.view_importrun")
    assert client.get(UPLOAD).status_code == 403
    assert client.post(UPLOAD, {"file": file}).status_code == 403
    assert UPLOAD not in client.get(IMPORTS).content.decode()
    assert UPLOAD in factories.staff_client(*MAY).get(IMPORTS).content.decode()
    assert Client().post(UPLOAD, {"file": file}).headers["Location"].startswith("/admin/login/")
    assert not ImportRun.objects.exists()


def test_a_form_of_another_site_changes_nothing():
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.staff(*MAY), backend="django.contrib.auth.backends.ModelBackend")
    assert send(client, "bread-1_step-activity.csv", text("step-activity")).status_code == 403
    assert not ImportRun.objects.exists()


def test_no_other_page_takes_a_file():
    assert (
        Client().post("/signup", {"email": "a@example.org", "file": SimpleUploadedFile("a", b"x")}).status_code == 400
    )


def test_rejected_rows_to_take_away(load, tmp_path):
    path = tmp_path / "bread-1_step-activity.csv"
    path.write_text(f"{text('step-activity')}=1+1,2\n")
    load(path)
    file = ImportedFile.objects.get()
    address = f"{IMPORTS}{file.import_run_id}/rejected/{file.pk}/"
    answer = factories.staff_client(*MAY).get(address)
    assert b"".join(answer.streaming_content).decode() == (
        f"line,reason,{STEPS}\r\n5,The row has 2 cells instead of 6.,'=1+1,2\r\n"
    )
    assert factories.staff_client("auth.view_user").get(address).status_code == 403
    assert factories.staff_client(*MAY).get(f"{IMPORTS}9/rejected/{file.pk}/").status_code == 404


def test_runs_and_lists(load, tmp_path, django_assert_max_num_queries):
    tree(tmp_path)
    load(tmp_path)
    client = factories.staff_client(*MAY)
    run = CourseRun.objects.get()
    with django_assert_max_num_queries(12):
        assert "Bread: the basics 1" in client.get(RUNS).content.decode()
    with django_assert_max_num_queries(12):
        page = client.get(f"{RUNS}{run.pk}/change/").content.decode()
    assert "joiners: 3,544" in page
    assert "step activity" in page
    with django_assert_max_num_queries(12):
        assert "done" in client.get(IMPORTS).content.decode()
    with django_assert_max_num_queries(12):
        assert "comments.csv" in client.get(f"{IMPORTS}{ImportRun.objects.get().pk}/change/").content.decode()


def test_an_upload_on_another_machine(data_dir):
    row = ImportRun.objects.create(status="waiting", by="x", source="bread-1_enrolments.csv", upload="gone/x.csv")
    assert load_waiting() == 1
    row.refresh_from_db()
    assert (row.status, "must be one folder" in row.error) == ("incomplete", True)


def test_an_import_that_was_stopped():
    client = factories.staff_client(*MAY)
    row = ImportRun.objects.create(by="x", source="x")
    page = f"{IMPORTS}{row.pk}/change/"
    free = hold(row.pk)
    load_waiting()
    assert "running" in client.get(IMPORTS).content.decode()
    assert "stopped before its end" not in client.get(page).content.decode()
    free()
    assert "stopped before its end" in client.get(IMPORTS).content.decode()
    assert "Load the same files again." in client.get(page).content.decode()
    row.refresh_from_db()
    assert row.status == "running"  # a look at a page changes nothing
    load_waiting()
    row.refresh_from_db()
    said = "It was stopped before its end. What it had loaded is whole. Load the same files again."
    assert (row.status, row.error) == ("failed", said)


def test_an_import_on_a_machine_that_vanished():
    row = ImportRun.objects.create(by="x", source="x")
    free = hold(row.pk)
    ImportRun.objects.update(seen=clock.now() - LOST_AFTER * 2)
    load_waiting()
    free()
    row.refresh_from_db()
    assert row.status == "failed"


@pytest.mark.parametrize(
    "path", ["", "{run}/change/", "{run}/rejected/{file}/", "upload/", "/courserun/", "/courserun/1"]
)
def test_nobody_without_a_permission_sees_anything(load, tmp_path, path):
    load(write(tmp_path / "bread-1_step-activity.csv", f"{text('step-activity')}x\n"))
    file = ImportedFile.objects.get()
    course = f"{RUNS}{CourseRun.objects.get().pk}/change/" if path.endswith("1") else RUNS
    address = course if path.startswith("/") else IMPORTS + path.format(run=file.import_run_id, file=file.pk)
    assert Client().get(address).status_code == 302
    assert factories.staff_client("auth.view_user", "signup.view_signup").get(address).status_code == 403
    answer = factories.staff_client(*MAY).get(address)
    answer.close()
    assert answer.status_code == 200


@pytest.mark.parametrize("what", ["add", "change", "delete"])
def test_no_permission_lets_anybody_change_what_was_imported(load, tmp_path, what):
    load(write(tmp_path / "bread-1_step-activity.csv", text("step-activity")))
    rows = (IMPORTS, ImportRun.objects.get().pk, "importrun"), (RUNS, CourseRun.objects.get().pk, "courserun")
    for begin, number, model in rows:
        client = factories.staff_client(f"dashboard_import.{what}_{model}", f"dashboard_import.view_{model}")
        address = f"{begin}add/" if what == "add" else f"{begin}{number}/{what}/"
        assert client.post(address, {"post": "yes", "source": "mine", "course": "mine"}).status_code == 403
    assert ImportRun.objects.get().source != "mine"
    assert CourseRun.objects.get().course == "bread"
