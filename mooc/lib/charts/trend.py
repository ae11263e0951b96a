"""Straight lines through points: slope, correlation, and whether a slope differs from another one."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Trend(NamedTuple):
    """A least-squares line: `r` is the correlation, `error` the standard error of the slope (None under 3 points)."""

    slope: float
    intercept: float
    r: float
    error: float | None
    count: int

    def at(self, x: float) -> float:
        """Return the line's value at `x`."""
        return self.intercept + self.slope * x


def trend(xs: Sequence[float], ys: Sequence[float]) -> Trend | None:
    """Return the line through the points, or None where there is none: under two of them, or all at one x."""
    count = len(xs)
    if count < 2 or min(xs) == max(xs):
        return None
    mean_x, mean_y = math.fsum(xs) / count, math.fsum(ys) / count
    across = math.fsum((x - mean_x) ** 2 for x in xs)
    up = math.fsum((y - mean_y) ** 2 for y in ys)
    both = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    slope = both / across
    left = max(up - slope * both, 0)
    error = math.sqrt(left / (count - 2) / across) if count > 2 else None
    return Trend(slope, mean_y - slope * mean_x, both / math.sqrt(across * up) if up else 0.0, error, count)


def chance(line: Trend, expected: float) -> float | None:
    """Return how likely a slope at least so far from `expected` is by chance: Student's t, two-sided, n - 2.

    None where the points cannot tell: under three of them.
    """
    if line.error is None:
        return None
    if line.error == 0:
        return float(math.isclose(line.slope, expected, abs_tol=1e-12))
    t, freedom = (line.slope - expected) / line.error, line.count - 2
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b) by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    tiny = 1e-300
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, 300):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + top * d or tiny)
            c = 1 + top / c or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-13:
            break
    return front * fraction
