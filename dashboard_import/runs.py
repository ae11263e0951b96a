"""Which run a file belongs to: what folders, names and `metadata.csv` say of it, and its row in the database."""

import csv
import datetime
import io
import re
import zlib
from dataclasses import dataclass, replace
from typing import BinaryIO

from django.utils.text import slugify

from dashboard_import.models import CourseRun

FOLDER = re.compile(r"(?P<run>\d{1,9}) - (?P<start>.+?) - (?P<end>.+)")
METADATA_BYTES = 64_000
LARGEST_NUMBER = 1_000_000
LONGEST_NAME = 200


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run before its row is looked for; empty texts and None say nothing.

    Without `slug` the run is known by its course's name, and the slug is made from it.
    """

    number: int
    slug: str = ""
    institution: str = ""
    course: str = ""
    start: datetime.date | None = None
    end: datetime.date | None = None
    weeks: int | None = None
    status: str = ""

    def __post_init__(self):
        for name in ("slug", "institution", "course", "status"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        object.__setattr__(self, "slug", slugify(self.slug))

    @property
    def short_name(self) -> str:
        return self.slug or slug_of(self.course)

    def is_wanted(self, course: str, number: int | None) -> bool:
        """Say whether this is the course (by slug or name, in any case; empty: any) and the run that are asked for."""
        named = course.casefold() in ("", self.short_name.casefold(), self.course.casefold())
        return named and number in (None, self.number)


def slug_of(course: str) -> str:
    """Return a short name made from a course's name; never empty."""
    return slugify(course)[:LONGEST_NAME] or f"course-{zlib.crc32(course.encode()):08x}"


def from_folders(folders: tuple[str, ...]) -> RunFacts | None:
    """Read `<Institution>/<Course>/<run> - <start> - <end>`; None where the last folder is not named so."""
    found = FOLDER.fullmatch(folders[-1]) if folders else None
    if not found or len(folders) < 2:
        return None
    institution = folders[-3] if len(folders) > 2 else ""
    return checked(
        RunFacts(int(found["run"]), "", institution, folders[-2], as_day(found["start"]), as_day(found["end"]))
    )


def from_metadata(stream: BinaryIO) -> dict[str, object]:
    """Return what a `metadata.csv` says, as fields of RunFacts; what cannot be read is left out."""
    text = stream.read(METADATA_BYTES).decode("utf-8-sig", "replace").replace("\0", "")
    row = next(csv.DictReader(io.StringIO(text, newline="")), None) or {}
    cells = {name: text.strip() for name, text in row.items() if isinstance(name, str) and isinstance(text, str)}
    number, weeks = cells.get("run", ""), cells.get("duration_weeks", "")
    said = {
        "number": int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
        "institution": cells.get("uni_name"),
        "course": cells.get("course_name"),
        "start": as_day(cells.get("start_date", "")),
        "end": as_day(cells.get("end_date", "")),
        "weeks": int(weeks) if weeks.isascii() and weeks.isdigit() and len(weeks) < 4 else None,
    }
    return {name: value for name, value in said.items() if value}


def combined(facts: RunFacts | None, metadata: dict[str, object]) -> RunFacts | None:
    """Return facts with what the metadata says on top; None where nothing says which run it is."""
    if facts:
        return checked(replace(facts, **{name: value for name, value in metadata.items() if name != "number"}))
    return checked(RunFacts(**metadata)) if {"number", "course"} <= metadata.keys() else None


def checked(facts: RunFacts) -> RunFacts | None:
    """Return facts, or None for a number that no run has."""
    return facts if 0 <= facts.number <= LARGEST_NUMBER else None


def clean(name: str) -> str:
    """Return a name without invisible characters, bounded."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in name).split())[:LONGEST_NAME]


def as_day(text: str) -> datetime.date | None:
    """Return an ISO day, None for anything else (`Not set`)."""
    try:
        return datetime.date.fromisoformat(text.strip())
    except ValueError:
        return None


def find_run(facts: RunFacts) -> CourseRun | None:
    """Return the row of a run; None if it is new.

    It is found by slug and number, else by institution, course's name and number: folders of the old tool know no slug.
    """
    run = CourseRun.objects.filter(slug=facts.short_name, number=facts.number).first()
    if run or not facts.course:
        return run
    run = CourseRun.objects.filter(institution=facts.institution, course=facts.course, number=facts.number).first()
    # With two slugs that somebody gave, these are two courses of one name.
    return None if run and facts.slug and run.slug != slug_of(run.course) else run


def course_run(facts: RunFacts) -> CourseRun:
    """Return the row of a run, made if it is new, with what is newly known of it written down."""
    run = find_run(facts)
    if run is None:
        course = facts.course or facts.short_name
        run, _made = CourseRun.objects.get_or_create(
            slug=facts.short_name, number=facts.number, defaults={"course": course}
        )
    news = {name: getattr(facts, name) for name in ("slug", "institution", "course", "start", "end", "weeks", "status")}
    changed = [name for name, value in news.items() if value not in ("", None) and value != getattr(run, name)]
    for name in changed:
        setattr(run, name, news[name])
    if changed:
        run.save(update_fields=[*changed, "date_updated"])
    return run
