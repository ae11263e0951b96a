"""Where files are: the old tool's tree of folders, a flat folder, single files, a zip. Finds them; reads none but
`metadata.csv`.
"""

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings

from dashboard_import.datasets import from_name
from dashboard_import.runs import RunFacts, checked, combined, from_folders, from_metadata
from dashboard_import.tables import UnreadableError

TOTALS = "totals"
TOTALS_NAMES = {"courses-data.csv", "enrolmentdata.csv"}
METADATA = "metadata.csv"
# Of what is ours in FUTURELEARN_DATA_DIR, nothing is a table of FutureLearn's.
OURS = ("rejected", "unknown-pages", "uploads")
MOST_ENTRIES = 10_000
LIST_END = 66_000  # bytes at the end of a zip in which its list ends, with the longest comment there is
LONGEST_LIST = 5 << 20  # bytes
MOST_BYTES = 50 << 30  # of a zip, unpacked
MOST_RATIO, RATIO_FROM = 200, 20 << 20  # tables become 5 to 20 times smaller; what grows more than that is a trap

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Source:
    """One file that may be loaded. `kind` is empty where the name says nothing, `facts` None where no run is known."""

    name: str
    kind: str
    facts: RunFacts | None
    size: int
    open: Opener


@dataclass(frozen=True)
class Entry:
    """A file by its place: the folders around it, its name, how to read it."""

    folders: tuple[str, ...]
    name: str
    shown: str
    size: int
    open: Opener


def find(path: Path, *, course: str = "", run: int | None = None) -> list[Source]:
    """Return the tables at `path` (a folder, a zip or a file), those with totals last.

    `course` (slug or name) and `run` leave out all others, and name the run of a file that does not say which it
    is of. Raises UnreadableError where there is nothing, or a zip that is no good.
    """
    if path.is_dir():
        entries = in_folder(path)
    elif not path.exists():
        raise UnreadableError(f"There is no {path}.")
    elif zipfile.is_zipfile(path):
        entries = in_zip(path)
    elif path.suffix.lower() == ".zip":
        raise UnreadableError(f"{path.name} is no zip file, or only the beginning of one.")
    else:
        entries = [as_entry(path, path.name)]
    given = RunFacts(run, course) if course and run is not None else None
    found = [source for source in described(list(entries), given) if wanted(source, course, run)]
    return sorted(found, key=lambda source: source.kind == TOTALS)


def wanted(source: Source, course: str, run: int | None) -> bool:
    if source.facts is None:
        return source.kind == TOTALS or not (course or run is not None)
    return source.facts.is_wanted(course, run)


def run_folder(path: Path, facts: RunFacts) -> list[Source]:
    """Return the tables in one run's folder, as `facts` of whoever fetched them."""
    return [source for source in described(list(in_folder(path)), None, known=facts) if source.kind]


def described(entries: list[Entry], given: RunFacts | None, known: RunFacts | None = None) -> Iterator[Source]:
    """Say of each entry which kind it is and of which run; those that are no tables are left out."""
    metadata = {}
    for entry in entries:
        if entry.name.lower() == METADATA:
            try:
                with entry.open() as stream:
                    metadata[entry.folders] = from_metadata(stream)
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError) as error:
                raise UnreadableError(f"{entry.shown} is damaged: {error or type(error).__name__}.") from None
    for entry in entries:
        low = entry.name.lower()
        if low in TOTALS_NAMES:
            yield Source(entry.shown, TOTALS, None, entry.size, entry.open)
        elif low.endswith(".csv") and low != METADATA:
            kind, slug, number = from_name(entry.name)
            facts = known
            if facts is None and slug:
                facts = checked(RunFacts(number, slug))
            if facts is None:
                facts = from_folders(entry.folders)
            facts = combined(facts, metadata.get(entry.folders, {})) or given if known is None else known
            yield Source(entry.shown, kind, facts, entry.size, entry.open)


def as_entry(path: Path, shown: str) -> Entry:
    folders = path.resolve().parent.parts[-3:]
    return Entry(folders, path.name, shown, path.stat().st_size, partial(path.open, "rb"))


def in_folder(root: Path) -> Iterator[Entry]:
    """Yield the files below a folder, in order; links to folders are not followed, and what is ours is left out."""
    ours = {Path(settings.FUTURELEARN_DATA_DIR, name).resolve() for name in OURS}
    for folder, below, names in os.walk(root):
        below[:] = sorted(
            name for name in below if not name.startswith(".") and Path(folder, name).resolve() not in ours
        )
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                yield as_entry(path, path.relative_to(root).as_posix())


def in_zip(path: Path) -> Iterator[Entry]:
    """Yield the files of a zip. Raises UnreadableError if it is damaged, a trap, or would leave its folder."""
    refuse_long_list(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableError(f"{path.name} cannot be opened: {error}") from None
    refuse_traps(members, path.stat().st_size)
    for member in members:
        place = PurePosixPath(member.filename)
        if not member.is_dir() and "__MACOSX" not in place.parts and not place.name.startswith("."):
            yield Entry(
                place.parts[:-1][-3:], place.name, place.as_posix(), member.file_size, partial(ZipMember, path, member)
            )


def refuse_long_list(path: Path) -> None:
    """Raise UnreadableError if the list of a zip's files is longer than anybody's, before it is read into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - LIST_END, 0))
        end = file.read(LIST_END)
    # The record at the very end says how many bytes the list has; a second one before it where they are too many.
    for mark, place, width in ((b"PK\x05\x06", 12, 4), (b"PK\x06\x06", 40, 8)):
        at = end.rfind(mark)
        length = int.from_bytes(end[at + place : at + place + width], "little") if at >= 0 else 0
        if LONGEST_LIST < length < (1 << 8 * width) - 1:
            raise UnreadableError(f"The list of the zip's files has {length:,} bytes; {LONGEST_LIST:,} is the most.")


def refuse_traps(members: Iterable[zipfile.ZipInfo], packed: int) -> None:
    """Raise UnreadableError for a zip that unpacks to more than anybody means, or whose names lead elsewhere."""
    members = list(members)
    if len(members) > MOST_ENTRIES:
        raise UnreadableError(f"The zip holds {len(members):,} files; {MOST_ENTRIES:,} is the most.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_BYTES or unpacked > max(RATIO_FROM, packed * MOST_RATIO):
        raise UnreadableError(f"The zip of {packed:,} bytes would unpack to {unpacked:,}: this looks like a trap.")
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or ":" in name[:2]:
            raise UnreadableError(f"The zip has a file whose name leaves its folder: {name[:100]!r}.")
        if member.flag_bits & 1:
            raise UnreadableError("The zip is locked with a password.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UnreadableError(f"The zip has a link in it: {name[:100]!r}.")


class ZipMember(AbstractContextManager):
    """One file of a zip, opened for as long as it is read. Never gives more bytes than the zip says it has."""

    def __init__(self, path: Path, member: zipfile.ZipInfo):
        self.path, self.member = path, member

    def __enter__(self) -> BinaryIO:
        self.archive = zipfile.ZipFile(self.path)
        try:
            return self.archive.open(self.member)
        except BaseException:
            self.archive.close()
            raise

    def __exit__(self, *failure: object) -> None:
        self.archive.close()
