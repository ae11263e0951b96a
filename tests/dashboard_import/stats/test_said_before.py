"""Surveys before a run that are odd: what is counted of them, and that nothing of it breaks a page."""

import io
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User

from dashboard_import import precourse, said_before
from dashboard_import.models import CourseRun, PreCourseAnswer, PreCourseSurvey, Tally
from dashboard_import.said_before import OTHER, key_of
from tests.dashboard_import.stats.runs import comment, person
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1/surveys"
CSV = f"{HOME}/pre-course.csv"


@pytest.fixture
def run(bread) -> CourseRun:
    """A run of three people, one of them with a statement, who wrote on step 1.2."""
    people = [person("a"), person("b", purchased_statement_at="2026-02-01 10:00:00 UTC"), person("c", role="admin")]
    return bread(enrolments=people, comments=[comment(at, who, "1.2", f"I am {who}") for at, who in enumerate("abc")])


def upload(run: CourseRun, first: str, second: str, *rows: str) -> PreCourseSurvey:
    """Store a survey whose first column is the learner."""
    text = "\n".join([f"partner_export_id,{first}", f",{second}", *rows, ""])
    return precourse.store(run, "hopes.csv", "ann", precourse.read(io.BytesIO(text.encode())))


def shown(client, question: str = "", of: str = "all") -> list[list[str]]:
    """Return part, answer and count of a question's chart."""
    chosen = f"&question={key_of(question)}" if question else ""
    return [row[1:] for row in table(client, f"{CSV}?of={of}{chosen}")[1:]]


def test_each_kind_of_question_is_counted_in_its_own_way(run, staff):
    upload(
        run, "How?,,Hopes,,Likes,,Why?", "Response,Other,Learn,Meet,Art,Film,Open-Ended Response",
        "a,Friend,,Learn,x,Like,Dislike,Rain", "b,Friend,,Learn,,Like,,Rain", "c,,A poster,,,Dislike,Like,",
    )  # fmt: skip
    assert shown(staff, "How?") == [["", "Friend", "2"], ["Other", "", "1"]]
    assert shown(staff, "Hopes") == [["Learn", "", "2"], ["Meet", "", "1"]]
    likes = [["Art", "Dislike", "1"], ["Art", "Like", "2"], ["Film", "Dislike", "1"], ["Film", "Like", "1"]]
    assert shown(staff, "Likes") == likes
    assert shown(staff, "Why?") == [["", "Rain", "2"]]
    assert shown(staff) == shown(staff, "How?")
    assert shown(staff, "Likes", "buyers") == [["Art", "Like", "1"]]
    assert shown(staff, "Likes", "learner")[0] == ["Art", "Like", "2"]
    assert table(staff, f"{CSV}?as=percent&question={key_of('Hopes')}")[1][-2:] == ["2", "100.0"]


def test_yes_and_no_are_two_answers_and_marks_alone_are_ticks(run, staff):
    upload(run, "Have you?,,Ticks,", "Bread,Soup,Left,Right", "a,yes,no,1,TRUE", "b,yes,yes,,Right", "c,no,no,,")
    assert shown(staff, "Have you?") == [
        ["Bread", "no", "1"], ["Bread", "yes", "2"], ["Soup", "no", "2"], ["Soup", "yes", "1"],
    ]  # fmt: skip
    assert shown(staff, "Ticks") == [["Right", "", "2"], ["Left", "", "1"]]


def test_ticks_beside_what_people_wrote(run, staff):
    upload(run, "Hopes,,", "Learn,Meet,Other", "a,x,,My own words", "b,x,x,Others", "c,,,")
    assert shown(staff, "Hopes") == [["Learn", "", "2"], ["Other", "", "2"], ["Meet", "", "1"]]


def test_own_words_in_several_columns_stand_nowhere(run, staff):
    rows = [f"p{at},Mine {at},Yours {at}" for at in range(16)]
    upload(run, "Words,", "Now,Then", *rows)
    assert shown(staff, "Words") == [["Now", "", "16"], ["Then", "", "16"]]


def test_parts_without_a_name_have_a_number_and_those_named_twice_too(run, staff):
    upload(run, "Rate,,,Again,", ",,,Same,Same", "a,5,4,1,x,x", "b,5,5,,,x")
    assert [row[0] for row in shown(staff, "Rate")] == ["1", "2", "2", "3"]
    assert shown(staff, "Again") == [["Same (2)", "", "2"], ["Same", "", "1"]]


def test_a_question_asked_twice_is_one(run, staff):
    survey = upload(run, "Why?,How?, WHY? ", "Response,Response,Response", "a,Rain,Bus,Sun", "b,Sun,,Rain")
    assert len(said_before.questions_of(survey.questions)) == 2
    assert shown(staff, "why?") == [["1", "Rain", "1"], ["1", "Sun", "1"], ["2", "Rain", "1"], ["2", "Sun", "1"]]


@pytest.mark.parametrize(
    ("different", "each", "listed", "others"),
    [(60, 2, 50, 20), (60, 1, 0, 60), (21, 1, 0, 21), (20, 1, 20, 0), (3, 2, 3, 0), (7, 1, 0, 7), (4, 1, 4, 0)],
)
def test_what_few_say_among_many_is_counted_together(run, staff, different, each, listed, others):
    rows = [f"p{who}-{at},Answer {at}" for at in range(different) for who in range(each)]
    upload(run, "Why?", "", *rows, "q,Often", "r,Often", "s,Often")
    first, *answers = shown(staff)
    assert first == ["", "Often", "3"]
    together = [row for row in answers if row[1] == OTHER]
    if different == 60 and each == 2:  # one of fifty is the first
        listed, others = 49, 22
    if different == 20:  # with the first there are more than twenty
        listed, others = 0, 20
    assert len(answers) - len(together) == listed
    assert together == ([["", OTHER, str(others)]] if others else [])
    assert sum(int(row[2]) for row in answers) == different * each
    html = staff.get(f"{HOME}/").content.decode()
    assert ("All other answers" in html) == bool(others)


def test_the_commonest_answers_are_known_of_very_many(run, staff, monkeypatch):
    monkeypatch.setattr(said_before, "MOST_KNOWN", 50)
    monkeypatch.setattr(said_before, "BATCH", 5)
    upload(run, "Why?", "", *(f"p{at},{'Often' if at % 2 else f'Once {at}'}" for at in range(100)))
    assert shown(staff) == [["", "Often", "50"], ["", OTHER, "50"]]


def test_answers_and_questions_that_would_break_a_page(run, staff):
    question = "Why " + "o" * 2_000
    upload(run, question, "", "a,\"=cmd|' /C calc'!A0\"", "b,<script>alert(1)</script>", "c,-1+1")
    assert {row[1] for row in shown(staff)} == {"'=cmd|' /C calc'!A0", "<script>alert(1)</script>", "'-1+1"}
    html = staff.get(f"{HOME}/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert len(key_of(question)) <= 27
    key = key_of(PreCourseSurvey.objects.get().questions[0][0])
    assert f'<option value="{key}">Why ooo' in html
    assert max(len(kind) for kind in Tally.objects.values_list("kind", flat=True)) <= 40


@pytest.mark.parametrize("question", ["为什么?", "???", "x" * 50, "- a -", "Почему?"])
def test_any_question_has_a_key_that_an_address_can_have(run, staff, question):
    upload(run, question, "", "a,yes")
    assert shown(staff, question) == [["", "yes", "1"]]


def test_a_question_that_nobody_answered_says_so(run, staff):
    upload(run, "Why?,How?", "", "a,,Bus", "b,,Bus")
    assert shown(staff) == []
    html = staff.get(f"{HOME}/").content.decode()
    assert "Survey before the run: Why?" in html
    assert "There is nothing of this for what is chosen above. Choose something else there." in html


def test_what_the_tool_writes_beside_the_answers_is_no_question(run, staff):
    upload(run, "Respondent ID,E-Mail,IP Address,Why?", ",,,", "a,1,a@example.org,127.0.0.1,Rain")
    assert shown(staff) == [["", "Rain", "1"]]
    html = staff.get(f"{HOME}/").content.decode()
    assert "a@example.org" not in html
    assert ">IP Address<" not in html


@pytest.mark.parametrize("name", ["E-mail address", "Email Address:", "Your e-mail", "Full name", "IP-Address"])
def test_who_somebody_is_is_no_question(run, staff, name):
    upload(run, f"{name},Why?", ",", "a,ann@example.org,Rain", "b,bo@example.org,Rain")
    assert shown(staff) == [["", "Rain", "2"]]
    assert "ann@example.org" not in staff.get(f"{HOME}/").content.decode()


def test_a_file_with_one_row_of_names_loses_nobody(run, staff):
    first, other = (f"5d3a{at}f6e-0c1b-4d3a-9e57-1f0a2b3c4d5e" for at in range(2))
    text = f"partner_export_id,Why?,How?\n{first},Rain,Bus\n{other},Sun,Bus\n"
    answers = precourse.read(io.BytesIO(text.encode()))
    assert answers.questions == [["Why?", ""], ["How?", ""]]
    assert answers.by_learner == {first: ["Rain", "Bus"], other: ["Sun", "Bus"]}
    for second in ("Response", "partner_export_id", "", "Custom Data"):
        text = f"partner_export_id,Why?\n{second},Part\na,Rain\n"
        answers = precourse.read(io.BytesIO(text.encode()))
        assert (answers.questions, answers.by_learner) == ([["Why?", "Part"]], {"a": ["Rain"]})


def test_a_question_that_has_parts_in_one_run_alone(bread, run, staff):
    upload(run, "Likes,", "Art,Film", "a,Like,Dislike", "b,Dislike,Like")
    upload(bread("bread-2", enrolments=[person("d")]), "Likes", "", "d,Like", "e,Dislike")
    html = staff.get(f"{HOME}/?with=bread/2").content.decode()
    figure = html[html.index('id="pre-course-2"') :]
    assert "<title>The whole question\n" in figure
    lead = f"/stats/futurelearn/bread/2/surveys/pre-course/?question={key_of('Likes')}"
    assert f'<a href="{lead}">The whole question</a>' in figure
    assert f'<a class="datum" href="{lead}"' in figure


def test_groups_are_those_of_the_enrolments_loaded_last(bread, run, staff):
    upload(run, "Why?", "", "a,Rain", "b,Rain")
    assert shown(staff, of="buyers") == [["", "Rain", "1"]]
    bread(enrolments=[person(who, purchased_statement_at="2026-02-01 10:00:00 UTC") for who in "ab"])
    assert shown(staff, of="buyers") == [["", "Rain", "2"]]
    assert Tally.objects.filter(kind=f"pre_course {key_of('Why?')}").count() == 2


def test_a_run_without_a_survey_costs_one_query(run, django_assert_num_queries):
    with django_assert_num_queries(1):
        said_before.count(run)


def test_another_survey_takes_the_place_of_the_numbers_too(run, staff):
    upload(run, "Why?", "", "a,Rain")
    upload(run, "How?", "", "a,Bus")
    assert shown(staff, "Why?") == []
    assert shown(staff) == [["", "Bus", "1"]]
    assert "does not ask this" in staff.get(f"{HOME}/?question={key_of('Why?')}").content.decode()


def test_runs_are_matched_by_question_and_added_up(bread, run, staff, django_assert_max_num_queries):
    upload(run, "Why?,How?", "", "a,Rain,Bus", "b,Sun,")
    other = bread("bread-2", enrolments=[person("d")])
    upload(other, "How?, why? ", "", "d,Car,Rain")
    bread("bread-3", enrolments=[person("e")])
    chosen = f"question={key_of('Why?')}"
    rows = table(staff, f"{CSV}?with=bread/2&with=bread/3&{chosen}")
    assert rows[1:] == [
        ["bread/1", "Why?", "", "Rain", "1"], ["bread/1", "Why?", "", "Sun", "1"],
        ["bread/2", "why?", "", "Rain", "1"],
    ]  # fmt: skip
    whole = [row[1:] for row in table(staff, f"/stats/futurelearn/bread/all/surveys/pre-course.csv?{chosen}")[1:]]
    assert whole == [["", "Rain", "2"], ["", "Sun", "1"]]
    for path in (f"{HOME}/?with=bread/2&with=bread/3&with=bread/all", "/stats/futurelearn/bread/all/surveys/"):
        with django_assert_max_num_queries(12):
            html = staff.get(path).content.decode()
        assert html.index(">Why?</option>") < html.index(">How?</option>")
    assert "not in it are runs without a file of the survey before the run: 3" in html


def test_the_answers_of_scales_stand_in_their_order(run, staff):
    upload(
        run, "Likes,,Agree,,Rate,", "Art,Film,Art,Film,Art,Film",
        "a,Don’t know,Like,Agree,Strongly agree,10 (best),2",
        "b,Don’t know,Strongly dislike,Strongly disagree,Agree,2,n/a",
        "c,Like,Strongly like,Agree,Agree,1 (worst),10 (best)",
    )  # fmt: skip
    html = staff.get(f"{HOME}/?question={key_of('Likes')}").content.decode()
    names = ["Strongly dislike", "Like", "Strongly like", "Don’t know"]
    places = [html.index(f"\n            {name}\n", html.index("chart-legend")) for name in names]
    assert places == sorted(places)
    assert [row[1] for row in shown(staff, "Agree")] == ["Strongly disagree", "Agree", "Agree", "Strongly agree"]
    assert [row[1] for row in shown(staff, "Rate")] == ["1 (worst)", "2", "10 (best)", "2", "10 (best)", "n/a"]


def test_more_answers_than_colours_are_drawn_together(run, staff):
    rows = [f"p{at},{at % 12},{(at + 1) % 12}" for at in range(24)]
    upload(run, "Rate,", "Art,Film", *rows)
    assert len(shown(staff)) == 24
    html = staff.get(f"{HOME}/").content.decode()
    figure = html[html.index('id="pre-course"') :]
    assert "All other answers" in figure
    assert 'class="s9"' not in figure


def test_small_numbers_are_hidden(run, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 3
    upload(run, "Likes,", "Art,Film", "a,Like,Like", "b,Like,Dislike", "c,Like,")
    assert shown(staff) == [["Art", "Like", "3"], ["Film", "Dislike", ""], ["Film", "Like", ""]]
    assert "3 people answered it" in staff.get(f"{HOME}/").content.decode()
    assert "– people answered it" in staff.get(f"{HOME}/?of=learner").content.decode()


def test_who_may_load_is_led_to_where_a_missing_survey_is_uploaded(run, staff):
    words = "No survey before bread 1 was uploaded yet."
    html = staff.get(f"{HOME}/").content.decode()
    assert words in html
    assert "Upload the survey before bread 1" not in html
    User.objects.get().user_permissions.add(Permission.objects.get(codename="load_futurelearn"))
    html = staff.get(f"{HOME}/").content.decode()
    assert f'<a href="{HOME}/pre-course/">Upload the survey before bread 1</a>' in html
    upload(run, "Why?", "", "a,Rain")
    html = staff.get(f"{HOME}/").content.decode()
    assert "Upload the survey before" not in html
    figure = html[html.index('id="pre-course"') :]
    assert f"Data as of {PreCourseSurvey.objects.get().uploaded:%-d %b %Y, %H:%M} UTC." in figure


def test_a_survey_from_before_is_made_pairs_and_says_that_it_is_not_counted(run, staff):
    survey = upload(run, "Hopes", "Learn", "a,x")
    survey.questions = ["Hopes: Learn"]
    survey.save()
    PreCourseAnswer.objects.update(answers=["  x "])
    Tally.objects.filter(kind__startswith="pre_course").delete()
    migration = import_module("dashboard_import.migrations.0009_parts_of_questions")
    migration.keep_parts(apps, None)
    assert PreCourseSurvey.objects.get().questions == [["Hopes: Learn", ""]]
    assert PreCourseAnswer.objects.get().answers == ["x"]
    assert "before answers were counted" in staff.get(f"{HOME}/").content.decode()
    said_before.count(run)
    assert shown(staff) == [["", "x", "1"]]
    migration.join_parts(apps, None)
    assert PreCourseSurvey.objects.get().questions == ["Hopes: Learn"]


@pytest.mark.parametrize("question", ["x", "%00", "a" * 21 + "-000000", "why-00000G", "why-0000000", "Why?"])
def test_nonsense_is_not_found(run, staff, question):
    assert staff.get(f"{HOME}/?question={question}").status_code == 404
    assert staff.get(f"{CSV}?question={question}").status_code == 404
