"""Groups while everybody comes and goes, in short, on the database that is tested."""

import subprocess
import sys

import pytest
from django.db import connection

from mailing import introductions
from mailing.models import Delivery
from tests import factories
from tests.torture.crew import ROOT
from tests.upheaval import verdict


@pytest.mark.long
def test_a_short_upheaval():
    command = ["--seconds", "3", "--people", "250", "--workers", "3", "--database", connection.vendor]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.upheaval", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "in against their wish 0, told wrong 0, broken off 0" in ended.stdout


@pytest.mark.django_db
def test_what_a_worker_passes_on_between_two_looks_is_waited_for(monkeypatch):
    run, done = factories.sequence(), []

    def promised_just_now() -> dict[str, int]:
        if not done:
            done.append(factories.delivery(status=Delivery.Status.QUEUED))
        return {"introductions": 0}

    def keep() -> None:
        # The look after the promise has seen it: now it is sent.
        Delivery.objects.filter(pk__in=[row.pk for row in done]).update(status=Delivery.Status.DELIVERED)

    monkeypatch.setattr(introductions, "outlook", promised_just_now)
    monkeypatch.setattr(verdict, "STILL", 0)
    assert verdict.settle(run.pk, keep, 10) is not None
    assert Delivery.objects.get().status == Delivery.Status.DELIVERED
