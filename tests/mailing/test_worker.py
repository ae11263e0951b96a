"""One tick: what becomes due is queued once and sent once, in the right words, to the right people."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from mailing import queue
from mailing.letters import Answer, Outcome
from mailing.models import Batch, Delivery, Email, Tick
from mailing.scheduling import send_test
from mailing.worker import outlook, tick
from signup.confirming import confirm
from signup.joining import join
from signup.models import LinkRequest, Signup
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Status = Delivery.Status
HOUR = datetime.timedelta(hours=1)
SAID = {"name": "Ada Lovelace", "timezone": "UTC", "wants_group": True, "answers": {}}


def due_email(**fields):
    return factories.email(scheduled_for=clock.now() - HOUR, **fields)


def statuses():
    return sorted(Delivery.objects.values_list("status", flat=True))


def test_a_new_sign_up_is_asked_to_confirm_then_welcomed_once(provider):
    run = factories.sequence(title="Bread")
    join(run, "Ada@example.org", SAID, "192.0.2.1")
    tick("test")
    (_letter, (recipient,), _), request = provider.calls[0], LinkRequest.objects.get()
    assert recipient.address == "Ada@example.org"
    assert f"/confirm/{request.key}/" in provider.text()
    assert "Hello Ada," in provider.text()
    assert "/me/" not in provider.text()  # nobody has proven yet whose mailbox this is
    assert Signup.objects.get().key not in provider.text()
    assert request.mailed
    tick("test")
    assert len(provider.calls) == 1
    confirm(request)
    tick("test")
    tick("test")
    assert len(provider.calls) == 2
    assert "Bread" in provider.accepted[1][1]
    assert f"/me/{Signup.objects.get().key}/" in provider.text()
    assert statuses() == [Status.ACCEPTED, Status.ACCEPTED]


def test_who_left_is_not_welcomed_and_who_came_back_is(provider):
    gone = factories.signup(left=clock.now())
    tick("test")
    assert provider.calls == []
    Signup.objects.filter(pk=gone.pk).update(left=None)
    tick("test")
    assert provider.accepted[0][0] == gone.email


def test_a_course_may_welcome_in_its_own_words(provider):
    run = factories.sequence(
        title="Bread",
        welcome_subject="Come in, {{ first_name|friend }}",
        welcome_html="<p>Flour &amp; <b>{{ name }}</b></p>",
    )
    factories.signup(sequence=run, name="Ada Lovelace")
    tick("test")
    assert provider.accepted[0][1] == "Come in, Ada"
    assert "Flour & Ada Lovelace" in provider.text()


def test_the_waiting_list_is_told_when_the_next_course_opens(provider):
    factories.signup(sequence=None, email="ada@example.org")
    tick("test")
    assert provider.calls == []
    factories.sequence(title="Bread")
    tick("test")
    assert "now open" in provider.text()
    assert statuses() == [Status.ACCEPTED]


def test_a_link_is_mailed_to_who_asked(provider, client):
    person = factories.signup(welcomed=clock.now())
    client.post("/unsubscribe/", {"email": person.email})
    tick("test")
    assert f"/unsubscribe/confirm/{person.key}/" in provider.text()


def test_what_is_due_is_frozen_and_sent_once(provider):
    run = factories.sequence()
    people = [factories.signup(sequence=run, welcomed=clock.now(), name=f"P{n} X") for n in range(3)]
    factories.signup(sequence=run, confirmed=None)
    factories.signup(sequence=run, left=clock.now(), welcomed=clock.now())
    factories.signup(sequence=run, bounced=clock.now(), welcomed=clock.now())
    factories.signup(welcomed=clock.now())
    email = due_email(sequence=run, subject="Hi {{ first_name }}", html="<p>To {{ name }}: 100 % <i>bread</i></p>")
    later = factories.email(sequence=run, scheduled_for=clock.now() + HOUR)
    tick("test")
    assert sorted(provider.accepted) == sorted((one.email, f"Hi {one.name.split()[0]}") for one in people)
    assert len(provider.calls) == 1
    email.refresh_from_db()
    assert (email.state, bool(email.sent_at)) == (Email.State.SENT, True)
    Email.objects.filter(pk=email.pk).update(state=Email.State.SCHEDULED)
    tick("test")
    assert len(provider.calls) == 1
    later.refresh_from_db()
    assert later.state == Email.State.SCHEDULED


def test_somebody_erased_while_an_email_is_frozen_does_not_hold_it_up(provider, monkeypatch):
    email = due_email()
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    original, results = queue.promise, iter([IntegrityError("the sign-up is gone")])

    def promise(*arguments) -> int:
        if error := next(results, None):
            raise error
        return original(*arguments)

    monkeypatch.setattr(queue, "promise", promise)
    tick("test")
    assert statuses() == [Status.ACCEPTED]


def test_handle_new_signups_leaves_due_emails_alone_and_sends_what_is_queued(provider):
    email = due_email()
    person = factories.signup(sequence=email.sequence)
    call_command("handle_new_signups")
    assert [address for address, _ in provider.accepted] == [person.email]
    email.refresh_from_db()
    assert email.state == Email.State.SCHEDULED
    call_command("send_scheduled_mail")
    assert len(provider.accepted) == 2


def test_content_and_audience_are_frozen_when_due(provider):
    email = due_email(html="<p>first words</p>")
    stays = factories.signup(sequence=email.sequence, welcomed=clock.now())
    leaves = factories.signup(sequence=email.sequence, welcomed=clock.now())
    provider.answers = [Outcome(Answer.LATER, "busy", wait=60)]
    tick("test")
    Email.objects.filter(pk=email.pk).update(html="<p>other words</p>")
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    Signup.objects.filter(pk=leaves.pk).update(left=clock.now())
    Delivery.objects.update(not_before=clock.now())
    tick("test")
    assert [address for address, _ in provider.accepted] == [stays.email]
    assert "first words" in provider.text()
    assert Delivery.objects.get(signup=leaves).reason == "Left the course before it was sent."


def test_groups_reaches_current_members_only_with_replies_to_the_group(provider):
    run = factories.sequence()
    people = [factories.signup(sequence=run, welcomed=clock.now(), wants_group=not n) for n in range(3)]
    group = factories.group(people[0], people[1])
    group.memberships.filter(signup=people[1]).update(left=clock.now())
    due_email(sequence=run, audience="groups", html="<p>Write to {{ group_address }} ({{ group_name }})</p>")
    tick("test")
    assert [address for address, _ in provider.accepted] == [people[0].email]
    assert f"Write to {group.address} ({group.name})" in provider.text()
    letter, (recipient,), _ = provider.calls[0]
    assert letter.reply_to == "{{ group_address|organisers@mooc.localhost }}"
    assert recipient.values["group_address"] == group.address


def test_batches_hold_so_many_and_name_each_address_once(provider, settings):
    settings.MAIL_BATCH_SIZE = 2
    email = due_email()
    for _ in range(5):
        factories.signup(sequence=email.sequence, welcomed=clock.now())
    tick("test")
    assert [len(recipients) for _, recipients, _ in provider.calls] == [2, 2, 1]
    assert len({message_id for _, _, message_id in provider.calls}) == 3
    assert len(set(provider.accepted)) == 5


def test_two_messages_of_one_kind_to_one_address_go_in_two_calls(provider):
    person = factories.signup(welcomed=clock.now())
    for _ in range(2):
        LinkRequest.objects.create(kind=LinkRequest.Kind.UNSUBSCRIBE, signup=person)
    tick("test")
    assert [len(recipients) for _, recipients, _ in provider.calls] == [1, 1]


def test_headers_let_mail_programs_leave_by_one_press(provider, client):
    email = due_email()
    person = factories.signup(sequence=email.sequence, welcomed=clock.now())
    tick("test")
    letter, (recipient,), message_id = provider.calls[0]
    link = recipient.values["one_click_url"]
    assert letter.headers["List-Unsubscribe"] == "<{{ one_click_url }}>"
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.headers["List-Id"].startswith(f"<run-{email.sequence.pk}.list-id.")
    assert letter.headers["List-Post"] == "NO"
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert "@" in letter.reply_to
    assert message_id.endswith("@mooc.localhost")
    client.post(link.partition("8000")[2], {"List-Unsubscribe": "One-Click"})
    person.refresh_from_db()
    assert person.left
    for part in (letter.html, letter.text):
        assert "{{ unsubscribe_url }}" in part


def test_an_unclear_answer_is_kept_as_unsure_and_never_sent_again(provider):
    email = due_email()
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    provider.answers = [Outcome(Answer.UNSURE, "502 Bad Gateway")]
    for _ in range(3):
        tick("test")
    assert len(provider.calls) == 1
    assert Delivery.objects.get().status == Status.UNSURE
    assert Delivery.objects.get().reason == "502 Bad Gateway"


def test_a_worker_that_died_leaves_unsure_rows_after_its_lease(provider):
    email = due_email()
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    row = factories.delivery(email=email, status=Status.SENDING)
    row.batch = Batch.objects.create(
        bundle=row.bundle, transport="x", message_id="m", size=1, claimed=clock.now() - HOUR, lease_until=clock.now()
    )
    row.save()
    tick("test")
    row.refresh_from_db()
    assert row.status == Status.UNSURE
    assert "stopped before" in row.reason


def test_too_little_lease_gives_the_batch_back_without_a_call(provider, settings):
    email = due_email()
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    settings.MAIL_LEASE_SECONDS = settings.MAIL_TIMEOUT_SECONDS / 2
    tick("test")
    assert provider.calls == []
    assert statuses() == [Status.QUEUED]


def test_a_refusal_stops_the_run_says_why_and_loses_nothing(provider):
    email = due_email()
    factories.signup(sequence=email.sequence)
    provider.answers = [Outcome(Answer.STOP, "Forbidden: is the key right?")]
    with pytest.raises(CommandError, match="is the key right"):
        call_command("send_scheduled_mail")
    assert len(provider.calls) == 1
    assert statuses() == [Status.QUEUED, Status.QUEUED]
    assert "is the key right" in Tick.objects.get().error
    call_command("send_scheduled_mail")
    assert statuses() == [Status.ACCEPTED, Status.ACCEPTED]
    assert Tick.objects.get().error == ""


def test_one_bad_address_fails_alone(provider, monkeypatch):
    email = due_email()
    people = [factories.signup(sequence=email.sequence, welcomed=clock.now()) for _ in range(7)]
    bad = people[3].email

    def strict(letter, recipients, message_id, progress):
        if any(one.address == bad for one in recipients):
            return Outcome(Answer.BAD_ADDRESS, "'to' parameter is not a valid address")
        provider.accepted += [(one.address, "") for one in recipients]
        return Outcome(Answer.ACCEPTED)

    monkeypatch.setattr(provider, "send", strict)
    tick("test")
    assert sorted(address for address, _ in provider.accepted) == sorted(p.email for p in people if p.email != bad)
    assert Delivery.objects.get(status=Status.FAILED).address == bad
    email.refresh_from_db()
    assert email.state == Email.State.SENT


def test_later_means_later(provider):
    email = due_email()
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    provider.answers = [Outcome(Answer.LATER, "slow down", wait=120)]
    tick("test")
    row = Delivery.objects.get()
    assert row.status == Status.QUEUED
    assert 100 < (row.not_before - clock.now()).total_seconds() <= 120
    tick("test")
    assert len(provider.calls) == 1


def test_without_a_provider_everything_waits_and_says_so(settings):
    settings.MAIL_TRANSPORT = "none"
    email = due_email()
    factories.signup(sequence=email.sequence)
    with pytest.raises(CommandError, match="MAILGUN_API_KEY"):
        call_command("send_scheduled_mail")
    assert statuses() == [Status.QUEUED, Status.QUEUED]
    assert "MAILGUN_API_KEY" in Tick.objects.get().error


def test_a_dry_run_counts_and_changes_nothing(provider, capsys):
    email = due_email()
    factories.signup(sequence=email.sequence)
    call_command("send_scheduled_mail", "--dry-run")
    said = capsys.readouterr().out
    assert "e-mails due 1" in said
    assert "welcomes 1" in said
    assert not Delivery.objects.exists()
    assert not Tick.objects.exists()
    assert outlook(freeze=False).counts["e-mails due"] == 0


def test_an_email_too_large_goes_back_to_its_author(provider):
    email = due_email(html=f"<p>{'bread ' * 30_000}</p>")
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    tick("test")
    email.refresh_from_db()
    assert email.state == Email.State.DRAFT
    assert "102" in email.problem
    assert provider.calls == []


def test_authors_cannot_run_template_code_nor_the_providers_variables(provider):
    wicked = "{% load static %}{{ settings.SECRET_KEY }} {{ 7|add:7 }} %recipient.name% %unsubscribe_url%"
    email = due_email(subject=wicked, html=f"<p>{wicked}</p>")
    factories.signup(sequence=email.sequence, welcomed=clock.now())
    tick("test")
    assert provider.accepted[0][1] == wicked
    assert wicked in provider.text()


def test_a_test_message_goes_out_with_sample_values(provider):
    run = factories.sequence(title="Bread")
    send_test(run, "Week one", "<p>Hello {{ name }}</p>", "", "me@example.org", factories.staff())
    tick("test")
    assert provider.accepted == [("me@example.org", "[Test] Week one")]
    assert "Hello Alex Example" in provider.text()
    assert Email.objects.get().state == Email.State.TEST


def test_sql_statements_per_batch_do_not_grow_with_its_size(provider):
    counts = []
    tick("test")  # the first one makes the row that the others update
    for size in (3, 60):
        email = due_email(html="<p>{{ name }} {{ group_name }} {{ goal }}</p>")
        factories.question(sequence=email.sequence)
        for _ in range(size):
            factories.signup(sequence=email.sequence, welcomed=clock.now())
        with CaptureQueriesContext(connection) as queries:
            tick("test")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(provider.accepted) == 63


def test_the_worker_does_one_round_and_goes_on_after_a_fault(provider, monkeypatch, caplog, capsys):
    factories.signup()
    call_command("run_worker", "--once")
    assert "accepted 1" in capsys.readouterr().out

    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("mailing.queue.queue_links", broken)
    call_command("run_worker", "--once")
    assert "the disk is full" in caplog.text
    assert "the disk is full" in Tick.objects.get().error
