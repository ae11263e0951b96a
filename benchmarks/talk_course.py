"""A course whose groups talk, for the benchmark of talking. Imported with settings."""

import datetime
import statistics
import time

from django.utils import timezone as clock

from groups.models import Group, Membership, Post
from groups.talking import write
from mailing.models import Batch, Email
from sequence.models import create_sequence
from signup.models import Signup

PEOPLE, SIZE = 14_000, 28
PATIENCE = 900  # seconds


def fill(groups: int) -> dict[str, int]:
    """Make a course run with PEOPLE in it, of whom the first are in so many groups of SIZE."""

    today, now = clock.now().date(), clock.now()
    run = create_sequence(today, today + datetime.timedelta(days=7), "Bread for beginners")
    seen = {"confirmed": now, "first_confirmed": now, "welcomed": now}
    people = Signup.objects.bulk_create(
        (
            Signup(sequence=run, email=f"learner{number}@example.org", name=f"Ada {number}", **seen)
            for number in range(max(PEOPLE, groups * SIZE))
        ),
        batch_size=1000,
    )
    made = Group.objects.bulk_create(
        Group(sequence=run, number=number, name=f"Group {number}", address=f"group-{run.pk}-{number}@example.org")
        for number in range(1, groups + 1)
    )
    Membership.objects.bulk_create(
        Membership(group=group, signup=person, told=now)
        for place, group in enumerate(made)
        for person in people[place * SIZE : (place + 1) * SIZE]
    )
    return {"sequence": run.pk}


def lesson(sequence: int) -> dict[str, int]:
    """Let a message to everybody be due now."""

    made = Email.objects.create(
        sequence_id=sequence, subject="Week one", html="<p>Hello {{ first_name|there }}, we begin.</p>",
        state=Email.State.SCHEDULED, scheduled_for=clock.now(),
    )  # fmt: skip
    return {"email": made.pk}


def talk(seconds: int, posts: int) -> dict[str, float]:
    """Write so many posts in so many seconds, evenly, to one group after the other; wait until all have gone."""

    authors = [
        member.signup for member in Membership.objects.order_by("group", "pk").select_related("signup")
    ][::SIZE]  # fmt: skip
    groups = list(Group.objects.select_related("sequence").order_by("pk"))
    first = Post.objects.count()
    begun = time.monotonic()
    for number in range(posts):
        time.sleep(max(0.0, begun + number * seconds / posts - time.monotonic()))
        place = number % len(groups)
        write(groups[place], authors[place], f"Post {number}.", "page", origin=f"{first + number}")
    return _waits(posts, first)


def _waits(posts: int, first: int) -> dict[str, float]:

    patience = time.monotonic() + PATIENCE
    found: dict[str, datetime.datetime] = {}
    while len(found) < posts and time.monotonic() < patience:
        time.sleep(0.5)
        done = Batch.objects.filter(bundle__startswith="post:", outcome=Batch.Outcome.ACCEPTED)
        found = dict(done.values_list("bundle", "finished"))
        mine = {f"post:{post.pk}": post.made for post in Post.objects.order_by("pk")[first:]}
        found = {bundle: found[bundle] for bundle in mine if bundle in found}
    waits = sorted((found[bundle] - mine[bundle]).total_seconds() for bundle in found)
    calls = Batch.objects.filter(bundle__in=mine)
    spent = sum((call.finished - call.claimed).total_seconds() for call in calls)
    last = Email.objects.order_by("-pk").first()
    took = (last.sent_at - last.frozen_at).total_seconds() if last and last.sent_at else -1.0
    return {
        "gone": len(waits), "spent": spent, "median": statistics.median(waits), "worst": waits[-1], "lesson": took,
        "tail": statistics.median(waits[-max(len(waits) // 10, 1) :]),
    }  # fmt: skip


STEPS = {"fill": fill, "lesson": lesson, "talk": talk}
