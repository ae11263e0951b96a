"""Where numbers lead: to the comments and answers that they count, here and on FutureLearn's site."""

import datetime

from django.conf import settings
from django.urls import reverse

from dashboard_import.models import CourseRun
from dashboard_import.stats.pooling import Shown
from dashboard_import.stats.registry import Seen


def of_run(view: str, run: Shown, *args: str, **query: object) -> str:
    """Return the address of a page of one run; empty for all runs together, of which there is no such page."""
    return reverse(view, args=[run.slug, run.number, *args], query=query) if isinstance(run, CourseRun) else ""


def reading(run: Shown, **query: object) -> str:
    """Return the address where a run's comments are read; `query` says which, such as `step="2.5"`."""
    return of_run("stats_comments", run, **query)


def on_step(one: Seen, step: str) -> str:
    """Return the address of what was written on a step; nothing where there is no step."""
    return reading(one.numbers.run, step=step) if step else ""


def on_week(one: Seen, week: str) -> str:
    """Return the address of what was written on the steps of a week."""
    return reading(one.numbers.run, week=week)


def on_day(one: Seen, day: datetime.date) -> str:
    """Return the address of what was written on a day (UTC); nothing where days are no dates."""
    return "" if one.numbers.in_days else reading(one.numbers.run, day=day)


def answering(run: Shown, survey: str, **query: object) -> str:
    """Return the address where a run's answers to a survey are read; `query` says which, such as `week=2`."""
    return of_run("stats_answers", run, survey, **query)


def answering_before(run: Shown, **query: object) -> str:
    """Return the address where a run's survey before it is read; `query` says whose answers, such as `question=…`."""
    return of_run("stats_precourse", run, **query)


def on_futurelearn(run: CourseRun, comment: int) -> str:
    """Return the address of a comment on FutureLearn's site."""
    return f"{settings.FUTURELEARN_URL}/courses/{run.slug}/{run.number}/comments/{comment}"
