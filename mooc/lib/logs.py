"""What a log never shows: the links that open somebody's own pages."""

import logging
import re

_KEYED = re.compile(
    r"/(me|confirm|still-in|unsubscribe/[a-z-]+|groups/\d+(?:/one-click)?|check-in/\d+/[a-z-]+)/[^/\s?\"']{8,}"
)


class WithoutKeys(logging.Filter):
    """Takes keys out of the addresses in a line: Django logs the path of every page that it refuses."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        record.msg, record.args = _KEYED.sub(r"/\1/(key)", line), None
        return True
