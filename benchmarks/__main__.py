"""`python -m benchmarks [NAME …]`: runs `benchmarks/bench_NAME.py`, each of which has `run() -> list[Row]`."""

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


def main(names: list[str]) -> int:
    """Run the named benchmarks (all, where none is named); return 1 if a figure is not what was wanted."""
    known = found()
    if unknown := sorted(set(names) - set(known)):
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known) or 'none yet'}.\n")
        return 2
    rows: list[Row] = []
    for name in names or known:
        began = time.monotonic()
        sys.stdout.write(f"{name} …")
        sys.stdout.flush()
        rows += import_module(f"benchmarks.{PREFIX}{name}").run()
        sys.stdout.write(f" {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(f"\n{draw(rows)}\n")
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
