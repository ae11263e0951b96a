"""Requests are read as UTF-8, as every page and form of ours is written in it."""

from collections.abc import Callable, Iterable

from django.utils.http import parse_header_parameters

Application = Callable[[dict, Callable], Iterable[bytes]]


def always_utf8(application: Application) -> Application:
    """Return a WSGI application that pays no heed to the character set which a request claims.

    Django believes it while it makes the request, before any middleware: codecs such as `hex` break it there, and
    others such as `utf-7` make text that no page can carry.
    """

    def read_as_utf8(environ: dict, start_response: Callable) -> Iterable[bytes]:
        if "charset" in environ.get("CONTENT_TYPE", "").lower() or "*" in environ.get("CONTENT_TYPE", ""):
            environ["CONTENT_TYPE"] = without_charset(environ["CONTENT_TYPE"])
        return application(environ, start_response)

    return read_as_utf8


def without_charset(content_type: str) -> str:
    """Return a Content-Type header with no parameter but `boundary`; "" where it cannot be read."""
    try:
        kind, said = parse_header_parameters(content_type)
    except (LookupError, ValueError):
        return ""
    if "boundary" not in said:
        return kind
    boundary = said["boundary"].replace("\\", "\\\\").replace('"', '\\"')
    return f'{kind}; boundary="{boundary}"'
