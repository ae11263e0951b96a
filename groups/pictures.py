"""Pictures that came by mail: what they are by their own bytes, and without what a phone wrote into them. Pure."""

from dataclasses import dataclass

ORIENTATION = 0x0112
PNG_NOTES, WEBP_NOTES = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"), (b"EXIF", b"XMP ")
WEBP_HAS_NOTES = 0x08 | 0x04  # in the flags of VP8X
TURNED = range(2, 9)


@dataclass(frozen=True)
class Picture:
    """A picture that may be shown: its kind is told by its bytes, never by its name."""

    name: str
    kind: str
    content: bytes


def picture_of(content: bytes, name: str) -> Picture | None:
    """Return a picture of a kind that every browser shows and that can hold no program; else None."""
    if content.startswith(b"\xff\xd8\xff"):
        cleaned = without_place(content)
        return Picture(name, "image/jpeg", cleaned) if cleaned else None
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture(name, "image/png", _png_without_notes(content))
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return Picture(name, "image/gif", content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Picture(name, "image/webp", _webp_without_notes(content))
    return None


def _png_without_notes(content: bytes) -> bytes:
    kept, position = [content[:8]], 8
    while position < len(content):
        end = position + 12 + int.from_bytes(content[position : position + 4])
        if content[position + 4 : position + 8] not in PNG_NOTES:
            kept.append(content[position:end])
        position = end
    return b"".join(kept)


def _webp_without_notes(content: bytes) -> bytes:
    kept, position = [], 12
    while position < len(content):
        kind, size = content[position : position + 4], int.from_bytes(content[position + 4 : position + 8], "little")
        end = position + 8 + size + size % 2
        piece = content[position:end]
        if kind == b"VP8X":
            piece = piece[:8] + bytes([one & ~WEBP_HAS_NOTES for one in piece[8:9]]) + piece[9:]
        if kind not in WEBP_NOTES:
            kept.append(piece)
        position = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def without_place(content: bytes) -> bytes:
    """Return a JPEG without its metadata: phones write the place where it was taken into it. b"" where it is broken.

    How it is turned is kept, or it would lie on its side.
    """
    kept, position, turned = [b"\xff\xd8"], 2, 0
    while position + 4 <= len(content):
        if content[position] != 0xFF:
            return b""
        marker = content[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        if marker == 0xDA:  # from here on it is the picture itself
            head = [kept[0], _orientation_segment(turned)] if turned else [kept[0]]
            return b"".join([*head, *kept[1:], content[position:]])
        length = int.from_bytes(content[position + 2 : position + 4])
        segment = content[position : position + 2 + length]
        if length < 2 or len(segment) < 2 + length:
            return b""
        if marker == 0xE1:
            turned = turned or _orientation(segment[4:])
        elif marker in (0xE0, 0xE2, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(segment)  # JFIF, colour profile, Adobe's colours, and all that is no metadata
        position += 2 + length
    return b""


def _orientation(exif: bytes) -> int:
    """Return how the picture is turned, 2 to 8, from its first directory; 0 where it is upright or not said."""
    if not exif.startswith(b"Exif\0\0"):
        return 0
    tiff = exif[6:]
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return 0
    place = int.from_bytes(tiff[4:8], order)
    count = int.from_bytes(tiff[place : place + 2], order)
    for number in range(min(count, 100)):
        entry = tiff[place + 2 + 12 * number : place + 14 + 12 * number]
        if len(entry) == 12 and int.from_bytes(entry[:2], order) == ORIENTATION:
            turned = int.from_bytes(entry[8:10], order)
            return turned if turned in TURNED else 0
    return 0


def _orientation_segment(turned: int) -> bytes:
    entry = ORIENTATION.to_bytes(2) + b"\0\3" + (1).to_bytes(4) + turned.to_bytes(2) + b"\0\0"
    tiff = b"MM\0\x2a" + (8).to_bytes(4) + (1).to_bytes(2) + entry + bytes(4)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body
