"""People round the 24-hour clock: where each is, how far apart they are, and where to cut their line into groups."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf
from zoneinfo import ZoneInfo

DAY = 24.0
SIZE_WEIGHT = 0.3  # hours² for each person² that a group is away from the wanted size
HOUR_WEIGHT = 60.0  # hours² a hour of arc, in a large course
EXACT = 2000  # people up to whom each possible first cut is tried

Price = Callable[[int, float], float]  # of a group of so many people over so many hours
Join = Callable[[float, float], float]  # how the prices of groups come together


@lru_cache(maxsize=4096)
def hours_on_clock(zone: str, first: datetime.date, last: datetime.date) -> float:
    """Return where a time zone is on the clock of a course: the mean of its offsets on two days, 0 to 24 hours.

    +13:00 and -11:00 are the same place. Raises ZoneInfoNotFoundError or ValueError for a name that is no zone.
    """
    there = ZoneInfo(zone)
    seconds = 0.0
    for day in (first, last):
        noon = datetime.datetime.combine(day, datetime.time(12), there)
        seconds += noon.utcoffset().total_seconds()
    return seconds / 7200 % DAY


def apart(one: float, other: float) -> float:
    """Return the hours between two places on the clock, the shorter way round."""
    distance = abs(one - other) % DAY
    return min(distance, DAY - distance)


def stretch(places: Iterable[float]) -> tuple[float, float]:
    """Return (start, length) of the shortest arc of the clock that covers these places; (0, 0) for none."""
    line = sorted(set(places))
    if not line:
        return 0.0, 0.0
    gaps = [(after - before, after) for before, after in pairwise([*line, line[0] + DAY])]
    gap, start = max(gaps, key=lambda found: found[0])
    return start % DAY, DAY - gap


def arc(places: Iterable[float]) -> float:
    """Return the length of the shortest arc of the clock that covers these places, in hours."""
    return stretch(places)[1]


def middle(places: Iterable[float]) -> float:
    """Return the middle of the shortest arc that covers these places."""
    start, length = stretch(places)
    return (start + length / 2) % DAY


def soft_price(target: int) -> Price:
    """Return the price of a group: people who stay up late, and being far from the wanted size."""
    return lambda size, hours: size * hours * hours + SIZE_WEIGHT * (size - target) ** 2


def hours_first(target: int, widest: float) -> Price:
    """Return the price of a group in a large course: no group is wider than the widest has to be.

    There sizes can give way a little everywhere, so each hour costs more besides.
    """
    soft = soft_price(target)
    return lambda size, hours: soft(size, hours) + HOUR_WEIGHT * hours if hours <= widest else inf


def add(one: float, other: float) -> float:
    return one + other


def cut_line(line: Sequence[float], low: int, high: int, price: Price, join: Join = add) -> tuple[float, list[int]]:
    """Cut a line of places (ascending, over less than a day) where it costs least; return the price and the sizes.

    A dynamic programme over the people: each end tries every size. Sizes are `low` to `high`; infinite where these
    do not add up.
    """
    count = len(line)
    best, size_to = [inf] * (count + 1), [0] * (count + 1)
    best[0] = 0.0
    for end in range(low, count + 1):
        right = line[end - 1]
        lowest, chosen, gap, looked = inf, 0, 0.0, end - 1
        for size in range(low, min(high, end) + 1):
            before = best[end - size]
            if before >= lowest:
                continue
            hours = right - line[end - size]
            if hours > DAY / 2:  # then the other way round may be shorter
                while looked > end - size:
                    gap = max(gap, line[looked] - line[looked - 1])
                    looked -= 1
                hours = min(hours, DAY - gap)
            found = join(before, price(size, hours))
            if found < lowest:
                lowest, chosen = found, size
        best[end], size_to[end] = lowest, chosen
    sizes, end = [], count
    while end > 0 and best[count] < inf:
        sizes.append(size_to[end])
        end -= size_to[end]
    return best[count], sizes[::-1]


def cut_circle(
    places: Sequence[float], low: int, high: int, price: Price, join: Join = add, tries: int = 0
) -> tuple[float, int, list[int]]:
    """Cut a circle of places (ascending) into groups; return the price, the index of the first place, and the sizes.

    Every window of `high` people holds a cut, so trying that many first cuts is exact; `tries` limits them. The
    first is behind the emptiest stretch of the clock.
    """
    count = len(places)
    first = after_emptiest(places)
    best = (inf, first, [count])
    for turn in range(min(tries or high, high, count)):
        start = (first + turn) % count
        line = [*places[start:], *(place + DAY for place in places[:start])]
        cost, sizes = cut_line(line, low, high, price, join)
        if cost < best[0]:
            best = (cost, start, sizes)
    return best


def after_emptiest(places: Sequence[float]) -> int:
    """Return the index of the place behind the widest gap of the circle (ascending places)."""
    if len(places) < 2:
        return 0
    gaps = [places[0] + DAY - places[-1], *(after - before for before, after in pairwise(places))]
    return max(range(len(gaps)), key=gaps.__getitem__)


def least_arcs(places: Sequence[float], low: int, high: int) -> tuple[float, float]:
    """Return the least possible widest arc and the least possible total of arcs, in hours, of any division.

    A cut of the circle is the best of all divisions for both. Of a place with very many people, those in the middle
    change nothing: any number of at least `low` can be divided among themselves, at no cost. So they are left out,
    and one cut in their middle is always there.
    """
    if len(places) < 2 * low:
        return arc(places), arc(places)
    crowd = 2 * (low + high)
    kept, start = _thinned(places, crowd)
    if start is None:
        return cut_circle(kept, low, high, _hours, max)[0], cut_circle(kept, low, high, _hours, add)[0]
    line = [*kept[start:], *(place + DAY for place in kept[:start])]
    # The crowd lies on both sides of the cut: at the line's start and, a day later, at its end.
    return cut_line(line, low, high, _hours, max)[0], cut_line(line, low, high, _hours, add)[0]


def _hours(_size: int, hours: float) -> float:
    return hours


def _thinned(places: Sequence[float], crowd: int) -> tuple[list[float], int | None]:
    """Return the places with at most `crowd` of each, and an index in the middle of such a crowd, if there is one."""
    kept: list[float] = []
    at, start = 0, None
    while at < len(places):
        end = at
        while end < len(places) and places[end] == places[at]:
            end += 1
        number = min(end - at, crowd)
        if number == crowd:
            start = len(kept) + crowd // 2
        kept += [places[at]] * number
        at = end
    return kept, start
