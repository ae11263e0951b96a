"""Pages of statistics: who may see them, what addresses they know, what they say where there is nothing."""

import datetime
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard_import.datasets import DATASETS
from dashboard_import.models import CourseRun, Tally
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
ADDRESSES = [
    "/stats/futurelearn/", "/stats/futurelearn/runs.csv", "/stats/futurelearn/runs.xlsx", "/stats/definitions/",
    f"{HOME}/overview/", f"{HOME}/overview/totals.csv", f"{HOME}/demographics/country.csv",
]  # fmt: skip
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def three(bread) -> CourseRun:
    """A run of three people, a visit each on two steps, a comment."""
    people = [person("a", gender="female", country="NA"), person("b", day="2026-01-07"), person("c", role="admin")]
    steps = [visit(who, step, completed="2026-01-08") for who in "ab" for step in ("1.1", "2.10")]
    return bread(enrolments=people, step_activity=steps, comments=[comment(1, "a"), comment(2, "")])


@pytest.mark.parametrize("path", ADDRESSES)
def test_only_staff_with_the_permission_see_anything(three, staff, client, path):
    assert staff.get(path).status_code == 200
    assert client.get(path)["Location"].startswith("/admin/login/")
    for plain in (User.objects.create_user("bob", is_staff=True), User.objects.create_user("eve")):
        other = Client()
        other.force_login(plain)
        assert other.get(path).status_code == 403
    assert staff.post(path).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/stats/futurelearn/cake/1/overview/", "/stats/futurelearn/bread/2/overview/", f"{HOME}/nonsense/",
        "/stats/futurelearn/bread/99999999999999999999/overview/", f"{HOME}/overview/nonsense.csv",
        f"{HOME}/nonsense/totals.csv", f"{HOME}/steps/?of=everybody", f"{HOME}/steps/?as=pie", f"{HOME}/steps/?with=x",
        f"{HOME}/steps/?with=cake/1", f"{HOME}/steps/?with=bread/-1", f"{HOME}/steps/?with=bread/1/2",
        f"{HOME}/steps/?with=bread/%00", f"{HOME}/steps/?with=a/1&with=b/1&with=c/1&with=d/1",
        f"{HOME}/steps/?with=bread/²", f"{HOME}/demographics/totals.csv", "/stats/futurelearn/?sort=-nonsense",
        f"{HOME}/steps/?with=%00/1", f"{HOME}/steps/?of=%00", "/stats/futurelearn/runs.xlsx?sort=1",
    ],
)  # fmt: skip
def test_nonsense_is_not_found(three, staff, path):
    assert staff.get(path).status_code == 404


def test_the_home_page_leads_here(three, staff):
    assert 'href="/stats/futurelearn/"' in staff.get("/admin/").content.decode()
    bob = Client()
    bob.force_login(User.objects.create_user("bob", is_staff=True))
    assert "/stats/" not in bob.get("/admin/").content.decode()


@pytest.mark.parametrize("search", ["%00", "%25", "'", "a" * 5000, "%F0%9F%8D%9E"])
def test_any_search_is_answered(three, staff, search):
    assert staff.get(f"/stats/futurelearn/?q={search}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_every_chart_with_its_file_and_few_queries(three, staff, page, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        html = staff.get(f"{HOME}/{page}/?with=bread/1&as=percent&of=learner").content.decode()
    for chart in PAGES[page].charts.values():
        if chart.slug != "futurelearn-totals":
            assert f'id="{chart.slug}"' in html
            assert f"/{page}/{chart.slug}.csv?of=learner&amp;as=percent" in html
    kinds = {kind for chart in PAGES[page].charts.values() for kind in chart.files}
    assert ("Data as of" in html) == bool(kinds & {"enrolments", "step_activity", "comments"})


def test_the_tabs_are_in_the_order_of_a_run_s_story():
    assert [*PAGES] == [
        "overview", "demographics", "enrolments", "steps", "comments", "conversation", "quiz", "measures", "paths",
        "team", "surveys", "videos", "campaigns", "peer-review",
    ]  # fmt: skip


def test_totals_count_those_without_an_author_and_without_an_enrolment_as_they_should(bread, staff):
    bread(
        enrolments=[person("a")], comments=[comment(1, "a"), comment(2, ""), comment(3, "stranger")],
        step_activity=[visit("a", "1.1"), visit("stranger", "1.2", completed="2026-01-09")],
    )  # fmt: skip
    everyone = {row[0]: row[1:] for row in table(staff, f"{HOME}/overview/totals.csv")}
    assert everyone["measure"] == ["count", "percent", "of"]
    assert everyone["learners"] == ["2", "200.0", "joiners"]
    assert everyone["social_learners"][0] == "2"
    assert everyone["step_completion_50"][0] == "1"
    learners = {row[0]: row[1] for row in table(staff, f"{HOME}/overview/totals.csv?of=learner")}
    assert (learners["learners"], learners["active_learners"], learners["social_learners"]) == ("1", "0", "1")


def test_futurelearns_own_totals_stand_beside_ours(three, staff):
    three.totals = {"joiners": {"count": 5, "percent": None}, "leavers": {"count": "N/A", "percent": None}}
    three.save()
    rows = table(staff, f"{HOME}/overview/futurelearn-totals.csv")
    assert rows[1] == ["joiners", "3", "5", "-2"]
    assert rows[2] == ["leavers", "0", "", ""]
    html = staff.get(f"{HOME}/overview/").content.decode()
    assert re.search(r"Joiners</a></th><td[^>]*>3</td><td[^>]*></td><td[^>]*>5</td><td[^>]*>-2</td>", html)


def test_namibia_is_no_hole_and_the_unknown_are_counted(three, staff):
    rows = table(staff, f"{HOME}/demographics/country.csv")
    assert rows == [["value", "count"], ["Unknown", "2"], ["NA", "1"]]
    assert ["--", "3"] in table(staff, f"{HOME}/demographics/detected-country.csv")
    assert table(staff, f"{HOME}/demographics/hdi.csv")[1:] == [["Medium", "1"], ["Unknown", "2"]]
    html = staff.get(f"{HOME}/demographics/").content.decode()
    assert "Namibia: 1" in html
    assert "1 gave an answer, 2 did not" in html


def test_runs_beside_each_other(three, bread, staff):
    other = bread("bread-2", enrolments=[person("x", day="2026-03-03")], step_activity=[visit("x", "1.1")])
    other.start = datetime.date(2026, 3, 2)
    other.save()
    rows = table(staff, f"{HOME}/enrolments/enrolments-per-day.csv?with=bread/2")
    assert rows[0] == ["run", "day", "count"]
    assert ["bread/2", "2", "1"] in rows
    assert ["bread/1", "1", "2"] in rows  # no start is known: from the first day on
    assert table(staff, f"{HOME}/steps/steps-visited.csv?with=bread/2")[-1] == ["bread/2", "1.1", "1"]
    html = staff.get(f"{HOME}/steps/?with=bread/2").content.decode()
    assert html.count("<figure") == 2 * 2 + 2 + 2 + 1
    assert 'value="bread/2" selected' in re.sub(r"\s+", " ", html)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_chart_is_stands_there_once_for_all_runs(three, bread, staff, page):
    bread("bread-2", enrolments=[person("x")], step_activity=[visit("x", "1.1", completed="2026-01-08")])
    html = staff.get(f"{HOME}/{page}/?with=bread/2").content.decode()
    words = re.findall(r'<p class="chart-definition"[^>]*>(.*?)</p>', html, re.DOTALL)
    assert len(words) == len({*words}) == len(PAGES[page].charts) - ("futurelearn-totals" in PAGES[page].charts)
    assert html.count("<figure") > len(words) or page in {"overview", "demographics", "enrolments", "peer-review"}


def test_per_cent(three, staff):
    rows = table(staff, f"{HOME}/steps/steps-visited.csv?as=percent")
    assert rows == [["step", "count", "percent"], ["1.1", "2", "100.0"], ["2.10", "2", "100.0"]]
    assert table(staff, f"{HOME}/demographics/gender.csv?as=percent")[2] == ["female", "1", "100.0"]
    assert table(staff, f"{HOME}/enrolments/enrolments-per-day.csv?as=percent")[1] == ["2026-01-05", "2", "66.67"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("demographics", "Per cent are of those who gave an answer."), ("steps", "Per cent are of all learners."),
        ("enrolments", "Per cent are of all joiners."), ("conversation", "Per cent are of all of them together."),
        ("quiz", "Per cent are of all answers."),
    ],
)  # fmt: skip
def test_a_page_in_per_cent_says_of_what(three, staff, page, words):
    assert words in staff.get(f"{HOME}/{page}/?as=percent").content.decode()
    assert "Per cent are" not in staff.get(f"{HOME}/{page}/").content.decode()


def test_small_numbers_are_hidden_everywhere(three, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 3
    assert table(staff, f"{HOME}/demographics/country.csv")[1:] == [["Unknown", ""], ["NA", ""]]
    assert table(staff, f"{HOME}/demographics/detected-country.csv")[1] == ["--", "3"]
    totals = {row[0]: row[1:] for row in table(staff, f"{HOME}/overview/totals.csv")}
    assert totals["joiners"][0] == "3"
    assert totals["learners"] == ["", "", "joiners"]
    assert "Namibia: 1" not in staff.get(f"{HOME}/demographics/").content.decode()
    assert table(staff, "/stats/futurelearn/runs.csv")[1][5:8] == ["3", "0", ""]
    html = staff.get(f"{HOME}/steps/").content.decode()
    assert not re.search(r"\b2</t[dh]>", html)


def test_a_run_without_files_says_what_is_missing(staff):
    CourseRun.objects.create(slug="bread", number=1, course="Bread", weeks=0, start=datetime.date(2026, 1, 5))
    for page in PAGES.values():
        response = staff.get(f"{HOME}/{page.slug}/")
        assert response.status_code == 200
        assert "Bread 1 has no file of" in response.content.decode()
        for chart in page.charts.values():
            rows = table(staff, f"{HOME}/{page.slug}/{chart.slug}.csv")
            assert rows[0] == list(chart.columns)
            assert all(cell in ("", "0") or not cell.isdigit() for row in rows[1:] for cell in row)


def test_files_of_a_header_alone_count_nobody(bread, staff):
    bread(**{kind: [] for kind in DATASETS if kind != "course_overview"})
    for page in PAGES:
        html = staff.get(f"{HOME}/{page}/").content.decode()
        assert "loaded, and nothing of this is in" in html or "has no file of" in html


def test_one_learner_who_says_nothing(bread, staff):
    bread(enrolments=[person("a")], step_activity=[visit("a", "1.1")])
    for page in PAGES:
        assert staff.get(f"{HOME}/{page}/?as=percent").status_code == 200


def test_a_country_a_word_and_a_step_nobody_knows(bread, staff):
    bread(
        enrolments=[person("a", country="ZQ", gender=HOSTILE, employment_area="=1+1")],
        step_activity=[visit("a", "99.99")],
    )  # fmt: skip
    html = staff.get(f"{HOME}/demographics/").content.decode()
    assert "Not on the map: ZQ" in html
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(1)" in html
    assert table(staff, f"{HOME}/demographics/employment-area.csv")[1] == ["'=1+1", "1"]
    assert table(staff, f"{HOME}/demographics/hdi.csv")[1] == ["Unknown", "1"]
    assert table(staff, f"{HOME}/steps/steps-visited.csv")[1] == ["99.99", "1"]


def test_days_far_from_the_run_are_in_the_file_and_said(bread, staff):
    run = bread(
        enrolments=[person("a", day="2020-01-05"), person("b", day="2025-05-05")],
        step_activity=[visit("a", "1.1", day="2020-01-06"), visit("b", "1.1", day="2025-05-06")],
    )  # fmt: skip
    run.start, run.weeks = datetime.date(2020, 1, 5), 2
    run.save()
    assert ["2025-05-05", "1"] in table(staff, f"{HOME}/enrolments/enrolments-per-day.csv")
    assert "One later day is in the file alone" in staff.get(f"{HOME}/enrolments/").content.decode()
    assert "1 on other days are in the file alone" in staff.get(f"{HOME}/steps/").content.decode()


def test_definitions_name_every_chart_and_measure(staff):
    html = staff.get("/stats/definitions/").content.decode()
    for page in PAGES.values():
        for slug in page.charts:
            assert f'id="{page.slug}-{slug}"' in html
    assert 'id="returning_learners"' in html


def test_a_run_that_is_deleted_takes_its_tallies_along(three):
    assert Tally.objects.count()
    three.delete()
    assert not Tally.objects.exists()
