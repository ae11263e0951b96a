"""A run in a process group of its own, of which nothing is left behind."""

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.torture.crew import ROOT

# The shell waits for its standard input to close and then kills the whole run, stopped workers too: nothing is left
# behind, even if this process is killed.
KEEPER = "read -r _; kill -9 -$1 2>/dev/null"


def result_of(module: str, options: object, environment: Mapping[str, str], most: float) -> dict:
    """Run a module with a dataclass of options, for `most` seconds, and return its result with its log.

    Raises RuntimeError where it has none.
    """
    command = [sys.executable, "-m", module, json.dumps(dataclasses.asdict(options))]
    with tempfile.TemporaryFile("w+") as log:
        running = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=log, text=True,
            start_new_session=True,
        )  # fmt: skip
        with kept(running.pid):
            try:
                said, _ = running.communicate(timeout=most)
            except subprocess.TimeoutExpired:
                said = ""
        running.wait()
        log.seek(0)
        complaints = log.read()
    if running.returncode or not said:
        raise RuntimeError(f"The run with {options} broke off ({running.returncode}).\n{complaints[-4000:]}")
    return json.loads(said) | {"log": complaints}


@contextmanager
def kept(group: int) -> Iterator[None]:
    """Kill a whole process group at the end, also where this process itself is killed before."""
    keeper = subprocess.Popen(["/bin/sh", "-c", KEEPER, "keeper", str(group)], stdin=subprocess.PIPE)
    try:
        yield
    finally:
        keeper.stdin.close()
        keeper.wait()
