"""Pausing all mail from the home page."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from mailing.brakes import pause_site, site_is_paused
from mailing.models import SitePause
from tests import factories

pytestmark = pytest.mark.django_db
PAUSE, RESUME = "/admin/mail/pause/", "/admin/mail/resume/"
RIGHT = "mailing.change_sitepause"


def test_mail_is_paused_with_a_reason_after_a_page_that_asks_and_resumed_by_a_button():
    client = factories.staff_client(RIGHT)
    assert PAUSE in client.get("/admin/").content.decode()
    assert "No message leaves until you resume" in client.get(PAUSE).content.decode()
    assert not SitePause.objects.exists()
    page = client.post(PAUSE, {"reason": "The wrong text went out."}, follow=True).content.decode()
    assert "All mail is paused." in page
    assert "The wrong text went out." in page
    assert PAUSE not in page
    assert RESUME in page
    page = client.post(RESUME, follow=True).content.decode()
    assert "Mail goes on" in page
    assert not SitePause.objects.exists()
    said = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert said == ["Paused all mail: The wrong text went out.", "Resumed all mail."]


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "one\ntwo"])
def test_a_pause_needs_a_reason_in_one_line(reason):
    page = factories.staff_client().post(PAUSE, {"reason": reason}).content.decode()
    assert "errorlist" in page
    assert not SitePause.objects.exists()


def test_the_first_reason_stands_and_resuming_twice_is_said():
    pause_site("The first.")
    client = factories.staff_client()
    assert "paused already" in client.post(PAUSE, {"reason": "The second."}, follow=True).content.decode()
    assert SitePause.objects.get().reason == "The first."
    client.post(RESUME)
    assert "was not paused" in client.post(RESUME, follow=True).content.decode()


def test_only_staff_with_the_right_do_it_and_never_by_a_get(client):
    pause_site("Wait.")
    other = factories.staff_client("mailing.change_email", "mailing.view_email")
    page = other.get("/admin/").content.decode()
    assert "Wait." in page
    assert RESUME not in page
    assert [other.get(PAUSE).status_code, other.post(PAUSE, {"reason": "x"}).status_code] == [403, 403]
    assert other.post(RESUME).status_code == 403
    assert factories.staff_client().get(RESUME).status_code == 405
    assert client.post(RESUME).status_code == 302
    assert site_is_paused()


def test_a_check_of_the_mail_waits_for_the_pause_too(settings):
    settings.MAIL_TRANSPORT = "outbox"
    pause_site("Wait.")
    with pytest.raises(CommandError, match=r"It was not sent: All mail has been paused since .* Wait\."):
        call_command("check_mail", "you@example.org")


def test_while_mail_is_paused_the_home_page_gives_that_as_the_one_reason(settings):
    settings.MAIL_TRANSPORT = "outbox"
    factories.delivery(queued_at=clock.now() - datetime.timedelta(minutes=20))
    pause_site("Wait.")
    with pytest.raises(CommandError):
        call_command("send_scheduled_mail")
    page = factories.staff_client().get("/admin/").content.decode()
    assert page.count("All mail has been paused") == 1
    assert "nothing says why" not in page
