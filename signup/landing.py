"""The landing page and its form, made once and shown until anything on it changes."""

from html import unescape

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import get_language

from sequence.models import Sequence, title_of
from signup.courses import WAITING_FORM, Course, catalogue
from signup.forms import SignupForm

POSTS_TO = {"signup/landing.html": "signup", "signup/iframe.html": "iframe_signup"}


def landing_html(template: str, number: int | None = None) -> str | None:
    """Return the finished landing page of sequence `number`, or of the current one; None where it does not exist.

    It is the same for every visitor, so it is made once for as long as nothing on it changes.
    """
    now = clock.now()
    known = catalogue(now)
    found = known.open(now)
    if number is not None and not any(course.sequence.pk == number for course in found):
        closed = Sequence.objects.filter(pk=number).first()
        return render_to_string(template, context(template, found, closed)) if closed else None
    key = (template, number, *(course.sequence.pk for course in found), get_language(), settings.MOOC_TITLE)
    if key not in known.pages:
        picked = next((course for course in found if course.sequence.pk == number), found[0] if found else None)
        form = picked.form() if picked else WAITING_FORM()
        known.pages[key] = render_to_string(template, context(template, found, picked and picked.sequence, form))
    return known.pages[key]


def context(
    template: str, found: list[Course], sequence: Sequence | None, form: SignupForm | None = None
) -> dict[str, object]:
    """Return what the landing templates show: a course, its form (None: closed), and other courses open now."""
    return {
        "sequence": sequence,
        "title": title_of(sequence),
        "summary": summary_of(sequence.description) if sequence else "",
        "form": form,
        "opens_at": sequence.opens_at if sequence and sequence.opens_at and sequence.opens_at > clock.now() else None,
        "action": reverse(POSTS_TO[template]),
        "others": [course.sequence for course in found if course.sequence != sequence],
        "site_title": settings.MOOC_TITLE,
        "uses_outbox": settings.MAIL_TRANSPORT == "outbox",
    }


def summary_of(html: str) -> str:
    """Return the first 30 words of a landing text, as plain text: what links to the page are shown with."""
    return Truncator(unescape(strip_tags(html.replace("<", " <")))).words(30)
