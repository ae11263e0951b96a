"""Moments as FutureLearn writes them."""

import datetime
from functools import lru_cache

DAY = 86_400  # seconds
EPOCH = datetime.date(1970, 1, 1).toordinal()
TWO = tuple(f"{number:02}" for number in range(60))


@lru_cache(4_000)
def _day(number: int) -> str:
    return datetime.date.fromordinal(EPOCH + number).isoformat()


def stamp(moment: int | None) -> str:
    """Return seconds of Unix time as `2018-02-05 09:30:00 UTC`, nothing as an empty text."""
    if moment is None:
        return ""
    day, rest = divmod(moment, DAY)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day(day)} {TWO[hour]}:{TWO[minute]}:{TWO[second]} UTC"
