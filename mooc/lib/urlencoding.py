"""The body of a form, for forms of a megabyte: `urllib.parse.urlencode` goes through a text byte by byte in Python."""

from collections.abc import Iterable

_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


def urlencoded(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the same as `urllib.parse.urlencode`, as bytes; quicker for long values of few different characters."""
    return b"&".join(_quoted(name) + b"=" + _quoted(value) for name, value in fields)


def _quoted(text: str) -> bytes:
    raw = text.encode()
    unsafe = set(raw.translate(None, _SAFE))
    if not unsafe:
        return raw
    raw = raw.replace(b"%", b"%25")
    for byte in unsafe - {ord("%"), ord(" ")}:
        raw = raw.replace(bytes([byte]), b"%%%02X" % byte)
    return raw.replace(b" ", b"+")
