"""A Sankey diagram: how many went from each place to which later one, as ribbons as thick as their number."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from html import escape

from django.utils.translation import gettext as _

from mooc.lib.charts.marks import SERIES, Drawing, mark, number, px, share, stretched
from mooc.lib.charts.scales import spread

HEIGHT, GAP = 320, 10  # px; the gap lies between ribbons that pass a place and the place itself
STRETCH = 1000
NODE, THIN, FEW = 10, 4, 12  # the width of a place, in px: of few places, of many
Flow = tuple[int, int, int]  # from place, to place (by their index), how many


def sankey(
    names: Sequence[str],
    flows: Sequence[Flow],
    *,
    heads: tuple[str, str, str],
    missing: str,
    colours: Sequence[int] = (),
) -> Drawing:
    """Return ribbons between places that stand in a row in the order of `names`.

    Each flow goes to a place further on (ValueError otherwise). A ribbon that passes places in between goes below
    them, so nothing is hidden. `colours`, from 1 to 8, are those of the places.
    """
    flows = sorted(flow for flow in flows if flow[2])
    rows = [[names[start], names[end], count] for start, end, count in flows]
    if not flows:
        return Drawing("sankey", missing, heads, rows, missing=missing)
    if any(start >= end for start, end, _count in flows):
        raise ValueError("A flow must go to a place further on; draw those that go back on another diagram.")
    leaving, arriving = totals(flows)
    sizes = [max(leaving[at], arriving[at]) for at in range(len(names))]
    latest_first = sorted(flows, key=lambda flow: (-flow[0], flow[1]))  # so that ribbons cross as little as may be
    passing = [[flow for flow in latest_first if flow[0] < at < flow[1]] for at in range(len(names))]
    thickness = min(
        (HEIGHT - GAP * bool(passing[at])) / whole
        for at in range(len(names))
        if (whole := sizes[at] + sum(count for _start, _end, count in passing[at]))
    )
    paths, ribbons = ribbon_paths(flows, passing, sizes, thickness), []
    for start, end, count in flows:
        words = _("%(start)s to %(end)s: %(count)s") % {
            "start": names[start], "end": names[end], "count": number(count),
        }  # fmt: skip
        colour = colours[start] if colours else start % SERIES + 1
        ribbons.append(mark(words, f'<path class="ribbon s{colour}" d="{paths[start, end]}"/>'))
    parts = [stretched("".join(ribbons), STRETCH, HEIGHT)]
    _desktop, every = spread(len(names), max(map(len, names)))
    wide = NODE if len(names) <= FEW else THIN
    for at, name in enumerate(names):
        x = share(place(at, len(names)) / STRETCH)
        size = px(max(sizes[at] * thickness, 1))
        parts.append(
            f'<rect class="node" x="{x}" y="0" width="{wide}" height="{size}" transform="translate({-wide // 2})"/>'
        )
        roomy = " roomy" * (at % every != 0)
        parts.append(f'<text class="along{roomy}" x="{x}" y="{HEIGHT + 20}">{escape(name)}</text>')
    return Drawing("sankey", f"{heads[2]}: {number(sum(leaving.values()))}", heads, rows, "".join(parts), HEIGHT)


def place(at: int, count: int) -> float:
    """Return where a place stands from left to right on the stretched drawing; the ends keep room for labels."""
    return 40 + 920 * at / max(count - 1, 1)


def totals(flows: Sequence[Flow]) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many leave and how many arrive at each place."""
    leaving, arriving = defaultdict(int), defaultdict(int)
    for start, end, count in flows:
        leaving[start] += count
        arriving[end] += count
    return leaving, arriving


def ribbon_paths(
    flows: Sequence[Flow], passing: Sequence[Sequence[Flow]], sizes: Sequence[int], thickness: float
) -> dict[tuple[int, int], str]:
    """Return the outline of each flow's ribbon by its (from, to)."""
    below = [  # the top of each flow that passes a place, by (from, to)
        dict(stacked([(flow[:2], flow[2] * thickness) for flow in passed], sizes[at] * thickness + GAP))
        for at, passed in enumerate(passing)
    ]
    tops: dict[tuple[int, int], list[tuple[int, float]]] = {flow[:2]: [] for flow in flows}
    for at in range(len(sizes)):
        leaving = [(flow[:2], flow[2] * thickness) for flow in flows if flow[0] == at]
        arriving = [(flow[:2], flow[2] * thickness) for flow in reversed(flows) if flow[1] == at]
        for ends, top in (*stacked(leaving, 0), *stacked(arriving, 0), *below[at].items()):
            tops[ends].append((at, top))
    return {flow[:2]: outline(sorted(tops[flow[:2]]), flow[2] * thickness, len(sizes)) for flow in flows}


def stacked(flows: Sequence[tuple[tuple[int, int], float]], top: float) -> list[tuple[tuple[int, int], float]]:
    """Return the top of each flow at one place, one below the other from `top` on."""
    made = []
    for ends, thick in flows:
        made.append((ends, top))
        top += thick
    return made


def outline(tops: Sequence[tuple[int, float]], thick: float, count: int) -> str:
    """Return a ribbon through the given (place, top), there on its upper edge and back on its lower one."""
    upper = [(place(at, count), top) for at, top in tops]
    lower = [(x, y + max(thick, 0.5)) for x, y in reversed(upper)]
    return f"M{point(upper[0])}{curves(upper)}L{point(lower[0])}{curves(lower)}z"


def point(spot: tuple[float, float]) -> str:
    return f"{px(spot[0])} {px(spot[1])}"


def curves(spots: Sequence[tuple[float, float]]) -> str:
    """Return curves from each spot to the next, level at both."""
    made = []
    for (ax, ay), (bx, by) in itertools.pairwise(spots):
        middle = (ax + bx) / 2
        made.append(f"C{px(middle)} {px(ay)} {px(middle)} {px(by)} {px(bx)} {px(by)}")
    return "".join(made)
