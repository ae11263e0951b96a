"""Roll-ups: counts that pages of statistics read, made anew in the transaction that loads a run's rows.

Each is a function of a run, registered for the kinds of file that it reads; ours are in `dashboard_import.tallies`.
A load waits for all of its kind, and each pass over a million rows takes a third of a second: ask for several counts
in one pass.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from dashboard_import.models import CourseRun


@dataclass(frozen=True)
class Aside:
    """What Python counts by itself while the database goes on: `store` gets at the end what `count` has returned.

    `count` runs in another thread, and so must not ask the database.
    """

    count: Callable[[], Any]
    store: Callable[[Any], None]


Refresh = Callable[[CourseRun], Aside | None]
REGISTRY: dict[str, list[Refresh]] = {}


def rollup(*kinds: str) -> Callable[[Refresh], Refresh]:
    """Register a function that replaces one roll-up of a run, called when a file of one of these kinds was loaded."""

    def register(function: Refresh) -> Refresh:
        for kind in kinds:
            REGISTRY.setdefault(kind, []).append(function)
        return function

    return register


def refresh(run: CourseRun, kind: str) -> None:
    """Make all roll-ups anew that read files of this kind. Call it in the transaction that changes the rows."""
    if connection.vendor == "postgresql":
        # It cannot know yet how many rows this transaction has written and takes them for few. It would sort them all,
        # and look through one table once for each row of another.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_nestloop = off")
    with ThreadPoolExecutor(1) as pool:
        asides = filter(None, (function(run) for function in REGISTRY.get(kind, [])))
        waiting = [(aside, pool.submit(aside.count)) for aside in asides]  # each begins before the next function
        for aside, counted in waiting:
            aside.store(counted.result())


@contextmanager
def gathered(table: str, select: str, parameters: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Keep what a SELECT gives in a temporary table meanwhile.

    PostgreSQL asks several processors for it, which it does not where the rows go into a table that others can see.
    Should something fail, the end of the transaction takes the table away.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} AS {select}", parameters or {})
        yield
        cursor.execute(f"DROP TABLE {table}")


def day(column: str) -> str:
    """Return SQL for the day (UTC) of a moment in `column`, as a DateField holds it."""
    if connection.vendor == "postgresql":
        return f"({column} AT TIME ZONE 'UTC')::date"
    return f"substr({column}, 1, 10)"
