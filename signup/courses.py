"""The courses that can be joined, with their forms, kept in memory as long as the database says the same."""

import datetime
import time
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from django.db import connection
from django.utils import timezone as clock

from mooc.lib.connections import on_a_live_connection
from sequence.models import Sequence
from signup.forms import SignupForm, form_class
from signup.models import Question

# Everything that a page or a form shows of a course; one row for each of its questions.
SHOWN = (
    "pk", "date_updated", "timezone", "signup_open_date", "signup_close_date", "title", "start_date", "end_date",
    "description", "mail_plan", "confirm_addresses", "questions__pk", "questions__label", "questions__key",
    "questions__kind", "questions__choices", "questions__required", "questions__help_text", "questions__position",
)  # fmt: skip
DAY = datetime.timedelta(days=1)
FRESH_SECONDS = 1  # a crowd costs the database one query a second; what organisers change is seen that much later
NEVER = float("-inf")


@dataclass
class Course:
    """One course and its questions, as they are in the database now."""

    sequence: Sequence
    questions: tuple[Question, ...]

    @cached_property
    def form(self) -> type[SignupForm]:
        """The class of its sign-up form."""
        return form_class(SignupForm, self.sequence, self.questions, guess=True)


@dataclass
class Catalogue:
    """The courses whose closing day has not passed everywhere on earth, and pages made of them."""

    rows: list[tuple]
    courses: list[Course]
    pages: dict[tuple, str] = field(default_factory=dict)
    asked: float = NEVER  # when the database was asked last, on the monotonic clock, in seconds

    def open(self, now: datetime.datetime) -> list[Course]:
        """The courses that take sign-ups at `now`, first start first."""
        return [course for course in self.courses if course.sequence.is_open(now)]


WAITING_FORM = form_class(SignupForm, None, (), guess=True)
_last = Catalogue([], [])


def catalogue(now: datetime.datetime | None = None) -> Catalogue:
    """Return what can be joined, as the database had it at most FRESH_SECONDS ago.

    One query, whose SQL is made once, sees whether what is in memory is still true.
    """
    global _last  # noqa: PLW0603  (replaced whole, so every thread sees the old one or the new one)
    asking = time.monotonic()
    if asking - _last.asked < FRESH_SECONDS:
        return _last
    first = ((now or clock.now()) - DAY).date()
    rows = on_a_live_connection(lambda: _rows(first))
    if rows != _last.rows:
        _last = Catalogue(rows, _courses(first))
    _last.asked = asking
    return _last


def forget() -> None:
    """Ask the database next time."""
    _last.asked = NEVER


def _rows(first: datetime.date) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_select(connection.vendor), [connection.ops.adapt_datefield_value(first)])
        return cursor.fetchall()


@lru_cache
def _select(_vendor: str) -> str:
    near = Sequence.objects.filter(signup_close_date__gte=datetime.date.min)
    shown = near.order_by("start_date", "pk", "questions__position", "questions__pk").values_list(*SHOWN)
    return shown.query.sql_with_params()[0]


def _courses(first: datetime.date) -> list[Course]:
    near = Sequence.objects.filter(signup_close_date__gte=first).order_by("start_date", "pk")
    return [Course(course, tuple(course.questions.all())) for course in near.prefetch_related("questions")]
