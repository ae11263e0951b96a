"""What happens in one run, from the first learner to the verdict. Imported only where there are settings."""

import datetime
import os
import random
import time
from collections import Counter
from contextlib import suppress

import requests
from django.conf import settings
from django.db import OperationalError
from django.db.models import Count, Q
from django.utils import timezone as clock

from benchmarks.servers import gunicorn
from mailing.models import Batch, Delivery, Email, Tick
from signup.models import LinkRequest, Signup
from tests.mailgun_standin.remote import Remote
from tests.mailgun_standin.standin import KEY
from tests.torture.course import make_course
from tests.torture.crew import Crew
from tests.torture.people import People
from tests.torture.verdict import compare

Status, State = Delivery.Status, Email.State
START_SECONDS = 60
STILL = 0.3  # seconds between two looks at the database
LONGEST_WAIT = datetime.timedelta(seconds=2)


def play(mailgun: Remote, seed: int, seconds: float, learners: int, workers: int, patience: float) -> dict:
    """Do one run and return what came of it; at its end everything has `patience` seconds to settle."""
    draws = {part: random.Random(f"{seed}/{part}") for part in ("course", "crew", "people")}
    trust = 60 * settings.MAIL_TRUST_MINUTES
    with gunicorn("mooc.wsgi", os.environ, workers=1) as site:
        crew = Crew(os.environ, workers, settings.MAIL_LEASE_SECONDS, trust, draws["crew"])
        try:
            _wait_for_work()
            course = make_course(learners, seconds, draws["course"])
            _misbehave(mailgun, f"{site}/hooks/mailgun/events/", course.bad, accepted_too=bool(seed % 2))
            with People(course, site, draws["people"]) as people:
                crew.torment(seconds)
                crew.calm()  # before people are waited for: they may want what a stopped worker holds
            tortured = len(mailgun.truth()["calls"])
            mailgun.configure(clear=True, events={"fail_rate": 0.0})
            settled = _settle(crew, patience)
        finally:
            crew.end()
    truth = mailgun.truth()
    verdict = compare(course, people, truth)
    return {
        "calls": len(truth["calls"]), "tortured": tortured, "copies": truth["accepted"], "webhooks": truth["webhooks"],
        "faults": truth["faults"], "crew": crew.counts, "people": people.counts, "ledger": _ledger(),
        "settled": settled, "questions": verdict.questions, "numbers": verdict.numbers(),
        "examples": verdict.examples(),
    }  # fmt: skip


def _wait_for_work() -> None:
    """Wait until a worker works: on a busy machine their start could take as long as the run."""
    patience = time.monotonic() + START_SECONDS
    while not Tick.objects.filter(finished__isnull=False).exists():
        if time.monotonic() > patience:
            raise RuntimeError("No worker has done anything.")
        time.sleep(STILL)


def _misbehave(mailgun: Remote, hook: str, bad: set[str], *, accepted_too: bool) -> None:
    """Set what the stand-in's command line cannot. Without a webhook for `accepted`, acceptance is only asked for."""
    mailgun.configure(bad=sorted(bad), webhooks={"double": 0.3, "shuffle": 1.0}, events={"fail_rate": 0.15}, hook=hook)
    if not accepted_too:
        at = f"{mailgun.url}/v3/domains/{mailgun.domain}/webhooks/accepted"
        requests.delete(at, auth=("api", KEY), timeout=10).raise_for_status()


def _settle(crew: Crew, patience: float) -> float | None:
    """Wait until nothing is to be done any more; return after how many seconds, None where it took too long.

    Meanwhile nobody waits for a minute because the provider could not be reached. Time is all that this shortens.
    """
    began = time.monotonic()
    while time.monotonic() < began + patience:
        crew.keep()
        _hurry()
        # Deliveries come last: what becomes one between two looks is seen by the second.
        busy = (
            Signup.objects.filter(asked__isnull=False),
            Signup.objects.active().filter(welcomed=None),
            LinkRequest.objects.filter(mailed=None),
            Email.objects.filter(state__in=(State.SCHEDULED, State.SENDING)),
            Delivery.objects.filter(status__in=(Status.QUEUED, Status.SENDING, Status.UNSURE)),
        )
        if not any(rows.exists() for rows in busy):
            return round(time.monotonic() - began, 1)
        time.sleep(STILL)
    return None


def _hurry() -> None:
    """Shorten the time that messages wait for the provider. It is tried again where so many write to SQLite that our
    turn does not come: it goes by chance, and the work goes on without us."""
    now = clock.now()
    with suppress(OperationalError):
        Delivery.objects.filter(status=Status.QUEUED, not_before__gt=now + LONGEST_WAIT).update(not_before=now)


def _ledger() -> dict[str, int]:
    """Return how hard our own books were tried: calls by outcome, and what took more than one."""
    outcomes = Counter(dict(Batch.objects.values_list("outcome").annotate(Count("pk"))))
    return {
        **{f"calls {name}": number for name, number in outcomes.items()},
        "answers never written down": Batch.objects.filter(error__startswith="The worker that sent it").count(),
        **Delivery.objects.aggregate(
            deliveries=Count("pk"), again=Count("pk", filter=Q(attempts__gt=1)),
            perhaps_twice=Count("pk", filter=Q(doubled__isnull=False)),
        ),
    }  # fmt: skip
