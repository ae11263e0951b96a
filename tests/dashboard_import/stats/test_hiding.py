"""Numbers below the site's least are on no page: not in a table, not in what a mark says, not beside a bar."""

import itertools
import re

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.runs import comment

pytestmark = pytest.mark.django_db
# Means and shares of more people than that, and what FutureLearn's own files say in per cent.
NOT_COUNTS = (
    "tone-score", "quiz-tries", "comments-per-completion", "network-density", "network-reciprocity", "video-devices",
    "video-continents",
)  # fmt: skip
SHOWN = {
    "cells": r'<td class="number">([1-4])</td>', "marks": r"<title>[^<]*: ([1-4])</title>",
    "beside bars": r'class="value"[^>]*>([1-4])</text>', "in lists": r"<td>[^<]*[a-z] ([1-4]), ",
}  # fmt: skip


def small(html: str) -> dict[str, list[str]]:
    """Return the small numbers that figures show, by figure."""
    found = {}
    for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
        slug = re.search(r'id="([^"]+)"', figure)[1]
        if not slug.startswith(NOT_COUNTS):
            numbers = [number for pattern in SHOWN.values() for number in re.findall(pattern, figure)]
            found |= {slug: numbers} if numbers else {}
    return found


@pytest.mark.parametrize("path", ["futurelearn/", "definitions/", *(f"futurelearn/bread/1/{page}/" for page in PAGES)])
def test_every_page_says_that_small_numbers_are_hidden(bread, staff, settings, path):
    bread(comments=[comment(1, "a")])
    words = "Numbers below 5 are hidden"
    assert words not in staff.get(f"/stats/{path}").content.decode()
    settings.STATISTICS_HIDE_BELOW = 5
    assert staff.get(f"/stats/{path}").content.decode().count(words) == 1


def test_words_whose_numbers_are_hidden_stand_alone(bread, staff, settings):
    bread(comments=[comment(1, "a", text="Rye and rye")])
    address = "/stats/futurelearn/bread/1/comments/"
    assert "<td>rye 1</td>" in staff.get(address).content.decode()
    settings.STATISTICS_HIDE_BELOW = 5
    assert "<td>rye</td>" in staff.get(address).content.decode()


@pytest.mark.parametrize("layout", ["2026"], indirect=True)
def test_no_small_number_is_shown(generated, staff, settings):
    run = CourseRun.objects.first()
    home = f"/stats/futurelearn/{run.slug}/{run.number}"
    assert len(small(staff.get(f"{home}/conversation/").content.decode())) > 3
    settings.STATISTICS_HIDE_BELOW = 5
    for page, place in itertools.product(PAGES, (home, f"/stats/futurelearn/{run.slug}/all")):
        for query in ("", f"with={run.slug}/2&of=buyers", "as=percent&week=2"):
            assert small(staff.get(f"{place}/{page}/?{query}").content.decode()) == {}, (place, page, query)
