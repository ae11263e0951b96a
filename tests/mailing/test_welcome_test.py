"""A course's own welcome: warned about when it is saved, and tried on one address."""

import pytest
from django.contrib.admin.models import LogEntry

from mailing.forms import warnings_about
from mailing.models import Delivery, Email
from mailing.worker import tick
from sequence.models import Sequence
from signup.models import Question
from tests import factories
from tests.mailing.sending import provider
from tests.sequence.test_admin import LIST, typed

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
WELCOME = {
    "welcome_subject": "Welcome, {{ first_name|friend }}",
    "welcome_html": '<p>You said: {{ often }}, {{ goal }}. <a href="{{ my_page_url }}">Yours</a></p>',
}
QUESTIONS = [{"key": "often", "kind": "one", "choices": "Daily\nWeekly"}, {"key": "goal", "label": "Why?"}]
TEST = {"_test_welcome": "1", "test_address": "team@example.org"}


def save(*questions: dict, **fields) -> str:
    return factories.staff_client().post(f"{LIST}add/", typed(*questions, **fields), follow=True).content.decode()


def test_the_saved_welcome_is_sent_to_one_address_filled_with_an_example(provider):
    page = save(*QUESTIONS, **WELCOME, **TEST)
    assert "A test of the welcome is on its way to team@example.org." in page
    assert Sequence.objects.get().welcome_subject == WELCOME["welcome_subject"]
    row = Delivery.objects.get()
    assert (row.kind, row.address, row.signup) == (Delivery.Kind.TEST, "team@example.org", None)
    tick("test")
    assert provider.accepted == [("team@example.org", "[Test] Welcome, Alex")]
    text = provider.text()
    assert "You said: Daily, Alex’s own words." in text
    assert "{{" not in text
    assert "Open my page" in provider.calls[0][0].html  # the button of the real one
    assert Email.objects.get().state == Email.State.TEST
    assert LogEntry.objects.filter(change_message="Test message.").exists()


def test_without_a_welcome_of_its_own_the_standard_one_is_tried(provider):
    save(**TEST)
    tick("test")
    assert provider.accepted[0][1].startswith("[Test] ")


@pytest.mark.parametrize("address", ["", "nobody", "a@b"])
def test_a_bad_address_is_said_and_the_page_is_saved_all_the_same(address):
    page = save(**WELCOME, **TEST | {"test_address": address})
    assert "Saved, but no test was sent" in page
    assert Sequence.objects.count() == 1
    assert not Delivery.objects.exists()


def test_a_variable_that_the_course_does_not_have_is_warned_about():
    page = save({"key": "often"}, **WELCOME | {"welcome_subject": "Welcome {{ nmae }}"})
    assert "Welcome message: {{ nmae }} is not a variable of this course" in page
    assert "{{ goal }} is not a variable" in page
    assert "{{ often }} is not" not in page
    assert "is not a variable" not in save(*QUESTIONS, **WELCOME)


def test_only_those_who_may_change_course_runs_send_a_test():
    run = factories.sequence()
    viewer = factories.staff_client("sequence.view_sequence")
    assert "_test_welcome" not in viewer.get(f"{LIST}{run.pk}/change/").content.decode()
    assert viewer.post(f"{LIST}{run.pk}/change/", typed(**TEST)).status_code == 403
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("kind", "choices", "said"),
    [
        (Question.Kind.YES, "", "Yes"), (Question.Kind.ONE, "red\nblue", "red"),
        (Question.Kind.MANY, "red\nblue\ngreen", "red, blue"), (Question.Kind.LONG, "", "Alex’s own words"),
    ],
)  # fmt: skip
def test_an_example_answers_each_kind_of_question(provider, kind, choices, said):
    save({"key": "goal", "kind": kind.value, "choices": choices}, welcome_html="<p>So: {{ goal }}.</p>", **TEST)
    tick("test")
    assert f"So: {said}." in provider.text()


@pytest.mark.parametrize(("kind", "warned"), [("long", True), ("text", False)])
def test_answers_that_would_make_a_message_too_long_are_warned_about(kind, warned):
    email = factories.email(html=f"<p>{'word ' * 18_500}</p><p>{{{{ goal }}}} {{{{ goal }}}}</p>")
    factories.question(sequence=email.sequence, kind=kind)
    assert any("longest answers" in sentence for sentence in warnings_about(email)) is warned
