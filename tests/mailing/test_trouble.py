"""When something is broken for a while: what can go goes, what cannot waits and says why, nothing runs on for ever."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone as clock

from mailing import delivery, queue
from mailing.delivery import forget
from mailing.letters import Answer, Outcome
from mailing.models import Delivery, Email, Tick
from mailing.scheduling import send_test
from mailing.sending import _write_down
from mailing.worker import tick
from sequence.models import Sequence
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Status = Delivery.Status
UNSURE = Outcome(Answer.UNSURE, "502 Bad Gateway")


def waiting(number, **fields):
    email = factories.email(**fields)
    people = [factories.signup(sequence=email.sequence, welcomed=clock.now()) for _ in range(number)]
    return [factories.delivery(email=email, signup=person) for person in people]


def statuses():
    return sorted(Delivery.objects.values_list("status", flat=True))


def test_a_provider_that_cannot_be_reached_ends_the_round_and_not_the_site(provider, settings):
    settings.MAIL_BATCH_SIZE = 1
    waiting(3)
    provider.answers = [Outcome(Answer.LATER, "Mailgun could not be reached.", wait=60)]
    with pytest.raises(CommandError, match="could not be reached"):
        call_command("send_scheduled_mail")
    assert len(provider.calls) == 1
    assert statuses() == [Status.QUEUED] * 3
    call_command("send_scheduled_mail")
    assert statuses() == [Status.ACCEPTED, Status.ACCEPTED, Status.QUEUED]


def test_after_three_unclear_answers_one_message_at_a_time_finds_out_when_it_is_over(provider, settings):
    settings.MAIL_BATCH_SIZE = 4
    waiting(30)
    provider.answers = [UNSURE] * 5
    for _ in range(3):
        assert tick("test").stopped == "502 Bad Gateway"
    assert [len(recipients) for _, recipients, _ in provider.calls] == [4, 4, 4, 1, 1]
    assert statuses() == [Status.QUEUED] * 16 + [Status.UNSURE] * 14
    assert tick("test").stopped == ""
    assert [len(recipients) for _, recipients, _ in provider.calls[5:]] == [1, 4, 4, 4, 3]


def test_two_unclear_answers_among_others_stop_nothing(provider, settings):
    settings.MAIL_BATCH_SIZE = 1
    waiting(6)
    provider.answers = [UNSURE, UNSURE, Outcome(Answer.ACCEPTED), UNSURE, UNSURE]
    assert tick("test").stopped == ""
    assert statuses() == [Status.ACCEPTED] * 2 + [Status.UNSURE] * 4


def test_a_template_with_a_fault_keeps_back_its_own_message_only(provider, settings, tmp_path, caplog):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    faulty = tmp_path / "signup/emails/signup-confirmation.txt"
    faulty.parent.mkdir(parents=True)
    faulty.write_text("{% if %}")
    person = factories.signup()
    [row] = waiting(1)
    with pytest.raises(CommandError, match="TemplateSyntaxError"):
        call_command("handle_new_signups")
    assert [address for address, _ in provider.accepted] == [row.address]
    assert "TemplateSyntaxError" in Tick.objects.get().error
    assert "TemplateSyntaxError" in caplog.text
    kept = Delivery.objects.get(signup=person)
    assert (kept.status, "TemplateSyntaxError" in kept.reason) == (Status.QUEUED, True)
    faulty.unlink()
    Delivery.objects.update(not_before=clock.now())
    tick("test")
    assert provider.accepted[-1][0] == person.email


def test_a_welcome_that_is_too_long_waits_until_somebody_has_mended_it(provider):
    run = factories.sequence(welcome_html=f"<p>{'bread ' * 30_000}</p>")
    person = factories.signup(sequence=run)
    assert "102,000" in tick("test").stopped
    assert statuses() == [Status.QUEUED]
    Sequence.objects.update(welcome_html="<p>Come in</p>")
    Delivery.objects.update(not_before=clock.now())
    assert tick("test").stopped == ""
    assert provider.accepted[0][0] == person.email


def test_a_test_of_a_text_that_is_too_long_fails_at_once(provider):
    long = f"<p>{'bread ' * 30_000}</p>"
    made = send_test(factories.sequence(), "S", "<p>bread</p>", "", "me@example.org", factories.staff())
    with pytest.raises(ValidationError, match="182,"):
        send_test(made.sequence, "S", long, "", "me@example.org", factories.staff())
    Email.objects.update(html=long)  # as where the layout has grown between the press and the tick
    assert tick("test").stopped == ""
    assert statuses() == [Status.FAILED]


def test_an_email_that_cannot_be_begun_does_not_keep_others_back(provider, monkeypatch, caplog):
    email = factories.email(scheduled_for=clock.now())
    [row] = waiting(1)

    def broken(*args):
        raise RuntimeError("no such layout")

    monkeypatch.setattr(queue, "finish_email", broken)
    with pytest.raises(CommandError, match="no such layout"):
        call_command("send_scheduled_mail")
    assert [address for address, _ in provider.accepted] == [row.address]
    email.refresh_from_db()
    assert email.state == Email.State.SCHEDULED
    assert "no such layout" in caplog.text


def test_an_email_that_goes_back_to_its_author_is_counted_as_such(provider):
    factories.email(scheduled_for=clock.now(), html=f"<p>{'bread ' * 30_000}</p>")
    assert tick("test").line() == "e-mails back to their authors 1"


def test_a_call_that_breaks_off_in_our_own_code_is_unsure_and_others_go_on(provider, monkeypatch, settings, caplog):
    settings.MAIL_BATCH_SIZE = 1
    waiting(2)
    sound = provider.send

    def broken(*_call):
        monkeypatch.setattr(provider, "send", sound)
        raise KeyError("oops")

    monkeypatch.setattr(provider, "send", broken)
    assert "KeyError" in tick("test").stopped
    assert statuses() == [Status.ACCEPTED, Status.UNSURE]
    assert "oops" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_answer_waits_for_a_database_that_is_away(monkeypatch, caplog):
    row = factories.delivery()
    batch = delivery.claim().batch
    settle, failures = delivery.settle, [OperationalError("the server closed the connection")] * 2
    slept = []

    def flaky(*args):
        if failures:
            raise failures.pop()
        settle(*args)

    monkeypatch.setattr(delivery, "settle", flaky)
    monkeypatch.setattr("time.sleep", slept.append)
    _write_down(batch, Outcome(Answer.ACCEPTED))
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert len(slept) == 2
    assert "server closed" in caplog.text
    failures += [OperationalError("gone")]
    batch.lease_until = clock.now()
    with pytest.raises(OperationalError):
        _write_down(batch, Outcome(Answer.ACCEPTED))


def test_statements_are_not_kept_in_memory_while_debugging(provider, settings):
    settings.DEBUG, settings.MAIL_BATCH_SIZE = True, 1
    waiting(5)
    tick("test")
    assert len(provider.calls) == 5
    assert len(connection.queries) < 30


def test_a_promise_queued_again_after_its_owner_was_erased_stops_nothing(provider):
    person = factories.signup(welcomed=clock.now())
    kept = {"email": None, "kind": Delivery.Kind.WELCOME, "bundle": "welcome:1:new"}
    factories.delivery(signup=person, key="welcome:1", status=Status.ACCEPTED, **kept)
    forget(person.email)
    again = factories.delivery(signup=person, key="welcome:1", **kept)
    Delivery.objects.filter(pk=again.pk).update(signup=None)
    waiting(1)
    tick("test")
    assert len(provider.accepted) == 1
    assert person.email not in Delivery.objects.values_list("address", flat=True)
    assert Delivery.objects.get(key="welcome:1").status == Status.ACCEPTED
