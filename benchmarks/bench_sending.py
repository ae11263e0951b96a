"""Mail to 14,000 and a million people through the real worker on PostgreSQL, against a bare loop of the same calls."""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from benchmarks.mail_door import door, seen
from benchmarks.mail_floor import floor
from benchmarks.mail_steps import do
from benchmarks.servers import ROOT, manage, postgres, production
from benchmarks.table import Row

ANSWER = 0.25  # seconds until the provider answers
CALL = 1000  # people
SMALL, MIDDLE, LARGE = 14_000, 100_000, 1_000_000
ROUNDS = 3  # of what takes seconds, ours and the floor in turn
MEMORY = 200.0  # MB
STARTS = 7  # of a command
PATIENCE = 3600


def run(people: Iterable[int] = ()) -> list[Row]:
    """Return the figures for so many people each (14,000, 100,000 and 1,000,000), and of the commands around them."""
    sizes = sorted(people) or [SMALL, MIDDLE, LARGE]
    rows, peaks = [], {}
    for size in sizes:
        with _site(ANSWER) as (environment, address):
            sequence = do(environment, "fill", size)["sequence"]
            figures, seconds = _one_worker(environment, address, sequence, size, peaks)
            rows += figures
            if size == MIDDLE:  # fewer calls are over before four workers have shared them
                rows.append(_four_workers(environment, sequence, size, seconds))
    if len(peaks) > 1:
        least, most = min(peaks), max(peaks)
        rows.append(Row(f"peak memory, {most:,} beside {least:,}", peaks[most], peaks[least], "MB", at_most=1.1))
    with _site(0) as (environment, address):
        rows += [*_statements(environment), *_welcomes(environment, address)]
    with _site(0) as (environment, _address):
        rows.append(_nothing_due(environment))
    return rows


@contextmanager
def _site(wait: float) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the settings of a site with an empty database, and the address of its provider."""
    with postgres() as database, door(wait) as address:
        environment = production(
            database, MAIL_TRANSPORT="mailgun", MAILGUN_API_URL=address, MAILGUN_API_KEY="key",
            EMAIL_DOMAIN="example.org", MAIL_LATEST_HOURS="1000", DJANGO_SETTINGS_MODULE="mooc.settings",
        )  # fmt: skip
        manage(environment, "migrate", "--verbosity=0")
        yield environment, address


@contextmanager
def _workers(environment: Mapping[str, str], number: int) -> Iterator[list[subprocess.Popen]]:
    """Run so many workers, as the Procfile does but for a shorter pause."""
    command = [sys.executable, "manage.py", "run_worker", "--every=0.1"]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) for _ in range(number)]
    try:
        time.sleep(3)  # they have looked round once
        yield running
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(60)


def _one_worker(
    environment: Mapping[str, str], address: str, sequence: int, size: int, peaks: dict[int, float]
) -> tuple[list[Row], float]:
    """Return what one worker needs for an e-mail to a whole course run, and its seconds."""
    calls, ours, floors, freezes = math.ceil(size / CALL), [], [], []
    with _workers(environment, 1) as [worker]:
        for _ in range(ROUNDS if size <= SMALL else 1):
            seen(address)
            began = _seconds_of(worker)
            email = do(environment, "schedule", sequence)["email"]
            found = do(environment, "wait", email, PATIENCE)
            busy = _seconds_of(worker) - began
            came = seen(address)
            if (found["people"], came["recipients"]) != (size, size):
                raise RuntimeError(f"Of {size:,} people, {came['recipients']:,} were written to: {found}.")
            ours.append(found["seconds"])
            freezes.append(found["freeze"])
            floors.append(floor(address, calls))
        peaks[size] = _peak(worker)
    middle = [statistics.median(times) for times in (ours, floors)]
    rows = [
        Row(f"calls to {size:,} people", came["calls"], calls, "calls", at_most=1.0),
        Row(f"one worker, {size:,} people", *middle, "s", at_most=1.3),
        Row("  of these, to freeze it", statistics.median(freezes), middle[1], "s"),
        Row("  seconds of its processor", busy, middle[1], "s"),
        Row("  its peak memory, beside what it may be", peaks[size], MEMORY, "MB", at_most=1.0),
    ]
    return rows, middle[0]


def _four_workers(environment: Mapping[str, str], sequence: int, size: int, one: float) -> Row:
    """Return how much more four workers send together than one, which took `one` seconds just before."""
    with _workers(environment, 4):
        email = do(environment, "schedule", sequence)["email"]
        four = do(environment, "wait", email, PATIENCE)["seconds"]
    calls = size / CALL
    return Row(f"four workers beside one, {size:,} people", calls / four, calls / one, "calls a second", at_least=2.5)


def _statements(environment: Mapping[str, str]) -> list[Row]:
    """Return how many statements one more call costs, with a thousand people and with ten.

    Every 5 seconds the worker looks for new people as well: a few statements more, whatever the size.
    """
    each = []
    for size in (CALL, 10):
        few, many = (
            do({**environment, "MAIL_BATCH_SIZE": str(size)}, "count", number * size) for number in (2, 12)
        )  # fmt: skip
        each.append((many["statements"] - few["statements"]) / (many["calls"] - few["calls"]))
    return [Row("statements a call, 1,000 people beside 10", *each, "statements", at_most=1.1)]


def _welcomes(environment: Mapping[str, str], address: str) -> list[Row]:
    do(environment, "fill_new", SMALL)
    seen(address)
    manage(environment, "handle_new_signups")
    do(environment, "confirm")
    manage(environment, "handle_new_signups")
    came = seen(address)
    if came["recipients"] != 2 * SMALL:
        raise RuntimeError(f"{came['recipients']:,} messages instead of {2 * SMALL:,}.")
    return [Row(f"calls to confirm and welcome {SMALL:,}", came["calls"], 30, "calls", at_most=1.0)]


def _nothing_due(environment: Mapping[str, str]) -> Row:
    ours, floors = [], []
    for _ in range(STARTS + 1):
        floors.append(_time(environment, "check"))
        ours.append(_time(environment, "send_scheduled_mail"))
    middle = [statistics.median(times[1:]) for times in (ours, floors)]
    return Row("send_scheduled_mail with nothing due, beside check", *middle, "s", at_most=1.3)


def _time(environment: Mapping[str, str], command: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def _peak(running: subprocess.Popen) -> float:
    """Return the most memory that a process has had, in MB."""
    with open(f"/proc/{running.pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def _seconds_of(running: subprocess.Popen) -> float:
    """Return the seconds of a processor that a process has used."""
    with open(f"/proc/{running.pid}/stat") as status:
        fields = status.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
