"""How charts say their numbers: in which order, in which words, in which colours, rounded once."""

import datetime
import re

import pytest
from django.utils import timezone as clock

from dashboard_import.models import CourseRun
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_absent import said

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"


def liked(key: int, likes: int) -> str:
    """Return a comment with so many likes."""
    return comment(key, "a").removesuffix("0") + str(likes)


def figure(client, page: str, chart: str, query: str = "") -> str:
    """Return a figure of a page."""
    html = client.get(f"{HOME}/{page}/?{query}").content.decode()
    return html[html.index(f'id="{chart}"') : html.index("</figure>", html.index(f'id="{chart}"'))]


def test_how_many_likes_stand_in_order_whichever_run_has_them(bread, staff):
    bread(comments=[liked(1, 0), liked(2, 10), liked(3, 1)])
    bread("bread-2", comments=[liked(1, 2), liked(2, 9), liked(3, 1)])
    rows = re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)<', figure(staff, "comments", "likes", "with=bread/2"))
    assert rows == ["0 likes", "1 like", "2 likes", "9 likes", "10 likes"]


def test_replies_and_others_are_counted_in_words(bread, staff):
    bread(comments=[comment(1, "a"), comment(2, "b", parent=1), comment(3, "c", parent=1), comment(4, "d")])
    shown = figure(staff, "comments", "replies-per-post")
    assert ">0 replies<" in shown
    assert ">2 replies<" in shown
    shown = figure(staff, "conversation", "connections")
    assert ">with 1 other<" in shown
    assert ">with 2 others<" in shown


def test_shares_of_totals_are_rounded_once(bread, staff):
    bread(enrolments=[person(f"p{at}") for at in range(28)] + [person("q", unenrolled_at="2026-01-08 10:00:00 UTC")])
    assert "3.4 % of joiners" in figure(staff, "overview", "totals")  # 3.448; two roundings make it 3.5
    assert ">3.4 %<" in figure(staff, "overview", "totals", "as=percent&with=bread/1")


def test_a_trend_is_said_in_people(bread, staff):
    bread(step_activity=[visit(who, step) for who, steps in (("a", 3), ("b", 2), ("c", 1))
                         for step in ("1.1", "1.2", "1.3")[:steps]])  # fmt: skip
    assert (
        "bread 1: its trend is 1.00 fewer people with each step, the average of all runs 1.00 fewer people."
        in figure(staff, "steps", "steps-visited")
    )
    CourseRun.objects.all().delete()
    bread(step_activity=[visit("a", "1.1"), visit("a", "1.2"), visit("b", "1.2")])
    assert "its trend is 1.00 more people with each step" in figure(staff, "steps", "steps-visited")


def test_a_pair_of_measures_leads_to_its_points_of_the_same_runs(bread, staff):
    for name in ("bread-1", "bread-2"):
        bread(name, step_activity=[visit("a", "1.1", completed="2026-01-08")], comments=[comment(1, "a")],
              question_response=[], enrolments=[person("a")])  # fmt: skip
    html = staff.get(f"{HOME}/measures/?with=bread/2&of=learner").content.decode()
    links = re.findall(r'href="(\?x=[^"]+)#correlations"', html)
    assert links
    assert all("&amp;of=learner&amp;with=bread%2F2" in link for link in links)
    again = staff.get(f"{HOME}/measures/{links[0].replace('&amp;', '&')}").content.decode()
    assert "Two measures of people: bread 2" in again


def test_days_that_have_not_come_have_no_number_beside_a_run_that_is_over(bread, staff):
    today = clock.now().date()
    first = [today - datetime.timedelta(days=days) for days in (40, 3)]
    last = [today - datetime.timedelta(days=1), first[1]]
    for number, (one, other) in enumerate(zip(first, last, strict=True), start=1):
        bread(f"bread-{number}", enrolments=[person("a", day=f"{one}"), person("b", day=f"{other}")])
    cells = dict(
        re.findall(
            r'<th scope="row">(-?\d+)</th><td class="number">[^<]+</td><td class="number">([^<]+)</td>',
            figure(staff, "enrolments", "enrolments-per-day", "with=bread/2"),
        )
    )
    assert [cells[day] for day in ("1", "2", "3", "4", "40")] == ["2", "0", "0", "–", "–"]


def test_all_went_forward_is_no_fault_of_the_file(bread, staff):
    bread(step_activity=[visit("a", "1.1", completed="2026-01-08"), visit("a", "2.1", completed="2026-01-09")])
    assert said(staff, "paths", "paths-by-week-2") == "Nobody went back here."


def test_no_line_of_the_most_connected_is_yellow(bread, staff):
    others = [comment(at, f"p{at}", parent=1) for at in range(2, 10)]
    bread(comments=[comment(1, "a"), *others])
    colours = set(re.findall(r'class="line s(\d)"', figure(staff, "conversation", "most-connected")))
    assert colours == {"1", "2", "3", "4", "5", "6", "8"}


def test_moments_of_the_team_are_dates_with_words(bread, staff):
    bread(comments=[comment(1, "a")], team_members=["a,Ann,Baker,educator,"], enrolments=[person("a")])
    assert "6 Jan 2026, 12:00 UTC" in figure(staff, "team", "team-comments")


def test_what_is_good_has_the_same_colour_in_tones_and_in_weeks(bread, staff):
    bread(comments=[comment(1, "a", text="A good and lovely bread")],
          weekly_sentiment_survey_responses=["1,2026-01-20 10:00:00 UTC,1,3,Lovely"])  # fmt: skip
    for page, chart, good in (("comments", "tone-by-step", "Positive"), ("surveys", "sentiment-by-week", "Good (3)")):
        legend = figure(staff, page, chart).split("</ul>")[0]
        assert re.search(rf'<rect class="s3"[^>]*>\s*</svg>\s*{re.escape(good)}', legend), chart
