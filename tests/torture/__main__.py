"""`python -m tests.torture`: runs seeds on databases, prints what came of each, and a table."""

import argparse
import os
import signal
import sys

import tests.environment  # noqa: F401  (the settings of whoever runs this are left out)
from tests.torture.alone import result_of
from tests.torture.databases import NAMES, databases
from tests.torture.report import row, story, table
from tests.torture.run import SETTLE_SECONDS, Options

START_SECONDS = 150  # to start everything and to compare at the end, on a busy machine


def main() -> int:
    """Do what the command line asks for; return 1 unless every number of every run is 0."""
    asked = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))
    results = []
    for name in NAMES if asked.database == "both" else (asked.database,):
        with databases(name, os.environ) as fresh:
            for seed in range(asked.seed, asked.seed + asked.seeds):
                options = Options(seed, asked.seconds, asked.learners, asked.workers)
                with fresh() as address:
                    result = one(options, address) | {"database": name}
                say(story(result))
                results.append(result)
    if len(results) > 1:
        say(table(map(row, results)))
    return 0 if all(map(passed, results)) else 1


def parser() -> argparse.ArgumentParser:
    """Return what the command line may hold."""
    made = argparse.ArgumentParser("./run torture", description=__doc__)
    add = made.add_argument
    add("--seed", type=int, default=1, help="the first seed (1)")
    add("--seeds", type=int, default=1, help="how many seeds, one after the other (1)")
    add("--seconds", type=float, default=20, help="how long things go wrong (20)")
    add("--database", choices=(*NAMES, "both"), default="both")
    add("--learners", type=int, default=Options.learners, help=f"how many ({Options.learners})")
    add("--workers", type=int, default=Options.workers, help=f"how many at once ({Options.workers})")
    return made


def one(options: Options, address: str) -> dict:
    """Do one run and return its result; raises RuntimeError where it has none."""
    most = options.seconds + SETTLE_SECONDS + START_SECONDS
    return result_of("tests.torture.run", options, {**os.environ, "DATABASE_URL": address}, most)


def passed(result: dict) -> bool:
    """Say whether all four numbers are 0."""
    return not any(result["numbers"].values())


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
