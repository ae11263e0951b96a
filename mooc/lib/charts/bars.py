"""Bars: upright ones beside each other, with trend lines if wanted, and lying ones with long labels."""

from collections.abc import Callable, Sequence
from html import escape
from textwrap import wrap

from mooc.lib.charts.marks import (
    Drawing,
    Say,
    Series,
    axes,
    grid_rows,
    hit,
    is_empty,
    legend,
    mark,
    number,
    px,
    said,
    share,
)  # fmt: skip
from mooc.lib.charts.scales import Tick, band, category_ticks, scale

HEIGHT = 260
LINE, BAR, GAP = 18, 16, 14  # of lying bars, in px
LETTERS = 46  # of a line of a label, as many as a phone has room for


def columns(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    head: str,
    missing: str,
    links: Sequence[str] = (),
    trends: Sequence[Series] = (),
    ticks: Sequence[Tick] | None = None,
    say: Say = number,
) -> Drawing:
    """Return upright bars, those of one label beside each other.

    `head` names the labels in the table; `missing` is said where there is nothing; `trends` are lines over the bars,
    their values at the first and the last label.
    """
    heads, rows = [head, *(one.name for one in series)], grid_rows(labels, series)
    if not labels or is_empty(series):
        return Drawing("columns", missing, heads, rows, missing=missing)
    values = [value for one in (*series, *trends) for value in one.values]
    up = scale(values, whole=all(float(value or 0).is_integer() for one in series for value in one.values))
    zero = HEIGHT * (1 - up.at(0))
    parts = [axes(category_ticks(labels) if ticks is None else ticks, up, HEIGHT, say)]
    for at, label in enumerate(labels):
        inside, shapes = band(at, len(labels)), [hit(at, len(labels), HEIGHT)]
        width = inside.width / len(series)
        for place, one in enumerate(series):
            top = HEIGHT * (1 - up.at(one.values[at] or 0))
            shapes.append(
                f'<rect class="s{one.colour}" x="{share(inside.start + place * width)}" y="{px(min(top, zero))}" '
                f'width="{share(width)}" height="{px(abs(zero - top))}"/>'
            )
        parts.append(mark(said(label, series, at, say), "".join(shapes), links[at] if links else ""))
    for one in trends:
        left, right = (px(HEIGHT * (1 - up.at(one.values[end]))) for end in (0, -1))
        ends = [share(band(at, len(labels)).middle) for at in (0, len(labels) - 1)]
        parts.append(f'<line class="trend t{one.colour}" x1="{ends[0]}" y1="{left}" x2="{ends[1]}" y2="{right}"/>')
    words = [*legend(series), *((f"trend t{one.colour}", one.name) for one in trends)]
    return Drawing("columns", f"{head}: {len(labels)}", heads, rows, "".join(parts), HEIGHT, legend=words, links=links)


def lying(
    labels: Sequence[str],
    series: Sequence[Series],
    inside: Callable[[int, int], Sequence[str]],
    tall: int,
    *,
    head: str,
    missing: str,
    links: Sequence[str] = (),
    say: Say = number,
) -> Drawing:
    """Return lying bars, each label above its own: labels may be as long as the page is wide.

    `inside` gives the shapes of the label at a place, from so many px down on; they are `tall` px.
    """
    heads, rows = [head, *(one.name for one in series)], grid_rows(labels, series)
    if not labels or is_empty(series):
        return Drawing("bars", missing, heads, rows, missing=missing)
    parts, top = [], 0
    for at, label in enumerate(labels):
        lines = wrap(label, LETTERS, max_lines=3, placeholder=" …")
        height = LINE * len(lines) + tall + GAP
        shapes = [f'<rect class="hit" x="0" y="{top}" width="100%" height="{height - GAP // 2}"/>']
        shapes += [f'<text x="0" y="{top + 14 + LINE * row}">{escape(line)}</text>' for row, line in enumerate(lines)]
        shapes += inside(at, top + LINE * len(lines) + 2)
        parts.append(mark(said(label, series, at, say), "".join(shapes), links[at] if links else ""))
        top += height
    words = f"{head}: {len(labels)}"
    return Drawing("bars", words, heads, rows, "".join(parts), top, legend=legend(series), links=links)


def bars(labels: Sequence[str], series: Sequence[Series], *, say: Say = number, **words) -> Drawing:
    """Return lying bars, those of one label below each other; `words` are those of `lying`."""
    across = scale([value for one in series for value in one.values])

    def inside(at: int, top: int) -> list[str]:
        shapes = []
        for place, one in enumerate(series):
            # The number stands behind its bar: the longest leaves a quarter of the width for it.
            width, y = share(across.at(one.values[at] or 0) * 3 / 4), top + place * BAR
            shapes.append(f'<rect class="s{one.colour}" x="0" y="{y}" width="{width}" height="{BAR - 2}"/>')
            shapes.append(f'<text class="value" x="{width}" dx="6" y="{y + 12}">{escape(say(one.values[at]))}</text>')
        return shapes

    return lying(labels, series, inside, BAR * len(series), say=say, **words)
