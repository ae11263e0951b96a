"""Workbooks: what their cells say as texts, and those that are refused."""

import datetime
import io
import tracemalloc
import zipfile

import openpyxl
import pytest
from defusedxml import EntitiesForbidden

from dashboard_import import sheets
from dashboard_import.tables import UnreadableError

pytestmark = pytest.mark.any_database

MAIN, OFFICE, PACKAGE = (
    f"http://schemas.openxmlformats.org/{name}"
    for name in ("spreadsheetml/2006/main", "officeDocument/2006/relationships", "package/2006")
)
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
NAMES = {
    "types": "[Content_Types].xml", "book": "xl/workbook.xml", "links": "xl/_rels/workbook.xml.rels",
    "texts": "xl/sharedStrings.xml", "sheet": "xl/worksheets/sheet1.xml",
}  # fmt: skip
CONTENT = {
    "types": f"""<Types xmlns='{PACKAGE}/content-types'><Default Extension='xml' ContentType='application/xml'/>
        <Override PartName='/xl/workbook.xml' ContentType='{KINDS}.sheet.main+xml'/>
        <Override PartName='/xl/sharedStrings.xml' ContentType='{KINDS}.sharedStrings+xml'/></Types>""",
    "book": f"""<workbook xmlns='{MAIN}' xmlns:r='{OFFICE}'>
        <sheets><sheet name='Hopes' sheetId='1' r:id='a'/></sheets></workbook>""",
    "links": f"""<Relationships xmlns='{PACKAGE}/relationships'>
        <Relationship Id='a' Type='{OFFICE}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>""",
    "texts": f"<sst xmlns='{MAIN}'><si><t>shared</t></si></sst>",
    "sheet": f"<worksheet xmlns='{MAIN}'><sheetData/></worksheet>",
}


def workbook(rows: list[list]) -> bytes:
    """Return a workbook with these rows on its first sheet."""
    made, book = io.BytesIO(), openpyxl.Workbook()
    sheet = book.active
    for at, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            sheet.cell(at, column).value = cell
            if isinstance(cell, str):
                sheet.cell(at, column).data_type = "s"
    book.create_sheet("Another").append(["partner_export_id"])
    book.save(made)
    return made.getvalue()


def with_parts(**parts: str | bytes) -> io.BytesIO:
    """Return the least workbook there is, in which these parts are others."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for part, content in (CONTENT | parts).items():
            book.writestr(NAMES[part], content)
    return made


def with_sheet(inside: str) -> io.BytesIO:
    """Return a workbook whose sheet has this markup, and says that it has one cell."""
    sheet = f"<worksheet xmlns='{MAIN}'><dimension ref='A1'/><sheetData>{inside}</sheetData></worksheet>"
    return with_parts(sheet=sheet)


def read(book: bytes | io.BytesIO) -> list[list[str]]:
    return list(sheets.rows(io.BytesIO(book) if isinstance(book, bytes) else book))


def test_cells_are_texts():
    rows = [["Who", None, "Hours"], ["ann & <bo>", True, 2.5], [None, None, 3.0], [], ["", None], [False, "", -4]]
    assert read(workbook(rows)) == [
        ["Who", "", "Hours"], ["ann & <bo>", "yes", "2.5"], ["", "", "3"], ["no", "", "-4"],
    ]  # fmt: skip
    assert read(workbook([[10**14, 12345678901234.5, 1e300, "007", "=1+1", "#N/A", "é\n–"]])) == [
        ["100000000000000", "12345678901234.5", "1e+300", "007", "=1+1", "#N/A", "é\n–"]
    ]


def test_days_and_times_read_as_such():
    moments = [
        datetime.date(2026, 1, 5), datetime.datetime.fromisoformat("2026-01-05 09:30"), datetime.date(1900, 3, 1),
        datetime.time(9, 30), datetime.timedelta(hours=30),
    ]  # fmt: skip
    assert read(workbook([moments])) == [
        ["2026-01-05", "2026-01-05 09:30:00", "1900-03-01", "09:30:00", "1 day, 6:00:00"]
    ]


def test_cells_as_other_programs_write_them():
    rich = "<is><r><t>An</t></r><r><t>n</t></r><rPh sb='0' eb='1'><t>unread</t></rPh></is>"
    first = (
        f"<row><c t='inlineStr'>{rich}</c><c><v>1</v></c><c><f>1+1</f><v>2</v></c><c t='str'><f>x</f><v>y</v></c>"
        "<c t='e'><v>#N/A</v></c><c t='b'><v>1</v></c><c><v>1E2</v></c><c t='d'><v>2026-01-05</v></c><c/></row>"
    )
    assert read(with_sheet(f"{first}<row r='7'><c r='C7' t='s'><v>0</v></c></row>")) == [
        ["Ann", "1", "2", "y", "#N/A", "yes", "100", "2026-01-05"], ["", "", "shared"],
    ]  # fmt: skip


def test_what_a_sheet_says_of_its_size_is_not_believed():
    rows = "".join(f"<row r='{at}'><c r='B{at}'><v>{at}</v></c></row>" for at in (1, 2))
    assert read(with_sheet(rows)) == [["", "1"], ["", "2"]]


def test_columns_far_out_are_left_out():
    assert read(with_sheet("<row><c r='A1'><v>1</v></c><c r='ALL1'><v>2</v></c><c r='ALM1'><v>3</v></c></row>")) == [
        ["1", *[""] * 998, "2"]
    ]


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    rows = "<row><c><v>1</v></c></row>"
    assert len(read(with_sheet(rows * 3))) == 3
    for far in (rows * 4, "<row r='99999999999999'><c><v>1</v></c></row>"):
        with pytest.raises(UnreadableError, match="more than 3 rows"):
            read(with_sheet(far))


@pytest.mark.filterwarnings("ignore:.* contains invalid dependency definitions")
@pytest.mark.parametrize("part", NAMES)
@pytest.mark.parametrize("content", [b"", b"<a>", b"\xff\xfe", b"<!DOCTYPE a [<!ENTITY b '1'>]><a>&b;</a>"])
def test_a_broken_part_refuses_the_workbook(part, content):
    with pytest.raises(UnreadableError, match="no Excel workbook"):
        read(with_parts(**{part: content}))


@pytest.mark.parametrize("part", ["types", "book", "links"])
def test_a_part_of_something_else_refuses_the_workbook(part):
    with pytest.raises(UnreadableError, match="no Excel workbook"):
        read(with_parts(**{part: "<a/>"}))


@pytest.mark.parametrize(
    "cell",
    ["<c><v>x</v></c>", "<c t='s'><v>7</v></c>", "<c t='b'><v>x</v></c>", "<c s='x'><v>1</v></c>", "<c r='1A'/>",
     f"<c><v>{'9' * 5_000}</v></c>"],
)  # fmt: skip
def test_a_cell_that_makes_no_sense_refuses_the_workbook(cell):
    with pytest.raises(UnreadableError, match="no Excel workbook"):
        read(with_sheet(f"<row>{cell}</row>"))


@pytest.mark.parametrize("entity", ["'text'", "SYSTEM 'file:///etc/passwd'"])
@pytest.mark.parametrize("part", ["sheet", "texts"])
def test_entities_are_refused(part, entity):
    content = {
        "sheet": f"<worksheet xmlns='{MAIN}'><sheetData><row><c t='str'><v>&b;</v></c></row></sheetData></worksheet>",
        "texts": f"<sst xmlns='{MAIN}'><si><t>&b;</t></si></sst>",
    }
    with pytest.raises(UnreadableError) as refused:
        read(with_parts(**{part: f"<!DOCTYPE a [<!ENTITY b {entity}>]>{content[part]}"}))
    because = refused.value.__cause__
    assert isinstance(because.__cause__ or because, EntitiesForbidden)


def test_traps_are_refused(monkeypatch):
    with pytest.raises(UnreadableError, match="looks like a trap"):
        read(with_parts(sheet=b" " * 30_000_000))
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 1_000)
    with pytest.raises(UnreadableError, match="The workbook is too large"):
        read(workbook([["a"]]))


def test_a_row_that_could_fill_the_memory_is_refused():
    assert (
        read(with_sheet("<row><c/><c/></row>" * 100_000 + "<row><c t='inlineStr'><is><t>x</t></is></c></row>" * 3))
        == [["x"]] * 3
    )
    with pytest.raises(UnreadableError, match="more cells than Excel can have"):
        read(with_sheet(f"<row>{'<c/>' * 250_000}</row>"))


def test_a_zip_that_is_damaged_or_of_something_else_is_refused():
    other, whole = io.BytesIO(), workbook([["a"]] * 500)
    with zipfile.ZipFile(other, "w") as book:
        book.writestr("readme.txt", "no workbook")
    for broken in (other, io.BytesIO(whole[:-50]), io.BytesIO(whole.replace(b"PK\x03\x04", b"PK\x03\x05"))):
        with pytest.raises(UnreadableError, match="no Excel workbook"):
            read(broken)


def test_reading_keeps_no_rows_in_memory():
    def peak(count: int) -> int:
        book = with_sheet(f"<row><c t='inlineStr'><is><t>{'x' * 2_000}</t></is></c></row>" * count)
        tracemalloc.start()
        try:
            assert sum(1 for _row in sheets.rows(book)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(2_000) < peak(200) + 1_000_000  # of 4 MB of text
