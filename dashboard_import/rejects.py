"""Rows that are not stored: all of them in a file, the first ones kept for the page of the import."""

import csv
import re
from pathlib import Path
from typing import TextIO

from django.conf import settings

from dashboard_import.shaping import Reject
from mooc.lib.csv import guarded

SHOWN = 100  # rows kept in the database
CELL = 200  # characters of a cell that are kept there
UNSAFE = re.compile(r"[^\w.-]+")


class Rejects:
    """A file `line,reason,<the row's cells>` under FUTURELEARN_DATA_DIR/rejected, made with the first reject."""

    def __init__(self, number: int, name: str, *, keep: bool = True):
        """`number` is the import's; `name` the file that is read. Without `keep` rows are counted, not written."""
        self.path = Path(settings.FUTURELEARN_DATA_DIR, "rejected", str(number), UNSAFE.sub("_", name)[-150:])
        self.keep, self.count, self.first = keep, 0, []
        self.file: TextIO | None = None

    def add(self, rejects: list[Reject]) -> None:
        """Write rows down. Raises OSError, for instance when the disk is full."""
        if rejects and self.keep:
            if self.file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
                csv.writer(self.file).writerow(["line", "reason"])
            rows = ([reject.line, reject.reason, *map(guarded, reject.cells)] for reject in rejects)
            csv.writer(self.file).writerows(rows)
        self.count += len(rejects)
        self.first += [shortened(reject) for reject in rejects[: SHOWN - len(self.first)]]

    def close(self) -> None:
        if self.file:
            self.file.close()

    @property
    def name(self) -> str:
        """The file as the database names it, within FUTURELEARN_DATA_DIR; empty where there is none."""
        return self.path.relative_to(settings.FUTURELEARN_DATA_DIR).as_posix() if self.file else ""


def shortened(reject: Reject) -> dict[str, object]:
    """Return a reject for the page: bounded, and free of what the database cannot hold."""
    cells = [cell[:CELL].encode("utf-8", "backslashreplace").decode().replace("\0", "") for cell in reject.cells[:20]]
    return {"line": reject.line, "reason": reject.reason, "cells": cells}
