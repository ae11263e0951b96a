"""Rows that are not stored: all of them in a file, the first ones kept for the page of the import."""

import contextlib
import csv
import re
from pathlib import Path
from typing import TextIO

from django.conf import settings

from dashboard_import.shaping import Reject
from mooc.lib.csv import guarded

SHOWN = 100  # rows kept in the database
LONGEST_NAME = 150  # bytes
CELL = 200  # characters of a cell that are kept there
UNSAFE = re.compile(r"[^\w.-]+")


class Rejects:
    """A file `line,reason,<the row's cells>` under FUTURELEARN_DATA_DIR/rejected, made with the first reject.

    `header` is the first row of the file that is read, once it is known: it names the cells.
    """

    def __init__(self, number: int, name: str, *, keep: bool = True):
        """`number` is the import's; `name` the file that is read. Without `keep` rows are counted, not written."""
        self.path = Path(settings.FUTURELEARN_DATA_DIR, "rejected", str(number), file_name(name))
        self.keep, self.count, self.first = keep, 0, []
        self.header: list[str] = []
        self.file: TextIO | None = None

    def add(self, rejects: list[Reject]) -> None:
        """Write rows down. Raises OSError, for instance when the disk is full."""
        if rejects and self.keep:
            if self.file is None:
                self.open()
            rows = ([reject.line, reject.reason, *map(guarded, reject.cells)] for reject in rejects)
            csv.writer(self.file).writerows(rows)
        self.count += len(rejects)
        self.first += [shortened(reject) for reject in rejects[: SHOWN - len(self.first)]]

    def open(self) -> None:
        """Begin the file; two files of one import may have names that look the same here."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stem, count = self.path.stem, 1
        while self.path.exists():
            count += 1
            self.path = self.path.with_stem(f"{stem}.{count}")
        self.file = self.path.open("x", encoding="utf-8", errors="backslashreplace", newline="")
        csv.writer(self.file).writerow(["line", "reason", *map(guarded, self.header)])

    def close(self) -> None:
        """Let all rows be in the file. Raises OSError, as `add` does: call it before the load is committed."""
        if self.file:
            self.file.close()

    def abandon(self, *, broken: bool = False) -> None:
        """Close the file of a load that has failed, or that was closed before; delete it if it is `broken`."""
        with contextlib.suppress(OSError):  # a full disk has been said already
            self.close()
        if broken and self.file:
            self.file = None
            self.path.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The file as the database names it, within FUTURELEARN_DATA_DIR; empty where there is none."""
        return self.path.relative_to(settings.FUTURELEARN_DATA_DIR).as_posix() if self.file else ""


def file_name(name: str) -> str:
    """Return the end of a name as one part of a path. File systems count bytes: 255 are the most."""
    return UNSAFE.sub("_", name).encode("utf-8", "replace")[-LONGEST_NAME:].decode("utf-8", "ignore").lstrip(".")


def shortened(reject: Reject) -> dict[str, object]:
    """Return a reject for the page: bounded, and free of what the database cannot hold."""
    cells = [cell[:CELL].encode("utf-8", "backslashreplace").decode().replace("\0", "") for cell in reject.cells[:20]]
    return {"line": reject.line, "reason": reject.reason, "cells": cells}
