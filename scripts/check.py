"""`./test`: all tests, on PostgreSQL and on SQLite. Standard library only, as nothing is installed yet."""

import argparse
import os
import signal
import subprocess
import sys

from scripts.venv import PYTHON, ROOT, RUN_LOCK, TEST_LOCK, install, say

ABOUT = """
Installs what the tests need and runs all of them, on PostgreSQL and then on SQLite.
Everything else on the command line goes to pytest: ./test --sqlite -k signup -n 0
"""
DATABASES = {"PostgreSQL": ["-p", "tests.postgres"], "SQLite": []}
INTERRUPTED = 2  # pytest's exit code after Ctrl-C


def main(arguments: list[str]) -> None:
    """Do what the command line asks for, and end the program with 0 only if every test passed."""
    parser = argparse.ArgumentParser(
        "./test", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    only = parser.add_mutually_exclusive_group()
    for name in DATABASES:
        only.add_argument(f"--{name.lower()}", dest="only", action="store_const", const=name, help=f"only on {name}")
    options, further = parser.parse_known_args(arguments)
    os.chdir(ROOT)
    install(RUN_LOCK, TEST_LOCK)
    failed = []
    for name in [options.only] if options.only else DATABASES:
        say(f"Tests on {name}")
        command = [PYTHON, "-m", "pytest", *DATABASES[name], "-n", "2", *further]
        ended = run_to_its_end(command)
        if ended == INTERRUPTED:
            sys.exit(130)
        if ended:
            failed.append(name)
    if failed:
        sys.exit(f"Failed on {' and on '.join(failed)}.")


def run_to_its_end(command: list) -> int:
    """Run the tests and return their exit code. On Ctrl-C they tidy up and report; we wait for that."""
    tests = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_signal: tests.terminate())
    while True:
        try:
            return tests.wait()
        except KeyboardInterrupt:
            continue
