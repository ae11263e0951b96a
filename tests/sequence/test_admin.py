import datetime

import pytest
from django.utils import timezone as clock

from sequence.models import Sequence
from signup.models import Question
from tests import factories

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
LIST = "/admin/sequence/sequence/"


def typed(*questions: dict, **fields) -> dict[str, object]:
    """Return what the form posts for a course run that opens today, with these new questions."""
    today = clock.now().date()
    form = {
        "title": "Bread", "start_date": today + 7 * DAY, "end_date": today + 40 * DAY, "timezone": "Europe/London",
        "signup_close_date": today + 7 * DAY, "description": "<p>Bake.</p>", "confirm_addresses": "on",
        "post_copies": "each",
        "questions-TOTAL_FORMS": len(questions), "questions-INITIAL_FORMS": 0, **fields,
    }  # fmt: skip
    for number, question in enumerate(questions):
        given = {"label": "Why?", "key": "why", "kind": "text", "position": number, **question}
        form |= {f"questions-{number}-{name}": value for name, value in given.items()}
    return {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in form.items()}


def test_a_course_run_and_its_questions_are_made_in_one_form():
    form = typed({"label": "How often?", "key": "often", "kind": "one", "choices": "Daily\nWeekly"})
    page = factories.staff_client().post(f"{LIST}add/", form, follow=True).content.decode()
    run = Sequence.objects.get()
    assert (run.title, run.timezone, run.questions.get().options()) == ("Bread", "Europe/London", ["Daily", "Weekly"])
    assert "open until" in page
    assert f'href="/s/{run.pk}/"' in page


@pytest.mark.parametrize(
    ("questions", "fields", "words"),
    [
        ([], {"signup_close_date": "2999-01-01"}, "Sign-up cannot close after the course has ended."),
        ([], {"timezone": "Mars/Base"}, "is not a time zone we know"),
        ([], {"start_date": "soon"}, "Enter a valid date."),
        ([], {"welcome_html": f"<p>{'long ' * 9_000}</p>"}, "This welcome is too long for a message."),
        ([{"key": "Not a key"}], {}, "Use small letters, digits and underscores"),
        ([{"key": "email"}], {}, "This name is taken."),
        ([{"kind": "one", "choices": "Only this"}], {}, "Write at least two choices"),
        ([{}, {}], {}, "Another question of this course run has this key."),
    ],
)
def test_what_cannot_be_is_refused_in_words(questions, fields, words):
    page = factories.staff_client().post(f"{LIST}add/", typed(*questions, **fields)).content.decode()
    assert words in page
    assert not Sequence.objects.exists()


def test_the_course_team_chooses_what_it_gets_of_the_talk_in_groups():
    factories.staff_client().post(f"{LIST}add/", typed(post_copies="daily"))
    assert Sequence.objects.get().post_copies == Sequence.PostCopies.DAILY


def test_past_dates_are_saved_with_a_warning():
    past = (clock.now().date() - 30 * DAY).isoformat()
    form = typed(start_date=past, signup_close_date=past)
    page = factories.staff_client().post(f"{LIST}add/", form, follow=True).content.decode()
    assert "The closing day is in the past: nobody can sign up." in page
    assert "closed" in page
    assert Sequence.objects.exists()


def test_the_list_counts_people_who_are_here_in_one_query_for_all(django_assert_max_num_queries):
    run = factories.sequence()
    factories.signup(sequence=run)
    factories.signup(sequence=run, left=clock.now())
    for _ in range(5):
        factories.sequence()
    client = factories.staff_client()
    with django_assert_max_num_queries(7):
        page = client.get(LIST)
    assert {row.pk: row.people for row in page.context["cl"].result_list}[run.pk] == 1


def test_a_run_that_people_have_signed_up_for_cannot_be_deleted():
    empty, used = factories.sequence(), factories.signup().sequence
    client = factories.staff_client()
    assert client.post(f"{LIST}{used.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{LIST}{empty.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Sequence.objects.all()) == [used]


def test_two_questions_may_swap_their_keys():
    run = factories.sequence()
    rows = [factories.question(sequence=run, key=key) for key in ("one", "two")]
    form = typed({"key": "two"}, {"key": "one"}, **{"questions-INITIAL_FORMS": 2})
    form |= {f"questions-{number}-id": row.pk for number, row in enumerate(rows)}
    form |= {f"questions-{number}-sequence": run.pk for number in (0, 1)}
    assert factories.staff_client().post(f"{LIST}{run.pk}/change/", form).status_code == 302
    assert list(run.questions.values_list("pk", "key")) == [(rows[0].pk, "two"), (rows[1].pk, "one")]


def test_a_question_that_people_have_answered_keeps_its_key():
    row = factories.question(key="goal")
    person = factories.signup(sequence=row.sequence, answers={"goal": "soup"})
    form = typed({"key": "aim", "label": "What for?"}, **{"questions-INITIAL_FORMS": 1})
    form |= {"questions-0-id": row.pk, "questions-0-sequence": row.sequence.pk}
    client = factories.staff_client()
    assert client.post(f"{LIST}{row.sequence.pk}/change/", form).status_code == 302
    row.refresh_from_db()
    person.refresh_from_db()
    assert (row.key, row.label, person.answers) == ("goal", "What for?", {"goal": "soup"})


def test_a_zone_that_is_no_longer_offered_stays_selected():
    run = factories.sequence(timezone="EST5EDT")
    page = factories.staff_client().get(f"{LIST}{run.pk}/change/").content.decode()
    assert '<option value="EST5EDT" selected>' in page


def test_a_question_with_unsafe_help_is_shown_as_text():
    run = factories.question(label="<script>alert(1)</script>").sequence
    page = factories.staff_client().get(f"{LIST}{run.pk}/change/").content.decode()
    assert "<script>alert" not in page
    assert Question.objects.get().label == "<script>alert(1)</script>"


def test_the_day_to_ask_and_the_prompt_for_groups_are_kept_and_unusual_ones_are_warned_about():
    organiser, today = factories.staff_client(), clock.now().date()
    form = typed(ask_still_in_on=today + 3 * DAY, leave_silent_out="on", group_prompt="<p>Say <b>hello</b>.</p>")
    page = organiser.post(f"{LIST}add/", form, follow=True).content.decode()
    run = Sequence.objects.get()
    assert (run.ask_still_in_on, run.leave_silent_out) == (today + 3 * DAY, True)
    assert "hello" in run.group_prompt
    assert "still in" not in page
    change = f"{LIST}{run.pk}/change/"
    page = organiser.post(change, typed(ask_still_in_on=today - DAY), follow=True).content.decode()
    assert "has passed: nobody is asked any more" in page
    page = organiser.post(change, typed(leave_silent_out="on"), follow=True).content.decode()
    assert "so nobody counts as silent" in page
    page = organiser.post(change, typed(group_prompt=f"<p>{'long ' * 9_000}</p>")).content.decode()
    assert "This prompt is too long for a message." in page
