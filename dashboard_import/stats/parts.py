"""Drawings of wholes in their parts: answers right and wrong, how a week was, the devices of a video."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dashboard_import.stats.drawing import missing, say_of
from dashboard_import.stats.registry import Chart, Draw, Figure, Seen
from mooc.lib.charts.marks import Series
from mooc.lib.charts.stacked import stacked

Part = Callable[[tuple], float | None]
Notes = Callable[[Seen], list[str]]


def shown(row: tuple, part: Part, parts: Sequence[Part], *, in_percent: bool) -> float | None:
    """Return one part of a row, or its share of all parts; None where a number of the row is hidden."""
    if None in row:
        return None
    if not in_percent:
        return part(row)
    whole = sum(one(row) or 0 for one in parts)
    return 100 * (part(row) or 0) / whole if whole else None


def in_parts(head: str, parts: Mapping[str, Part], name: Callable[[tuple], str], notes: Notes) -> Draw:
    """Return the drawing of rows as stacked bars, a figure for each run; `name` names the bar of a row."""

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            series = [
                Series(
                    str(words), [shown(row, part, [*parts.values()], in_percent=in_percent) for row in one.rows], colour
                )
                for colour, (words, part) in enumerate(parts.items(), start=1)
            ]  # fmt: skip
            drawing = stacked(
                [name(row) for row in one.rows], series, head=str(head), missing=missing(chart, [one]),
                say=say_of(in_percent),
            )  # fmt: skip
            made.append(Figure(replace(drawing, notes=notes(one)), one.name if len(seen) > 1 else ""))
        return made

    return draw
