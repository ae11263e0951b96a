"""CSV files as they come: what they are in, what is wrong with them, their rows a few thousand at a time.

Memory is flat: a file is read twice in small pieces, once to know it and once for its rows, and a row, a cell and
the number of columns have limits. Rows are read as RFC 4180 says and as Python's `csv` does with `strict`.
"""

import csv
import hashlib
import io
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

PIECE = 1 << 18  # bytes read at once
LONGEST_LINE = 1 << 20  # bytes
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
    """What one pass over the bytes has found.

    `broken` is the number of places that are not in the encoding. In a `plain` file each line feed ends a row and
    each comma a cell, as there is neither a quotation mark nor a carriage return: that is read twice as fast.
    """

    digest: str
    size: int
    encoding: str
    broken: int = 0
    has_nul: bool = False
    plain: bool = False


class Batch:
    """Rows that follow each other: the first is the file's row `first`; `lines` says on which line each begins.

    With a `fault` it holds one row that could not be taken apart.
    """

    def __init__(self, first: int, rows: list[list[str]], lines: Sequence[int], fault: str = ""):
        self.first, self.rows, self.lines, self.fault = first, rows, lines, fault

    def __len__(self) -> int:
        return len(self.lines)

    def after_header(self) -> "Batch":
        return Batch(1, self.rows[1:], self.lines[1:])

    def columns(self, width: int) -> list[Sequence[str]]:
        """Return the cells column by column; raise ValueError if a row has not `width` cells."""
        if set(map(len, self.rows)) != {width}:
            raise ValueError("a row has another number of cells")
        return list(zip(*self.rows, strict=True))


class PlainBatch(Batch):
    """Rows of `width` cells each, all cells one after the other, with a line feed after those of each row."""

    def __init__(self, first: int, cells: list[str], width: int, lines: Sequence[int]):
        self.first, self.cells, self.width, self.lines, self.fault = first, cells, width, lines, ""

    @cached_property
    def rows(self) -> list[list[str]]:
        return [self.cells[at : at + self.width] for at in range(0, len(self.cells), self.width + 1)]

    def after_header(self) -> Batch:
        return PlainBatch(1, self.cells[self.width + 1 :], self.width, self.lines[1:])

    def columns(self, width: int) -> list[Sequence[str]]:
        if width != self.width:
            raise ValueError("the rows have another number of cells")
        return [self.cells[place :: width + 1] for place in range(width)]


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
    digest, size, counts, nul, plain, line = hashlib.sha256(), 0, Counts(), False, True, 0
    encoding, decoder = "", getincrementaldecoder("utf-8")("surrogateescape")
    while piece := stream.read(PIECE):
        if not size:
            refuse_other_formats(piece)
            encoding = "utf-16" if piece.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        size += len(piece)
        digest.update(piece)
        nul = nul or b"\0" in piece
        plain = plain and b'"' not in piece and b"\r" not in piece
        line = 0 if b"\n" in piece or b"\r" in piece else line + len(piece)
        if line > LONGEST_LINE:
            raise UnreadableError(f"A line is longer than {LONGEST_LINE:,} bytes: this is no table.")
        if not encoding and not (piece.isascii() and not decoder.getstate()[0]):
            counts.add(piece, decoder.decode(piece))
    if not encoding:
        counts.add(b"", decoder.decode(b"", final=True))
        encoding = counts.encoding()
    broken = counts.broken if encoding == "utf-8-sig" else 0
    return Scan(digest.hexdigest(), size, encoding, broken, nul, plain)


def refuse_other_formats(piece: bytes) -> None:
    """Raise UnreadableError if a file begins as something else does."""
    if WEB_PAGE.match(piece.removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableError("This is a web page, not a table. FutureLearn gives one to whoever is signed out.")
    for mark, what in WRAPPED:
        if piece.startswith(mark):
            raise UnreadableError(f"This is {what} under the name of a table.")


class Table:
    """The rows of one file. `header` is its first row; raises UnreadableError where there is none.

    `characters` counts what has been read, `given` what the CSV reader has been given of it. `ended` says, once all
    has been read, whether the last line has an end.
    """

    def __init__(self, stream: BinaryIO, scanned: Scan):
        self.stream, self.scanned = stream, scanned
        self.errors = "surrogateescape" if scanned.broken else "strict"
        self.characters, self.given, self.last_line = 0, 0, ""
        self.rows_before = -1  # the header is row 0
        self.ended = True
        self.coming = self.plain() if scanned.plain else self.quoted()
        self.first = next(self.coming, None)
        self.header = self.read_header()

    def read_header(self) -> list[str]:
        if self.first is None:
            raise UnreadableError("The file is empty: it lacks even the row with the names of its columns.")
        if self.first.fault:
            raise UnreadableError(f"The row with the names of the columns cannot be read: it has {self.first.fault}.")
        names = self.first.rows[0]
        if len(names) > MOST_COLUMNS:
            raise UnreadableError(f"The file has {len(names):,} columns; {MOST_COLUMNS:,} is the most.")
        if any(map(ESCAPED.search, names)):
            raise UnreadableError("The names of the columns hold bytes that are not UTF-8.")
        return names

    def batches(self) -> Iterator[Batch]:
        """Yield all rows after the header; blank lines are no rows. Raises UnreadableError if the file breaks off."""
        if len(self.first) > 1:
            yield self.first.after_header()
        yield from self.coming

    def numbered(self, batch: Batch) -> Batch:
        """Return a batch with the number of its first row, and count its rows."""
        batch.first = self.rows_before + 1
        self.rows_before += len(batch)
        return batch

    def texts(self) -> Iterator[str]:
        """Yield the file in pieces that end where a line ends."""
        decoder = getincrementaldecoder(self.scanned.encoding)(self.errors)
        rest, ended = "", False
        while not ended:
            piece = self.stream.read(PIECE)
            ended = not piece
            try:
                text = decoder.decode(piece, final=ended)
            except UnicodeDecodeError:
                where = f"after {self.characters:,} characters"
                raise UnreadableError(
                    f"Somewhere {where} the file is not in {self.scanned.encoding} any more."
                ) from None
            self.characters += len(text)
            text = rest + (text.replace("\0", "") if self.scanned.has_nul else text)
            # A carriage return at the very end may be half of a line's end.
            cut = len(text) if ended else max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            rest = text[cut:]
            if cut:
                self.ended = text[cut - 1] in "\r\n"
                yield text[:cut]

    def plain(self) -> Iterator[Batch]:
        """Yield the rows of a plain file. All cells of a piece are cut apart at once where rows are of one width."""
        line, width = 1, 0
        for piece in self.texts():
            text = piece if piece.endswith("\n") else f"{piece}\n"
            width = width or text.count(",", 0, text.index("\n")) + 1
            rows, cells = text.count("\n"), text.replace("\n", ",\n,").split(",")
            del cells[-1]
            if width > 1 and len(cells) == (width + 1) * rows and cells[width :: width + 1].count("\n") == rows:
                batch: Batch = PlainBatch(0, cells, width, range(line, line + rows))
            else:
                kept = [(number, one.split(",")) for number, one in enumerate(text[:-1].split("\n"), line) if one]
                batch = Batch(0, [cells for _line, cells in kept], [number for number, _cells in kept])
            line += rows
            if has_long_line(text, csv.field_size_limit()):
                refuse_long_cells(batch)
            if len(batch):
                yield self.numbered(batch)

    def lines(self) -> Iterator[str]:
        """Yield the lines for the CSV reader, with their ends."""
        for text in self.texts():
            for line in io.StringIO(text, newline=""):
                self.given += len(line)
                self.last_line = line
                yield line

    def quoted(self) -> Iterator[Batch]:
        """Yield the rows of any file; a row that cannot be taken apart comes as a batch of its own."""
        reader = csv.reader(self.lines(), strict=True)
        fault: Batch | None = Batch(0, [], [])
        start = 1
        while fault is not None:
            rows: list[list[str]] = []
            lines: list[int] = []
            fault, end = None, self.given + BATCH_CHARACTERS
            try:
                for row in reader:
                    if row:
                        rows.append(row)
                        lines.append(start)
                    start = reader.line_num + 1
                    if len(rows) >= BATCH_ROWS or self.given > end:
                        if rows:
                            yield self.numbered(Batch(0, rows, lines))
                        rows, lines, end = [], [], self.given + BATCH_CHARACTERS
            except csv.Error as error:
                fault = Batch(0, [[self.last_line.rstrip("\r\n")]], [start], in_words(error, start))
            if rows:
                yield self.numbered(Batch(0, rows, lines))
            if fault is not None:
                start = reader.line_num + 1
                yield self.numbered(fault)


def has_long_line(text: str, most: int) -> bool:
    """Say whether a line may be longer than `most`; one that is fills some block of half that length."""
    half = most // 2 or 1
    return any(text.find("\n", start, start + half) < 0 for start in range(0, len(text) - half, half))


def refuse_long_cells(batch: Batch) -> None:
    """Raise UnreadableError, as for a quoted cell, if one is over the CSV reader's limit."""
    for row, line in zip(batch.rows, batch.lines, strict=True):
        if max(map(len, row)) > csv.field_size_limit():
            raise too_long(line)


def too_long(line: int) -> UnreadableError:
    return UnreadableError(f"A cell on line {line:,} has over {csv.field_size_limit():,} characters.")


def in_words(error: csv.Error, line: int) -> str:
    """Return what is wrong with one row; raise UnreadableError where all that follows is lost as well."""
    said = str(error)
    if "unexpected end" in said:
        raise UnreadableError(f"The file was cut off: the quoted text that begins on line {line:,} does not end.")
    if "field limit" in said:
        raise too_long(line)
    return "a quotation mark that ends a cell too early"
