"""What all charts are built of: numbers in words, marks that say their value, a drawing with its table."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from django.utils.formats import number_format

from mooc.lib.charts.scales import Scale, Tick, band

SERIES = 8  # colours there are
NONE = "–"
Say = Callable[[float | None], str]


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each label of a chart; None where there is none or where it is hidden.

    `colour`, from 1 to 8, keeps one run in one colour on every chart.
    """

    name: str
    values: Sequence[float | None]
    colour: int = 1


class Amount(str):
    """A number in words already, such as "12 of 40": in a table it stands on the right."""

    __slots__ = ()


@dataclass(frozen=True)
class Drawing:
    """A chart without its caption: `inner` is the inside of an <svg>, `rows` under `heads` are the same numbers.

    `viewbox` is for drawings that grow as a whole; others have x in per cent of the width and y in px up to `height`.
    `missing` says what is missing where nothing can be drawn. `grid` is (columns, rows) of a heat map, whose values
    the script reads from the table. `say` puts the table's numbers into words, where not as all those of the page.
    """

    kind: str
    description: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    inner: str = ""
    height: float = 260
    viewbox: str = ""
    legend: Sequence[tuple[str, str]] = ()  # class of the colour, words
    links: Sequence[str] = ()  # one for each row, or none
    anchors: Sequence[str] = ()  # the id of each row, where marks lead to them
    missing: str = ""
    grid: tuple[int, int] | None = None
    notes: Sequence[str] = field(default=())
    say: Say | None = None


@lru_cache(maxsize=10_000)  # a chart says hundreds of numbers, few of them different; the site has one language
def number(value: float | None) -> str:
    """Return a number for people: thousands apart, at most two decimals, a dash for None."""
    if value is None:
        return NONE
    rounded = int(value) if float(value).is_integer() else round(value, 2)
    return number_format(rounded, use_l10n=True, force_grouping=True)


def percent(value: float | None) -> str:
    """Return a share that is in per cent already, rounded to one decimal; `number_format` alone cuts the others off."""
    return NONE if value is None else f"{number_format(round(value, 1), decimal_pos=1, use_l10n=True)} %"


def share(fraction: float) -> str:
    """Return a fraction as a length of SVG, in per cent."""
    return f"{fraction * 100:.5g}%"


def px(length: float) -> str:
    """Return a length in px, without needless decimals."""
    return f"{length:.6g}"


def mark(text: str, shapes: str, href: str = "") -> str:
    """Return shapes that say `text` under the pointer or the keyboard, and lead to `href`, a path of this site."""
    if not href:
        return f'<g class="datum"><title>{escape(text)}</title>{shapes}</g>'
    if href[0] not in "/?#" or href.startswith("//"):
        raise ValueError(f"A mark leads to a path of this site, not to {href}.")
    return f'<a class="datum" href="{escape(href)}"><title>{escape(text)}</title>{shapes}</a>'


def hit(at: int, count: int, height: float) -> str:
    """Return the unseen area of label `at` of `count`: the pointer finds a mark there, however small its shapes."""
    whole = band(at, count, 0)
    return f'<rect class="hit" x="{share(whole.start)}" y="0" width="{share(whole.width)}" height="{px(height)}"/>'


def stretched(inner: str, width: float, height: float, tall: float = 0, kind: str = "") -> str:
    """Return a drawing of its own units, `width` by `height`, as wide as the page and `tall` px (or `height`)."""
    box = f'viewBox="0 0 {px(width)} {px(height)}" preserveAspectRatio="none"'
    return f'<svg class="{kind}" width="100%" height="{px(tall or height)}" {box}>{inner}</svg>'


def said(label: str, series: Sequence[Series], at: int, say: Say) -> str:
    """Return what a mark says: the label, and each series' value there on a line of its own."""
    lines = (f"{one.name}: {say(one.values[at])}" if one.name else say(one.values[at]) for one in series)
    return "\n".join((label, *lines))


def on_axis(up: Scale, say: Say) -> list[tuple[float, str]]:
    """Return the values that are marked, in words: shares with no more decimals than they differ in."""
    if say is not percent:
        return [(tick, say(tick)) for tick in up.ticks()]
    places = max(-math.floor(math.log10(up.step) + 1e-9), 0)
    return [(tick, f"{number_format(tick, decimal_pos=places, use_l10n=True)} %") for tick in up.ticks()]


def axes(across: Sequence[Tick], up: Scale, height: float, say: Say, inset: float = 0) -> str:
    """Return grid lines with their values, and the labels along the bottom; all `inset` px away from the zeros."""
    parts = []
    for tick, words in on_axis(up, say):
        y, kind = px(height * (1 - up.at(tick))), "faint" if tick else "zero"
        parts.append(f'<line class="{kind}" x1="{px(-inset)}" x2="100%" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="left" x="{px(-8 - inset)}" y="{y}" dy="4">{escape(words)}</text>')
    return "".join(parts) + along(across, height + inset)


def along(ticks: Sequence[Tick], height: float) -> str:
    """Return the labels along the bottom; those for wide pages alone are `roomy`."""
    return "".join(
        f'<text class="along{" roomy" * tick.roomy}" x="{share(tick.at)}" y="{px(height + 20)}">'
        f"{escape(tick.text)}</text>"
        for tick in ticks
    )


def legend(series: Sequence[Series]) -> list[tuple[str, str]]:
    """Return the legend of several series; one alone needs none."""
    return [(f"s{one.colour}", one.name) for one in series] if len(series) > 1 else []


def grid_rows(labels: Sequence[str], series: Sequence[Series]) -> list[list[object]]:
    """Return the table of series beside each other: a row for each label."""
    return [[label, *(one.values[at] for one in series)] for at, label in enumerate(labels)]


def is_empty(series: Sequence[Series]) -> bool:
    """Say whether there is nothing to draw: no series, or not one known value."""
    return all(value is None for one in series for value in one.values)
