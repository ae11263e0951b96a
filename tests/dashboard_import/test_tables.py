"""Reading CSV as it comes: as the standard reader does, with every quirk seen, and within limits."""

import csv
import io
import tracemalloc
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard_import import tables
from dashboard_import.tables import LONGEST_LINE, PIECE, Table, UnreadableError, scan

pytestmark = pytest.mark.any_database

CELLS = st.text(st.sampled_from('ab,"\n\r\t\\ é’\u2028NA'), max_size=6)
SMALL = st.sampled_from([1, 2, 3, 7, 12, PIECE])
RAW = st.text(st.sampled_from('ab,\n"\r\0é'), max_size=100)


@contextmanager
def pieces_of(size: int):
    """Read in pieces of this many bytes."""
    before, tables.PIECE = tables.PIECE, size
    try:
        yield
    finally:
        tables.PIECE = before


def read(content: bytes, piece: int = PIECE) -> tuple[list[str], list[list[str]], list[int], list[str]]:
    """Return header, rows, lines and faults, and check that rows are numbered without a gap."""
    scanned = scan(io.BytesIO(content))
    with pieces_of(piece):
        table = Table(io.BytesIO(content), scanned)
        rows, lines, faults = [], [], []
        for batch in table.batches():
            assert batch.first == len(rows) + len(faults) + 1
            assert len(batch) == len(batch.rows) == len(batch.lines)
            if batch.fault:
                faults.append(batch.fault)
            else:
                rows += batch.rows
                lines += batch.lines
    return table.header, rows, lines, faults


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
@example([["\r"]], "\n")  # Python 3.11 writes it without quotes: a blank line
def test_what_the_standard_writer_writes_comes_back(rows, end):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows(rows)
    content = out.getvalue()
    expected = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    if not expected:
        with pytest.raises(UnreadableError, match="is empty"):
            read(content.encode())
        return
    header, found, _lines, faults = read(content.encode())
    assert ([header, *found], faults) == (expected, [])
    if not {"\n", "\r"} & set("".join(map("".join, rows))):
        assert expected == rows or [""] in rows


@given(RAW, SMALL)
def test_any_text_is_read_as_the_standard_reader_reads_it(text, piece):
    expected, fault = [], ""
    try:
        expected += [row for row in csv.reader(io.StringIO(text.replace("\0", ""), newline=""), strict=True) if row]
    except csv.Error as error:
        fault = str(error)
    try:
        header, rows, _lines, faults = read(text.encode(), piece)
    except UnreadableError:
        assert fault or not expected
    else:
        assert bool(faults) == bool(fault)
        assert fault or [header, *rows] == expected


@given(st.lists(st.sampled_from(["a,b", "c,d,e", "", "é,\\", "x"]), min_size=1, max_size=30), SMALL)
def test_plain_files_in_pieces_are_read_as_the_careful_reader_reads_them(texts, piece):
    content = "\n".join(texts).encode()
    plain = scan(io.BytesIO(content))
    careful = tables.Scan(plain.digest, plain.size, plain.encoding)
    both = []
    with pieces_of(piece):
        for scanned in (plain, careful):
            try:
                table = Table(io.BytesIO(content), scanned)
            except UnreadableError as error:
                both.append(str(error))
            else:
                batches = list(table.batches())
                rows = [row for batch in batches for row in batch.rows]
                both.append((table.header, rows, [line for batch in batches for line in batch.lines]))
    assert plain.plain
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("content", "encoding", "rows"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", "utf-8-sig", [["1", "2"]]),
        ("a,b\n1,I don’t\n".encode(), "utf-8-sig", [["1", "I don’t"]]),
        ("a,b\n1,I don’t\n".encode("gbk"), "gb18030", [["1", "I don’t"]]),
        ("a,b\n1,面包很好\n".encode("gbk"), "gb18030", [["1", "面包很好"]]),
        ("a,b\n1,I don’t, café\n".encode("cp1252"), "cp1252", [["1", "I don’t", " café"]]),
        ("a,b\r\n1,é\r\n".encode("utf-16"), "utf-16", [["1", "é"]]),
        (b"a,b\n1,x\0y\n", "utf-8-sig", [["1", "xy"]]),
        (b'a,b\n1,"x\0,y"\n', "utf-8-sig", [["1", "x,y"]]),
        (b"a,b\n\n\n1,2", "utf-8-sig", [["1", "2"]]),
        (b"a,b\n", "utf-8-sig", []),
        (b"a,b\r1,2\r", "utf-8-sig", [["1", "2"]]),
    ],
)
def test_quirks(content, encoding, rows):
    assert scan(io.BytesIO(content)).encoding == encoding
    header, found, _lines, faults = read(content)
    assert (header, found, faults) == (["a", "b"], rows, [])


def test_a_few_broken_bytes_do_not_change_how_all_others_are_read():
    content = "a,b\n1,I don’t\n2,".encode() + b"caf\xe9\n" + "3,été\n".encode()
    scanned = scan(io.BytesIO(content))
    assert (scanned.encoding, scanned.broken) == ("utf-8-sig", 1)
    assert read(content)[1] == [["1", "I don’t"], ["2", "caf\udce9"], ["3", "été"]]


def test_a_character_cut_by_the_end_of_a_piece():
    content = ("a,b\n1," + "x" * (PIECE - 7) + "’\n2,é\n").encode()
    assert scan(io.BytesIO(content)).broken == 0


def test_lines_are_those_of_the_file():
    content = b'a,b\n1,"x\ny\r\nz"\n\n2,3\n4,"5"6\n7,8\n'
    _header, rows, lines, faults = read(content)
    assert rows == [["1", "x\ny\r\nz"], ["2", "3"], ["7", "8"]]
    assert lines[0] == 2
    assert lines[2] == 8
    assert faults == ["a quotation mark that ends a cell too early"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b'a,b\n1,2\n3,"cut of', "was cut off: the quoted text that begins on line 3"),
        (b"a" + b",a" * 9_999 + b"\n", "10,000 columns; 1,000 is the most"),
        (b'a,b\n1,"' + b"x\n" * 70_000 + b'"\n', "over 131,072 characters"),
        (b"a,b\n1," + b"x" * 140_000 + b"\n", "over 131,072 characters"),
        (b"x" * (LONGEST_LINE + PIECE), "longer than"),
        (b"<!DOCTYPE html>\n<title>Sign in</title>\n", "web page"),
        (b"PK\x03\x04", "a zip file under the name of a table"),
        (b'a"b"c,"d"e\n1,2\n', "names of the columns cannot be read"),
        ("a,b\n1,é\n".encode("utf-16")[:-1], "not in utf-16"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content, words):
    with pytest.raises(UnreadableError, match=words):
        read(content)


class Endless(io.RawIOBase):
    """A file of `size` bytes that stands nowhere: the same rows again and again."""

    def __init__(self, row: bytes, size: int):
        self.rows, self.left = row * (40_000 // len(row)), size

    def read(self, most: int = -1) -> bytes:
        piece = self.rows if self.left > 0 else b""
        self.left -= len(piece)
        return piece


@pytest.mark.parametrize("row", [b"a,b,c\n", b'a,"b\nb",c\n'])
def test_memory_is_flat_however_long_the_file_is(row, monkeypatch):
    monkeypatch.setattr(tables, "BATCH_ROWS", 1_000)
    peaks = []
    for size in (200_000, 1_600_000):
        tracemalloc.start()
        with pieces_of(40_000):
            table = Table(Endless(row, size), scan(Endless(row, size)))
            count = sum(len(batch.rows) for batch in table.batches())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == -(-size // (40_000 // len(row) * len(row))) * (40_000 // len(row)) - 1
    assert peaks[1] < peaks[0] * 1.5
