"""What a person decides on the page of an e-mail."""

import datetime

import pytest
from django.utils import timezone as clock

from mailing.models import Batch, Delivery, Email
from mailing.worker import tick
from tests import factories
from tests.mailing.test_settling import email, mailgun

__all__ = ["email", "mailgun"]
pytestmark = pytest.mark.django_db
Status = Delivery.Status


@pytest.fixture
def unsure(mailgun, email) -> Email:
    """An e-mail whose only call was lost without a trace."""
    mailgun.fail("500-before")
    tick("test")
    return email


def decide(client, email: Email, verb: str, **fields):
    return client.post(f"/admin/mailing/email/{email.pk}/decide/{verb}/", fields, follow=True).content.decode()


def states(email: Email) -> set[str]:
    return set(email.deliveries.values_list("status", flat=True))


def test_the_page_shows_what_is_unsure_and_why(unsure):
    client = factories.staff_client()
    page = client.get(f"/admin/mailing/email/{unsure.pk}/change/").content.decode()
    for text in ("Messages without a clear answer", "Mailgun answered 500", "Ask again", "Send again to these 3"):
        assert text in page


def test_a_person_says_that_it_was_sent(unsure):
    assert "3 messages count as sent" in decide(factories.staff_client(), unsure, "treat-as-sent")
    assert states(unsure) == {Status.ACCEPTED}
    assert Batch.objects.get().outcome == Batch.Outcome.SETTLED


def test_a_person_has_it_sent_again_by_typing_the_number(unsure, mailgun):
    client = factories.staff_client()
    assert "Type that number" in decide(client, unsure, "send-again", number="2")
    assert states(unsure) == {Status.UNSURE}
    assert "on their way again" in decide(client, unsure, "send-again", number="3")
    tick("test")
    assert states(unsure) == {Status.ACCEPTED}
    unsure.refresh_from_db()
    assert unsure.state == Email.State.SENT
    assert mailgun.truth.doubled() == {}


def test_asking_again_says_what_it_found(unsure, mailgun):
    client = factories.staff_client()
    assert "knows nothing new" in decide(client, unsure, "ask-again")
    mailgun.events.manners.status = 500
    assert "Mailgun answered 500" in decide(client, unsure, "ask-again")


def test_pausing_and_resuming(mailgun):
    held = factories.email(state=Email.State.SENDING, frozen_at=clock.now() - datetime.timedelta(minutes=1))
    client = factories.staff_client()
    assert "Paused" in decide(client, held, "pause")
    assert "It goes on" in decide(client, held, "resume")
    assert "not paused" in decide(client, held, "resume")


@pytest.mark.parametrize("verb", ["pause", "treat-as-sent", "send-again", "nonsense"])
def test_only_those_who_may_change_emails_decide_and_never_by_a_get(unsure, verb):
    viewer = factories.staff_client("mailing.view_email")
    assert viewer.post(f"/admin/mailing/email/{unsure.pk}/decide/{verb}/").status_code == 403
    assert factories.staff_client().get(f"/admin/mailing/email/{unsure.pk}/decide/{verb}/").status_code == 405
    assert states(unsure) == {Status.UNSURE}


def test_a_batch_that_is_too_large_for_the_account_is_remembered_for_a_day(mailgun, email):
    mailgun.fail("403-large-batches", times=None, least=2)
    tick("test")
    assert states(email) == {Status.ACCEPTED}
    assert [call.size for call in Batch.objects.filter(outcome=Batch.Outcome.TOO_MANY).order_by("pk")] == [3, 2]
    again = factories.email(sequence=email.sequence, scheduled_for=clock.now() - datetime.timedelta(minutes=1))
    tick("test")
    assert states(again) == {Status.ACCEPTED}
    assert Batch.objects.filter(outcome=Batch.Outcome.TOO_MANY).count() == 2


@pytest.mark.parametrize(("fault", "words"), [("free-account", "not allowed to send"), ("401", "401")])
def test_a_refused_account_stops_the_run_and_loses_nothing(mailgun, email, fault, words):
    mailgun.fail(fault)
    assert words in tick("test").stopped
    assert states(email) == {Status.QUEUED}
    tick("test")
    assert states(email) == {Status.ACCEPTED}
