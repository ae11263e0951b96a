"""CSV that spreadsheets open as text, made row by row."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# Excel set to Japanese or Chinese takes the wide forms of the signs for the signs.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the local code page


class Echo:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def guarded(cell: object) -> object:
    """Return `cell` so that no spreadsheet runs it: text that would start a formula gets an apostrophe before it.

    Numbers pass.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield each row as one line of CSV (RFC 4180), its cells guarded."""
    writer = csv.writer(Echo())
    for row in rows:
        yield writer.writerow([guarded(cell) for cell in row])


def csv_response(filename: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """Return a download of `rows` under a plain ASCII `filename`; the rows are asked for while it is being sent."""
    lines = csv_lines(rows)

    def body() -> Iterator[str]:
        yield BYTE_ORDER_MARK
        yield from lines

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
