"""`python -m tests.upheaval`: groups while everybody comes and goes, on real databases with real processes."""

import argparse
import os
import signal
import sys

import tests.environment  # noqa: F401  (the settings of whoever runs this are left out)
from tests.torture.__main__ import say
from tests.torture.alone import result_of
from tests.torture.databases import NAMES, databases
from tests.upheaval.run import SETTLE_SECONDS, Options, environment

START_SECONDS = 300  # to make the course and its groups, and to compare at the end, on a busy machine


def main() -> int:
    """Do what the command line asks for; return 1 unless every number of every run is 0."""
    asked = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))
    options = Options(asked.seed, asked.seconds, asked.people, asked.workers, asked.kill)
    well = True
    for name in NAMES if asked.database == "both" else (asked.database,):
        with databases(name, environment(os.environ)) as fresh, fresh() as address:
            result = one(options, address)
        say(f"== {name}, {options}")
        for part in ("forming", "people", "organisers", "crew", "at the end", "numbers"):
            say(f"{part:<12}{', '.join(f'{name} {number:,}' for name, number in result[part].items()) or '–'}")
        for example in result["examples"]:
            say(f"  {example}")
        well = well and not any(result["numbers"].values())
    return 0 if well else 1


def parser() -> argparse.ArgumentParser:
    """Return what the command line may hold."""
    made = argparse.ArgumentParser("python -m tests.upheaval", description=__doc__)
    add = made.add_argument
    add("--seed", type=int, default=Options.seed)
    add("--seconds", type=float, default=Options.seconds, help=f"how long people come and go ({Options.seconds:g})")
    add("--database", choices=(*NAMES, "both"), default="both")
    add("--people", type=int, default=Options.people, help=f"in the course at first ({Options.people})")
    add("--workers", type=int, default=Options.workers, help=f"how many at once ({Options.workers})")
    add("--kill", action="store_true", help="kill and stop workers besides")
    return made


def one(options: Options, address: str) -> dict:
    """Do one run and return its result; raises RuntimeError where it has none."""
    most = options.seconds + SETTLE_SECONDS + START_SECONDS
    return result_of("tests.upheaval.run", options, {**environment(os.environ), "DATABASE_URL": address}, most)


if __name__ == "__main__":
    sys.exit(main())
