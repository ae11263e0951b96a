"""CSV that spreadsheets open as text, made row by row."""

import csv
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# Excel set to Japanese or Chinese takes the wide forms of the signs for the signs.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# FutureLearn's own `--` for a country nobody knows, and people's rules and dashes: nothing in them can be computed.
ONLY_DASHES = re.compile(r"--[-\s]*(?:[^\W\d][^(|!=+@]*)?")
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the local code page


class Echo:
    """A file that gives each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def guarded(cell: object) -> object:
    """Return `cell` so that no spreadsheet runs it: text that would start a formula gets an apostrophe before it.

    Numbers pass, and so do two dashes with words behind them.
    """
    if not isinstance(cell, str) or not cell.startswith(FORMULA) or ONLY_DASHES.fullmatch(cell):
        return cell
    return f"'{cell}"


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield each row as one line of CSV (RFC 4180), its cells guarded."""
    writer = csv.writer(Echo())
    for row in rows:
        yield writer.writerow([guarded(cell) for cell in row])


def csv_response(filename: str, rows: Iterable[Iterable[object]], *, marked: bool = True) -> StreamingHttpResponse:
    """Return a download of `rows` under a plain ASCII `filename`; the rows are asked for while it is being sent.

    It begins with a byte order mark unless `marked` is false, as for rows of ASCII that programs read.
    """
    lines = csv_lines(rows)

    def body() -> Iterator[str]:
        if marked:
            yield BYTE_ORDER_MARK
        yield from lines

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
