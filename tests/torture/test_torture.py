"""The torture run in short, and whether its verdict sees what it must see."""

import subprocess
import sys
import time

import pytest
from django.db import connection
from django.utils import timezone as clock

from mailing.models import Batch, Delivery, Email
from tests import factories
from tests.torture import verdict
from tests.torture.alone import kept
from tests.torture.course import Course
from tests.torture.crew import ROOT
from tests.torture.people import Absence, People
from tests.torture.report import raised, table

Status = Delivery.Status


@pytest.mark.long
def test_a_short_run():
    command = ["--seconds", "3", "--learners", "400", "--workers", "3", "--database", connection.vendor]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.torture", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "verdict     doubled 0, missing 0, after leaving 0, without an end 0" in ended.stdout


def test_nothing_is_left_of_a_run_whose_keeper_is_gone():
    child = "import os, signal, subprocess; subprocess.Popen(['sleep', '60']); os.kill(os.getpid(), signal.SIGSTOP)"
    running = subprocess.Popen([sys.executable, "-c", child], start_new_session=True, stdout=subprocess.PIPE)
    with kept(running.pid):
        time.sleep(0.3)
    assert running.wait(10) == -9
    assert running.communicate(timeout=10)[0] == b""  # nobody holds the other end any more


@pytest.fixture
def told(monkeypatch) -> dict:
    """What the provider says; a test changes it and looks at `judge`."""
    monkeypatch.setattr(verdict, "events", lambda *_when, **_filters: [])
    return {"copies": [], "doubled": []}


@pytest.fixture
def scene(db) -> tuple[Course, People, Delivery]:
    """A course of one learner with one e-mail that was accepted."""
    email = factories.email(state=Email.State.SENT)
    learner = factories.signup(sequence=email.sequence, welcomed=clock.now())
    batch = Batch.objects.create(
        bundle=f"email:{email.pk}", transport="mailgun", size=1, claimed=clock.now(), lease_until=clock.now(),
        message_id="one@example.org", outcome=Batch.Outcome.ACCEPTED,
    )  # fmt: skip
    row = factories.delivery(email=email, signup=learner, batch=batch, status=Status.ACCEPTED)
    course = Course(email.sequence, [email], set(), {learner.email: learner.pk})
    return course, People(course, "", None), row


def copy_of(row: Delivery) -> list:
    return [row.address, str(row.pk), row.batch.message_id, time.time(), ""]


def judge(scene, told) -> dict[str, int]:
    course, people, _row = scene
    return {name: number for name, number in verdict.compare(course, people, told).numbers().items() if number}


def test_all_is_well(scene, told):
    told["copies"] = [copy_of(scene[2])]
    assert judge(scene, told) == {}


def test_two_copies_are_seen(scene, told):
    row = scene[2]
    told |= {"copies": [copy_of(row)] * 2, "doubled": [[row.address, str(row.pk), 2]]}
    assert judge(scene, told) == {"doubled": 1}


def test_two_promises_of_one_email_are_seen(scene, told):
    row = scene[2]
    twin = factories.delivery(email=row.email, signup=None, status=Status.ACCEPTED, batch=row.batch, key="twin")
    told["copies"] = [copy_of(row), [row.address, str(twin.pk), row.batch.message_id, time.time(), ""]]
    assert judge(scene, told) == {"doubled": 1}


def test_a_false_accepted_is_seen(scene, told):
    assert judge(scene, told) == {"missing": 1}


def test_who_was_never_promised_or_wrongly_skipped_is_seen(scene, told):
    course, people, row = scene
    told["copies"] = [copy_of(row)]
    people.people["other@example.org"] = factories.signup(sequence=course.sequence, welcomed=clock.now()).pk
    assert judge(scene, told) == {"missing": 1}
    Delivery.objects.filter(pk=row.pk).update(status=Status.SKIPPED, reason="Left.")
    assert judge(scene, told) == {"missing": 2}


def test_a_copy_claimed_after_leaving_is_seen(scene, told):
    _course, people, row = scene
    told["copies"] = [copy_of(row)]
    claimed = row.batch.claimed.timestamp()
    people.touched.add(row.signup_id)
    people.left[row.signup_id] = [Absence(claimed - 9, claimed - 8), Absence(claimed + 1)]
    assert judge(scene, told) == {}
    people.left[row.signup_id].append(Absence(claimed - 0.001))
    assert judge(scene, told) == {"after leaving": 1}


def test_what_has_no_end_is_seen(scene, told):
    row = scene[2]
    told["copies"] = [copy_of(row)]
    Delivery.objects.filter(pk=row.pk).update(status=Status.UNSURE, reason="")
    Batch.objects.update(outcome=Batch.Outcome.OPEN)
    Email.objects.update(state=Email.State.SENDING)
    assert judge(scene, told) == {"without an end": 3}


def test_tracebacks_are_counted_and_a_table_is_drawn():
    assert raised("Traceback\n  File\ndjango.db.utils.OperationalError: gone\nall is well\n") == {
        "django.db.utils.OperationalError: gone": 1
    }
    assert table([("sqlite", "1")]).splitlines()[-1] == "| sqlite | 1 |"
