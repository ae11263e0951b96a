"""The landing page and its form, kept ready in memory until anything on it changes."""

import datetime
import hashlib

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import get_language

from sequence.models import Sequence, title_of
from signup.forms import SignupForm
from signup.models import Question

# Everything that a page shows of a course and its questions; one row a question.
SHOWN = (
    "pk", "timezone", "signup_open_date", "signup_close_date", "date_updated", "title", "start_date", "end_date",
    "description", "mail_plan", "questions__pk", "questions__label", "questions__key", "questions__kind",
    "questions__choices", "questions__required", "questions__help_text", "questions__position",
)  # fmt: skip
KEEP = 3600  # seconds
POSTS_TO = {"signup/landing.html": "signup", "signup/iframe.html": "iframe_signup"}


def near(now: datetime.datetime) -> QuerySet[Sequence]:
    """The sequences whose closing day has not passed everywhere on earth."""
    return Sequence.objects.filter(signup_close_date__gte=now.date() - datetime.timedelta(days=1))


def landing_html(template: str, number: int | None = None, now: datetime.datetime | None = None) -> str | None:
    """Return the finished landing page of sequence `number`, or of the current one; None where it does not exist.

    One query sees whether a page made earlier still tells the truth. The page is the same for every visitor.
    """
    now = now or clock.now()
    wanted = near(now) | Sequence.objects.filter(pk=number) if number else near(now)
    rows = list(wanted.order_by("start_date", "pk", "questions__position", "questions__pk").values_list(*SHOWN))
    if number and not any(row[0] == number for row in rows):
        return None
    open_now = [pk for pk, dates in {row[0]: row[1:4] for row in rows}.items() if _is_open(dates, now)]
    stamp = repr((template, number, open_now, rows, get_language(), settings.MOOC_TITLE))
    key = f"landing:{hashlib.sha256(stamp.encode()).hexdigest()}"
    page = cache.get(key)
    if page is None:
        page = render_to_string(template, context(template, number, open_now, None))
        cache.set(key, page, KEEP)
    return page


def _is_open(dates: tuple, now: datetime.datetime) -> bool:
    timezone, opens, closes = dates
    return Sequence(timezone=timezone, signup_open_date=opens, signup_close_date=closes).is_open(now)


def context(template: str, number: int | None, open_now: list[int], form: SignupForm | None) -> dict[str, object]:
    """Return what the landing templates show: the sequence, its form, and other courses open at the same time."""
    wanted = [*open_now, number] if number else open_now
    courses = {course.pk: course for course in Sequence.objects.filter(pk__in=wanted)}
    pick = number or (open_now[0] if open_now else None)
    sequence = courses.get(pick)
    is_open = sequence is None or pick in open_now
    if form is None and is_open:
        form = form_for(sequence)
    return {
        "sequence": sequence,
        "title": title_of(sequence),
        "form": form if is_open else None,
        "action": reverse(POSTS_TO[template]),
        "others": [courses[pk] for pk in open_now if pk != pick],
        "site_title": settings.MOOC_TITLE,
        "uses_outbox": settings.MAIL_TRANSPORT == "outbox",
    }


def form_for(sequence: Sequence | None, data=None) -> SignupForm:
    """Return the sign-up form of a sequence, or of the waiting list."""
    questions = Question.objects.filter(sequence=sequence) if sequence else []
    return SignupForm(data, sequence=sequence, questions=questions)
