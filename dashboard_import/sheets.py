"""Reading the first sheet of an Excel workbook (.xlsx), row by row: what survey tools give beside CSV.

A workbook is a zip of XML. The parser bounds what entities may grow to and loads nothing from outside. Numbers and days
come as they are stored: a day is the number of days since 1900.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element, ParseError, iterparse

from dashboard_import.sources import refuse_traps
from dashboard_import.tables import UnreadableError

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
MOST_UNPACKED = 100_000_000  # bytes
MOST_COLUMNS = 1_000
BEGINNING, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # of a workbook, and of one from before 2007
COLUMN = re.compile(r"([A-Z]{1,3})\d+")
WHOLE = re.compile(r"(-?\d+)\.0+")


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
        with zipfile.ZipFile(stream) as book:
            stream.seek(0, 2)
            refuse_traps(book.infolist(), stream.tell())
            if sum(member.file_size for member in book.infolist()) > MOST_UNPACKED:
                raise UnreadableError("The workbook is too large. Save its first sheet as CSV.")
            texts = shared(book)
            with book.open(first_sheet(book)) as sheet:
                for row in parsed(sheet, f"{MAIN}row"):
                    if any(cells := cells_of(row, texts)):
                        yield cells
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError, ParseError) as error:
        raise UnreadableError("The file is no Excel workbook that can be read. Save it as CSV.") from error


def parsed(part: IO[bytes], tag: str) -> Iterator[Element]:
    """Yield the elements of a part that have this tag, one at a time; the tree is not kept."""
    above: list[Element] = []
    inside = 0  # elements with this tag that are open
    for event, element in iterparse(part, events=("start", "end")):  # noqa: S314  (see above)
        if event == "start":
            above.append(element)
            inside += element.tag == tag
            continue
        above.pop()
        if element.tag == tag:
            inside -= 1
            yield element
        if above and not inside:
            above[-1].clear()


def first_sheet(book: zipfile.ZipFile) -> str:
    """Return the name of the first sheet's part."""
    with book.open("xl/workbook.xml") as part:
        sheet = next(parsed(part, f"{MAIN}sheet"), None)
        key = None if sheet is None else sheet.get(f"{OFFICE}id")
    with book.open("xl/_rels/workbook.xml.rels") as part:
        targets = {one.get("Id"): one.get("Target", "") for one in parsed(part, f"{PACKAGE}Relationship")}
    return posixpath.normpath(posixpath.join("/xl", targets[key])).lstrip("/")


def shared(book: zipfile.ZipFile) -> list[str]:
    """Return the texts that cells refer to by their place."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    with book.open("xl/sharedStrings.xml") as part:
        return [text_of(one) for one in parsed(part, f"{MAIN}si")]


def text_of(element: Element) -> str:
    """Return a text with all its runs, without the readings beside eastern scripts."""
    runs = [element, *element.findall(f"{MAIN}r")]
    return "".join(text.text or "" for run in runs for text in run.findall(f"{MAIN}t"))


def cells_of(row: Element, texts: list[str]) -> list[str]:
    """Return the texts of a row's cells, empty ones where the row leaves some out."""
    made: list[str] = []
    for cell in row.findall(f"{MAIN}c"):
        place = column_of(cell.get("r", "")) or len(made)
        if place >= MOST_COLUMNS:
            break
        made += [""] * (place - len(made))
        made.append(cell_text(cell, texts))
    return made


def column_of(reference: str) -> int:
    """Return the place, from 0, of the column that a reference such as `AB12` names; 0 for what names none."""
    found = COLUMN.fullmatch(reference)
    place = 0
    for letter in found[1] if found else "":
        place = place * 26 + ord(letter) - 64
    return max(place - 1, 0)


def cell_text(cell: Element, texts: list[str]) -> str:
    """Return what a cell says."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(f"{MAIN}is")
        return "" if inline is None else text_of(inline)
    value = cell.findtext(f"{MAIN}v") or ""
    if kind == "s":
        return texts[int(value)] if value and 0 <= int(value) < len(texts) else ""
    if kind == "b":
        return "yes" if value == "1" else "no"
    whole = WHOLE.fullmatch(value) if kind == "n" else None
    return whole[1] if whole else value
