"""The course whose groups are in upheaval."""

import datetime
import random

from django.utils import timezone as clock

from sequence.models import Sequence
from signup.models import Question, Signup

DAY = datetime.timedelta(days=1)
ZONES = {
    "Europe/London": 16, "Europe/Berlin": 13, "Europe/Athens": 7, "America/New_York": 12, "America/Chicago": 7,
    "America/Los_Angeles": 6, "Asia/Kolkata": 14, "Asia/Manila": 5, "America/Sao_Paulo": 4, "Australia/Sydney": 2,
    "Pacific/Auckland": 1, "Asia/Kathmandu": 0.4,
}  # fmt: skip
LEVELS = {"never": 50, "a little": 30, "often": 15, "for a living": 5}


def answers(draw: random.Random) -> dict[str, str]:
    """Return what somebody answers."""
    return {"level": draw.choices(list(LEVELS), list(LEVELS.values()))[0]}


def place(draw: random.Random) -> str:
    """Return where somebody lives."""
    return draw.choices(list(ZONES), list(ZONES.values()))[0]


def make_course(people: int, draw: random.Random) -> int:
    """Make a running course of confirmed, welcomed people who want a group; return its number."""
    now = clock.now()
    run = Sequence.objects.create(
        title="A course in upheaval", start_date=now.date() - 3 * DAY, end_date=now.date() + 40 * DAY,
        signup_close_date=now.date() + 7 * DAY,
    )  # fmt: skip
    Question.objects.create(sequence=run, key="level", label="How far?", kind="one", choices="\n".join(LEVELS))
    Signup.objects.bulk_create(
        (
            Signup(
                sequence=run, email=f"learner{number}@example.org", folded=f"learner{number}@example.org",
                name=f"Learner {number}", confirmed=now, first_confirmed=now, welcomed=now, timezone=place(draw),
                answers=answers(draw),
            )
            for number in range(people)
        ),
        batch_size=1000,
    )  # fmt: skip
    return run.pk
