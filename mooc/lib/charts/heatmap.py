"""A heat map: a number for each pair of labels, as levels of one hue, drawn as one path for each level."""

from collections.abc import Sequence
from html import escape

from django.utils.translation import gettext as _

from mooc.lib.charts.marks import Drawing, Say, along, number, percent, px, stretched
from mooc.lib.charts.scales import Tick, category_ticks, level, levels

LEAST, MOST = 8, 20  # the height of a row, in px
LABEL = 15


def levels_of(most: float, say: Say) -> list[int]:
    """Return where levels of numbers up to `most` start; the first of shares takes all that are above none."""
    return [0, *levels(most)[1:]] if say is percent else levels(most)


def level_words(starts: Sequence[int], say: Say = number) -> list[tuple[str, str]]:
    """Return the legend of levels: none, then from one start to the next."""
    words = [("h0", _("none"))]
    for at, start in enumerate(starts):
        end = starts[at + 1] - 1 if at + 1 < len(starts) else None
        if say is percent:
            if end is None:
                text = _("%(start)s %% or more") % {"start": number(start)} if start else _("some")
            elif start:
                text = f"{number(start)}–{number(end + 1)} %"
            else:
                text = _("below %(end)s %%") % {"end": number(end + 1)}
        elif end is None:
            text = _("%(start)s or more") % {"start": number(start)}
        else:
            text = number(start) if start == end else f"{number(start)}–{number(end)}"
        words.append((f"h{at + 1}", text))
    return words


def heat_map(
    down: Sequence[str],
    across: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    head: str,
    missing: str,
    ticks: Sequence[Tick] | None = None,
    links: Sequence[str] = (),
    say: Say = number,
) -> Drawing:
    """Return the map of `values[row][column]`, its rows named by `down` and its columns by `across`.

    The values under the pointer are read from the table, so that a cell costs no element of its own.
    """
    heads, rows = [head, *across], [[label, *values[at]] for at, label in enumerate(down)]
    most = max((value for row in values for value in row if value is not None), default=0)
    if not down or not across or not most:
        return Drawing("heat", missing, heads, rows, missing=missing)
    starts = levels_of(most, say)
    size = min(max(520 / len(down), LEAST), MOST)
    height = size * len(down)
    parts = [axes_of(down, category_ticks(across) if ticks is None else ticks, size, height)]
    drawn = "".join(f'<path class="h{at}" d="{path}"/>' for at, path in enumerate(paths(values, starts)) if path and at)
    ground = f'<path class="h0" d="M0 0h{len(across)}v{len(down)}H0z"/>'
    parts.append(stretched(ground + drawn, len(across), len(down), height, "cells"))
    return Drawing(
        "heat", f"{head}: {len(down)} × {len(across)}", heads, rows, "".join(parts), height,
        legend=level_words(starts, say), links=links, grid=(len(across), len(down)),
    )  # fmt: skip


def paths(values: Sequence[Sequence[float | None]], starts: Sequence[int]) -> list[str]:
    """Return a path for each level; neighbours in a row that have the same level are one rectangle."""
    made: list[list[str]] = [[] for _level in range(len(starts) + 1)]
    known: dict[float | None, int] = {}
    for y, row in enumerate(values):
        begun, before = 0, -1
        for x, value in enumerate(row):
            now = known.get(value, -1)
            if now < 0:
                now = known[value] = level(value, starts)
            if now != before:
                if before > 0:
                    made[before].append(f"M{begun} {y}h{x - begun}v1H{begun}z")
                begun, before = x, now
        if before > 0:
            made[before].append(f"M{begun} {y}H{len(row)}v1H{begun}z")
    return ["".join(path) for path in made]


def axes_of(down: Sequence[str], ticks: Sequence[Tick], size: float, height: float) -> str:
    """Return the labels on the left, as many as have room, and those along the bottom."""
    every = -(-LABEL // size)
    left = [
        f'<text class="left" x="-6" y="{px((at + 0.5) * size + 4)}">{escape(label)}</text>'
        for at, label in enumerate(down)
        if at % every == 0
    ]
    return "".join(left) + along(ticks, height)
