"""Roll-ups: counts that pages of statistics read, made anew in the transaction that loads a run's rows.

Each is a function of a run, registered for the kinds of file that it reads. A load waits for all of its kind, and
each pass over a million rows takes a third of a second: ask for several counts in one pass.
"""

from collections.abc import Callable, Sequence

from django.db import connection, models

from dashboard_import.models import CourseRun, StepActivity, StepDay

Refresh = Callable[[CourseRun], None]
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
    for function in REGISTRY.get(kind, []):
        function(run)


def fill(model: type[models.Model], run: CourseRun, fields: Sequence[str], select: str) -> None:
    """Replace what `model` holds of `run` by what a SELECT gives, a column for each of `fields`.

    `select` is our own SQL; `%(run)s` in it stands for the run's id.
    """
    model.objects.filter(run=run).delete()
    quote = connection.ops.quote_name
    names = ", ".join(quote(model._meta.get_field(name).column) for name in ("run", *fields))
    rows = f"SELECT %(run)s AS run_id, rolled.* FROM ({select}) AS rolled"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {rows}", {"run": run.pk})


def day(column: str) -> str:
    """Return SQL for the day (UTC) of a moment in `column`, as a DateField holds it."""
    if connection.vendor == "postgresql":
        return f"({column} AT TIME ZONE 'UTC')::date"
    return f"substr({column}, 1, 10)"


@rollup("step_activity")
def steps_per_day(run: CourseRun) -> None:
    """Count first visits and completions of each step on each day."""
    table = StepActivity._meta.db_table
    counted = " UNION ALL ".join(
        f"SELECT week, step, {day(column)} AS day, {visited} AS visited, {completed} AS completed"  # noqa: S608
        f" FROM {table} WHERE run_id = %(run)s AND {column} IS NOT NULL GROUP BY 1, 2, 3"
        for column, visited, completed in (
            ("first_visited_at", "count(*)", "0"),
            ("last_completed_at", "0", "count(*)"),
        )
    )
    fill(
        StepDay, run, ("week", "step", "day", "visited", "completed"),
        f"SELECT week, step, day, sum(visited), sum(completed) FROM ({counted}) AS counted GROUP BY week, step, day",  # noqa: S608
    )  # fmt: skip
