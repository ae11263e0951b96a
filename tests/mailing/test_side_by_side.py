"""Two who touch the same rows at the same instant: neither fails, and neither loses what the other wrote."""

import datetime
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.utils import timezone as clock

from mailing import delivery, queue
from mailing.letters import Answer, Outcome
from mailing.models import Batch, Delivery, Email
from mailing.scheduling import unschedule
from signup.erasing import erase
from signup.leaving import leave_everything
from signup.models import Signup
from signup.waiting import move_one_batch
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Status = Delivery.Status
LONG_ENOUGH = 0.5  # seconds in which the other one gets as far as it can


@contextmanager
def half_way(step):
    """Run `step` in a thread of its own; it meets whatever this thread's open transaction has locked."""
    errors = []

    def run():
        try:
            step()
        except Exception as error:  # noqa: BLE001  (a thread's failure must reach the test)
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        yield lambda: (thread.start(), time.sleep(LONG_ENOUGH))
    thread.join(30)
    assert errors == []
    assert not thread.is_alive()


def test_an_answer_that_comes_as_the_lease_ends_is_written_down():
    row = factories.delivery()
    claim = delivery.claim()
    assert delivery.begin(claim)
    batch = claim.batch
    later = clock.now() + datetime.timedelta(hours=1)
    with half_way(lambda: delivery.settle(batch, Outcome(Answer.ACCEPTED))) as go:
        Batch.objects.select_for_update().get()
        go()
        assert delivery.expire_leases(later) == 1
    row.refresh_from_db()
    assert (row.status, Batch.objects.get().outcome) == (Status.ACCEPTED, Batch.Outcome.ACCEPTED)


def test_leaving_does_not_wait_for_messages_that_are_being_queued():
    first = factories.signup(email="ada@example.org")
    second = factories.signup(email="Ada@example.org")
    with half_way(lambda: leave_everything("ada@example.org")) as go:
        factories.delivery(signup=second)
        connection.check_constraints()
        go()
        factories.delivery(signup=first)
        connection.check_constraints()
    assert not Signup.objects.live().exists()
    assert Delivery.objects.count() == 2


def test_the_waiting_list_moves_while_a_message_to_one_of_them_is_claimed():
    run = factories.sequence()
    factories.signup(sequence=run, email="ada@example.org")
    waiting = factories.signup(sequence=None, email="Ada@example.org")
    row = factories.delivery(email=None, signup=waiting, kind=Delivery.Kind.LINK)
    with half_way(move_one_batch) as go:
        Delivery.objects.select_for_update().get(pk=row.pk)
        go()
        Signup.objects.select_for_update(no_key=True).get(pk=waiting.pk)
    assert Signup.objects.live().get().sequence == run


def test_somebody_is_erased_while_an_email_to_them_becomes_due():
    email = factories.email(scheduled_for=clock.now())
    person = factories.signup(sequence=email.sequence, email="ada@example.org")
    with half_way(lambda: erase(person.email)) as go:
        queue.freeze_one()
        connection.check_constraints()
        go()
    assert not Signup.objects.exists()
    assert Delivery.objects.get().signup is None
    assert delivery.claim().batch is None
    assert Delivery.objects.get().status == Status.SKIPPED
    assert "ada" not in Delivery.objects.get().address


def test_somebody_erases_themselves_on_their_page_while_an_email_to_them_becomes_due(client):
    email = factories.email(scheduled_for=clock.now())
    person = factories.signup(sequence=email.sequence, email="ada@example.org")
    answers = []
    with half_way(lambda: answers.append(client.post(f"/me/{person.key}/erase/"))) as go:
        queue.freeze_one()
        connection.check_constraints()
        go()
    assert answers[0].status_code == 200
    row = Delivery.objects.get()
    assert (row.status, row.signup, delivery.is_forgotten(row)) == (Status.SKIPPED, None, True)


def test_an_email_becomes_due_while_somebody_in_its_audience_is_erased():
    email = factories.email(scheduled_for=clock.now())
    person = factories.signup(sequence=email.sequence)
    stays = factories.signup(sequence=email.sequence)
    with half_way(queue.freeze_one) as go:
        erase(person.email)
        go()
    assert [row.signup for row in Delivery.objects.all()] == [stays]


def test_an_email_that_is_being_unscheduled_does_not_become_due():
    email = factories.email(scheduled_for=clock.now())
    factories.signup(sequence=email.sequence)
    with half_way(queue.freeze_one) as go:
        unschedule(email)
        go()
    assert Email.objects.get().state == Email.State.DRAFT
    assert not Delivery.objects.exists()


def test_two_workers_never_claim_the_same_message():
    email = factories.email()
    rows = [factories.delivery(email=email) for _ in range(6)]
    claims = []
    with half_way(lambda: claims.append(delivery.claim())) as go:
        claims.append(delivery.claim(size=4))
        go()
    taken = [row.pk for claim in claims if claim for row in claim.deliveries]
    assert sorted(taken) == [row.pk for row in rows]
