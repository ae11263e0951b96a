"""Where numbers lead: to the comments and answers that they count, here and on FutureLearn's site."""

from django.conf import settings
from django.urls import reverse

from dashboard_import.models import CourseRun
from dashboard_import.stats.pooling import Shown


def reading(run: Shown, **query: object) -> str:
    """Return the address where a run's comments are read; `query` says which, such as `step="2.5"`.

    Those of all runs together are read nowhere: then it is empty.
    """
    if not isinstance(run, CourseRun):
        return ""
    return reverse("stats_comments", args=[run.slug, run.number], query=query)


def answering(run: Shown, survey: str, **query: object) -> str:
    """Return the address where a run's answers to a survey are read; `query` says which, such as `week=2`.

    Those of all runs together are read nowhere: then it is empty.
    """
    if not isinstance(run, CourseRun):
        return ""
    return reverse("stats_answers", args=[run.slug, run.number, survey], query=query)


def on_futurelearn(run: CourseRun, comment: int) -> str:
    """Return the address of a comment on FutureLearn's site."""
    return f"{settings.FUTURELEARN_URL}/courses/{run.slug}/{run.number}/comments/{comment}"
