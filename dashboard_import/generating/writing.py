"""Generated rows as files: bytes of CSV in a layout, in the old tool's folders, in one flat folder, with quirks."""

import csv
import io
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path

from dashboard_import.generating import activity, around, layouts, surveys, talk
from dashboard_import.generating.course import Run

SOURCES = {
    "enrolments": (layouts.ENROLMENTS, activity.enrolments),
    "step-activity": (layouts.STEPS, activity.step_activity),
    "comments": (layouts.COMMENTS, talk.comments),
    "question-response": (layouts.QUESTIONS, activity.question_response),
    "team-members": (layouts.TEAM, around.team),
    "campaigns": (layouts.CAMPAIGNS, around.campaigns),
    "video-stats": (layouts.VIDEOS, around.videos),
    "leaving-survey-responses": (layouts.LEAVING, surveys.leaving),
    "archetype-survey-responses": (layouts.ARCHETYPES, surveys.archetypes),
    "weekly-sentiment-survey-responses": (layouts.SENTIMENTS, surveys.sentiments),
    "peer-review-assignments": (layouts.ASSIGNMENTS, surveys.assignments),
    "peer-review-reviews": (layouts.REVIEWS, surveys.reviews),
    "country-subdivisions": (layouts.SUBDIVISIONS, around.subdivisions),
    "countries": (layouts.COUNTRIES, around.countries),
    "extract-links": (layouts.LINKS, around.links),
    "post-course-survey-data": (layouts.POST_COURSE, surveys.post_course),
    "post-course-survey-free-text": (layouts.FREE_TEXT, surveys.free_text),
}
QUIRKS = {
    "bom": "each file begins with a byte order mark",
    "crlf": "lines end in CR LF",
    "unended": "the last line has no end",
    "nul": "every hundredth comment holds a NUL byte",
    "gbk": "comments are in GBK, without what GBK cannot write",
    "upper": "TRUE and FALSE instead of true and false",
    "extra": "each file has a column more that nobody knows",
    "shuffled": "columns stand in another order",
    "strangers": "two learners act without an enrolment",
}
PIECE = 64 * 1024  # characters


def kinds(run: Run) -> list[str]:
    """Return the kinds of file that this run has. Nothing but enrolments before it starts."""
    return [kind for kind in run.layout.headers if run.status != "upcoming" or kind == "enrolments"]


def header(run: Run, kind: str) -> list[str]:
    """Return the names of the columns in the order of the run's file."""
    columns = list(run.layout.columns(kind))
    if "shuffled" in run.quirks:
        run.random("columns", kind).shuffle(columns)
    return [*columns, "something_new"] if "extra" in run.quirks else columns


def rows(run: Run, kind: str) -> Iterator[tuple]:
    """Yield the rows of a file in the order of `header`, as Python values."""
    if kind in run.layout.empty:
        return
    known, make = SOURCES[kind]
    places = {name: place for place, name in enumerate(known.split(","))}
    columns = header(run, kind)
    extra = columns.pop() if "extra" in run.quirks else ""
    ordered = make(run) if columns == list(places) else map(itemgetter(*(places[name] for name in columns)), make(run))
    changed = _awkward(run, kind, columns, ordered)
    yield from ((*row, f"new {number}") for number, row in enumerate(changed)) if extra else changed


def _awkward(run: Run, kind: str, columns: list[str], ordered: Iterable[tuple]) -> Iterable[tuple]:
    if kind == "question-response" and (run.layout.upper or "upper" in run.quirks):
        place = columns.index("correct")
        return ((*row[:place], row[place].upper(), *row[place + 1 :]) for row in ordered)
    if kind == "comments" and "nul" in run.quirks:
        place = columns.index("text")
        return (
            (*row[:place], f"{row[place]}\0" if number % 100 == 0 else row[place], *row[place + 1 :])
            for number, row in enumerate(ordered)
        )
    return ordered


def pieces(run: Run, kind: str) -> Iterator[bytes]:
    """Yield the file of one kind in pieces of some ten thousand bytes."""
    encoding = "gbk" if kind == "comments" and "gbk" in run.quirks else "utf-8"
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n" if "crlf" in run.quirks else "\n")
    if "bom" in run.quirks and encoding == "utf-8":
        buffer.write("\ufeff")
    writer.writerow(header(run, kind))
    for row in rows(run, kind):
        if buffer.tell() > PIECE:
            yield buffer.getvalue().encode(encoding, "ignore")
            buffer.seek(0)
            buffer.truncate()
        writer.writerow(row)
    text = buffer.getvalue()
    yield (text.rstrip("\r\n") if "unended" in run.quirks else text).encode(encoding, "ignore")


def write_file(run: Run, kind: str, path: Path) -> None:
    """Write one file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(pieces(run, kind))


def run_folder(folder: Path, run: Run) -> Path:
    """Return where the old tool kept a run."""
    name = f"{run.number} - {run.start} - {run.end}"
    return folder / run.course.institution / run.course.title / name


def write_tree(runs: Iterable[Run], folder: Path) -> None:
    """Write the runs as the old tool did: <institution>/<course>/<run> - <start> - <end>/, with metadata.csv."""
    for run in runs:
        home = run_folder(folder, run)
        for kind in kinds(run):
            write_file(run, kind, home / f"{kind}.csv")
        with (home / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("uni_name", "course_name", "run", "start_date", "end_date", "duration_weeks"))
            course = run.course
            writer.writerow((course.institution, course.title, run.number, run.start, run.end, course.weeks))
        (home.parent.parent / "update.txt").write_text(f"{run.today} 04:00")


def write_flat(runs: Iterable[Run], folder: Path) -> None:
    """Write the runs as people download them by hand: <slug>-<run>_<dataset>.csv in one folder."""
    for run in runs:
        for kind in kinds(run):
            write_file(run, kind, folder / f"{run.name}_{kind}.csv")
