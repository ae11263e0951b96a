"""The day as a strip: how many people are where on the 24-hour clock, and which stretches groups cover."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

DAY = 24.0
WEST = -12.0  # hours from UTC at the left edge
WIDTH, LEFT, RIGHT = 960, 24, 24
TOP, BARS, AXIS, ROW = 16, 120, 34, 22
DIGIT, PADDING = 8, 10  # what a number needs inside its mark


@dataclass(frozen=True)
class Stretch:
    """So many groups that cover the same stretch of the clock: its start and length in hours east of UTC."""

    start: float
    length: float
    groups: int


def east_of_west(hours: float) -> float:
    """Return hours from the left edge of the strip, 0 to 24, for hours east of UTC."""
    return (hours - WEST) % DAY


def offset_words(hours: float) -> str:
    """Return a place on the clock in words: `UTC+5:30`, or `UTC`."""
    there = east_of_west(hours) + WEST
    whole, minutes = divmod(round(abs(there) * 60), 60)
    sign = "+" if there > 0 else "\u2212"
    return f"UTC{sign}{whole}" + (f":{minutes:02}" if minutes else "") if whole or minutes else "UTC"


def strip(people: Sequence[tuple[float, int]], stretches: Sequence[Stretch], caption: str) -> SafeString:
    """Return the figure: a bar for each place with people, below it a line for each stretch, and the same as a table.

    `people` is [(hours east of UTC, how many)]. A stretch over the date line is drawn in two parts.
    """
    scale = (WIDTH - LEFT - RIGHT) / DAY
    most = max((count for _hours, count in people), default=1)
    bars = [
        {
            "x": round(LEFT + east_of_west(hours) * scale - 4, 1), "width": 8, "words": offset_words(hours),
            "y": round(TOP + BARS * (1 - count / most), 1), "height": round(BARS * count / most, 1), "count": count,
        }
        for hours, count in sorted(people, key=lambda one: east_of_west(one[0]))
    ]  # fmt: skip
    lines, ends = [], []
    for one in sorted(stretches, key=lambda one: (east_of_west(one.start), one.length)):
        start = east_of_west(one.start)
        # Two marks stand in one row where there is room for them and the number between.
        least = DIGIT * len(f"{one.groups:,}") + PADDING
        left = LEFT + (start + one.length / 2) * scale - max(one.length * scale + PADDING, least) / 2
        row = next((place for place, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + max(one.length * scale + PADDING, least) + 2]
        for part, (begin, end) in enumerate(_parts(start, one.length)):
            middle, width = LEFT + (begin + end) / 2 * scale, max((end - begin) * scale + PADDING, least)
            lines.append({
                "x": round(middle - width / 2, 1), "width": round(width, 1), "groups": one.groups,
                "y": TOP + BARS + AXIS + row * ROW, "middle": round(middle, 1),
                "words": _words(one), "whole": not part,
            })  # fmt: skip
    ticks = [
        {"x": round(LEFT + place * scale, 1), "words": offset_words(WEST + place) if place < DAY else ""}
        for place in range(0, 25, 3)
    ]  # fmt: skip
    height = TOP + BARS + AXIS + len(ends) * ROW + 4
    return render_to_string("charts/strip.html", {
        "bars": bars, "lines": lines, "ticks": ticks, "width": WIDTH, "height": height, "base": TOP + BARS,
        "left": LEFT, "right": WIDTH - RIGHT, "caption": caption,
    })  # fmt: skip


def _parts(start: float, length: float) -> list[tuple[float, float]]:
    end = start + length
    return [(start, end)] if end <= DAY else [(start, DAY), (0.0, end - DAY)]


def _words(one: Stretch) -> str:
    if not one.length:
        return _("%(place)s") % {"place": offset_words(one.start)}
    places = {"start": offset_words(one.start), "end": offset_words(one.start + one.length)}
    return _("%(start)s to %(end)s") % places
