"""Bars of the survey before a run lead to what the same people wrote on step 1.2."""

import io
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard_import import precourse
from dashboard_import.models import CourseRun
from dashboard_import.said_before import key_of
from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.runs import comment, person
from tests.dashboard_import.stats.test_leading import HOME, marks
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
PATH = f"{HOME}/surveys/pre-course/"
LONG = "=" + "Because " * 100
FILE = (
    "partner_export_id,Why?,Hopes,,Likes,,Words\n"
    ",Response,Learn & bake,Other,Art,Film,\n"
    f"a,Rain,x,,Like,Dislike,{LONG}\n"
    "b,Sun,x,My <b>own</b>,,Like,short\n"
    "c,,,,Dislike,,\n"
    "d,Rain,,,,,\n"
)


@pytest.fixture
def run(bread) -> CourseRun:
    made = bread(
        enrolments=[person(who) for who in "abc"],
        comments=[comment(at, who, "1.2", f"I am {who}") for at, who in enumerate("abce")],
    )
    precourse.store(made, "hopes.csv", "ann", precourse.read(io.BytesIO(FILE.encode())))
    return made


def authors(client, path: str) -> str:
    """Return who wrote the comments that stand on a page, and in its file."""
    query = f"?{urlsplit(path).query.replace('&amp;', '&')}"
    html = client.get(PATH + query).content.decode()
    shown = [who for who in "abcde" if f"I am {who}" in html]
    assert [row[0] for row in table(client, f"{PATH}answers.csv{query}")[1:]] == [pseudonym(who) for who in shown]
    return "".join(shown)


@pytest.mark.parametrize(
    ("question", "leads"),
    [
        ("Why?", {("", "Rain"): "a", ("", "Sun"): "b"}),
        ("Hopes", {("Learn & bake", ""): "ab", ("Other", ""): "b"}),
        ("Likes", {("Art", ""): "ac", ("Film", ""): "ab"}),
        ("Words", {("", LONG.strip()[:350]): "a", ("", "short"): "b"}),
    ],
)
def test_a_bar_leads_to_those_who_gave_that_answer(run, staff, question, leads):
    html = staff.get(f"{HOME}/surveys/?question={key_of(question)}").content.decode()
    found = {}
    for lead in marks(html, "pre-course"):
        chosen = parse_qs(urlsplit(lead.replace("&amp;", "&")).query)
        assert lead.startswith(f"{PATH}?")
        assert chosen.pop("question") == [key_of(question)]
        found[chosen.get("part", [""])[0], chosen.get("answer", [""])[0]] = authors(staff, lead)
    assert found == leads


def test_the_page_says_whose_answers_these_are(run, staff):
    html = staff.get(f"{PATH}?question={key_of('Hopes')}&part=Learn+%26+bake").content.decode()
    assert "Only of people who answered “Hopes”." in html
    assert "Part: “Learn &amp; bake”." in html
    assert f'<a href="{PATH}">Show all answers</a>' in html
    assert f"answers.csv?question={key_of('Hopes')}&amp;part=Learn+%26+bake" in html
    html = staff.get(f"{PATH}?question={key_of('Why?')}&answer=Rain").content.decode()
    assert "Only of people who answered “Rain” to “Why?”." in html
    html = staff.get(f"{PATH}?question={key_of('Why?')}&answer=%3Cb%3E").content.decode()
    assert "Nobody of them has written on step 1.2." in html
    assert "&lt;b&gt;" in html
    assert authors(staff, f"?question={key_of('Hopes')}") == "ab"
    assert authors(staff, f"?question={key_of('Likes')}&part=Film&answer=Like") == "b"
    assert authors(staff, f"?question={key_of('Likes')}&answer=Like&part=Art") == "a"
    assert authors(staff, "") == "abc"


@pytest.mark.parametrize(
    "query",
    [
        "question=x", "question=never-asked-000000", "part=Art", "answer=Rain", "question={}&part=x",
        "question={}&answer=Like", "question={}&part=Art&answer=%00", "question={}&part=%00",
        f"question={{}}&part=Art&answer={'x' * 351}",
    ],
)  # fmt: skip
def test_nonsense_is_not_found(run, staff, query):
    wanted = query.format(key_of("Likes"))
    assert staff.get(f"{PATH}?{wanted}").status_code == 404
    assert staff.get(f"{PATH}answers.csv?{wanted}").status_code == 404


def test_so_few_people_that_somebody_might_be_known_are_hidden(run, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 3
    rain = f"?question={key_of('Why?')}&answer=Rain"
    html = staff.get(PATH + rain).content.decode()
    assert "So few people answered this that it is hidden." in html
    assert authors(staff, rain) == ""
    assert authors(staff, f"?question={key_of('Why?')}") == "ab"
    assert authors(staff, "") == "abc"


def test_a_page_of_chosen_answers_asks_few_queries(run, staff, settings, django_assert_max_num_queries):
    settings.STATISTICS_HIDE_BELOW = 2
    with django_assert_max_num_queries(12):
        staff.get(f"{PATH}?question={key_of('Hopes')}")


def test_all_runs_together_lead_nowhere(run, staff):
    html = staff.get("/stats/futurelearn/bread/all/surveys/").content.decode()
    assert marks(html, "pre-course") == []
    assert "4 people" not in html
    assert "all 1 runs: 3 people answered it" in html or "only run: 3 people answered it" in html
