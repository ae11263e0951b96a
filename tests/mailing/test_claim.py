"""What a claim takes: who is still to be written to at that very moment, one course, one mailbox, without end."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from mailing import delivery
from mailing.content import letter_of
from mailing.letters import Answer, Outcome
from mailing.models import Batch, Delivery, Suppression
from mailing.queue import queue_confirmations
from mailing.suppressing import suppress
from mailing.worker import tick
from signup.confirming import confirm
from signup.joining import join
from signup.leaving import come_back, leave
from signup.models import LinkRequest, Signup
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Status, Kind = Delivery.Status, Delivery.Kind
SAID = {"name": "", "timezone": "UTC", "wants_group": True, "answers": {}}


def test_who_left_while_a_refused_call_was_divided_is_not_in_its_parts():
    email = factories.email()
    rows = [factories.delivery(email=email) for _ in range(4)]
    whole = delivery.claim().batch
    Signup.objects.filter(pk=rows[1].signup_id).update(left=clock.now())
    delivery.forget(rows[2].address)
    parts = [delivery.part_of(whole, 2, Outcome(Answer.BAD_ADDRESS, "a bad address")) for _ in range(3)]
    assert [[row.pk for row in part.deliveries] for part in parts[:2]] == [[rows[0].pk], [rows[3].pk]]
    assert [part.skipped for part in parts[:2]] == [1, 1]
    assert parts[2] is None
    whole.refresh_from_db()
    assert (whole.outcome, whole.error) == (Batch.Outcome.SPLIT, "a bad address")


def test_a_part_is_not_taken_of_what_was_settled_meanwhile():
    row = factories.delivery()
    whole = delivery.claim().batch
    delivery.settle(whole, Outcome(Answer.ACCEPTED))
    assert delivery.part_of(whole, 1, Outcome(Answer.BAD_ADDRESS, "")) is None
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


def test_a_message_may_be_tried_for_weeks():
    row = factories.delivery(attempts=32_767 - 1)
    for _ in range(3):
        claim = delivery.claim()
        delivery.settle(claim.batch, Outcome(Answer.STOP, "Forbidden"))
    row.refresh_from_db()
    assert row.status == Status.QUEUED
    assert row.attempts <= 32_767


def test_who_moved_into_a_course_meanwhile_does_not_share_a_letter_with_those_who_still_wait(provider):
    moved, waits = (factories.signup(sequence=None, confirmed=None, asked=clock.now()) for _ in range(2))
    queue_confirmations()
    run = factories.sequence(title="Bread", signup_close_date=clock.now().date() - datetime.timedelta(days=3))
    Signup.objects.filter(pk=moved.pk).update(sequence=run)
    tick("test")
    said = {recipients[0].address: letter.subject for letter, recipients, _ in provider.calls}
    assert said[moved.email] == "Confirm your address for Bread"
    assert said[waits.email] == "Confirm your address for the next course"


def test_who_left_before_the_welcome_and_comes_back_is_welcomed(provider):
    person = factories.signup()
    provider.answers = [Outcome(Answer.LATER, "busy", wait=60)]
    tick("test")
    leave(Signup.objects.filter(pk=person.pk))
    Delivery.objects.update(not_before=clock.now())
    tick("test")
    assert Delivery.objects.get().status == Status.SKIPPED
    tick("test")
    assert provider.accepted == []
    come_back(person)
    tick("test")
    tick("test")
    assert [address for address, _ in provider.accepted] == [person.email]
    assert Delivery.objects.get().status == Status.ACCEPTED


def test_a_welcome_to_who_reported_spam_is_not_tried_again_and_again(provider):
    person = factories.signup()
    suppress(person.email, Suppression.Kind.COMPLAINT, clock.now())
    come_back(person)
    for _ in range(2):
        tick("test")
    assert provider.calls == []
    assert Signup.objects.get().welcomed
    assert Delivery.objects.get().status == Status.SKIPPED


def test_a_confirmation_that_was_not_sent_does_not_keep_the_next_one_back(provider):
    run = factories.sequence()
    person = join(run, "ada@example.org", SAID, "192.0.2.1").signup
    queue_confirmations()
    leave(Signup.objects.filter(pk=person.pk))
    tick("test")
    assert provider.calls == []
    join(run, "ada@example.org", SAID, "192.0.2.1")
    tick("test")
    assert LinkRequest.objects.get().key in provider.text()
    confirm(LinkRequest.objects.get())


def test_the_address_of_a_sign_up_that_is_gone_does_not_stay_in_the_ledger():
    row = factories.delivery()
    Signup.objects.all().delete()
    assert delivery.claim().skipped == 1
    address = row.address
    row.refresh_from_db()
    assert delivery.is_forgotten(row)
    assert delivery.belongs_to(row, address)


def test_the_same_person_may_be_forgotten_twice():
    for _ in range(2):
        row = factories.delivery(signup=factories.signup(email="ada@example.org"))
        suppress(row.address, Suppression.Kind.COMPLAINT, clock.now())
        assert delivery.forget(row.address) == 1
    assert Suppression.objects.count() == 1
    assert not Delivery.objects.filter(address__contains="ada").exists()


def test_who_leaves_the_group_after_the_claim_is_answered_by_the_organisers():
    email = factories.email(audience="groups")
    person = factories.signup(sequence=email.sequence)
    group = factories.group(person)
    factories.delivery(email=email, signup=person)
    claim = delivery.claim()
    group.memberships.update(left=clock.now())
    letter, (recipient,) = letter_of(claim.deliveries)
    assert recipient.values["group_address"] == ""
    assert letter.reply_to == "{{ group_address|organisers@mooc.localhost }}"


def test_who_is_erased_after_the_claim_gets_no_broken_link():
    factories.signup(confirmed=None, asked=clock.now())
    queue_confirmations()
    claim = delivery.claim()
    LinkRequest.objects.all().delete()
    _letter, (recipient,) = letter_of(claim.deliveries)
    assert recipient.values["confirm_url"] == "http://127.0.0.1:8000/"


def test_a_claim_reads_what_waits_and_not_all_that_was_ever_sent():
    email = factories.email()
    person = factories.signup(sequence=email.sequence)
    made = {"email": email, "signup": person, "kind": Kind.EMAIL, "bundle": "email:1"}
    rows = [Delivery(key=f"email:{number}", address=f"p{number}@example.org", **made) for number in range(3000)]
    Delivery.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    Delivery.objects.filter(pk__lte=Delivery.objects.order_by("-pk").first().pk - 5).update(status=Status.ACCEPTED)
    with CaptureQueriesContext(connection) as queries:
        delivery.claim()
    looks = [query["sql"] for query in queries if "LIMIT" in query["sql"] and "not_before" in query["sql"]][:2]
    with connection.cursor() as cursor:
        for sql in looks:
            cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN'} {sql}")
            plan = str(cursor.fetchall())
            assert "delivery_next" in plan or "delivery_of_bundle" in plan, plan
            assert "pkey" not in plan
    assert len(looks) == 2
