import datetime
import re

import pytest
from django.utils import timezone as clock

from groups.moderating import report
from mailing.models import Delivery, Email, Tick
from mooc.home import seconds_since_last_tick, ticks_state
from tests import factories

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)


def ran(**minutes_ago: float) -> datetime.datetime:
    """Write down when each command ran last, and return now."""
    now = clock.now()
    for command, minutes in minutes_ago.items():
        Tick.objects.create(command=command, started=now - minutes * MINUTE, finished=now - minutes * MINUTE)
    return now


def home() -> str:
    return factories.staff_client().get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("minutes_ago", "overdue"),
    [
        ({}, {"handle_new_signups", "send_scheduled_mail"}),
        ({"run_worker": 1}, set()),
        ({"run_worker": 3}, {"handle_new_signups", "send_scheduled_mail"}),
        ({"run_worker": 1, "handle_new_signups": 99, "send_scheduled_mail": 999}, set()),
        ({"handle_new_signups": 29, "send_scheduled_mail": 179}, set()),
        ({"handle_new_signups": 31, "send_scheduled_mail": 179}, {"handle_new_signups"}),
        ({"handle_new_signups": 5, "send_scheduled_mail": 181}, {"send_scheduled_mail"}),
        ({"handle_new_signups": 5}, {"send_scheduled_mail"}),
        ({"send_scheduled_mail": 5}, set()),
        ({"run_worker": 9999, "handle_new_signups": 5, "send_scheduled_mail": 5}, set()),
    ],
)
def test_which_periodic_command_is_overdue(minutes_ago, overdue):
    assert {state.command for state in ticks_state(ran(**minutes_ago)) if state.overdue} == overdue


def test_a_worker_in_the_middle_of_a_long_round_is_not_taken_for_dead():
    now = ran(run_worker=20)
    Tick.objects.update(finished=None)
    assert not any(state.overdue for state in ticks_state(now))
    assert any(state.overdue for state in ticks_state(now + 11 * MINUTE))


def test_a_worker_that_has_stopped_is_said_so():
    ran(run_worker=3, send_scheduled_mail=9999)
    assert "The worker has stopped: it ran 3 minutes ago." in home().replace("\xa0", " ")


def test_the_age_of_the_last_tick_is_that_of_the_freshest():
    assert seconds_since_last_tick(clock.now()) is None
    assert seconds_since_last_tick(ran(handle_new_signups=5, send_scheduled_mail=40)) == pytest.approx(300)


def test_an_empty_site_says_what_to_do_next():
    page = home()
    assert "No course is open." in page
    assert 'href="/admin/sequence/sequence/add/"' in page
    assert "Nothing is scheduled." in page
    assert "Nothing on this site sends mail yet" in page
    assert "python manage.py run_worker" in page


@pytest.mark.parametrize("path", ["sequence/sequence/", "signup/signup/", "mailing/email/", "mailing/delivery/"])
def test_an_empty_list_says_what_to_do_next_but_an_empty_search_does_not(path):
    client = factories.staff_client()
    assert 'class="empty"' in client.get(f"/admin/{path}").content.decode()
    assert 'class="empty"' not in client.get(f"/admin/{path}?q=nothing").content.decode()


def test_a_running_course_is_summed_up_without_an_alarm():
    ran(run_worker=0)
    run = factories.sequence(title="Bread", timezone="America/New_York")
    factories.signup(sequence=run)
    factories.signup(sequence=run, confirmed=None)
    factories.signup(sequence=run, left=clock.now())
    factories.signup(sequence=None)
    when = datetime.datetime(clock.now().year + 1, 1, 15, 14, tzinfo=datetime.UTC)
    factories.email(sequence=run, subject="Later", scheduled_for=when + 60 * MINUTE)
    factories.email(sequence=run, subject="First of all", scheduled_for=when)
    page = home()
    assert "2 signed up, 1 of them confirmed" in page
    assert "First of all" in page
    assert "09:00 (America/New_York), 14:00 UTC" in page
    assert "Later" not in page
    assert "For the next course" in page
    assert "Needs you" not in page


def test_what_sends_mail_is_named_for_people_and_shortcuts_lead_to_writing():
    ran(run_worker=0)
    factories.sequence()
    page = home()
    assert "The worker, which sends all mail, ran less than a minute ago" in " ".join(re.sub("<.*?>", "", page).split())
    assert "handle_new_signups" not in page
    assert 'href="/admin/mailing/email/add/">Write an e-mail' in page
    assert 'href="/admin/sequence/sequence/add/">Make a course' in page
    assert page.count(">Groups<") <= 2  # one room and one list: that of the learners
    assert "Staff rights, by role" in page
    assert "atches handed to the mail provider" in page


def test_what_failed_or_waits_is_said_with_its_reason(settings):
    settings.MAIL_TRANSPORT = "none"
    now = ran(send_scheduled_mail=1, handle_new_signups=2)
    Tick.objects.filter(command="send_scheduled_mail").update(error="The provider said: Forbidden.")
    Tick.objects.filter(command="handle_new_signups").update(error="Long ago something broke.")
    email = factories.email(subject="Too late", state=Email.State.MISSED)
    for status in ("failed", "failed", "unsure", "queued"):
        factories.delivery(email=email, status=status)
    old = factories.delivery(email=email)
    Delivery.objects.filter(pk=old.pk).update(queued_at=now - 16 * MINUTE)
    factories.email(subject="Broken", problem="This message is too long.")
    page = home()
    for words in (
        "2 messages failed",
        "1 message got no clear answer",
        "1 message has waited for more than 15 minutes",
    ):
        assert words in page
    assert "The last round of sending ended early: The provider said: Forbidden." in page
    assert "Long ago something broke." not in page
    assert "MAILGUN_API_KEY" in page
    assert "Too late" in page
    assert "This message is too long." in page


def test_messages_to_groups_that_wait_for_a_moderator_are_counted_for_those_who_may_read_them():
    ran(run_worker=0)
    ada, bob = factories.signup(), factories.signup()
    group = factories.group(ada, bob)
    factories.post(group, author=ada)
    assert "moderator" not in home()
    report(factories.post(group, author=ada), bob)
    report(factories.post(group), bob)  # the team's own stays on the page, and somebody looks at it all the same
    page = home()
    assert 'href="/admin/groups/post/?look=held">2 messages to groups wait for a moderator</a>' in page
    found = factories.staff_client().get("/admin/groups/post/?look=held").content.decode()
    assert found.count('class="action-select"') == 2
    assert "moderator" not in factories.staff_client("signup.view_signup").get("/admin/").content.decode()


def test_the_home_page_takes_a_fixed_number_of_queries(django_assert_num_queries):
    for _ in range(4):
        run = factories.sequence()
        factories.signup(sequence=run)
        factories.email(sequence=run, scheduled_for=clock.now() + 60 * MINUTE)
    client = factories.staff_client()
    with django_assert_num_queries(18):  # session, user, and one for each number
        client.get("/admin/")


def test_what_an_e_mail_is_about_is_told_to_those_who_may_read_it():
    factories.email(subject="Exam questions", scheduled_for=clock.now() + 60 * MINUTE)
    factories.email(subject="Exam answers", state=Email.State.MISSED)
    for permission, told in (("signup.view_signup", 0), ("mailing.view_email", 2), ("mailing.change_email", 2)):
        page = factories.staff_client(permission).get("/admin/").content.decode()
        assert page.count("<strong>Exam questions") + page.count(">Exam answers<") == told


def test_staff_who_may_not_write_are_not_asked_to():
    page = factories.staff_client("signup.view_signup").get("/admin/").content.decode()
    assert "No course is open." in page
    assert "/add/" not in page
