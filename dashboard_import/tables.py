"""CSV files as they come: what they are in, what is wrong with them, their rows a few thousand at a time.

Memory is flat: a file is read twice in small pieces, once to know it and once for its rows, and a row, a cell and
the number of columns have limits. Rows are read as RFC 4180 says and as Python's `csv` does with `strict`.
"""

import csv
import hashlib
import io
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

PIECE = 1 << 20  # bytes read at once; a line that is longer than two of these is refused
MOST_COLUMNS = 1_000
BATCH_ROWS, BATCH_CHARACTERS = 10_000, 2_000_000
ESCAPED = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, as `surrogateescape` shows them
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
CHINESE = re.compile(rb"(?:[\xa1-\xfe][\xa1-\xfe])+")
WESTERN_HOLES = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes without a character in Windows' western code page
WEB_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
WRAPPED = ((b"PK\x03\x04", "a zip file"), (b"\x1f\x8b", "a compressed file"), (b"\xd0\xcf\x11\xe0", "an Excel file"))


class UnreadableError(Exception):
    """A file as a whole cannot be taken; the words say why."""


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes has found. `broken` is the number of places that are not in the encoding."""

    digest: str
    size: int
    encoding: str
    broken: int = 0
    has_nul: bool = False


@dataclass
class Batch:
    """Rows that follow each other: `rows[0]` is the file's row `first`; `lines` says on which line each begins.

    With a `fault` it holds one row that could not be taken apart.
    """

    first: int
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    fault: str = ""


@dataclass
class Counts:
    """What was seen of bytes that are not ASCII, to guess which code page somebody saved a file in."""

    other: int = 0  # characters over U+007F that are right UTF-8
    broken: int = 0
    chinese: int = 0
    western: int = 0
    holes: int = 0

    def add(self, piece: bytes, text: str) -> None:
        broken = len(ESCAPED.findall(text))
        self.broken += broken
        self.other += sum(character > "\x7f" for character in text) - broken
        if broken:
            for run in HIGH_BYTES.findall(piece):
                self.chinese += bool(CHINESE.fullmatch(run))
                self.western += not CHINESE.fullmatch(run)
            self.holes += len(WESTERN_HOLES.findall(piece))

    def encoding(self) -> str:
        """Return UTF-8 where that is the likeliest, else GBK where bytes come in pairs, else Windows' western page."""
        if self.other >= self.broken:
            return "utf-8-sig"
        if self.chinese > 9 * self.western:
            return "gb18030"
        return "utf-8-sig" if self.holes else "cp1252"


def scan(stream: BinaryIO) -> Scan:
    """Read a file once: its SHA-256, its size, its encoding. Raises UnreadableError for what is no table at all."""
    digest, size, counts, nul, line = hashlib.sha256(), 0, Counts(), False, 0
    encoding, decoder = "", getincrementaldecoder("utf-8")("surrogateescape")
    while piece := stream.read(PIECE):
        if not size:
            refuse_other_formats(piece)
            encoding = "utf-16" if piece.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        size += len(piece)
        digest.update(piece)
        nul = nul or b"\0" in piece
        line = 0 if b"\n" in piece or b"\r" in piece else line + 1
        if line > 1:
            raise UnreadableError(f"A line is longer than {PIECE:,} bytes: this is no table.")
        if not encoding and not (piece.isascii() and not decoder.getstate()[0]):
            counts.add(piece, decoder.decode(piece))
    if not encoding:
        counts.add(b"", decoder.decode(b"", final=True))
        encoding = counts.encoding()
    broken = counts.broken if encoding == "utf-8-sig" else 0
    return Scan(digest.hexdigest(), size, encoding, broken, nul)


def refuse_other_formats(piece: bytes) -> None:
    """Raise UnreadableError if a file begins as something else does."""
    if WEB_PAGE.match(piece.removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableError("This is a web page, not a table. FutureLearn gives one to whoever is signed out.")
    for mark, what in WRAPPED:
        if piece.startswith(mark):
            raise UnreadableError(f"This is {what} under the name of a table.")


class Table:
    """The rows of one file. `header` is its first row; raises UnreadableError where there is none."""

    def __init__(self, stream: BinaryIO, scanned: Scan):
        errors = "surrogateescape" if scanned.broken else "strict"
        self.text = io.TextIOWrapper(stream, scanned.encoding, errors, newline="")
        self.has_nul, self.characters, self.last_line, self.rows_before = scanned.has_nul, 0, "", 0
        self.reader = csv.reader(self.lines(), strict=True)
        self.header = self.read_header()

    def lines(self) -> Iterator[str]:
        for line in self.text:
            self.characters += len(line)
            self.last_line = line
            yield line.replace("\0", "") if self.has_nul else line

    def read_header(self) -> list[str]:
        batch = next(self.some(1), None)
        if batch is None:
            raise UnreadableError("The file is empty: it lacks even the row with the names of its columns.")
        if batch.fault:
            raise UnreadableError(f"The row with the names of the columns cannot be read: it has {batch.fault}.")
        names = batch.rows[0]
        if len(names) > MOST_COLUMNS:
            raise UnreadableError(f"The file has {len(names):,} columns; {MOST_COLUMNS:,} is the most.")
        self.rows_before = 0
        return names

    def batches(self) -> Iterator[Batch]:
        """Yield all rows after the header; blank lines are no rows. Raises UnreadableError if the file breaks off."""
        return self.some(BATCH_ROWS)

    def some(self, most: int) -> Iterator[Batch]:
        """Yield batches of at most `most` rows; a row that cannot be taken apart comes as a batch of its own."""
        fault: Batch | None = Batch(0)
        start = self.reader.line_num + 1
        while fault:
            rows: list[list[str]] = []
            lines: list[int] = []
            fault, end = None, self.characters + BATCH_CHARACTERS
            try:
                for row in self.reader:
                    if row:
                        rows.append(row)
                        lines.append(start)
                    start = self.reader.line_num + 1
                    if len(rows) >= most or self.characters > end:
                        yield self.numbered(rows, lines)
                        rows, lines, end = [], [], self.characters + BATCH_CHARACTERS
            except csv.Error as error:
                fault = Batch(0, [[self.last_line.rstrip("\r\n")]], [start], in_words(error, start))
            except UnicodeDecodeError:
                raise UnreadableError(f"From line {start:,} on, the file is not in {self.text.encoding}.") from None
            if rows:
                yield self.numbered(rows, lines)
            if fault:
                start = self.reader.line_num + 1
                yield self.numbered(fault.rows, fault.lines, fault.fault)

    def numbered(self, rows: list[list[str]], lines: list[int], fault: str = "") -> Batch:
        """Return a batch with the number of its first row, and count its rows."""
        first = self.rows_before + 1
        self.rows_before += len(rows)
        return Batch(first, rows, lines, fault)


def in_words(error: csv.Error, line: int) -> str:
    """Return what is wrong with one row; raise UnreadableError where all that follows is lost as well."""
    said = str(error)
    if "unexpected end" in said:
        raise UnreadableError(f"The file was cut off: the quoted text that begins on line {line:,} does not end.")
    if "field limit" in said:
        raise UnreadableError(f"A cell on line {line:,} has over {csv.field_size_limit():,} characters.")
    return "a quotation mark that ends a cell too early"
