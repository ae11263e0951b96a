"""From numbers to places: nice ticks, scales from zero, bands of categories, days, levels of one hue."""

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.formats import date_format

NICE = (1, 2, 5)
LEVELS = 6  # classes of one hue, besides "none"
LETTER = 7.2  # the width of a letter of an axis, in px
WIDE, NARROW = 680, 290  # the width of a plot on a desktop and on a phone, in px
DAYS = (1, 2, 7, 14, 28)
MONTHS = (1, 2, 3, 6, 12)
DAY_LETTERS = 9


def nice_step(span: float, count: int = 5, *, whole: bool = False) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that cuts `span` into at most `count` parts.

    `whole` is for counts: then it is at least 1.
    """
    if span <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next((nice * power for nice in NICE if span <= nice * power * count * (1 + 1e-9)), 10 * power)
    return max(step, 1) if whole else step


class Scale(NamedTuple):
    """An axis from `least` to `most`, zero always on it, marked every `step`."""

    least: float
    most: float
    step: float

    def at(self, value: float) -> float:
        """Return where a value stands, from 0 (least) to 1 (most)."""
        return (value - self.least) / (self.most - self.least)

    def ticks(self) -> list[float]:
        """Return the values that are marked."""
        first, count = round(self.least / self.step), round((self.most - self.least) / self.step)
        return [round((first + at) * self.step, 12) for at in range(count + 1)]


def scale(values: Iterable[float | None], count: int = 5, *, whole: bool = False) -> Scale:
    """Return a scale that holds zero and all the values; None is left out. Its ends are ticks."""
    known = [value for value in values if value is not None]
    least, most = min([0, *known]), max([0, *known])
    step = nice_step(most - least, count, whole=whole)
    return Scale(math.floor(least / step + 1e-9) * step, max(math.ceil(most / step - 1e-9), least == 0) * step, step)


class Band(NamedTuple):
    """The place of one category among others, as fractions of the whole."""

    start: float
    width: float

    @property
    def middle(self) -> float:
        return self.start + self.width / 2


def band(index: int, count: int, gap: float = 0.2) -> Band:
    """Return the band of category `index` of `count`; `gap` is the part of it left free on both sides together."""
    return Band((index + gap / 2) / count, (1 - gap) / count)


class Tick(NamedTuple):
    """A label on an axis: where (0 to 1), what, and whether only a wide page has room for it."""

    at: float
    text: str
    roomy: bool = False


def spread(count: int, letters: int) -> tuple[int, int]:
    """Return "every how many" of `count` labels there is room for on a desktop, and how many of those on a phone."""
    width = count * (letters * LETTER + 12)
    wide = max(math.ceil(width / WIDE), 1)
    return wide, max(math.ceil(width / wide / NARROW), 1)


def category_ticks(labels: Sequence[str]) -> list[Tick]:
    """Return the labels of categories that have room, evenly chosen; on a phone fewer have."""
    wide, narrow = spread(len(labels), max(map(len, labels), default=0))
    return [
        Tick(band(at, len(labels)).middle, labels[at], roomy=index % narrow != 0)
        for index, at in enumerate(range(0, len(labels), wide))
    ]


def day_ticks(first: datetime.date, count: int) -> list[Tick]:
    """Return labels for `count` days from `first` on: some days, or the first of some months."""
    days = [first + datetime.timedelta(days=at) for at in range(count)]
    most = WIDE / (DAY_LETTERS * LETTER + 12)
    step = next((days for days in DAYS if count / days <= most), 0)
    if step:
        chosen, words = list(range(0, count, step)), "j M"
    else:
        every = next((months for months in MONTHS if count / 30.4 / months <= most), 12 * math.ceil(count / 365 / most))
        chosen = [at for at, day in enumerate(days) if day.day == 1 and (day.year * 12 + day.month - 1) % every == 0]
        words = "M Y"
    narrow = spread(len(chosen), DAY_LETTERS)[1]
    return [
        Tick(band(at, count).middle, date_format(days[at], words), roomy=index % narrow != 0)
        for index, at in enumerate(chosen)
    ]


def levels(most: float) -> list[int]:
    """Return the least value of each level of a one-hue scale for counts up to `most`: 1, 2, 5, 10, 20, 50 …"""
    powers = range(math.floor(math.log10(most)) + 1) if most >= 1 else ()
    ladder = [nice * 10**power for power in powers for nice in NICE if nice * 10**power <= most]
    return ladder[:: math.ceil(len(ladder) / LEVELS) or 1]


def level(value: float | None, starts: Sequence[int]) -> int:
    """Return the level of a value: 0 for none, else the number of starts it has reached."""
    return sum(value >= start for start in starts) if value else 0
