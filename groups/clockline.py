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


def cut_line(
    line: Sequence[float], low: int, high: int, price: Price, join: Join = add,
    to_go: Sequence[float] = (), below: float = inf,
) -> tuple[float, list[int]]:  # fmt: skip
    """Cut a line of places (ascending, over less than a day) where it costs least; return the price and the sizes.

    Sizes are `low` to `high`. Infinite where these do not add up, or where nothing costs less than `below`; `to_go` is
    then the least that the rest of the line can cost from each cut, by which most are given up early.
    """
    best, size_to = _sweep(line, low, high, price, join, to_go=to_go, below=below)
    sizes, end = [], len(line)
    while end > 0 and best[-1] < inf:
        sizes.append(size_to[end])
        end -= size_to[end]
    return best[-1], sizes[::-1]


def _sweep(
    line: Sequence[float], low: int, high: int, price: Price, join: Join,
    free: int = 1, to_go: Sequence[float] = (), below: float = inf,
) -> tuple[list[float], list[int]]:  # fmt: skip
    """Return for each cut of a line the least price of all before it, and the size of the last group there.

    A dynamic programme over the people: from each cut that can be reached, every size. The first `free` cuts cost
    nothing: one of them is where the line begins.
    """
    count = len(line)
    rest = to_go or [0.0] * (count + 1)
    best, size_to = [0.0] * free + [inf] * (count + 1 - free), [0] * (count + 1)
    for start in range(count - low + 1):
        before = best[start]
        if join(before, rest[start]) >= below:
            continue
        left, gap, looked = line[start], 0.0, start
        for end in range(start + low, min(start + high, count) + 1):
            if before > best[end]:
                continue
            hours = line[end - 1] - left
            if hours > DAY / 2:  # then the other way round may be shorter
                while looked < end - 1:
                    gap = max(gap, line[looked + 1] - line[looked])
                    looked += 1
                hours = min(hours, DAY - gap)
            found = join(before, price(end - start, hours))
            if found <= best[end] and join(found, rest[end]) < below:
                best[end], size_to[end] = found, end - start
    return best, size_to


def cut_circle(
    places: Sequence[float], low: int, high: int, price: Price, join: Join = add
) -> tuple[float, int, list[int]]:
    """Cut a circle of places (ascending) into groups; return the price, the index of the first place, and the sizes.

    Every window of `high` people holds a cut, so trying that many first cuts is exact. The least cost to come
    from a cut to any of them a day later, and to a cut from any of them, is reckoned once. By that the most hopeful are
    tried first, and the others end early or are not tried at all.
    """
    count, first = len(places), after_emptiest(places)
    window = min(high, count)
    round_once = turned(places, first)
    line = [*round_once, *(place + DAY for place in round_once[: window - 1])]
    to_go = _sweep([-place for place in reversed(line)], low, high, price, join, free=window)[0][::-1]
    came = _sweep(line, low, high, price, join, free=window)[0][count:]
    hope = list(map(max, to_go, came))
    best = (inf, first, [count])
    for turn in sorted(range(window), key=hope.__getitem__):
        if hope[turn] >= best[0]:
            break
        end = turn + count
        cost, sizes = cut_line(line[turn:end], low, high, price, join, to_go[turn : end + 1], best[0])
        if cost < best[0]:
            best = (cost, (first + turn) % count, sizes)
    return best


def cut_at_gap(places: Sequence[float], low: int, high: int, price: Price) -> tuple[float, int, list[int]]:
    """Cut a circle with one cut behind the emptiest stretch of the clock; return what `cut_circle` does."""
    first = after_emptiest(places)
    cost, sizes = cut_line(turned(places, first), low, high, price)
    return cost, first, sizes


def turned(places: Sequence[float], start: int) -> list[float]:
    """Return the places of a circle as a line that begins at an index."""
    return [*places[start:], *(place + DAY for place in places[:start])]


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
    line = turned(kept, start)
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
