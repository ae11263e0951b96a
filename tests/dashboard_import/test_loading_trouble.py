"""What may go wrong within a load's threads and temporary files: the old rows stay, and the next file is loaded."""

import errno
import io
import os

import pytest
from django.db import connection

from dashboard_import import bulk, journeys, rollups
from dashboard_import.models import LearnerSum, Moments, StepActivity
from tests.dashboard_import.files import STEPS, text, write
from tests.dashboard_import.stats.runs import COMMENTS

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRESQL = connection.vendor == "postgresql"


class Full(io.RawIOBase):
    """A file on a disk that is full."""

    def writable(self) -> bool:
        return True

    def write(self, _piece) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def full(*_arguments) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def cancelled(run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)")


def lost(run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def broken(_run) -> None:
    raise OSError(errno.EIO, "Input/output error")


def aside(_run) -> rollups.Aside:
    def count() -> None:
        raise OSError(errno.EIO, "Input/output error")

    return rollups.Aside(count, lambda _counted: None)


def in_rollups(monkeypatch, function) -> None:
    monkeypatch.setitem(rollups.REGISTRY, "step_activity", [*rollups.REGISTRY["step_activity"], function])


FAULTS = {
    "a roll-up that fails": (lambda patch: in_rollups(patch, broken), "Input/output error"),
    "a count aside that fails": (lambda patch: in_rollups(patch, aside), "Input/output error"),
}
if POSTGRESQL:
    FAULTS |= {
        "no room for what is to be copied": (lambda patch: patch.setattr(os, "pwrite", full), "No space left"),
        "no room for journeys": (lambda patch: patch.setattr(journeys, "TemporaryFile", lambda **_: Full()), "No sp"),
        "a statement that takes too long": (lambda patch: in_rollups(patch, cancelled), "statement timeout"),
        "a connection that is lost": (lambda patch: in_rollups(patch, lost), "The database (postgresql) refused it"),
    }  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_the_old_rows_stay_and_the_next_file_is_loaded(load, tmp_path, monkeypatch, name):
    path = write(tmp_path / "bread-1_step-activity.csv", text("step-activity"))
    load(path)
    before = StepActivity.objects.count(), LearnerSum.objects.count()
    fault, words = FAULTS[name]
    write(path, f"{STEPS}\nz,1.1,1,1,2016-09-05 10:00:00 UTC,2016-09-05 10:00:00 UTC\n")
    with monkeypatch.context() as patch:
        fault(patch)
        assert words in load(path)
    assert (StepActivity.objects.count(), LearnerSum.objects.count()) == before
    if POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'futurelearn%%' AND relpersistence = 't'")
            assert cursor.fetchone() == (0,)
    assert "ERROR" not in load(path)
    assert StepActivity.objects.get().learner_id == "z"


MOST = (1 << 31) - 1
ODD = [
    "\\N",
    "\\",
    "\\.",
    "tab\tin it",
    "’",
    "\u202e",
    "%s",
    "{}",
    '"',
    "a,b",
    "x" * 64,
    "\U0001f600",
    "\u00e9",
    "e\u0301",
]


def test_odd_ids_of_learners_stay_as_they_are(load, tmp_path):
    rows = [f'"{one.replace(chr(34), chr(34) * 2)}",9999.9999,9999,9999,2016-09-05 10:00:00 UTC,2016-09-05 10:00:00 UTC'
            for one in ODD]  # fmt: skip
    assert "ERROR" not in load(write(tmp_path / "bread-1_step-activity.csv", "\n".join([STEPS, *rows, ""])))
    assert sorted(StepActivity.objects.values_list("learner_id", flat=True)) == sorted(ODD)
    assert sorted(LearnerSum.objects.values_list("learner_id", flat=True)) == sorted(ODD)
    assert bulk.STAGE not in connection.introspection.table_names()


def test_as_many_likes_as_a_file_can_have_are_added_up(load, tmp_path):
    """The square of what one person's comments got is over 64 bits."""
    rows = [f"{at},a,,1.1,1,1,Hello,2016-09-05 10:00:00 UTC,,{likes}" for at, likes in enumerate((MOST, MOST, MOST))]
    said = load(write(tmp_path / "bread-1_comments.csv", "\n".join([COMMENTS, *rows, f"9,b,,1.1,1,1,x,,,{-MOST}", ""])))
    assert "ERROR" not in said
    assert sorted(LearnerSum.objects.values_list("likes", flat=True)) == [-MOST, 3 * MOST]
    sums = Moments.objects.get().sums
    assert sums["likes"] == 2 * MOST
    assert sums["likes*likes"] == pytest.approx(10 * MOST**2)
