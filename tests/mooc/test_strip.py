"""The strip of the day: places, stretches, and the same as a table."""

import pytest

from mooc.lib.charts.strip import Stretch, offset_words, strip


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "UTC"), (5.5, "UTC+5:30"), (13, "UTC\u221211"), (21, "UTC\u22123"), (11.75, "UTC+11:45"),
        (12, "UTC\u221212"),
        (23.5, "UTC\u22120:30"),
    ],
)  # fmt: skip
def test_places_in_words(hours, words):
    assert offset_words(hours) == words


def test_every_place_and_stretch_is_drawn_and_told():
    drawn = strip([(0.0, 1400), (5.5, 20)], [Stretch(0.0, 0.0, 70), Stretch(23.0, 2.5, 1)], "People & groups")
    assert drawn.count('class="strip-people"') == 2
    assert drawn.count('class="strip-group"') == 2
    assert "1,400" in drawn
    assert "UTC\u22121 to UTC+1:30" in drawn
    assert "People &amp; groups" in drawn
    assert "style=" not in drawn


def test_a_stretch_over_the_left_edge_is_drawn_in_two_parts():
    assert strip([(11.0, 3), (13.0, 3)], [Stretch(11.0, 2.0, 1)], "x").count('class="strip-group"') == 2


def test_nobody_is_an_empty_strip():
    assert "strip-people" not in strip([], [], "x")
