"""The course that is tortured: thousands of learners, some with bad addresses, and e-mails that become due."""

import datetime
import random
from dataclasses import dataclass, field

from django.utils import timezone as clock

from mailing.models import Email
from sequence.models import Sequence
from signup.models import Signup

DAY = datetime.timedelta(days=1)
BAD = 4  # learners whose address the provider calls malformed
EMAILS = 4
HTML = "<p>Hello {{ first_name|there }}, this is part of {{ course }}. Your page: {{ my_page_url }}</p>"


@dataclass(frozen=True)
class Course:
    """The rows that a run begins with. `people` are the ids of the sign-ups by address, folded."""

    sequence: Sequence
    emails: list[Email]
    bad: set[str]
    people: dict[str, int] = field(repr=False)


def make_course(learners: int, seconds: float, draw: random.Random) -> Course:
    """Make a course of confirmed, welcomed learners, with e-mails that become due within `seconds`."""
    now = clock.now()
    sequence = Sequence.objects.create(
        title="A course under torture", start_date=now.date() + 7 * DAY, end_date=now.date() + 60 * DAY,
        signup_close_date=now.date() + 7 * DAY,
    )  # fmt: skip
    rows = []
    for number in range(learners):
        address = f"learner{number}@example.org"
        spelt = address.title() if draw.random() < 0.1 else address
        rows.append(
            Signup(
                sequence=sequence, email=spelt, folded=address, name=f"Learner {number}", confirmed=now,
                first_confirmed=now, welcomed=now,
            )
        )  # fmt: skip
    Signup.objects.bulk_create(rows, batch_size=1000)
    bad = {rows[number].folded for number in draw.sample(range(learners), BAD)}
    emails = [
        Email.objects.create(
            sequence=sequence, subject=f"Part {part + 1}", html=HTML, state=Email.State.SCHEDULED,
            scheduled_for=now + datetime.timedelta(seconds=0.2 + 0.8 * seconds * part / EMAILS),
        )
        for part in range(EMAILS)
    ]  # fmt: skip
    return Course(sequence, emails, bad, dict(Signup.objects.values_list("folded", "pk")))
