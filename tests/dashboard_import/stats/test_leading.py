"""Marks that lead to what they count: comments, answers to surveys, a row of the table below."""

import re

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats.talkers import pseudonym
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
REASON = "I don’t have enough time & <b>money</b>"
LEFT = [
    f'{key},,2026-02-0{key} 10:00:00 UTC,"{reason}",,,,' for key, reason in ((1, REASON), (2, "Other"), (3, "Other"))
]
WEEKS = ["1,2026-01-20 10:00:00 UTC,1,3,Lovely", '2,2026-01-27 10:00:00 UTC,2,1,"=1+1, sadly"', "3,,2,1,"]
QUIZ = [
    f"{who},2.8.1,MultipleChoice,2,8,1,1,,2026-01-27 10:00:00 UTC,{right}"
    for who, right in (("a", "true"), ("", "false"))
]


def marks(html: str, chart: str) -> list[str]:
    """Return where the marks of a chart lead."""
    figure = html[html.index(f'id="{chart}"') : html.index("</figure>", html.index(f'id="{chart}"'))]
    return re.findall(r'<a class="datum" href="([^"]+)"', figure)


@pytest.mark.parametrize(
    ("page", "chart", "leads"),
    [
        ("comments", "comments-by-step", ["comments/read/?step=1.1", "comments/read/?step=2.8"]),
        ("comments", "comments-by-week", ["comments/read/?week=1", "comments/read/?week=2"]),
        ("comments", "commenters-by-week", ["comments/read/?week=1", "comments/read/?week=2"]),
        ("comments", "comments-per-day", ["comments/read/?day=2026-01-06"]),
        ("comments", "likes", ["comments/read/?likes=0"]),
        ("comments", "replies-per-post", ["comments/read/?replies=0"]),
        ("quiz", "quiz-by-step", ["comments/read/?step=2.8"]),
        ("quiz", "quiz-tries", ["comments/read/?step=2.8"]),
        ("steps", "steps-visited", ["comments/read/?step=1.1", "comments/read/?step=2.10"]),
        ("steps", "steps-completed", ["comments/read/?step=2.10"]),
        ("steps", "completion-rate", ["comments/read/?step=1.1", "comments/read/?step=2.10"]),
        ("videos", "videos", ["comments/read/?step=2.8"]),
        ("videos", "videos-watched", ["comments/read/?step=2.8"]),
        ("videos", "video-devices", ["comments/read/?step=2.8"]),
        ("conversation", "comment-types", ["comments/read/?type=lone"]),
        ("conversation", "comment-types-by-day", ["comments/read/?day=2026-01-06"]),
        ("conversation", "comment-types-so-far", ["comments/read/?day=2026-01-06"]),
        ("surveys", "sentiment-by-week", ["surveys/answers/weeks/?week=1", "surveys/answers/weeks/?week=2"]),
        ("surveys", "archetypes", ["surveys/answers/archetypes/?archetype=Fixers"]),
    ],
)
def test_a_mark_leads_to_what_it_counts(bread, staff, page, chart, leads):
    bread(
        comments=[comment(1, "a"), comment(2, "b", "2.8")], question_response=QUIZ,
        weekly_sentiment_survey_responses=WEEKS, archetype_survey_responses=["1,a,2026-01-20 10:00:00 UTC,Fixers"],
        step_activity=[visit("a", "1.1"), visit("a", "2.10", completed="2026-01-08")],
        video_stats=["2.8,Dough,254,10" + ",1" * 24, ",Nowhere,254,10" + ",1" * 24],
    )  # fmt: skip
    found = marks(staff.get(f"{HOME}/{page}/").content.decode(), chart)
    assert found == [f"{HOME}/{lead}" for lead in leads]
    assert all(staff.get(lead).status_code == 200 for lead in found)


@pytest.mark.parametrize("chart", ["visited-by-step-and-day", "completed-by-step-and-day"])
def test_a_row_of_a_heat_map_s_table_leads_to_its_step(bread, staff, chart):
    bread(step_activity=[visit("a", "2.10", completed="2026-01-08")])
    html = staff.get(f"{HOME}/steps/").content.decode()
    table = html[html.index(f'id="{chart}"') :]
    assert (
        f'<th scope="row"><a href="{HOME}/comments/read/?step=2.10">2.10</a></th>' in table[: table.index("</figure>")]
    )


def test_what_people_said_of_themselves_leads_to_nobody(bread, staff):
    bread(enrolments=[person("a", gender="female", country="GB", age_range="26-35")])
    html = staff.get(f"{HOME}/demographics/").content.decode()
    assert "Female: 1" in html.replace("\n", ": ").replace("Bread 1: ", "").replace("bread 1: ", "")
    assert 'class="datum" href' not in html


def test_a_kind_of_talker_leads_to_the_list_of_its_people(bread, staff):
    answer = comment(3, "b").replace(",b,,", ",b,1,")
    bread(comments=[comment(1, "a"), comment(2, "c"), answer], enrolments=[person(who) for who in "abc"])
    leads = marks(staff.get(f"{HOME}/conversation/").content.decode(), "learner-types")
    kinds = {re.search(r"talker=(\w+)", lead)[1]: lead.replace("&amp;", "&") for lead in leads}
    assert [*kinds] == ["replier", "initiator", "loner"]
    assert kinds["loner"] == "?talker=loner&of=all#learners"
    html = staff.get(f"{HOME}/conversation/?talker=replier&of=learner").content.decode()
    people = html[html.index('id="learners"') : html.index('id="reply-network"')]
    assert pseudonym("b") in people
    assert pseudonym("a") not in people
    assert "1 to 1 of 1." in people
    assert "learners.csv?of=learner&amp;talker=replier" in people
    rows = table(staff, f"{HOME}/conversation/learners.csv?talker=loner")
    assert [row[:2] for row in rows[1:]] == [[pseudonym("c"), "loner"]]
    assert staff.get(f"{HOME}/conversation/?talker=x").status_code == 404


def test_a_bar_of_a_question_leads_to_its_row_which_leads_to_the_comments(bread, staff):
    bread(question_response=QUIZ)
    html = staff.get(f"{HOME}/quiz/").content.decode()
    (lead,) = marks(html, "quiz-questions")
    row = re.search(rf'<tr id="{lead[1:]}">.*?</tr>', html)[0]
    assert f'<a href="{HOME}/comments/read/?step=2.8">2.8.1</a>' in row
    assert ">2<" in row


def test_a_reason_leads_to_those_who_left_for_it(bread, staff):
    bread(leaving_survey_responses=LEFT)
    other, mine = marks(staff.get(f"{HOME}/surveys/").content.decode(), "leaving-reasons")
    html = staff.get(mine).content.decode()
    assert "I don’t have enough time &amp; &lt;b&gt;money&lt;/b&gt;" in html
    assert "1 Feb 2026" in html
    assert "Other" not in html
    assert "1 to 2 of 2." in staff.get(other).content.decode()


def test_what_people_said_of_a_week_stands_there_without_those_who_said_nothing(bread, staff):
    bread(weekly_sentiment_survey_responses=WEEKS)
    html = staff.get(f"{HOME}/surveys/answers/weeks/?week=2&rating=1").content.decode()
    assert "=1+1, sadly" in html
    assert "1 to 1 of 1." in html
    assert "Lovely" in staff.get(f"{HOME}/surveys/answers/weeks/").content.decode()


def test_few_answers_are_hidden_where_few_numbers_are(bread, staff, settings):
    bread(leaving_survey_responses=LEFT)
    settings.STATISTICS_HIDE_BELOW = 3
    html = staff.get(f"{HOME}/surveys/answers/leaving/?reason=Other").content.decode()
    assert "it is hidden" in html
    assert "Feb 2026" not in html
    assert "1 to 3 of 3." in staff.get(f"{HOME}/surveys/answers/leaving/").content.decode()


@pytest.mark.parametrize(
    "path",
    ["answers/x/", "answers/weeks/?week=x", "answers/weeks/?week=99999", "answers/weeks/?rating=²",
     "answers/weeks/?p=0", "answers/leaving/?reason=%00", f"answers/leaving/?reason={'x' * 501}", "answers/weeks/?p=2"],
)  # fmt: skip
def test_nonsense_is_not_found(bread, staff, path):
    bread(weekly_sentiment_survey_responses=WEEKS)
    assert staff.get(f"{HOME}/surveys/{path}").status_code == 404


def test_only_staff_with_the_permission_read_answers(staff, client):
    CourseRun.objects.create(slug="bread", number=1, course="Bread")
    path = f"{HOME}/surveys/answers/leaving/"
    assert "no such answer" in staff.get(path).content.decode()
    assert client.get(path).status_code == 302
    assert staff.post(path).status_code == 405


def test_every_bar_of_likes_leads_to_its_comments(bread, staff):
    likes = [-3, 0, 5, 999_999_999, 2**31 - 1]
    bread(comments=[comment(at, "a", text=f"I have {one}")[:-1] + str(one) for at, one in enumerate(likes)])
    leads = marks(staff.get(f"{HOME}/comments/").content.decode(), "likes")
    assert len(leads) == len(likes)
    for lead, one in zip(leads, likes, strict=True):
        assert re.findall(r"I have (-?\d+)", staff.get(lead).content.decode()) == [str(one)]
        assert [row[8] for row in table(staff, lead.replace("/read/", "/read/comments.csv"))[1:]] == [f"I have {one}"]
