"""Pictures: told by their bytes, and without the place that a phone wrote into them."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.pictures import picture_of, without_place

JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00scan\xff\xd9"


def exif(turned: int, order: str) -> bytes:
    """Return a segment as phones write it: how the picture is turned, and where it was taken."""
    mark = {"little": b"II", "big": b"MM"}[order]
    tiff = mark + (42).to_bytes(2, order) + (8).to_bytes(4, order) + (1).to_bytes(2, order)
    tiff += (0x0112).to_bytes(2, order) + (3).to_bytes(2, order) + (1).to_bytes(4, order) + turned.to_bytes(2, order)
    body = b"Exif\0\0" + tiff + b"\0\0" + b"GPS 52.37 4.89"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_place_goes_and_the_turn_stays(order):
    comment = b"\xff\xfe\x00\x06Ada!"
    cleaned = without_place(b"\xff\xd8" + JFIF + exif(6, order) + comment + SCAN)
    assert b"GPS" not in cleaned
    assert b"Ada!" not in cleaned
    assert cleaned.endswith(JFIF + SCAN)
    assert without_place(cleaned) == cleaned  # how it is turned is read back
    assert b"Exif" in cleaned


def test_an_upright_picture_keeps_no_metadata():
    assert without_place(b"\xff\xd8" + JFIF + exif(1, "big") + SCAN) == b"\xff\xd8" + JFIF + SCAN


@pytest.mark.parametrize("rest", [b"", b"\x00\x00\x00\x00", b"\xff\xe1\xff\xff", b"\xff\xe1\x00\x00\x00", JFIF])
def test_a_broken_one_is_not_kept(rest):
    assert picture_of(b"\xff\xd8\xff" + rest, "x.jpg") is None


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    pieces = (len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4) for kind, body in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    pieces = (kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2) for kind, body in chunks)
    body = b"WEBP" + b"".join(pieces)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def test_other_kinds_lose_their_notes_too():
    head, data, end = (b"IHDR", b"h" * 13), (b"IDAT", b"d" * 50), (b"IEND", b"")
    notes = [(kind, b"GPS 52.37 4.89") for kind in (b"eXIf", b"iTXt", b"tEXt")]
    assert picture_of(png(head, *notes, data, end), "x").content == png(head, data, end)
    picture = (b"VP8 ", b"picture")
    with_notes = webp((b"VP8X", b"\x1c" + b"s" * 9), picture, (b"EXIF", b"GPS 52.37 4.89"), (b"XMP ", b"GPS"))
    assert picture_of(with_notes, "x").content == webp((b"VP8X", b"\x10" + b"s" * 9), picture)


@given(st.binary(max_size=80), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff"]))
def test_no_bytes_break_it(rest, head):
    picture_of(head + rest, "x")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"GIF89a...", "image/gif"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"), (b"\x89PNG\r\n\x1a\n", "image/png")],
)
def test_kinds_are_told_by_their_bytes(content, kind):
    assert picture_of(content, "x.exe").kind == kind


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"<html>", b"%PDF-1.4", b"RIFF\0\0\0\0WAVE", b"BM"])
def test_other_files_are_no_pictures(content):
    assert picture_of(content, "x.png") is None
