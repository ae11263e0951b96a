"""Stacked bars: the parts of each whole on top of each other."""

from collections.abc import Sequence

from mooc.lib.charts.bars import BAR, HEIGHT, lying
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


def stacked(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    head: str,
    missing: str,
    links: Sequence[str] = (),
    ticks: Sequence[Tick] | None = None,
    say: Say = number,
) -> Drawing:
    """Return upright bars whose parts are the series, the first at the bottom; no value may be below zero."""
    heads, rows = [head, *(one.name for one in series)], grid_rows(labels, series)
    if not labels or is_empty(series):
        return Drawing("stacked", missing, heads, rows, missing=missing)
    totals = [sum(one.values[at] or 0 for one in series) for at in range(len(labels))]
    up = scale(totals, whole=all(float(total).is_integer() for total in totals))
    parts = [axes(category_ticks(labels) if ticks is None else ticks, up, HEIGHT, say)]
    for at, label in enumerate(labels):
        inside, shapes = band(at, len(labels)), [hit(at, len(labels), HEIGHT)]
        below = 0.0
        for one in series:
            height = HEIGHT * up.at(one.values[at] or 0)
            below += height
            shapes.append(
                f'<rect class="s{one.colour}" x="{share(inside.start)}" y="{px(HEIGHT - below)}" '
                f'width="{share(inside.width)}" height="{px(height)}"/>'
            )
        parts.append(mark(said(label, series, at, say), "".join(shapes), links[at] if links else ""))
    words = f"{head}: {len(labels)}"
    return Drawing("stacked", words, heads, rows, "".join(parts), HEIGHT, legend=legend(series), links=links)


def lying_stacked(labels: Sequence[str], series: Sequence[Series], **words) -> Drawing:
    """Return lying bars whose parts are the series; no value may be below zero. `words` are those of `lying`."""
    across = scale([sum(one.values[at] or 0 for one in series) for at in range(len(labels))])

    def inside(at: int, top: int) -> list[str]:
        shapes, left = [], 0.0
        for one in series:
            width = across.at(one.values[at] or 0)
            shapes.append(
                f'<rect class="s{one.colour}" x="{share(left)}" y="{top}" width="{share(width)}" height="{BAR - 2}"/>'
            )
            left += width
        return shapes

    return lying(labels, series, inside, BAR, **words)
