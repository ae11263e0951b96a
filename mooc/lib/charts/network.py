"""Who replied to whom: people as dots, the most connected in the middle, lines between those who wrote."""

import math
from collections import Counter
from collections.abc import Mapping

from django.utils.translation import gettext as _

from mooc.lib.charts.marks import Drawing, mark, number, percent, px

SIZE = 600  # the drawing's own units
GOLDEN = math.pi * (3 - math.sqrt(5))
RADIUS, LARGEST = 3, 14


def density(people: int, pairs: int) -> float:
    """Return which share of all ordered pairs of people wrote to each other: 0 to 1."""
    return pairs / (people * (people - 1)) if people > 1 else 0.0


def network(
    replies: Mapping[tuple[str, str], int],
    *,
    heads: tuple[str, str, str],
    missing: str,
    most: int = 100,
    links: Mapping[str, str] | None = None,
) -> Drawing:
    """Return the drawing of `replies` by (writer, receiver) among the `most` people with most of them.

    Replies to oneself are no line. The table has all pairs, of whoever it is.
    """
    pairs = {pair: count for pair, count in replies.items() if pair[0] != pair[1] and count}
    rows = [[writer, receiver, count] for (writer, receiver), count in sorted(pairs.items())]
    if not pairs:
        return Drawing("network", missing, heads, rows, missing=missing)
    wrote, received = Counter(), Counter()
    for (writer, receiver), count in pairs.items():
        wrote[writer] += count
        received[receiver] += count
    everybody = sorted({*wrote, *received}, key=lambda one: (-wrote[one] - received[one], one))
    shown = everybody[:most]
    places = {one: sunflower(at, len(shown)) for at, one in enumerate(shown)}
    lines = "".join(
        f"M{places[writer][0]:.1f} {places[writer][1]:.1f}L{places[receiver][0]:.1f} {places[receiver][1]:.1f}"
        for writer, receiver in pairs
        if writer in places and receiver in places
    )
    parts = [f'<path class="ties" d="{lines}"/>']
    top = math.sqrt(max(wrote[one] + received[one] for one in shown))
    for one in shown:
        radius = RADIUS + (LARGEST - RADIUS) * math.sqrt(wrote[one] + received[one]) / top
        words = _("%(name)s\nreplies written: %(wrote)s\nreplies received: %(received)s") % {
            "name": one, "wrote": number(wrote[one]), "received": number(received[one]),
        }  # fmt: skip
        x, y = places[one]
        circle = f'<circle class="s1" cx="{x:.1f}" cy="{y:.1f}" r="{px(round(radius, 1))}"/>'
        parts.append(mark(words, circle, (links or {}).get(one, "")))
    notes = [
        _("%(people)s people, %(pairs)s connections, density %(density)s.") % {
            "people": number(len(everybody)), "pairs": number(len(pairs)),
            "density": percent(100 * density(len(everybody), len(pairs))),
        },
    ]  # fmt: skip
    if len(shown) < len(everybody):
        notes.append(_("Drawn are the %(most)s people with most replies.") % {"most": number(most)})
    return Drawing("network", " ".join(notes), heads, rows, "".join(parts), viewbox=f"0 0 {SIZE} {SIZE}", notes=notes)


def sunflower(at: int, count: int) -> tuple[float, float]:
    """Return the place of one of `count` dots, from the middle outwards as seeds stand in a sunflower."""
    far = (SIZE / 2 - LARGEST) * math.sqrt(at / count)
    return SIZE / 2 + far * math.cos(at * GOLDEN), SIZE / 2 + far * math.sin(at * GOLDEN)
