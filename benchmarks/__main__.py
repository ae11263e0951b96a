"""`python -m benchmarks [NAME …]`: runs `benchmarks/bench_NAME.py`, each of which has `run() -> list[Row]`."""

import argparse
import inspect
import pkgutil
import sys
import time
from importlib import import_module
from pathlib import Path

import tests.environment  # noqa: F401  (the settings of whoever measures are left out)
from benchmarks.table import Row, draw

PREFIX = "bench_"


def found() -> list[str]:
    """Return the names of all benchmarks."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return [module.name.removeprefix(PREFIX) for module in modules if module.name.startswith(PREFIX)]


def main(arguments: list[str]) -> int:
    """Run the named benchmarks (all, where none is named); return 1 if a figure is not what was wanted.

    `--people N` goes to those whose `run` takes `people`.
    """
    parser = argparse.ArgumentParser("./run bench", description="Measure the site beside bare floors.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which benchmarks (all): {', '.join(found())}")
    parser.add_argument("--people", type=int, action="append", help="for how many people, where that can be chosen")
    asked = parser.parse_args(arguments)
    names, known = asked.names, found()
    if unknown := sorted(set(names) - set(known)):
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known) or 'none yet'}.\n")
        return 2
    rows: list[Row] = []
    try:
        for name in names or known:
            began = time.monotonic()
            sys.stdout.write(f"{name} …")
            sys.stdout.flush()
            run = import_module(f"benchmarks.{PREFIX}{name}").run
            rows += run(asked.people or ()) if "people" in inspect.signature(run).parameters else run()
            sys.stdout.write(f" {time.monotonic() - began:.0f} s\n")
    finally:
        sys.stdout.write(f"\n{draw(rows)}\n")  # what was measured before a fault, too
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
