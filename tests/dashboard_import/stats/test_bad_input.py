"""What files and addresses should not be: every page and every file says what is missing, and none breaks."""

import itertools
import re
from urllib.parse import quote

import pytest
from django.test import Client

from dashboard_import.datasets import DATASETS
from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from mooc.lib.csv import ONLY_DASHES
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
MARKUP = "</script><script>alert(1)</script><img src=x onerror=a(1)>"  # 64 letters at most
WHO = "2026-01-06 12:00:00 UTC"
SIGNS = ("=1+1", "+1", "-1", "@A1", "\t=1")


def rows(text: str) -> dict[str, list[str]]:
    """Return a row of every kind of file with `text` wherever people or FutureLearn can write one."""
    cell = '"' + text.replace('"', '""') + '"'
    return {
        "enrolments": [person("a", gender=text, employment_area=text, country=text[:9], role=text)],
        "step_activity": [visit("a", "1.1", completed="2026-01-07")],
        "comments": [comment(1, "a", text=text), f"2,b,1,1.1,1,1,{cell},{WHO},,0", f"3,a,1,1.1,1,1,{cell},{WHO},,0"],
        "question_response": [f"a,{cell},{cell},1,1,1,{cell},{cell},{WHO},false"],
        "team_members": [f"b,{cell},{cell},{cell},{cell}"],
        "campaigns": [",".join([cell] * 6) + ",1,1,1"],
        "video_stats": [f"1.1,{cell},10" + ",1" * 25],
        "leaving_survey_responses": [f"1,a,{WHO},{cell},,,,"],
        "archetype_survey_responses": [f"1,a,{WHO},{cell}"],
        "weekly_sentiment_survey_responses": [f"1,{WHO},1,2,{cell}"],
        "peer_review_assignments": [f"1,1.1,1,1,a,{cell},{WHO},{WHO},{cell},1"],
        "peer_review_reviews": [f"1,1.1,1,1,b,1,{cell},{cell},{cell},{WHO}"],
        "country_subdivisions": [f"{cell},XX,{cell},XX,{cell},3,1"],
    }


STATES = {
    "no file": {},
    "headers alone": {kind: [] for kind in DATASETS if kind != "course_overview"},
    "one learner": {"enrolments": [person("a")], "step_activity": [visit("a", "1.1")]},
    "all unknown": {"enrolments": [person(f"{at}") for at in range(3)]},
    "unknown places": {
        "enrolments": [person("a", country="ZQ", detected_country="??")],
        "step_activity": [visit("a", "99.99"), visit("a", "1.1", completed="2026-01-07"), visit("b", "0.0")],
        "comments": [comment(1, "a", "99.99")],
    },
    "nobody wrote": {"comments": [comment(1, ""), comment(2, ""), f"3,,1,1.1,1,1,x,{WHO},,", "4,a,77,1.1,1,1,x,,,"]},
    "quiz without steps": {
        "question_response": [f"a,q,x,,,,1,,{WHO},true", f"a,q,x,1,1,1,1,,{WHO},false", ",,x,2,,,,,,"]
    },
    "markup": rows(MARKUP),
    **{f"begins with {sign!r}": rows(sign) for sign in SIGNS},
}  # fmt: skip


def everything(client: Client, query: str = "") -> dict[str, str]:
    """Ask for every page, every file and every list of a run; return what they say by address."""
    said = {}
    for page in PAGES.values():
        response = client.get(f"{HOME}/{page.slug}/?{query}")
        assert response.status_code == 200
        said[page.slug] = response.content.decode()
        for chart in page.charts:
            look_for_formulas(client, f"{HOME}/{page.slug}/{chart}.csv?{query}")
    look_for_formulas(client, f"{HOME}/comments/read/comments.csv")
    for path in ("comments/read/", *(f"surveys/answers/{name}/" for name in ("leaving", "archetypes", "weeks"))):
        response = client.get(f"{HOME}/{path}")
        assert response.status_code == 200
        said[path] = response.content.decode()
    return said


def look_for_formulas(client: Client, path: str) -> None:
    for row in table(client, path):
        for cell in row:
            assert not formula(cell), (path, cell)


def formula(cell: str) -> bool:
    """Say whether a spreadsheet would compute a cell of a CSV; a number may be below zero."""
    if re.fullmatch(r"-?[\d.]+(e-\d+)?", cell):
        return False
    return cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not ONLY_DASHES.fullmatch(cell)


@pytest.mark.parametrize("name", STATES)
def test_nothing_breaks_and_nothing_runs(bread, staff, name):
    if not STATES[name]:
        CourseRun.objects.create(slug="bread", number=1, course="Bread")
    else:
        bread(**STATES[name])
    CourseRun.objects.update(weeks=0, course=f"Bread {MARKUP}")
    for query in ("", "as=percent&of=learner"):
        for html in everything(staff, query).values():
            assert "<script>alert" not in html
            assert "<img src=x" not in html


def test_a_chart_without_numbers_says_why(bread, staff):
    """Every figure has a drawing, a table, or a sentence; never nothing."""
    bread(enrolments=[person("a")])
    for page in PAGES:
        html = staff.get(f"{HOME}/{page}/").content.decode()
        for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
            assert "chart-missing" in figure or "<tbody><tr" in figure, (page, figure[:200])


NONSENSE = ["x", "\0", "²", "-1", "9" * 30, "' OR 1=1 --", "<b>", "a" * 3000, "../..", "None", "1.5", "\ud800"]


@pytest.mark.parametrize("value", NONSENSE)
def test_no_nonsense_in_an_address_is_a_fault_of_ours(bread, staff, value):
    bread(enrolments=[person("a")], comments=[comment(1, "a")])
    given = quote(value, safe="", errors="surrogatepass")
    names = ("of", "as", "with", "p", "x", "y", "week", "step", "from", "to", "word", "question", "unheard_of")
    for page, name in itertools.product(("comments", "measures", "paths", "team", "surveys"), names):
        assert staff.get(f"{HOME}/{page}/?{name}={given}").status_code in (200, 404)
    for name in ("q", "step", "week", "day", "by", "kind", "who", "thread", "p"):
        assert staff.get(f"{HOME}/comments/read/?{name}={given}").status_code in (200, 404)
    for name in ("reason", "archetype", "week", "rating", "p"):
        for survey in ("leaving", "archetypes", "weeks"):
            assert staff.get(f"{HOME}/surveys/answers/{survey}/?{name}={given}").status_code in (200, 404)
    for name in ("question", "part", "answer", "p"):
        assert staff.get(f"{HOME}/surveys/pre-course/?{name}={given}").status_code in (200, 404)
    for name in ("q", "sort", "from-joiners", "to-start"):
        assert staff.get(f"/stats/futurelearn/?{name}={given}").status_code in (200, 404)
    slug = quote(value.replace("\0", "%"), safe="", errors="replace")
    for path in (
        f"{slug}/1/overview/", f"bread/{slug}/overview/", f"bread/1/{slug}/", f"bread/1/overview/{slug}.csv",
        f"bread/1/surveys/answers/{slug}/", f"{slug}/1/comments/read/",
    ):  # fmt: skip
        assert staff.get(f"/stats/futurelearn/{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "runs"),
    [
        ("with=bread/1", 200, 1), ("with=bread/2&with=bread/2", 200, 2), ("with=", 200, 1), ("with=bread/9", 404, 0),
        ("with=bread/2&with=bread/3&with=bread/4", 200, 4),
        ("with=bread/2&with=bread/3&with=bread/4&with=bread/5", 404, 0),
    ],
)  # fmt: skip
def test_runs_beside_it(staff, query, status, runs):
    for number in range(1, 6):
        CourseRun.objects.create(slug="bread", number=number, course="Bread")
    for page in PAGES:
        response = staff.get(f"{HOME}/{page}/?{query}")
        assert response.status_code == status
        if status == 200:
            assert len(re.findall(r'"stats-run">\s*Bread', response.content.decode())) == runs
