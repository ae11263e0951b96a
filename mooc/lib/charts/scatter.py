"""Points of two numbers each, points in one place counted, and the straight line through them."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from django.utils.translation import gettext as _

from mooc.lib.charts.marks import Drawing, axes, mark, number, px, share
from mooc.lib.charts.scales import Tick, scale
from mooc.lib.charts.trend import Trend, trend

HEIGHT = 360
RADIUS, LARGEST = 3.5, 24  # px, of one point and of many; the area is as many as there are


def scatter(
    points: Sequence[tuple[float, float]] | Mapping[tuple[float, float], int],
    *,
    across: str,
    up: str,
    unit: str,
    missing: str,
    line: Trend | None = None,
) -> Drawing:
    """Return the points (x, y); `across` and `up` name the axes, `unit` says what a point is, such as "Learners".

    `points` may be counted already. `line` is the one through them, where they do not tell it themselves.
    """
    counted = sorted(Counter(points).items())
    heads, rows = [across, up, unit], [[x, y, count] for (x, y), count in counted]
    if not points:
        return Drawing("scatter", missing, heads, rows, missing=missing)
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    flat, upright = scale(xs), scale(ys)
    marked = [Tick(flat.at(tick), number(tick), roomy=at % 2 == 1) for at, tick in enumerate(flat.ticks())]
    most = math.sqrt(max(count for _point, count in counted))
    smallest = min(RADIUS, LARGEST / most)
    inset = math.ceil(smallest * most)  # the largest point may stand on a zero, and must not cover the axis
    parts = [axes(marked, upright, HEIGHT, number, inset)]
    parts.append(f'<text class="axis" x="100%" y="{HEIGHT + inset + 40}">{escape(across)} →</text>')
    parts.append(f'<text class="axis up" x="{-inset}" y="{-10 - inset}">↑ {escape(up)}</text>')
    for (x, y), count in counted:
        radius = smallest * math.sqrt(count)
        words = f"{across}: {number(x)}\n{up}: {number(y)}\n{unit}: {number(count)}"
        circle = (
            f'<circle class="s1" cx="{share(flat.at(x))}" cy="{px(HEIGHT * (1 - upright.at(y)))}" r="{radius:.3g}"/>'
        )
        parts.append(mark(words, circle))
    total = sum(count for _point, count in counted)
    notes = [
        f"{unit}: {number(total)}.",
        _("No line can be drawn through them: all stand above one place."),
    ]
    line = line or trend(xs, ys)
    if line:
        ends = (min(xs), max(xs))
        places = [(share(flat.at(x)), px(HEIGHT * (1 - upright.at(line.at(x))))) for x in ends]
        (x1, y1), (x2, y2) = places
        parts.append(f'<line class="trend t6" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
        notes[1] = _("Slope of the line: %(slope)s. Correlation (r): %(r)s.") % {
            "slope": f"{line.slope:.3g}", "r": f"{line.r:.2f}",
        }  # fmt: skip
    return Drawing("scatter", " ".join(notes), heads, rows, "".join(parts), HEIGHT, notes=notes)
