"""What is new on the pages of statistics, with runs and files that nobody expects."""

import pytest

from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_absent import said
from tests.dashboard_import.stats.test_evolving import STEPS
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"


def caption(html: str, chart: str) -> str:
    """Return what stands above a chart."""
    start = html.index(f'id="{chart}"')
    return html[start : html.index("</figcaption>", start)]


@pytest.mark.parametrize("files", [{}, {"enrolments": [], "step_activity": [], "comments": []}])
def test_a_run_of_nobody_has_no_bars_of_how_far_people_came(bread, staff, files):
    bread(question_response=[], **files)
    words = said(staff, "overview", "funnel")
    if files:
        assert words.startswith("The files of enrolments, step activity, comments of bread 1 are loaded, and nothing")
    else:
        assert words == "bread 1 has no file of enrolments, step activity, comments here."
    assert said(staff, "overview", "funnel", "as=percent") == words


def test_who_never_joined_is_not_among_those_who_did(bread, staff):
    steps = [visit(who, step, completed="2026-01-08") for who in "ab" for step in STEPS]
    bread(enrolments=[person("a")], step_activity=steps)
    rows = table(staff, f"{HOME}/overview/funnel.csv?as=percent")[1:]
    assert rows[:2] == [["joined", "1", "100.0"], ["steps", "1", "100.0"]]


def test_a_chart_says_which_of_its_files_is_missing(bread, staff):
    bread(comments=[comment(1, "a")])
    bread("bread-2", enrolments=[person("b")], comments=[comment(1, "b")])
    html = staff.get(f"{HOME}/measures/?with=bread/2").content.decode()
    lacks = "bread 1 has no file of enrolments, quiz answers here. bread 2 has no file of quiz answers here."
    assert lacks in caption(html, "sums-so-far")
    assert "bread 1 has no file of step activity here." in caption(html, "comments-in-total")
    # Where nothing is drawn it is said once.
    html = staff.get(f"{HOME}/enrolments/").content.decode()
    figure = html[html.index('id="enrolments-per-day"') : html.index('id="unenrolments-per-day"')]
    assert figure.count("has no file") == 1
    beside = staff.get("/stats/futurelearn/bread/2/enrolments/?with=bread/1").content.decode()
    assert "bread 1 has no file of enrolments here." in caption(beside, "enrolments-per-day")
