"""What others do to a run while a file of it is loaded: nothing of theirs is lost, and nobody is told a lie."""

import pytest

from dashboard_import import loader
from dashboard_import.loader import Import
from dashboard_import.models import CourseRun, Enrolment, ImportedFile, ImportRun, StepActivity
from dashboard_import.sources import find
from tests.dashboard_import.files import STEPS, text, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something once, just before the rows of the next file are replaced."""
    replace_rows = loader.replace_rows

    def arrange(action) -> None:
        def first(*arguments):
            monkeypatch.setattr(loader, "replace_rows", replace_rows)
            action()
            replace_rows(*arguments)

        monkeypatch.setattr(loader, "replace_rows", first)

    return arrange


def test_a_run_that_is_deleted_costs_its_file_alone(load, tmp_path, meanwhile):
    write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    write(tmp_path / "wine-1_step-activity.csv", text("step-activity"))
    load(tmp_path)
    meanwhile(lambda: CourseRun.objects.filter(slug="bread").delete())
    said = load(tmp_path, "--again")
    assert "Its run was deleted while the file was read. Load the file again." in said
    assert "Missing: bread-1_step-activity.csv." in said
    assert [str(run) for run in CourseRun.objects.all()] == ["wine 1"]
    assert StepActivity.objects.count() == 3
    assert ImportedFile.objects.get(outcome="refused").run is None


def test_a_broken_file_does_not_take_away_what_another_import_put_into_its_new_run(load, tmp_path, meanwhile):
    good = write(tmp_path / "good" / "bread-1_enrolments.csv", text("enrolments"))
    broken = write(tmp_path / "bread-1_step-activity.csv", f"{STEPS}\nof no use\n")

    def another() -> None:
        with Import(ImportRun(by="another", source="x")) as importing:
            importing.load(*find(good))

    meanwhile(another)
    assert "Not one row could be taken." in load(broken)
    assert CourseRun.objects.count() == 1
    assert Enrolment.objects.count() == 2
    assert not StepActivity.objects.exists()


def test_a_broken_file_alone_leaves_no_run(load, tmp_path):
    load(write(tmp_path / "bread-1_step-activity.csv", text("step-activity") + '"cut off'))
    assert not CourseRun.objects.exists()
