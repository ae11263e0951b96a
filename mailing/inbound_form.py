"""The form in which a route of Mailgun posts a message, byte by byte. Pure.

Django's own readers turn values into text. A raw message may hold bytes of any charset, so values stay bytes here.
"""

import re
from urllib.parse import unquote_to_bytes

MOST_FIELDS = 200
PIECE = 64 * 1024  # bytes
_BOUNDARY = re.compile(r'boundary="?([^\s";]{1,100})', re.IGNORECASE)
_NAME = re.compile(rb'\bname="([^"\r\n]{1,100})"', re.IGNORECASE)


class UnreadableFormError(ValueError):
    """This is no form."""


def fields_of(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the fields of a form, the first of each name. Raises UnreadableFormError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _urlencoded(body)
    boundary = _BOUNDARY.search(content_type)
    if kind == "multipart/form-data" and boundary:
        return _multipart(body, boundary[1].encode())
    raise UnreadableFormError(kind[:100])


def _urlencoded(body: bytes) -> dict[str, bytes]:
    pairs = body.split(b"&", MOST_FIELDS)
    if len(pairs) > MOST_FIELDS:
        raise UnreadableFormError("too many fields")
    found: dict[str, bytes] = {}
    for pair in pairs:
        name, _equals, value = pair.partition(b"=")
        found.setdefault(_decoded(name).decode("ascii", "replace"), _decoded(value))
    return found


def _decoded(part: bytes) -> bytes:
    """Return a value piece by piece: the library keeps an object for each escape, twenty times the memory of all."""
    found, start = bytearray(), 0
    while start < len(part):
        end = start + PIECE
        escape = part.rfind(b"%", end - 2, end)
        end = escape if escape > start else end  # never within an escape
        found += unquote_to_bytes(part[start:end].replace(b"+", b" "))
        start = end
    return bytes(found)


def _multipart(body: bytes, boundary: bytes) -> dict[str, bytes]:
    line = rb"\r\n--" + re.escape(boundary) + rb"(?=\r\n|--)"
    parts = re.split(line, b"\r\n" + body, maxsplit=MOST_FIELDS + 1)
    if len(parts) > MOST_FIELDS + 1:
        raise UnreadableFormError("too many fields")
    found: dict[str, bytes] = {}
    for part in parts[1:]:
        head, empty_line, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if empty_line and name:
            found.setdefault(name[1].decode("ascii", "replace"), value)
    return found
