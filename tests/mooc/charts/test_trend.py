"""Lines through points, against numbers known from statistics tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooc.lib.charts.trend import Trend, chance, incomplete_beta, trend


def test_a_line_and_its_correlation():
    line = trend([1, 2, 3, 4, 5], [2, 4, 5, 4, 5])
    assert (line.slope, line.intercept) == (pytest.approx(0.6), pytest.approx(2.2))
    assert line.r == pytest.approx(0.774597, abs=1e-6)
    assert line.error == pytest.approx(0.282843, abs=1e-6)
    assert line.at(10) == pytest.approx(8.2)


@pytest.mark.parametrize("xs", [[], [1], [2, 2, 2]])
def test_no_line(xs):
    assert trend(xs, xs) is None


def test_a_level_line_has_no_correlation():
    assert trend([1, 2, 3], [4, 4, 4]).r == 0


@pytest.mark.parametrize(
    ("t", "freedom", "p"), [(2.228, 10, 0.05), (3.169, 10, 0.01), (1.812, 10, 0.10), (12.706, 1, 0.05), (2.0, 60, 0.05)]
)
def test_chance_is_that_of_the_t_table(t, freedom, p):
    assert chance(Trend(t, 0, 0, 1, freedom + 2), 0) == pytest.approx(p, abs=2e-4)


def test_chance_without_scatter():
    line = trend([1, 2, 3], [2, 4, 6])
    assert chance(line, 2) == 1
    assert chance(line, 3) == 0
    assert chance(trend([1, 2], [2, 4]), 2) is None


# Of these shares `1 - x` is exact; near 0 the function is so steep that a rounding there would be seen.
SHARES = st.integers(0, 1 << 30).map(lambda whole: whole / (1 << 30))


@given(st.floats(0.5, 200), st.floats(0.5, 20), SHARES)
def test_the_beta_function_is_a_share_and_symmetric(a, b, x):
    here = incomplete_beta(a, b, x)
    assert -1e-9 <= here <= 1 + 1e-9
    assert here + incomplete_beta(b, a, 1 - x) == pytest.approx(1, abs=1e-9)
