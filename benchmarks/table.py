"""What a benchmark returns, and how it is printed."""

from collections.abc import Iterable
from typing import NamedTuple

HEADS = ("figure", "ours", "floor", "unit", "ratio", "wanted")


class Row(NamedTuple):
    """One figure of ours beside the bare floor measured in the same run, both in `unit`.

    The ratio is ours / floor. `at_least` is for rates, where more is better; `at_most` for times and sizes.
    """

    figure: str
    ours: float
    floor: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def reached(self) -> bool:
        """Say whether the ratio is what was wanted; a figure of which nothing is wanted always is."""
        too_low = self.at_least is not None and self.ratio < self.at_least
        too_high = self.at_most is not None and self.ratio > self.at_most
        return not (too_low or too_high)

    def cells(self) -> tuple[str, ...]:
        wanted = [f"at least {self.at_least:g}"] if self.at_least is not None else []
        wanted += [f"at most {self.at_most:g}"] if self.at_most is not None else []
        verdict = ", ".join(wanted) + ("" if self.reached else "  MISSED")
        return self.figure, f"{self.ours:,.4g}", f"{self.floor:,.4g}", self.unit, f"{self.ratio:.2f}", verdict


def draw(rows: Iterable[Row]) -> str:
    """Return the rows as a table in plain text."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)
