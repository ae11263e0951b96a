"""What a chart says that has nothing to draw, and what its reader can do; what notes say in per cent."""

import re

import pytest

from tests.dashboard_import.stats.runs import comment, person, visit

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
GROUP = "There is nothing here of people who bought a statement. Choose “everyone” under “Count” to see all."
FILE = (
    "The file of enrolments of bread 1 is loaded, and nothing of this is in it. "
    "If there should be something by now, load a newer file."
)
CHOICE = "There is nothing of this for what is chosen above. Choose something else there."


def said(client, page: str, chart: str, query: str = "") -> str:
    """Return what a chart says instead of a drawing, else nothing."""
    html = client.get(f"{HOME}/{page}/?{query}").content.decode()
    figure = html[html.index(f'id="{chart}"') : html.index("</figure>", html.index(f'id="{chart}"'))]
    found = re.search(r'<p class="chart-missing">(.*?)</p>', figure)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("page", "chart", "query", "words"),
    [
        ("enrolments", "enrolments-per-day", "", ""),
        ("enrolments", "enrolments-per-day", "of=buyers", GROUP),
        ("enrolments", "unenrolments-per-day", "", FILE),
        ("enrolments", "unenrolments-per-day", "of=buyers", FILE),
        ("enrolments", "enrolments-per-day", "from=400",
         "Nothing of this is in this part of the time. Choose a longer one, or the whole time."),
        ("demographics", "age", "", "Nobody who is counted here gave an answer. The file says how many did not."),
        ("demographics", "age", "of=buyers", GROUP),
        ("demographics", "subdivisions", "", "bread 1 has no file of regions here."),
        ("comments", "comments-per-day", "", ""),
        ("comments", "comments-per-day", "as=percent", ""),
        ("comments", "words", "step=9.9", CHOICE),
        ("comments", "words", "week=2", CHOICE),
        ("comments", "words", "of=buyers", GROUP),
        ("paths", "paths-by-step", "week=2", CHOICE),
        ("measures", "correlations", "of=buyers", "bread 1 has no file of quiz answers here."),
    ],
)  # fmt: skip
def test_a_chart_says_why_there_is_nothing_and_what_to_do(bread, staff, page, chart, query, words):
    bread(
        enrolments=[person("a"), person("b", day="2026-01-07")], comments=[comment(1, "a", text="Good bread")],
        step_activity=[visit("a", "1.1", completed="2026-01-08")],
    )  # fmt: skip
    assert said(staff, page, chart, query) == words


def test_shares_of_nobody_and_numbers_too_small(bread, staff, settings):
    bread(comments=[comment(1, "a")], enrolments=[person("a")])
    nobody = "There is nobody here whose share this could be. Choose people under “Shown in”."
    assert said(staff, "comments", "comments-per-day", "as=percent") == nobody
    assert said(staff, "comments", "comments-by-step", "as=percent") == nobody
    settings.STATISTICS_HIDE_BELOW = 5
    assert said(staff, "comments", "comments-per-day") == "The numbers here are too small to be shown."


def test_files_of_several_kinds_and_runs_are_named(bread, staff):
    bread(step_activity=[], comments=[], question_response=[])
    words = said(staff, "measures", "correlations")
    assert words.startswith("The files of step activity, comments, quiz answers of bread 1 are loaded, and nothing")


def test_notes_say_what_the_page_shows(bread, staff):
    people = [person("a"), person("b"), person("c", day="2026-01-07")]
    run = bread(enrolments=people, step_activity=[visit("a", "1.1"), visit("b", "1.1", day="2026-08-01")])
    run.start, run.weeks = "2026-01-05", 2
    run.save()
    assert "bread 1: most on Monday 5 January 2026, 2." in staff.get(f"{HOME}/enrolments/").content.decode()
    in_percent = staff.get(f"{HOME}/enrolments/?as=percent").content.decode()
    assert "bread 1: most on Monday 5 January 2026, 66.7 %." in in_percent
    assert "2026, 2." not in in_percent
    assert "1 on other days are in the file alone." in staff.get(f"{HOME}/steps/").content.decode()
    assert "50.0 % on other days are in the file alone." in staff.get(f"{HOME}/steps/?as=percent").content.decode()
