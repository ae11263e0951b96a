"""How long the forming page and the making of groups take; run inside `manage.py shell` by bench_groups."""

import datetime
import json
import time
from pathlib import Path

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone as clock

from benchmarks.bench_groups import ANSWERS, people
from groups import forming
from sequence.models import Sequence, create_sequence
from signup.models import Question, Signup

ZONES = (
    "Europe/London", "Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/New_York",
    "America/Chicago", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kolkata", "Africa/Lagos", "Asia/Manila",
    "America/Sao_Paulo", "Australia/Sydney",
)  # fmt: skip


def measure(count: int, path: str) -> None:
    """Write {"page": seconds, "commit": seconds} for a course run of so many people to a file."""
    run = _course(count)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.create_superuser("organiser"), "django.contrib.auth.backends.ModelBackend")
    pages = []
    for _ in range(5):
        began = time.process_time()
        answer = client.get(f"/admin/groups/group/forming/{run.pk}/", secure=True)
        pages.append(time.process_time() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"The page answered {answer.status_code}.")
    began = time.perf_counter()
    forming.commit(forming.rules_of(run))
    commit = time.perf_counter() - began
    Path(path).write_text(json.dumps({"page": sorted(pages)[2], "commit": commit}))


def _course(count: int) -> Sequence:
    """Make the course run with its people."""
    start = clock.now().date() + datetime.timedelta(days=7)
    made = create_sequence(start, start, "A large course")
    for number, kinds in enumerate(ANSWERS):
        Question.objects.create(
            sequence=made, key=f"q{number}", label=f"Question {number}", kind="one", choices="\n".join(kinds)
        )
    Signup.objects.bulk_create(
        (
            Signup(
                sequence=made, email=f"learner{one.id}@example.org", name=f"Learner {one.id}", confirmed=clock.now(),
                timezone=ZONES[one.id % len(ZONES)],
                answers={f"q{number}": answer for number, answer in enumerate(one.answers)},
            )
            for one in people(count)
        ),
        batch_size=2000,
    )  # fmt: skip
    return made
