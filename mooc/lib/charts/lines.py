"""Lines: numbers day by day, up to eight series over the same labels."""

from collections.abc import Sequence
from html import escape

from mooc.lib.charts.bars import HEIGHT
from mooc.lib.charts.marks import (
    Drawing,
    Say,
    Series,
    axes,
    grid_rows,
    hit,
    is_empty,
    mark,
    number,
    px,
    said,
    share,
    stretched,
)  # fmt: skip
from mooc.lib.charts.scales import Scale, Tick, band, category_ticks, scale

FEW = 40  # up to so many points each has a dot
STRETCH = 1000  # the width of the lines' own drawing, which is stretched to the page


def lines(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    head: str,
    missing: str,
    links: Sequence[str] = (),
    ticks: Sequence[Tick] | None = None,
    events: Sequence[tuple[int, str]] = (),
    say: Say = number,
) -> Drawing:
    """Return lines; a value of None breaks one. `events` are (index, words): upright lines such as the first day."""
    heads, rows = [head, *(one.name for one in series)], grid_rows(labels, series)
    if not labels or is_empty(series):
        return Drawing("lines", missing, heads, rows, missing=missing)
    values = [value for one in series for value in one.values]
    up = scale(values, whole=all(float(value or 0).is_integer() for value in values))
    parts = [axes(category_ticks(labels) if ticks is None else ticks, up, HEIGHT, say)]
    happened: dict[int, list[str]] = {}
    for at, words in events:
        happened.setdefault(at, []).append(words)
    for at, several in happened.items():
        middle = share(band(at, len(labels)).middle)
        parts.append(f'<line class="event" x1="{middle}" x2="{middle}" y1="0" y2="{HEIGHT}"/>')
        kind = "left" if at > len(labels) / 2 else "right"
        words = escape(", ".join(several))
        parts.append(f'<text class="{kind}" x="{middle}" y="-6" dx="{-4 if kind == "left" else 4}">{words}</text>')
    drawn = "".join(f'<path class="line s{one.colour}" d="{path(one, up)}"/>' for one in series)
    if len(labels) <= FEW:
        drawn += "".join(f'<path class="dots s{one.colour}" d="{dots(one, up)}"/>' for one in series)
    parts.append(stretched(drawn, STRETCH, HEIGHT))
    for at, label in enumerate(labels):
        words = "\n".join((said(label, series, at, say), *happened.get(at, ())))
        parts.append(mark(words, hit(at, len(labels), HEIGHT), links[at] if links else ""))
    words = f"{head}: {len(labels)}"
    strokes = [(f"trend t{one.colour}", one.name) for one in series if len(series) > 1]
    return Drawing("lines", words, heads, rows, "".join(parts), HEIGHT, legend=strokes, links=links)


def places(one: Series, up: Scale) -> list[str]:
    """Return the place of each value on the stretched drawing, empty for None."""
    count = len(one.values)
    return [
        "" if value is None else f"{px(band(at, count).middle * STRETCH)} {px(HEIGHT * (1 - up.at(value)))}"
        for at, value in enumerate(one.values)
    ]


def path(one: Series, up: Scale) -> str:
    """Return the path of a line, begun anew after each gap."""
    made, pen = [], "M"
    for place in places(one, up):
        made.append(pen + place if place else "")
        pen = "L" if place else "M"
    return "".join(made)


def dots(one: Series, up: Scale) -> str:
    """Return a path of a dot at each value: lines of no length with round ends."""
    return "".join(f"M{place}h0" for place in places(one, up) if place)
