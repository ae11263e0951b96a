"""Loading a million rows of step activity, against the databases' own bulk loaders; and the memory it takes.

The floor is one table without a key, filled by `psql \\copy` or `sqlite3 .import` of the same file. Ours is the whole
path, as the import itself measures it: find, read, check, replace an earlier load of as many rows, roll up. Starting
Python and Django, half a second however many rows there are, is not in it. On PostgreSQL reading and COPY go side by
side, so two free processors are needed to see what it takes. Processor time of all processes, start included, is
shown for a busy machine, where the clock means little.
"""

import datetime
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import dj_database_url
import psutil

from benchmarks.servers import ROOT, manage, postgres, production
from benchmarks.table import Row
from tests.pgserver import binaries

ROUNDS = 3
ROWS, FEW, MANY = 1_000_000, 100_000, 5_000_000
MOST_MEGABYTES = 150
FLAT = 1.1
BARE = (
    "CREATE TABLE bare (learner_id text, step text, week_number int, step_number int,"
    " first_visited_at timestamptz, last_completed_at timestamptz)"
)
COPY = "\\copy bare FROM '{}' WITH (FORMAT csv, HEADER)"
MEASURED = """
import resource, runpy, sys
sys.argv = ["manage.py", *sys.argv[1:]]
try:
    runpy.run_path("manage.py", run_name="__main__")
finally:
    sys.stderr.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
"""


def run() -> list[Row]:
    """Return the times of both databases beside their floors, and the memory of a small and a large load."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = {rows: step_activity(folder / f"steps-1_step-activity-{rows}.csv", rows) for rows in (ROWS, FEW, MANY)}
        os.sync()  # or the disk is still busy with them
        return [*on_postgresql(files, folder), *on_sqlite(files, folder)]


def step_activity(path: Path, rows: int) -> Path:
    """Write a file of FutureLearn's with as many rows, the same each time."""
    chance, begin, written = random.Random(rows), datetime.datetime(2016, 9, 5, tzinfo=datetime.UTC), 0
    with path.open("w") as file:
        file.write("learner_id,step,week_number,step_number,first_visited_at,last_completed_at\n")
        while written < rows:
            learner, moment = uuid.UUID(int=chance.getrandbits(128), version=4), begin
            for place in range(min(chance.randrange(2, 60), rows - written)):
                moment += datetime.timedelta(seconds=chance.randrange(60, 40_000))
                week, step = place // 20 + 1, place % 20 + 1
                completed = moment + datetime.timedelta(seconds=300) if chance.random() < 0.8 else None
                done = f"{completed:%Y-%m-%d %H:%M:%S} UTC" if completed else ""
                file.write(f"{learner},{week}.{step},{week},{step},{moment:%Y-%m-%d %H:%M:%S} UTC,{done}\n")
                written += 1
    return path


def on_postgresql(files: Mapping[int, Path], folder: Path) -> list[Row]:
    """Return medians of three new servers, each with the floor and ours in turn; memory is that of the last."""
    floors, ours = [], []
    for _round in range(ROUNDS):
        with postgres() as address:
            environment = production(address, FUTURELEARN_DATA_DIR=str(folder / "data"))
            manage(environment, "migrate", "--verbosity=0")
            parts = dj_database_url.parse(address)
            psql = [binaries() / "psql", "-qX", "-h", parts["HOST"], "-U", parts["USER"], parts["NAME"]]
            with server_of(address) as spent:
                subprocess.run([*psql, "-c", BARE], check=True)
                copying = [*psql, "-c", COPY.format(files[ROWS])]
                floors.append(spent(lambda copying=copying: subprocess.run(copying, check=True)))
                load(environment, files[ROWS])
                seconds = []
                loading = partial(load, environment, files[ROWS])
                _whole, processor = spent(lambda loading=loading, seconds=seconds: seconds.append(loading()[0]))
                ours.append((seconds[0], processor))
            if len(ours) == ROUNDS:
                small, large = (load(environment, files[rows])[1] for rows in (FEW, MANY))
    return rows_of("PostgreSQL, psql \\copy", medians(ours), medians(floors), 3, small, large)


def medians(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the median of the seconds by the clock, and that of the processor's."""
    clock, processor = zip(*rounds, strict=True)
    return median(clock), median(processor)


def on_sqlite(files: Mapping[int, Path], folder: Path) -> list[Row]:
    environment = production(f"sqlite:///{folder / 'ours.sqlite3'}", FUTURELEARN_DATA_DIR=str(folder / "data"))
    manage(environment, "migrate", "--verbosity=0")
    bare = BARE.replace("timestamptz", "text")
    if program := shutil.which("sqlite3"):
        how = "sqlite3 .import"
        importing = f".import --csv --skip 1 '{files[ROWS]}' bare"
        command = [program, folder / "bare.sqlite3", "PRAGMA journal_mode=WAL", bare, importing]
    else:
        how = "csv.reader and executemany"
        script = (
            "import csv, sqlite3, sys; base = sqlite3.connect(sys.argv[1]); base.execute(sys.argv[2]);"
            " rows = csv.reader(open(sys.argv[3], newline='')); next(rows);"
            " base.executemany('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)', rows); base.commit()"
        )
        command = [sys.executable, "-c", script, folder / "bare.sqlite3", bare, files[ROWS]]
    floor = measured(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    load(environment, files[ROWS])
    seconds = []
    _whole, processor = measured(lambda: seconds.append(load(environment, files[ROWS])[0]))
    ours = seconds[0], processor
    small, large = (load(environment, files[rows])[1] for rows in (FEW, MANY))
    return rows_of(f"SQLite, {how}", ours, floor, 8, small, large)


def rows_of(
    name: str, ours: tuple[float, float], floor: tuple[float, float], most: float, small: float, large: float
) -> list[Row]:
    return [
        Row(f"import of 1,000,000 rows ({name})", ours[0], floor[0], "s", at_most=most),
        Row("  processor time of all", ours[1], floor[1], "s"),
        Row("  memory at 5,000,000 and 100,000 rows", large, small, "MB", at_most=FLAT),
        Row("  memory at 5,000,000 and what is allowed", large, MOST_MEGABYTES, "MB", at_most=1),
    ]


def load(environment: Mapping[str, str], path: Path) -> tuple[float, float]:
    """Load a file in a process of its own, in place of what was there; return seconds and peak memory in megabytes."""
    command = [
        sys.executable, "-c", MEASURED, "import_futurelearn", "--again", "--course=steps", "--run=1", "--from",
        named(path),
    ]  # fmt: skip
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    said = ended.stdout.strip().splitlines()[-1]
    return float(said.rsplit(maxsplit=2)[1]), float(ended.stderr.strip().splitlines()[-1])


def named(path: Path) -> Path:
    """Return the same file under the name that FutureLearn gives it."""
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    link = folder / "steps-1_step-activity.csv"
    if not link.exists():
        os.link(path, link)
    return link


def measured(act, outside=lambda: 0.0) -> tuple[float, float]:
    """Return the seconds that `act` takes by the clock, and of processor time in child processes and `outside`."""
    processor = children() + outside()
    began = time.monotonic()
    act()
    seconds = time.monotonic() - began
    return seconds, children() + outside() - processor


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def server_of(address: str):
    """Yield `measured`, with the processor time of PostgreSQL's processes counted in, those that ended included."""
    folder = dj_database_url.parse(address)["HOST"]
    leader = next(
        process for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and f"{folder}/data" in (process.info["cmdline"] or [])
    )  # fmt: skip

    def processor() -> float:
        time.sleep(1)  # a server's process ends a little after its client
        own = leader.cpu_times()
        still = (process.cpu_times() for process in leader.children())
        return own.children_user + own.children_system + sum(times.user + times.system for times in still)

    yield lambda act: measured(act, processor)
