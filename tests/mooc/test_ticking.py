"""The periodic work of all rooms: FutureLearn files that wait are loaded by whatever does the rounds."""

import signal
from pathlib import Path

import pytest
from django.core.management import call_command

from dashboard_import.models import ImportRun, StepActivity
from dashboard_import.running import LOST_AFTER, uploads
from mailing.models import Tick
from mooc.ticking import load_uploads
from tests.dashboard_import.files import text


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path) -> Path:
    settings.FUTURELEARN_DATA_DIR = tmp_path / "data"
    return settings.FUTURELEARN_DATA_DIR


def wait(*names: str) -> None:
    """Let files wait, as if they had been uploaded."""
    for place, name in enumerate(names):
        folder = uploads() / str(place)
        folder.mkdir(parents=True)
        (folder / name).write_text(text("step-activity"))
        ImportRun.objects.create(status="waiting", by="x", source=name, upload=f"{place}/{name}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "command", [("run_worker", "--once"), ("send_scheduled_mail",), ("handle_new_signups",)], ids=lambda given: given[0]
)
def test_uploads_that_wait_are_loaded_by_each_command(handlers, command):
    wait("bread-1_step-activity.csv", "bread-2_step-activity.csv")
    call_command(*command)
    assert list(ImportRun.objects.values_list("status", flat=True)) == ["done", "done"]
    assert StepActivity.objects.count() == 6
    assert not list(uploads().iterdir())


@pytest.mark.django_db
def test_a_dry_run_loads_nothing():
    wait("bread-1_step-activity.csv")
    call_command("send_scheduled_mail", "--dry-run")
    assert ImportRun.objects.get().status == "waiting"


@pytest.mark.django_db(transaction=True)
def test_the_worker_loads_one_upload_between_two_rounds_of_mail_and_does_not_wait(handlers, monkeypatch):
    wait("bread-1_step-activity.csv", "bread-2_step-activity.csv")
    done = []

    def round_of_mail(*args, **kwargs):
        done.append(ImportRun.objects.filter(status="done").count())
        if len(done) == 3:
            signal.raise_signal(signal.SIGTERM)
        raise RuntimeError("mail has its own troubles")

    monkeypatch.setattr("mooc.management.commands.run_worker.tick", round_of_mail)
    call_command("run_worker", "--every", "0.01")
    assert done == [0, 1, 2]


@pytest.mark.django_db
def test_a_worker_that_was_asked_to_end_begins_no_upload():
    wait("bread-1_step-activity.csv")
    assert load_uploads(stopping=lambda: True) == 0
    assert ImportRun.objects.get().status == "waiting"


@pytest.mark.django_db
def test_a_fault_of_the_loading_does_not_stop_mail(monkeypatch, caplog):
    def broken() -> None:
        raise RuntimeError("the disk went away")

    monkeypatch.setattr("dashboard_import.importing.give_up_lost", broken)
    call_command("send_scheduled_mail")
    assert "the disk went away" in caplog.text
    assert Tick.objects.get().error == ""


@pytest.mark.django_db
def test_the_upload_of_an_import_that_was_stopped_is_deleted():
    wait("bread-1_step-activity.csv")
    row = ImportRun.objects.get()
    ImportRun.objects.filter(pk=row.pk).update(status="running", seen=row.seen - LOST_AFTER * 2)
    call_command("handle_new_signups")
    row.refresh_from_db()
    assert row.status == "failed"
    assert not list(uploads().iterdir())
