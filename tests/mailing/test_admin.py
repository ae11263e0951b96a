import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from mailing import scheduling
from mailing.models import Delivery, Email
from tests import factories

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
LIST = "/admin/mailing/email/"


def address(email: Email, verb: str = "change") -> str:
    return f"{LIST}{email.pk}/{verb}/"


def typed(email: Email, **fields) -> dict[str, str]:
    """Return what the form posts when nothing but `fields` was touched."""
    when = email.scheduled_for and email.scheduled_for.astimezone(email.sequence.zone)
    day, time = (when.strftime("%Y-%m-%d"), when.strftime("%H:%M")) if when else ("", "")
    form = {
        "sequence": email.sequence_id, "subject": email.subject, "html": email.html, "text": email.text,
        "tags": ", ".join(email.tags), "audience": email.audience,
        "scheduled_for_0": day, "scheduled_for_1": time,
    }  # fmt: skip
    return {**form, **fields}


def said(client: Client, path: str, data: dict) -> str:
    """Post a form and return the text of the page that follows."""
    return client.post(path, data, follow=True).content.decode()


def test_an_e_mail_is_written_scheduled_and_read_back_in_the_course_runs_zone():
    run = factories.sequence(timezone="America/New_York")
    client, year = factories.staff_client(), clock.now().year + 1
    form = {
        "sequence": run.pk, "subject": "Week one", "html": "<p>Hello {{ first_name|there }}</p>", "text": "",
        "tags": "week-1, intro , week-1", "audience": "individuals",
        "scheduled_for_0": f"{year}-01-15", "scheduled_for_1": "09:00", "_schedule": "1",
    }  # fmt: skip
    page = said(client, f"{LIST}add/", form)
    email = Email.objects.get()
    assert (email.state, email.tags, email.text) == (Email.State.SCHEDULED, ["week-1", "intro"], "")
    assert email.scheduled_for == datetime.datetime(year, 1, 15, 14, tzinfo=datetime.UTC)
    assert "09:00 (America/New_York), 14:00 UTC" in page
    assert 'value="09:00"' in page
    assert "is not a variable" not in page


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("", "", "Choose the date and the time"),
        ("2030-01-01", "", "Choose both the date and the time"),
        ("2020-01-01", "09:00", "This time has passed"),
        ("2030-03-31", "01:30", "does not exist on that day"),
        ("0026-01-01", "00:00", "Write the year with four digits"),
        ("9999-12-31", "23:59", "Write the year with four digits"),
        ("yesterday", "noon", "Enter a valid date"),
    ],
)
def test_a_time_that_cannot_be_is_refused_beside_the_field_and_nothing_is_saved(day, time, words):
    email = factories.email(sequence=factories.sequence(timezone="Europe/London"))
    form = typed(email, subject="New words", scheduled_for_0=day, scheduled_for_1=time, _schedule="1")
    page = said(factories.staff_client(), address(email), form)
    assert words in page
    assert "New words" in page
    email.refresh_from_db()
    assert (email.state, email.subject) == (Email.State.DRAFT, "Week one")


def test_a_time_that_comes_twice_is_the_first_and_the_page_says_so():
    email = factories.email(sequence=factories.sequence(timezone="Europe/London"))
    with time_machine.travel("2026-06-01", tick=False):
        form = typed(email, scheduled_for_0="2026-10-25", scheduled_for_1="01:30", _schedule="1")
        page = said(factories.staff_client(), address(email), form)
    email.refresh_from_db()
    assert email.scheduled_for == datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)
    assert "show this time twice; the first is meant" in page


def test_a_scheduled_e_mail_is_moved_and_unscheduled_but_not_left_without_a_time():
    email = factories.email(scheduled_for=clock.now() + DAY)
    client = factories.staff_client()
    later = (clock.now() + 3 * DAY).date()
    said(
        client, address(email), typed(email, scheduled_for_0=later.isoformat(), scheduled_for_1="10:15", _continue="1")
    )
    email.refresh_from_db()
    assert (email.scheduled_for.date(), email.state) == (later, Email.State.SCHEDULED)
    empty = {"scheduled_for_0": "", "scheduled_for_1": ""}
    assert "Choose a time, or unschedule it" in said(client, address(email), typed(email, **empty, _continue="1"))
    said(client, address(email), typed(email, _unschedule="1"))
    email.refresh_from_db()
    assert (email.scheduled_for, email.state) == (None, Email.State.DRAFT)


def test_saving_a_draft_schedules_nothing_and_says_so():
    email = factories.email()
    day = (clock.now() + DAY).date().isoformat()
    page = said(factories.staff_client(), address(email), typed(email, scheduled_for_0=day, scheduled_for_1="09:00"))
    assert "nothing is sent until you say so" in page
    email.refresh_from_db()
    assert email.state == Email.State.DRAFT


def test_an_unknown_variable_warns_and_a_question_of_the_course_does_not():
    email = factories.email()
    factories.question(sequence=email.sequence, key="goal")
    html = "<p>{{ goal }} {{ nmae }} {{ name|you }}</p>"
    page = said(factories.staff_client(), address(email), typed(email, html=html))
    assert "{{ nmae }} is not a variable of this course" in page
    assert page.count("is not a variable") == 1
    assert "the answer to “Why are you here?”" in page


def test_the_plain_text_is_derived_until_somebody_changes_it():
    email = factories.email(html="<p>One</p><p>Two</p>")
    client = factories.staff_client()
    assert "One\n\nTwo</textarea>" in client.get(address(email)).content.decode()
    said(client, address(email), typed(email, html="<p>Three</p>", text="One\r\n\r\nTwo"))
    email.refresh_from_db()
    assert (email.html, email.text) == ("<p>Three</p>", "")
    said(client, address(email), typed(email, text="By hand"))
    email.refresh_from_db()
    assert email.text == "By hand"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "One\nBcc: all@example.org"), ("subject", "a\x00b"), ("subject", ""), ("subject", "x" * 201),
        ("html", "<p></p>"), ("text", "a\x00b"), ("tags", "a, b, c, d"), ("tags", "é"), ("tags", "x" * 41),
        ("sequence", "999"), ("sequence", "x"), ("audience", "strangers"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_beside_the_field(field, value):
    email = factories.email()
    response = factories.staff_client().post(address(email), typed(email, **{field: value}))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    before = Email.objects.get()
    assert (before.subject, before.html, before.tags) == (email.subject, email.html, [])


def test_a_test_message_carries_the_unsaved_text_and_keeps_it_on_the_page():
    email = factories.email()
    form = typed(email, subject="Unsaved", html="<p>Unsaved text</p>", test_address="Ann@Example.org", _test="1")
    page = said(factories.staff_client(), address(email), form)
    assert "A test is on its way to Ann@example.org" in page
    assert 'value="Unsaved"' in page
    email.refresh_from_db()
    assert email.subject == "Week one"
    promise = Delivery.objects.get()
    assert (promise.email.subject, promise.email.html) == ("Unsaved", "<p>Unsaved text</p>")
    assert promise.email.state == Email.State.TEST


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"test_address": ""}, "Type the address"),
        ({"test_address": "nobody"}, "does not look like an e-mail address"),
        ({"subject": ""}, "Subject: This field is required"),
        ({"html": f"<p>{'long ' * 25_000}</p>"}, "Gmail cuts a message off"),
    ],
)
def test_a_test_that_cannot_be_sent_says_why_and_makes_nothing(fields, words):
    unsaved = Email(sequence=factories.sequence(), subject="Try", html="<p>Hi</p>")
    form = {**typed(unsaved), "test_address": "a@example.org", **fields, "_test": "1"}
    page = said(factories.staff_client(), f"{LIST}add/", form)
    assert "The test was not sent" in page
    assert words in page
    assert not Email.objects.exists()


def test_test_messages_stay_out_of_the_list_but_can_be_looked_at():
    made = scheduling.send_test(factories.sequence(), "Try", "<p>Hi</p>", "", "a@example.org", factories.staff())
    client = factories.staff_client()
    assert client.get(LIST).context["cl"].result_count == 0
    assert "Waiting" in client.get(address(made)).content.decode()


def test_send_now_shows_how_many_people_and_sends_on_post_only():
    email = factories.email()
    factories.signup(sequence=email.sequence)
    client = factories.staff_client()
    assert "Send to 1 person" in said(client, address(email), typed(email, _send_now="1"))
    email.refresh_from_db()
    assert email.state == Email.State.DRAFT
    assert "is on its way" in said(client, address(email, "send-now"), {})
    email.refresh_from_db()
    assert (email.state, email.scheduled_for <= clock.now()) == (Email.State.SCHEDULED, True)


@pytest.mark.parametrize(("number", "state"), [("", "draft"), ("100", "draft"), ("x", "draft"), (" 101 ", "scheduled")])
def test_above_100_people_their_number_has_to_be_typed(number, state):
    email = factories.email()
    for _ in range(101):
        factories.signup(sequence=email.sequence)
    client = factories.staff_client()
    assert "Type the number of people, 101," in client.get(address(email, "send-now")).content.decode()
    page = said(client, address(email, "send-now"), {"number": number})
    assert ("This goes to 101 people" in page) == (state == "draft")
    email.refresh_from_db()
    assert email.state == state


def test_send_now_to_an_empty_audience_offers_no_button():
    page = factories.staff_client().get(address(factories.email(), "send-now")).content.decode()
    assert "Nobody would get it" in page
    assert "<form method" not in page


def test_what_was_sent_is_shown_with_counts_and_reasons_and_can_only_be_copied():
    email = factories.email(state=Email.State.SENT, scheduled_for=clock.now(), frozen_text="Hello all")
    factories.delivery(email=email, status="delivered")
    factories.delivery(email=email, status="skipped", reason="Left the course before it was sent.")
    client = factories.staff_client()
    page = client.get(address(email)).content.decode()
    assert "Left the course before it was sent." in page
    assert "Hello all" in page
    assert 'name="subject"' not in page
    assert "1 delivered, 1 not sent" in client.get(LIST).content.decode()
    for path, form in ((address(email), typed(email, subject="Changed")), (address(email, "delete"), {"post": "yes"})):
        assert client.post(path, form).status_code == 403
    assert "has been sent" in said(client, address(email, "send-now"), {})
    assert "a new draft" in said(client, address(email, "copy"), {})
    email.refresh_from_db()
    assert (email.state, email.subject) == (Email.State.SENT, "Week one")
    assert Email.objects.exclude(pk=email.pk).get().state == Email.State.DRAFT


def test_a_draft_is_deleted_after_a_question():
    email = factories.email()
    client = factories.staff_client()
    assert client.get(address(email, "delete")).status_code == 200
    assert Email.objects.exists()
    client.post(address(email, "delete"), {"post": "yes"})
    assert not Email.objects.exists()


def test_nothing_changes_on_get_and_nothing_without_a_csrf_token():
    email = factories.email(scheduled_for=clock.now() + DAY)
    factories.signup(sequence=email.sequence)
    client = factories.staff_client()
    query = "?_test=1&_schedule=1&_unschedule=1&_send_now=1&_copy=1&post=yes&number=1"
    paths = [address(email, verb) + query for verb in ("change", "send-now", "delete", "copy", "history")]
    assert [client.get(path).status_code for path in paths] == [200, 200, 200, 405, 200]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    for verb, data in (
        ("change", typed(email, _test="1", test_address="a@example.org")),
        ("send-now", {}),
        ("copy", {}),
    ):
        assert strict.post(address(email, verb), data).status_code == 403
    assert (Email.objects.get().state, Delivery.objects.count()) == (Email.State.SCHEDULED, 0)


def test_djangos_permissions_decide_who_may_do_what():
    email = factories.email()
    factories.signup(sequence=email.sequence)
    reader = factories.staff_client("mailing.view_email")
    assert reader.get(address(email)).status_code == 200
    tries = [
        ("change", typed(email, _schedule="1")),
        ("change", typed(email, _test="1")),
        ("send-now", {}),
        ("copy", {}),
    ]
    for verb, data in [*tries, ("delete", {"post": "yes"})]:
        assert reader.post(address(email, verb), data).status_code == 403, verb
    writer = factories.staff_client("mailing.add_email")
    future = {"scheduled_for_0": "2099-01-01", "scheduled_for_1": "09:00"}
    assert writer.post(f"{LIST}add/", typed(email, **future, _schedule="1")).status_code == 403
    assert (Email.objects.get().state, Delivery.objects.count()) == (Email.State.DRAFT, 0)
    assert writer.post(f"{LIST}add/", typed(email, subject="A draft")).status_code == 302
    assert Email.objects.get(subject="A draft").state == Email.State.DRAFT
    changer = factories.staff_client("mailing.change_email")
    changer.post(address(email), typed(email, **future, _schedule="1"))
    email.refresh_from_db()
    assert email.state == Email.State.SCHEDULED


def test_the_list_takes_the_same_queries_for_one_e_mail_and_for_many(django_assert_max_num_queries):
    client = factories.staff_client()
    email = factories.email(state=Email.State.SENT)
    factories.delivery(email=email)
    for _ in range(8):
        factories.email()
    with django_assert_max_num_queries(9):
        assert client.get(LIST).status_code == 200


def test_who_got_what_is_searched_filtered_and_never_changed():
    promise = factories.delivery(address="ann@example.org", status="failed", reason="The provider said no.")
    factories.delivery(address="bob@example.org")
    client, path = factories.staff_client(), reverse("admin:mailing_delivery_changelist")
    page = client.get(path, {"q": "ann@", "status__exact": "failed", "email__id__exact": promise.email_id})
    assert page.context["cl"].result_count == 1
    assert "The provider said no." in page.content.decode()
    assert client.get(f"{path}{promise.pk}/change/").status_code == 200
    assert client.post(f"{path}{promise.pk}/change/", {"status": "delivered"}).status_code == 403
    assert client.post(f"{path}{promise.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{path}add/").status_code == 403
