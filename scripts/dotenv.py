"""Read a `.env` file: lines of NAME=value, for a developer's own machine."""

import re
import sys
from pathlib import Path

LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")


def read_env(path: Path) -> dict[str, str]:
    """Return what the file says; an empty dict where there is no file.

    Blank lines and lines that begin with # are left out, and so is ` # …` after a value without quotes. One pair of
    quotes around a value is taken off; nothing in it is replaced. Ends the program by name of the line otherwise.
    """
    values = {}
    if not path.exists():
        return values
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = LINE.fullmatch(text)
        if not found:
            sys.exit(f"Line {number} of {path.name} cannot be read. Write NAME=value.")
        value = found["value"]
        if value[:1] in {"'", '"'} and (end := value.find(value[0], 1)) > 0:
            value = value[1:end]
        else:
            value = re.split(r"\s#", f" {value}", maxsplit=1)[0].strip()
        values[found["name"]] = value
    return values
