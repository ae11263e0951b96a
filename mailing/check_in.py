"""Check-ins: “How is it going?” in a message, answered by one press and without a log-in."""

import datetime

from django.db.models import Count
from django.utils import timezone as clock
from django.utils.html import escape
from django.utils.translation import gettext as _

from mailing.merge import replaced, tag
from mailing.models import CheckIn, Delivery, Email
from mooc.lib.urls import page_url
from signup.models import Signup
from signup.tokens import find_by, token_for

Answer = CheckIn.Answer
LINKS = {"on_track_url": Answer.ON_TRACK, "behind_url": Answer.BEHIND, "stuck_url": Answer.STUCK}


def put_in(html: str, text: str) -> tuple[str, str]:
    """Return both parts of a message with the question and its three links where `{{ check_in }}` stands."""
    question = _("How is it going?")
    words = [(LINKS[name].label.capitalize(), tag(name)) for name in LINKS]
    links = "<br>".join(f'<a href="{address}">{escape(word)}</a>' for word, address in words)
    lines = "\n".join(f"{word}: {address}" for word, address in words)
    return (
        replaced(html, "check_in", f"<strong>{escape(question)}</strong><br>{links}", html=True),
        replaced(text, "check_in", f"{question}\n{lines}", html=False),
    )


def _purpose(email: int) -> str:
    return f"check-in:{email}"


def links_of(delivery: Delivery) -> dict[str, str]:
    """Return the merge values of the three links for one delivery; a test message's lead nowhere in particular."""
    if delivery.signup is None or delivery.email is None:
        return dict.fromkeys(LINKS, page_url("landing"))
    token = token_for(delivery.signup, _purpose(delivery.email.pk))
    return {name: page_url("check_in", delivery.email.pk, answer, token) for name, answer in LINKS.items()}


def find(email: int, token: str) -> tuple[Email, Signup] | None:
    """Return the e-mail and the person that a link belongs to; None where it is forged or one of them is gone."""
    person = find_by(token, _purpose(email))
    row = Email.objects.filter(pk=email, sequence=person.sequence_id).first() if person else None
    return (row, person) if row else None


def check_in(email: Email, person: Signup, answer: str, now: datetime.datetime | None = None) -> None:
    """Write down what somebody says; their last word about an e-mail counts."""
    said = {"answer": answer, "said": now or clock.now()}
    CheckIn.objects.update_or_create(email=email, signup=person, defaults=said)


def counts_of(email: Email) -> list[tuple[str, int]]:
    """Return how many people gave each answer to one e-mail, in words; empty where nobody answered."""
    found = dict(CheckIn.objects.filter(email=email).order_by().values_list("answer").annotate(count=Count("pk")))
    return [(answer.label, found.get(answer, 0)) for answer in Answer] if found else []
