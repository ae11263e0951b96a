"""Numbers below the site's least are on no page: not in a table, not in what a mark says, not beside a bar."""

import itertools
import re

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.runs import comment, person
from tests.dashboard_import.stats.test_numbers import table

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


def test_what_a_day_hides_is_not_told_by_the_sums_up_to_it(bread, staff, settings):
    days = {5: 10, 6: 2, 7: 4, 8: 1}
    joined = [(day, f"p{day}-{at}") for day, count in days.items() for at in range(count)]
    left = {"p5-1": "2026-01-09", "p5-2": "2026-01-09"}
    people = [
        person(who, day=f"2026-01-0{day}", unenrolled_at=f"{left[who]} 10:00:00 UTC" if who in left else "")
        for day, who in joined
    ]
    bread(enrolments=people)
    address = "/stats/futurelearn/bread/1/measures/"
    settings.STATISTICS_HIDE_BELOW = 5
    rows = [row[:2] for row in table(staff, f"{address}sums-so-far.csv")[1:]]
    assert rows == [["2026-01-05", "10"], ["2026-01-06", ""], ["2026-01-07", "16"], ["2026-01-08", ""],
                    ["2026-01-09", ""]]  # fmt: skip
    html = staff.get(address).content.decode()
    assert "Tue 6 Jan 2026\nEnrolled: –" in html
    assert "Wed 7 Jan 2026\nEnrolled: 16" in html
    settings.STATISTICS_HIDE_BELOW = 0
    assert [row[1] for row in table(staff, f"{address}sums-so-far.csv")[1:]] == ["10", "12", "16", "17", "15"]


def test_the_network_tells_no_few_people_either(bread, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 5
    later = {7: range(6), 8: range(6, 8), 9: range(8, 13)}
    replies = [
        comment(100 + at, f"r{at}", parent=1, day=f"2026-01-0{day}") for day, some in later.items() for at in some
    ]
    bread(comments=[comment(1, "a"), *replies])
    home = "/stats/futurelearn/bread/1/conversation"
    density = table(staff, f"{home}/network-density.csv")[1:]
    assert density == [["2026-01-07", "7", "6", "0.142857"], ["2026-01-08", "", "", ""],
                       ["2026-01-09", "14", "13", "0.071429"]]  # fmt: skip
    returned = table(staff, f"{home}/network-reciprocity.csv")[1:]
    assert returned == [["2026-01-07", "6", "0", "0.0"], ["2026-01-08", "", "0", ""], ["2026-01-09", "13", "0", "0.0"]]
    others = [(row[0], row[2]) for row in table(staff, f"{home}/most-connected.csv")[1:] if row[2]]
    assert others == [("2026-01-07", "6"), ("2026-01-09", "13")]
    html = staff.get(f"{home}/").content.decode()
    assert "8 Jan 2026\nDensity: –" in html
    assert ": 13\n" in html[html.index('id="most-connected"') :]
