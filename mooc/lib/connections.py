"""A database connection that is kept between requests may have broken meanwhile."""

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")


def on_a_live_connection(work: Callable[[], T]) -> T:
    """Return what `work` returns, which may be begun twice: where the kept connection is dead, again on a new one.

    It is for what nearly every page begins with, and takes the place of Django's own health check there, which asks
    the server once more each time. An error of a connection that still works is raised as it is, and so is one
    inside a transaction.
    """
    connection.health_check_done = True
    try:
        return work()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return work()
