"""All runs of a course as one: addresses, what pages say, days of the run, and few queries."""

import datetime
import re

import pytest

from dashboard_import.generating import LAYOUTS, make_runs
from dashboard_import.models import CourseRun, ImportRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_bad_input import MARKUP, STATES, look_for_formulas
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/all"
COLUMNS = LAYOUTS["2026"].headers["video-stats"].split(",")
BY_THEMSELVES = {
    "learners", "reply-network", "network-density", "network-reciprocity", "most-connected", "team-comments",
    "comment-threads",
}  # fmt: skip


@pytest.fixture
def two(bread) -> list[CourseRun]:
    """Two runs of a course, eight weeks apart; the day of the second's start is not known."""
    first = bread(
        enrolments=[person("a", gender="female"), person("b", day="2026-01-12")],
        step_activity=[visit("a", "1.1", completed="2026-01-08"), visit("b", "1.1", day="2026-01-12")],
        comments=[comment(1, "a")], team_members=["a,Ann,O’Hara,host,x"],
    )  # fmt: skip
    first.start, first.weeks = datetime.date(2026, 1, 6), 2
    first.save()
    second = bread(
        "bread-2", enrolments=[person("a", day="2026-03-02", gender="female"), person("c", day="2026-03-05")],
        step_activity=[
            visit("a", "1.1", day="2026-03-02"), visit("c", "2.1", day="2026-03-04", completed="2026-03-05"),
        ],
    )  # fmt: skip
    CourseRun.objects.update(course="Bread")
    return [first, second]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("steps/", 200), ("steps/?with=bread/1", 200), ("steps/?with=cake/all", 200), ("steps/?with=cake/all&p=2", 200),
        ("steps/?with=bread/all", 404), ("steps/?with=bread/1&with=cake/all&with=cake/all", 404),
        ("steps/?with=pie/all", 404), ("steps/?with=cake/ALL", 404), ("steps/?with=cake/alle", 404),
        ("steps/?with=all", 404), ("surveys/pre-course/", 404), ("surveys/pre-course/answers.csv", 404),
        ("surveys/answers/leaving/", 404), ("comments/read/", 404), ("comments/read/comments.csv", 404),
        ("nonsense/", 404), ("steps/nonsense.csv", 404), ("steps/?of=some", 404), ("conversation/learners.csv", 200),
    ],
)  # fmt: skip
def test_addresses(two, staff, path, status):
    CourseRun.objects.create(slug="cake", number=1, course="Cake")
    assert staff.get(f"{HOME}/{path}").status_code == status
    assert staff.get(f"/stats/futurelearn/pie/all/{path}").status_code == 404


def test_only_staff_with_the_permission_see_it(two, client):
    for path in ("steps/", "steps/steps-visited.csv"):
        assert client.get(f"{HOME}/{path}")["Location"].startswith("/admin/login/")


def test_days_are_those_of_each_run(two, staff):
    assert table(staff, f"{HOME}/enrolments/enrolments-per-day.csv") == [
        ["day", "count"], ["-1", "1"], ["1", "1"], ["4", "1"], ["7", "1"],
    ]  # fmt: skip
    assert table(staff, f"{HOME}/steps/visited-by-step-and-day.csv") == [
        ["step", "day", "count"], ["1.1", "1", "2"], ["1.1", "7", "1"], ["2.1", "3", "1"],
    ]  # fmt: skip
    rows = table(staff, "/stats/futurelearn/bread/2/steps/visited-by-step-and-day.csv?with=bread/all")
    assert rows[:3] == [["run", "step", "day", "count"], ["bread/2", "1.1", "1", "1"], ["bread/2", "2.1", "3", "1"]]
    assert rows[3] == ["bread/all", "1.1", "1", "2"]


def test_who_joins_two_runs_counts_twice_and_shares_are_of_sums(two, staff):
    totals = {row[0]: row[1:] for row in table(staff, f"{HOME}/overview/totals.csv")}
    assert totals["joiners"][0] == "4"
    assert totals["active_learners"] == ["2", "50.0", "learners"]
    assert table(staff, f"{HOME}/steps/completion-rate.csv")[1:] == [
        ["1.1", "3", "1", "33.33"],
        ["2.1", "1", "1", "100.0"],
    ]


def test_futurelearns_own_totals_are_added_up_if_every_run_has_them(two, staff):
    for run, joiners in zip(two, (5, 7), strict=True):
        run.totals = {"joiners": {"count": joiners}} | ({"leavers": {"count": 1}} if joiners == 5 else {})
        run.save()
    rows = table(staff, f"{HOME}/overview/futurelearn-totals.csv")
    assert rows[1:3] == [["joiners", "4", "12", "-8"], ["leavers", "0", "", ""]]


def test_small_numbers_are_hidden_where_they_are_added_up(two, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 2
    assert table(staff, f"{HOME}/demographics/gender.csv")[1:] == [["Unknown", "2"], ["female", "2"]]
    assert table(staff, f"{HOME}/enrolments/enrolments-per-day.csv")[1] == ["-1", ""]
    assert table(staff, f"{HOME}/steps/visited-by-step-and-day.csv")[1:3] == [["1.1", "1", "2"], ["1.1", "7", ""]]


def test_a_page_says_whose_numbers_it_has_and_how_old_they_are(two, staff):
    html = staff.get(f"{HOME}/comments/").content.decode()
    assert "Bread, all 2 runs" in html
    assert 'href="/stats/futurelearn/bread/2/comments/?' in html
    assert "Bread, all 2 runs: not in it are runs without a file of comments: 2." in html
    assert "Read the comments" not in html
    assert "comments/read/" not in html
    assert "Survey before the run</a>" not in staff.get(f"{HOME}/surveys/").content.decode()


def test_a_pool_is_as_old_as_its_oldest_run(two, staff):
    old, new = ImportRun.objects.order_by("pk").values_list("pk", flat=True)
    for key, moment in ((old, "2026-02-03 10:00Z"), (new, "2026-05-06 11:00Z")):
        ImportRun.objects.filter(pk=key).update(started=moment)
    html = staff.get(f"{HOME}/enrolments/").content.decode()
    assert html.count("Data as of 3 Feb 2026, 10:00 UTC.") == 4
    words = "the run loaded longest ago says how old this is. The last one was loaded 6 May 2026, 11:00 UTC."
    assert html.count(f"Bread, all 2 runs: {words}") == 4
    assert "longest ago" not in staff.get(f"{HOME}/comments/").content.decode()  # one run alone has that file


@pytest.mark.parametrize("state", STATES)
def test_odd_files_are_answered(bread, staff, state):
    if STATES[state]:
        bread(**STATES[state])
        bread("bread-2", **STATES[state])
    else:
        CourseRun.objects.create(slug="bread", number=1, course="Bread", weeks=0)
    for page in PAGES.values():
        html = staff.get(f"{HOME}/{page.slug}/?as=percent").content.decode()
        for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
            assert "chart-missing" in figure or "<tbody><tr" in figure, (page, figure[:200])
        assert MARKUP not in html
        for chart in page.charts:
            look_for_formulas(staff, f"{HOME}/{page.slug}/{chart}.csv")


def test_shares_of_videos_are_by_their_views_and_campaigns_are_added_up(bread, staff):
    for number, views, desktop in ((1, "30", "100"), (2, "10", "0"), (3, "", "70")):
        cells = ["1.1", "Hello", "12", views, "", "", ""] + [""] * 21
        cells[COLUMNS.index("desktop_device_percentage")] = desktop
        bread(f"bread-{number}", video_stats=[",".join(cells)], campaigns=[f"a,b,c,d,e,f,{number},,1"])
    assert table(staff, f"{HOME}/videos/videos.csv")[1] == ["1.1", "Hello", "12.0", "40", "", "", ""]
    assert table(staff, f"{HOME}/videos/video-devices.csv")[1][2] == "75.0"
    assert table(staff, f"{HOME}/campaigns/campaigns.csv")[1] == [*"abcdef", "6", "", "3"]


MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"


@pytest.fixture(scope="module")
def six(load_for_all) -> str:
    """Four runs of a course and two of another, each with all kinds of file; return the first one's short name.

    Loaded once: a test that changes them has them back as they were at its end.
    """
    with load_for_all(make_runs(3, runs=6, joiners=60, layout="2026")):
        CourseRun.objects.filter(number__gt=4).update(slug="cake", course="Cake")
        CourseRun.objects.filter(number=2).update(start=None)
        return CourseRun.objects.get(number=1).slug


@pytest.mark.parametrize("page", PAGES)
def test_many_runs_are_one_colour_and_few_queries(six, staff, page, django_assert_max_num_queries):
    for query in ("", f"with={six}/1&with={six}/2&with=cake/all&as=percent", "with=cake/all&of=learner"):
        with django_assert_max_num_queries(12):
            html = staff.get(f"/stats/futurelearn/{six}/all/{page}/?{query}").content.decode()
        for chart in PAGES[page].charts:
            if chart != "futurelearn-totals":
                assert f'id="{chart}"' in html
                assert f"/{six}/all/{page}/{chart}.csv" in html
        assert "Cyber Security: Safety at Home, all 4 runs" in html
        for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL) if not query else ():
            alone = any(f'id="{chart}"' in figure for chart in BY_THEMSELVES)
            shown = re.sub(r"<[^>]*>|Data as of [^.]*", " ", figure)
            assert bool(re.search(rf"\d ({MONTHS})", shown)) == alone, shown


@pytest.mark.parametrize("page", ["conversation", "team"])
def test_what_is_of_single_people_leads_to_each_run(six, staff, page):
    html = staff.get(f"/stats/futurelearn/{six}/all/{page}/?of=learner").content.decode()
    for chart in BY_THEMSELVES & PAGES[page].charts.keys():
        figure = re.search(rf'<figure[^>]*id="{chart}".*?</figure>', html, re.DOTALL)[0]
        assert "This is about single people" in figure
        leads = [f"/stats/futurelearn/{six}/{number}/{page}/?of=learner#{chart}" for number in (1, 2, 3, 4)]
        assert re.findall(r'<th scope="row"><a href="([^"]+)"', figure) == leads
        rows = table(staff, f"/stats/futurelearn/{six}/all/{page}/{chart}.csv?with={six}/3&with=cake/all")
        assert list(dict.fromkeys(row[0] for row in rows)) == [
            "run",
            *(f"{six}/{n}" for n in range(1, 5)),
            "cake/5",
            "cake/6",
        ]
    beside = staff.get(f"/stats/futurelearn/{six}/all/{page}/?with={six}/3").content.decode()
    assert "1 to " in beside  # the list of the run beside it


def test_colours_and_names_are_the_same_on_every_chart(six, staff):
    html = staff.get(f"/stats/futurelearn/{six}/3/conversation/?with={six}/all").content.decode()
    legend = re.search(r'id="comment-types".*?<ul class="chart-legend">(.*?)</ul>', html, re.DOTALL)[1]
    assert re.findall(r'class="(s\d)"', legend) == ["s1", "s2"]
    assert "all 4 runs" in legend


@pytest.mark.parametrize(
    ("page", "slug"), [("comments", "commenters-by-week"), ("videos", "videos"), ("campaigns", "campaigns")]
)
def test_a_run_beside_has_its_colour_where_each_run_has_a_drawing(six, staff, page, slug):
    html = staff.get(f"/stats/futurelearn/{six}/all/{page}/?with={six}/3").content.decode()
    figures = [one for one in re.findall(r"<figure.*?</figure>", html, re.DOTALL) if f"/{slug}.csv" in one]
    assert [set(re.findall(r'class="(s\d)"', one)) for one in figures] == [{"s1"}, {"s2"}]


def test_the_choice_is_offered_where_runs_are_chosen(six, staff):
    html = re.sub(r"\s+", " ", staff.get(f"/stats/futurelearn/{six}/3/steps/").content.decode())
    assert f'<option value="{six}/all" >Cyber Security: Safety at Home, all 4 runs</option>' in html
    assert '<option value="cake/all" >Cake, all 2 runs</option>' in html
    assert f'<a href="/stats/futurelearn/{six}/all/steps/">All runs of this course together</a>' in html
    pooled = re.sub(r"\s+", " ", staff.get(f"/stats/futurelearn/{six}/all/steps/?with={six}/3").content.decode())
    assert f'value="{six}/all"' not in pooled
    assert f'value="{six}/3" selected' in pooled
    CourseRun.objects.filter(number=6).delete()
    assert "Cake, " not in staff.get(f"/stats/futurelearn/{six}/3/steps/").content.decode()
    alone = staff.get("/stats/futurelearn/cake/all/steps/").content.decode()
    assert "Cake, its only run" in alone
    assert "All runs of this course together" not in staff.get("/stats/futurelearn/cake/5/steps/").content.decode()


def test_the_table_of_runs_leads_to_all_of_a_course(six, staff):
    html = staff.get("/stats/futurelearn/?q=cake").content.decode()
    assert html.count('href="/stats/futurelearn/cake/all/overview/">all 2 runs</a>') == 2
    CourseRun.objects.filter(number=6).delete()
    assert "/all/" not in staff.get("/stats/futurelearn/?q=cake").content.decode()
