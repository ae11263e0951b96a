"""Scales: nice ticks, zero on every axis, labels where there is room, levels of one hue."""

import datetime
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooc.lib.charts.scales import band, category_ticks, day_ticks, level, levels, nice_step, scale

numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: value if abs(value) > 1e-6 else 0.0)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([3, 97], [0, 20, 40, 60, 80, 100]),
        ([100], [0, 20, 40, 60, 80, 100]),
        ([1, 2], [0, 0.5, 1, 1.5, 2]),
        ([0.3], [0, 0.1, 0.2, 0.3]),
        ([12_345, None], [0, 5000, 10_000, 15_000]),
        ([-4, 6], [-4, -2, 0, 2, 4, 6]),
        ([-3], [-3, -2, -1, 0]),
        ([0, 0], [0, 1]),
        ([], [0, 1]),
    ],
)
def test_ticks_are_nice(values, ticks):
    assert scale(values).ticks() == ticks


def test_counts_have_no_half_ticks():
    assert scale([1, 2], whole=True).ticks() == [0, 1, 2]


@given(st.lists(numbers, min_size=1))
def test_a_scale_holds_zero_and_all_values_and_ends_on_ticks(values):
    made = scale(values)
    ticks = made.ticks()
    assert 2 <= len(ticks) <= 7
    assert 0 in ticks
    assert ticks == sorted(set(ticks))
    assert ticks[0] == pytest.approx(made.least)
    assert ticks[-1] == pytest.approx(made.most)
    for value in values:
        assert -1e-6 <= made.at(value) <= 1 + 1e-6


@given(st.lists(numbers, min_size=1), numbers, numbers)
def test_a_scale_is_straight(values, one, other):
    made = scale(values)
    assert (made.at(one) - made.at(other)) * (made.most - made.least) == pytest.approx(one - other, abs=1e-3)


@given(st.floats(1e-6, 1e12), st.integers(2, 10))
def test_a_step_is_1_2_or_5_times_a_power_of_ten(span, count):
    step = nice_step(span, count)
    first = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert any(first == pytest.approx(nice) for nice in (1, 2, 5))
    assert span / step <= count * (1 + 1e-6)
    assert span / step > count / 2.5 * (1 - 1e-6)


@given(st.integers(1, 500), st.floats(0, 0.9))
def test_bands_fill_the_width_and_do_not_overlap(count, gap):
    bands = [band(at, count, gap) for at in range(count)]
    for one, other in itertools.pairwise(bands):
        assert one.start + one.width <= other.start + 1e-9
    assert bands[0].start >= 0
    assert bands[-1].start + bands[-1].width <= 1 + 1e-9
    assert sum(one.width for one in bands) == pytest.approx(1 - gap)


def test_labels_are_chosen_by_their_room():
    assert [tick.text for tick in category_ticks(["1.1", "1.2", "1.3"])] == ["1.1", "1.2", "1.3"]
    many = category_ticks([f"{at // 20 + 1}.{at % 20 + 1}" for at in range(200)])
    assert 10 < len(many) < 20
    assert 4 < sum(not tick.roomy for tick in many) < 9
    assert category_ticks([]) == []


@given(st.lists(st.text(max_size=30), max_size=300))
def test_labels_fit_side_by_side(labels):
    ticks = category_ticks(labels)
    longest = max(map(len, labels), default=0)
    assert len(ticks) <= max(680 / (longest * 7.2 + 12) + 1, 1)
    assert sum(not tick.roomy for tick in ticks) <= max(290 / (longest * 7.2 + 12) + 1, 1)


def test_days_are_weeks_apart_then_months():
    ticks = day_ticks(datetime.date(2018, 9, 10), 60)
    assert [tick.text for tick in ticks][:3] == ["10 Sep", "17 Sep", "24 Sep"]
    assert ticks[1].at == pytest.approx(7.5 / 60)
    assert [tick.text for tick in day_ticks(datetime.date(2018, 9, 10), 500)][:2] == ["Nov 2018", "Jan 2019"]
    assert [tick.text for tick in day_ticks(datetime.date(2018, 9, 10), 1)] == ["10 Sep"]
    assert 1 < len(day_ticks(datetime.date(2000, 1, 1), 20_000)) <= 10


@pytest.mark.parametrize(
    ("most", "starts"),
    [(0, []), (0.5, []), (1, [1]), (3, [1, 2]), (60, [1, 2, 5, 10, 20, 50]), (900, [1, 5, 20, 100, 500])],
)
def test_levels_start_at_nice_counts(most, starts):
    assert levels(most) == starts


@given(st.integers(1, 10**9))
def test_there_are_at_most_six_levels_and_the_largest_count_is_in_the_last(most):
    starts = levels(most)
    assert 1 <= len(starts) <= 6
    assert level(most, starts) == len(starts)
    assert level(1, starts) == 1
    assert level(0, starts) == level(None, starts) == 0
