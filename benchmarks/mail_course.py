"""A course with many people in it, and what is sent to them, for the benchmark of sending. Imported with settings."""

import datetime
import sys
import time

from django.core.management import call_command
from django.db import connection
from django.utils import timezone as clock

from mailing.models import Batch, Delivery, Email
from sequence.models import create_sequence
from signup.models import Question, Signup

BODY = """<h2>Week one</h2><p>Hello {{ first_name|there }},</p>
<p>You wrote that you want to <b>{{ goal|learn something }}</b>. This week begins with the first chapter. Read it, try
the three exercises at its end and tell your group what you found. It takes about two hours.</p>
<ul><li>Chapter one: <a href="https://example.org/one">what we begin with</a></li>
<li>The exercises: <a href="https://example.org/one#exercises">three small ones</a></li></ul>
<p>Your own page shows what is to come: <a href="{{ my_page_url }}">{{ my_page_url }}</a></p><p>The team</p>"""
PEOPLE = """
INSERT INTO signup_signup (sequence_id, email, folded, name, timezone, answers, wants_group, key, aside, asked,
    confirmed, first_confirmed, welcomed, date_created, date_updated)
SELECT %s, 'learner' || n || '@example.org', 'learner' || n || '@example.org', 'Ada ' || n, 'Europe/Rome',
    '{"goal": "write better reports"}', true, substr(md5(random()::text) || md5(n::text), 1, 32), '{}',
    CASE WHEN %s THEN now() END, CASE WHEN %s THEN NULL ELSE now() END, CASE WHEN %s THEN NULL ELSE now() END,
    CASE WHEN %s THEN NULL ELSE now() END, now(), now()
FROM generate_series(1, %s) AS n
"""


def fill(people: int, *, new: bool = False) -> dict:
    """Make a course run with so many people: confirmed and welcomed, or else `new` and to be asked."""
    today = clock.now().date()
    run = create_sequence(today, today + datetime.timedelta(days=7), "Bread for beginners")
    Question.objects.create(sequence=run, label="Why are you here?", key="goal")
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [run.pk, new, new, new, new, people])
        cursor.execute("VACUUM ANALYZE")
    return {"sequence": run.pk}


def schedule(sequence: int) -> dict:
    """Let an e-mail to everybody in a course run be due now."""
    made = Email.objects.create(
        sequence_id=sequence, subject="Week one, {{ first_name|friend }}", html=BODY, tags=["week-1"],
        state=Email.State.SCHEDULED, scheduled_for=clock.now(),
    )  # fmt: skip
    return {"email": made.pk}


def wait(email: int, seconds: int) -> dict:
    """Wait until an e-mail is sent; return its people, seconds from the freeze to the end, and those of the freeze."""
    patience = time.monotonic() + seconds
    while not (sent := Email.objects.get(pk=email)).sent_at:
        if time.monotonic() > patience:
            raise SystemExit(f"After {seconds} s it is not sent.")
        time.sleep(0.5)
    calls = Batch.objects.filter(bundle=f"email:{email}").order_by("pk")
    first = calls.first().claimed if calls.exists() else sent.sent_at
    return {
        "people": Delivery.objects.filter(email=email, status=Delivery.Status.ACCEPTED).count(),
        "seconds": (sent.sent_at - sent.frozen_at).total_seconds(),
        "freeze": (first - sent.frozen_at).total_seconds(),
    }


def confirm() -> dict:
    """Let everybody who was asked have pressed their link."""
    now = clock.now()
    return {"people": Signup.objects.filter(confirmed=None).update(confirmed=now, first_confirmed=now)}


def count(people: int) -> dict:
    """Do one round of the worker in this very process; return how many statements and calls it took."""
    made = schedule(fill(people)["sequence"])
    statements = 0

    def counted(execute, sql, params, many, context):
        nonlocal statements
        statements += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counted):
        call_command("run_worker", "--once", stdout=sys.stderr)
    return {"statements": statements, "calls": Batch.objects.filter(bundle=f"email:{made['email']}").count()}


STEPS = {
    "fill": fill, "fill_new": lambda people: fill(people, new=True), "schedule": schedule, "wait": wait,
    "confirm": confirm, "count": count,
}  # fmt: skip
