"""One run, in a process of its own: `python -m tests.upheaval.run '{"seed": 1, …}'`. Prints its result as JSON."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module

import django

from tests.torture.crew import ROOT, Crew

LEASE = 60.0  # seconds: a busy machine puts a thousand messages into the outbox in some
STOP = 3.0  # seconds by which some stops of a worker are longer than others
SETTLE_SECONDS = 600
LEARNERS, ORGANISERS = 2, 2  # processes of each


@dataclass(frozen=True)
class Options:
    """What a run is made of. The same seed draws the same deeds; how they meet is up to chance."""

    seed: int = 1
    seconds: float = 30.0
    people: int = 14_000
    workers: int = 4
    kill: bool = False


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of all processes: the outbox keeps each message that is told to somebody."""
    return {**given} | {
        "DEBUG": "true", "SECRET_KEY": "for-an-upheaval-only", "MAIL_TRANSPORT": "outbox", "MAIL_BATCH_SIZE": "1000",
        "MAIL_LEASE_SECONDS": str(LEASE), "MAIL_TIMEOUT_SECONDS": "1", "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "mooc.settings",
    }  # fmt: skip


def main(options: Options) -> dict:
    """Do one run on the database in the environment and return what came of it."""
    django.setup()
    course = import_module("tests.upheaval.course")  # they need the settings that are there only now
    verdict = import_module("tests.upheaval.verdict")
    run = course.make_course(options.people, random.Random(options.seed))
    forming = import_module("tests.upheaval.forming")
    made, half_made = forming.make_groups(run, options.people, random.Random(f"{options.seed}/forming"))
    crew = Crew(os.environ, options.workers, STOP, STOP, random.Random(f"{options.seed}/crew"))
    try:
        roles = [("learner", number) for number in range(LEARNERS)] + [("organiser", one) for one in range(ORGANISERS)]
        acting = [act(run, role, number, options) for role, number in roles]
        if options.kill:
            crew.torment(options.seconds)
        crew.calm()  # before people are waited for: they may want what a stopped worker holds
        said = [(role, told(one)) for (role, _number), one in zip(roles, acting, strict=True)]
        settled = verdict.settle(run, crew.keep, SETTLE_SECONDS)
    finally:
        crew.end()
    counts = {role: sum((Counter(each["counts"]) for name, each in said if name == role), Counter())
              for role in ("learner", "organiser")}  # fmt: skip
    wishes = {int(pk): wish for _role, each in said for pk, wish in each["wishes"].items()}
    found = verdict.compare(run, wishes, sum(counts.values(), Counter()), settled)
    found.wrong["half made"] += half_made
    return {
        "forming": made, "people": counts["learner"], "organisers": counts["organiser"], "crew": crew.counts,
        "at the end": found.state | {"settled in seconds": settled}, "numbers": found.numbers(),
        "examples": found.examples(),
    }  # fmt: skip


def act(run: int, role: str, number: int, options: Options) -> subprocess.Popen:
    """Start a process of learners or of an organiser who does things for so many seconds."""
    said = json.dumps([run, role, number, LEARNERS, options.seed, options.seconds])
    command = [sys.executable, "-m", "tests.upheaval.deeds", said]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def told(acting: subprocess.Popen) -> dict:
    """Wait for such a process and return what it did; raises RuntimeError where it broke off."""
    said, _ = acting.communicate(timeout=SETTLE_SECONDS)
    if acting.returncode:
        raise RuntimeError(f"A process broke off ({acting.returncode}) after {time.monotonic():.0f} s.")
    return json.loads(said)


if __name__ == "__main__":
    asked = Options(**json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(asdict(asked) | main(asked)))
