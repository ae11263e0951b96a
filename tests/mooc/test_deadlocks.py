"""A deadlock is retried once."""

import threading

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone as clock

from mooc.lib.deadlocks import DEADLOCK, once_more_after_deadlock
from signup.models import Signup
from tests import factories


class DriverError(Exception):
    """What the driver raises under Django's own error."""

    def __init__(self, pgcode: str):
        self.pgcode = pgcode


def failing(times: int, code: str):
    """Return a function that fails so often, decorated, and the list of its calls."""
    calls = []

    @once_more_after_deadlock
    def work() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise OperationalError from DriverError(code)
        return "done"

    return work, calls


@pytest.mark.django_db(transaction=True)
def test_once_and_only_after_a_deadlock():
    work, calls = failing(1, DEADLOCK)
    assert work() == "done"
    assert len(calls) == 2
    for times, code, tried in ((2, DEADLOCK, 2), (1, "57P01", 1)):
        work, calls = failing(times, code)
        with pytest.raises(OperationalError):
            work()
        assert len(calls) == tried


@pytest.mark.django_db(transaction=True)
def test_not_inside_a_larger_transaction_which_is_broken_by_then():
    work, calls = failing(1, DEADLOCK)
    with pytest.raises(OperationalError), transaction.atomic():
        work()
    assert len(calls) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time and so no deadlocks")
def test_two_who_lock_the_same_rows_in_opposite_orders_both_get_done():
    one, two = factories.signup(), factories.signup()
    both_hold_one = threading.Barrier(2)
    errors, tries = [], []

    def locks(first: Signup, second: Signup) -> None:
        @once_more_after_deadlock
        @transaction.atomic
        def work() -> None:
            tries.append(first.pk)
            Signup.objects.filter(pk=first.pk).update(left=clock.now())
            if len(tries) <= 2:
                both_hold_one.wait(20)
            Signup.objects.filter(pk=second.pk).update(left=clock.now())

        try:
            work()
        except OperationalError as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=locks, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert len(tries) == 3  # one of them was ended, and done again
