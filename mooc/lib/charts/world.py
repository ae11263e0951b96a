"""The world, each country in the level of its number. Outlines: Natural Earth (scripts/draw_world.py)."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from mooc.lib.charts.heatmap import level_words, levels_of
from mooc.lib.charts.marks import Drawing, Say, mark, number
from mooc.lib.charts.scales import level

DATA = Path(__file__).parent / "data" / "world.csv"
VIEWBOX = "15 0 970 430"


class Country(NamedTuple):
    """A country's name in English and its outline on a map 1000 wide, empty for the smallest."""

    name: str
    outline: str


@cache
def countries() -> dict[str, Country]:
    """Return every country by its alpha-2 code."""
    with DATA.open(newline="", encoding="utf-8") as file:
        return {row["code"]: Country(row["name"], row["outline"]) for row in csv.DictReader(file)}


def country_name(code: str) -> str:
    """Return a country's name; a code nobody knows is its own name."""
    known = countries().get(code)
    return known.name if known else code


def world(
    counts: Mapping[str, float | None],
    *,
    head: str,
    value: str,
    missing: str,
    links: Mapping[str, str] | None = None,
    say: Say = number,
) -> Drawing:
    """Return the map of numbers by alpha-2 code; codes without an outline stand in the table alone."""
    links = links or {}
    ranked = sorted(counts.items(), key=lambda item: (-(item[1] or 0), item[0]))
    heads, rows = [head, value], [[country_name(code), count] for code, count in ranked]
    most = max((count or 0 for count in counts.values()), default=0)
    drawn = {code for code, count in ranked if count and code in countries() and countries()[code].outline}
    if not most:
        return Drawing("world", missing, heads, rows, missing=missing)
    starts = levels_of(most, say)
    land = "".join(country.outline for code, country in countries().items() if code not in drawn)
    parts = [f'<path class="h0" d="{land}"/>']
    for code, count in ranked:
        if code in drawn:
            country = countries()[code]
            shape = f'<path class="h{level(count, starts)}" d="{country.outline}"/>'
            parts.append(mark(f"{country.name}: {say(count)}", shape, links.get(code, "")))
    absent = [country_name(code) for code, count in ranked if count and code not in drawn]
    notes = [_("Not on the map: %(names)s.") % {"names": ", ".join(absent)}] if absent else []
    return Drawing(
        "world", f"{head}: {len(rows)}", heads, rows, "".join(parts), viewbox=VIEWBOX,
        legend=level_words(starts, say), links=[links.get(code, "") for code, _count in ranked] if links else (),
        notes=notes,
    )  # fmt: skip
