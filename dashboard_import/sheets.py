"""Reading the first sheet of an Excel workbook (.xlsx), row by row: what survey tools give beside CSV.

A workbook is a zip of XML. openpyxl reads it; with defusedxml installed, as its manual asks, it refuses the entities by
which a small file could fill the memory. Nothing is loaded from outside. Of a formula we read what it came to last.
"""

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import IO, BinaryIO

from openpyxl import load_workbook

from dashboard_import.sources import refuse_traps
from dashboard_import.tables import UnreadableError

MOST_UNPACKED = 100_000_000  # bytes
MOST_TAGS = 200_000  # in one row, which is read as a whole; Excel itself has at most 16,384 cells in one
ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
MOST_COLUMNS, MOST_ROWS = 1_000, 200_000  # further columns are left out
BEGINNING, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # of a workbook, and of one from before 2007
EXACT = 10**15  # numbers have 15 digits in a workbook
# What openpyxl raises on a part that is not as it must be: it takes all to be well and looks for attributes and keys.
BROKEN = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError, TypeError, ValueError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def is_workbook(stream: BinaryIO) -> bool:
    """Say whether a file is a workbook by how it begins. Raises UnreadableError for one from before 2007."""
    stream.seek(0)
    begins = stream.read(4)
    stream.seek(0)
    if begins == OLD:
        raise UnreadableError("The file is an Excel workbook from before 2007. Save it as .xlsx or as CSV.")
    return begins == BEGINNING


def rows(stream: BinaryIO) -> Iterator[list[str]]:
    """Yield the cells of each row that is not empty. Raises UnreadableError for what is no workbook, or too large."""
    try:
        refuse_large(stream)
        with closing(load_workbook(stream, read_only=True, data_only=True, keep_links=False)) as book:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # a file may say that it has more or less than there is
            for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1):
                if number > MOST_ROWS:
                    raise UnreadableError(f"The workbook has more than {MOST_ROWS:,} rows. Save it as CSV.")
                if any(cells := cells_of(row)):
                    yield cells
    except BROKEN as error:
        raise UnreadableError("The file is no Excel workbook that can be read. Save it as CSV.") from error


def refuse_large(stream: BinaryIO) -> None:
    """Raise UnreadableError for a workbook that unpacks to more than we read, and BadZipFile for what is none."""
    with zipfile.ZipFile(stream) as book:
        stream.seek(0, 2)
        refuse_traps(book.infolist(), stream.tell())
        if sum(member.file_size for member in book.infolist()) > MOST_UNPACKED:
            raise UnreadableError("The workbook is too large. Save its first sheet as CSV.")
        for member in book.infolist():
            if member.filename.startswith("xl/worksheets/") and not member.is_dir():
                with book.open(member) as part:
                    refuse_wide(part)


def refuse_wide(part: IO[bytes]) -> None:
    """Raise UnreadableError for a sheet with a row that no program makes, as one could fill the memory."""
    tags = 0
    while piece := part.read(1 << 16):
        for number, inside in enumerate(ROW.split(piece)):
            tags = inside.count(b"<") + (0 if number else tags)
            if tags > MOST_TAGS:
                raise UnreadableError("A row of the workbook has more cells than Excel can have. Save it as CSV.")


def cells_of(row: tuple) -> list[str]:
    """Return the texts of a row's cells, up to the last that is not empty."""
    wide = next((at for at in range(len(row), 0, -1) if row[at - 1] is not None), 0)
    return [text_of(cell) for cell in row[:wide]]


def text_of(cell: object) -> str:
    """Return what a cell says: whole numbers without a fraction, days and times as ISO 8601 writes them."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer() and abs(cell) < EXACT:
            return str(int(cell))
        case datetime.datetime() if cell.time() == datetime.time.min:
            return cell.date().isoformat()
        case datetime.datetime():
            return cell.isoformat(" ", "seconds")
    return str(cell)
