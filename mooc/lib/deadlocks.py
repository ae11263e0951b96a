"""Two transactions that wait for each other: PostgreSQL ends one of them, and that one can simply be done again."""

from collections.abc import Callable
from functools import wraps

from django.db import OperationalError, connection

DEADLOCK = "40P01"  # SQLSTATE; SQLite has one writer at a time and so no deadlocks


def once_more_after_deadlock(do: Callable) -> Callable:
    """Do a whole transaction a second time where the database ended the first because of a deadlock."""

    @wraps(do)
    def again(*args, **kwargs):
        try:
            return do(*args, **kwargs)
        except OperationalError as error:
            if connection.in_atomic_block or getattr(error.__cause__, "pgcode", "") != DEADLOCK:
                raise
            return do(*args, **kwargs)

    return again
