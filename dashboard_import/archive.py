"""The files as received, in the folders of the old tool, so that people's own scripts go on working.

    <Institution>/<Course>/<run> - <start> - <end>/<dataset>.csv, metadata.csv, scraped-links.csv
    <Institution>/Courses Data/Courses-Data.csv
    <Institution>/update.txt     the time of the last complete fetch

A file is replaced only by a whole new one. `.fetched.json` in a run's folder is ours: what was fetched, and when.
"""

import contextlib
import csv
import datetime
import io
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from dashboard_import.runs import RunFacts

LONGEST_NAME = 120  # bytes of UTF-8, so that a name with a suffix fits everywhere
RECORD = ".fetched.json"
PART = ".part"
DEAD_AFTER = 3_600  # seconds; between two pieces of a download there are 90, between two tries ten minutes
TOTALS_WITH_PERCENT = (
    "leavers", "learners", "active_learners", "returning_learners", "social_learners",
    "fully_participating_learners",
)  # fmt: skip
SOLD = ("statements_sold", "certificates_sold")
LATER_WITH_PERCENT = (
    "upgrades_sold", "learners_with_at_least_50_percent_step_completion",
    "learners_with_at_least_90_percent_step_completion", "run_retention_index",
)  # fmt: skip
METADATA = ("uni_name", "course_name", "run", "start_date", "end_date", "duration_weeks")
LINKS = ("step_number", "step_title", "step_type", "step_edit_url", "step_url")


def safe_name(text: str) -> str:
    """Return a name as one part of a path: no separators, no dots in front, no control characters, not too long."""
    plain = re.sub(r"[\x00-\x1f\x7f/\\]+", "-", text)
    plain = " ".join(plain.split()).lstrip(". ")
    short = plain.encode("utf-8", "ignore")[:LONGEST_NAME].decode("utf-8", "ignore").rstrip(". ")
    return short or "unnamed"


def folder_of(root: Path, institution: str, course: str, number: int, start: datetime.date) -> Path | None:
    """Return the folder a run has already, whatever its end; None where it has none."""
    home = root / safe_name(institution) / safe_name(course)
    return next((path for path in sorted(home.glob(f"{number} - {start} - *")) if path.is_dir()), None)


def run_folder(root: Path, facts: RunFacts) -> Path:
    """Return a run's folder, made. One that was made for the same run under other dates gets the new name."""
    home = root / safe_name(facts.institution) / safe_name(facts.course)
    home.mkdir(parents=True, exist_ok=True)
    folder = home / f"{facts.number} - {facts.start} - {facts.end}"
    if not folder.exists():
        others = [path for path in home.glob(f"{facts.number} - *") if path.is_dir()]
        if len(others) == 1:
            others[0].rename(folder)
    folder.mkdir(exist_ok=True)
    sweep(folder)
    return folder


def sweep(folder: Path) -> None:
    """Delete halves of files that a killed process left here: nobody has written to them for an hour."""
    for path in folder.glob(f".*{PART}"):
        if path.stat().st_mtime < time.time() - DEAD_AFTER:
            path.unlink()


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written that takes the place of `path` when the block ends well, and vanishes otherwise."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=PART, dir=path.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o640)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_table(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table of our own making, whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    with new_file(path) as file:
        file.write(text.getvalue().encode())


def write_metadata(folder: Path, facts: RunFacts) -> None:
    row = (facts.institution, facts.course, facts.number, facts.start, facts.end, facts.weeks)
    write_table(folder / "metadata.csv", METADATA, [row])


def write_update(root: Path, institution: str, now: datetime.datetime) -> None:
    """Write down that all of an institution is here, as of `now`, in the old tool's manner."""
    with new_file(root / safe_name(institution) / "update.txt") as file:
        file.write(f"{now:%Y-%m-%d %H:%M}".encode())


def totals_header() -> list[str]:
    """Return the 30 columns of the old tool's Courses-Data.csv."""
    shares = [name for total in TOTALS_WITH_PERCENT for name in (total, f"{total}_percent")]
    later = [name for total in LATER_WITH_PERCENT for name in (total, f"{total}_percent")]
    first = ["run_id", "start_date", "no_of_weeks", "joiners"]
    return [*first, *shares, *SOLD, *later, "gross_revenue_in_gbp", "course", "course_run", "run"]


def totals_row(facts: RunFacts, totals: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return a run's row of Courses-Data.csv; what the page does not say is N/A, as the old tool wrote it."""
    row: dict[str, object] = dict.fromkeys(totals_header(), "N/A")
    for name, value in totals.items():
        for column, part in ((name, "count"), (f"{name}_percent", "percent")):
            if column in row and value[part] is not None:
                row[column] = value[part]
    own = f"{facts.slug} - {facts.number}"
    return row | {
        "run_id": own, "start_date": facts.start, "no_of_weeks": facts.weeks, "course": facts.course,
        "course_run": own, "run": facts.number,
    }  # fmt: skip


def write_totals(root: Path, institution: str, rows: Iterable[dict[str, object]]) -> None:
    """Write the totals of these runs; those of other runs that stand there already stay."""
    path = root / safe_name(institution) / "Courses Data" / "Courses-Data.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {row["run_id"]: row for row in _rows(path) if row.get("run_id")} | {row["run_id"]: row for row in rows}
    header = totals_header()
    write_table(path, header, [[row.get(name, "") for name in header] for row in kept.values()])


def step_addresses(folder: Path) -> dict[str, str]:
    """Return the public address of each step, by number such as `1.10`, as far as the run's files name it.

    extract-links.csv says it, and where that is not there, or no table, what scraped-links.csv had before.
    """
    before = {row.get("step_number") or "": row.get("step_url") or "" for row in _rows(folder / "scraped-links.csv")}
    return before | {
        f"{row['Week Number']}.{row.get('Step Number')}": row["Step URL"]
        for row in _rows(folder / "extract-links.csv")
        if row.get("Week Number") and row.get("Step URL")
    }


def write_record(folder: Path, status: str, missing: list[str], now: datetime.datetime) -> None:
    """Write down what this fetch came to."""
    with new_file(folder / RECORD) as file:
        file.write(json.dumps({"at": now.isoformat(), "status": status, "missing": missing}, indent=1).encode())


def last_fetch(folder: Path) -> tuple[datetime.datetime, frozenset[str]] | None:
    """Return when a finished run was last fetched, and what was missing; None if it never was, or was not finished."""
    try:
        record = json.loads((folder / RECORD).read_text())
        at = datetime.datetime.fromisoformat(record["at"])
        return (at, frozenset(record["missing"])) if record["status"] == "finished" else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_page(root: Path, name: str, html: str) -> Path:
    """Keep a page that nobody could read, for whoever mends the layouts. The caller has taken the secrets out."""
    folder = root / "unknown-pages"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{safe_name(name)}.html"
    with new_file(path) as file:
        file.write(html.encode())
    return path


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a small table by column; none where it is not there, or is no table."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return list(csv.DictReader(line.replace("\0", "") for line in file))
    except (FileNotFoundError, csv.Error):
        return []
