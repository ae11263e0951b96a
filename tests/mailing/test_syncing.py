"""Reading back what the provider knows."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from mailing.models import Delivery, Event, Suppression
from mailing.worker import tick
from signup.models import Signup
from tests import factories
from tests.mailing.test_settling import email, mailgun

__all__ = ["email", "mailgun"]
pytestmark = pytest.mark.django_db


def test_events_that_no_webhook_brought_are_read_once(mailgun, email, capsys):
    tick("test")
    call_command("sync_mailgun")
    call_command("sync_mailgun")
    first, second = capsys.readouterr().out.splitlines()
    assert "new events 3" in first
    assert "new events 0" in second
    assert Event.objects.filter(delivery__isnull=False).count() == 3


def test_addresses_that_the_provider_suppresses_are_stopped_here(mailgun, email):
    Signup.objects.update(confirmed=clock.now() - datetime.timedelta(hours=1))
    one, two, three = email.sequence.signups.order_by("pk")
    mailgun.suppressions.add("bounces", one.email)
    mailgun.suppressions.add("complaints", two.email)
    mailgun.suppressions.add("unsubscribes", "stranger@example.com")
    call_command("sync_mailgun")
    assert list(Signup.objects.active()) == [three]
    assert set(Suppression.objects.values_list("kind", flat=True)) == {"bounce", "complaint"}
    tick("test")
    assert list(Delivery.objects.values_list("address", flat=True)) == [three.email]


@pytest.mark.parametrize(
    ("manner", "value"), [("status", 500), ("loop", True), ("next_base", "https://elsewhere.example")]
)
def test_a_list_that_cannot_be_trusted_is_an_error_in_words(mailgun, email, manner, value):
    tick("test")
    setattr(mailgun.events.manners, manner, value)
    with pytest.raises(CommandError, match="Mailgun"):
        call_command("sync_mailgun")


def test_an_address_without_people_is_not_kept(mailgun):
    factories.signup(email="ada@example.org", welcomed=clock.now())
    for number in range(3):
        mailgun.suppressions.add("bounces", f"stranger{number}@example.com")
    call_command("sync_mailgun")
    assert not Suppression.objects.exists()
