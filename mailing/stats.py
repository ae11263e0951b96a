"""How many messages are in which state, and why. One function and one query for each number."""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone as clock

from mailing.models import Delivery, Email, Event

Status = Delivery.Status
ORDER = {status: place for place, status in enumerate(Status)}
WAITS_TOO_LONG = datetime.timedelta(minutes=15)
RECENT = datetime.timedelta(days=30)
ARRIVED = (Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED)  # as far as anybody can tell


@dataclass(frozen=True)
class Line:
    """How many deliveries of one e-mail are in one state for one reason."""

    status: Status
    reason: str
    count: int


def lines_of(email: Email) -> list[Line]:
    """Return the deliveries of an e-mail counted by state and reason, in the order of the states, largest first."""
    found = email.deliveries.order_by().values_list("status", "reason").annotate(count=Count("pk"))
    lines = [Line(Status(status), reason, count) for status, reason, count in found]
    return sorted(lines, key=lambda line: (ORDER[line.status], -line.count, line.reason))


def counts_of(emails: Iterable[Email]) -> dict[int, Counter]:
    """Return {e-mail's id: {state: deliveries}} for these e-mails; one without deliveries has an empty counter."""
    counts = {email.pk: Counter() for email in emails}
    rows = Delivery.objects.filter(email__in=list(counts)).order_by().values_list("email", "status")
    for email, status, count in rows.annotate(count=Count("pk")):
        counts[email][Status(status)] = count
    return counts


def failed(now: datetime.datetime | None = None) -> int:
    """Return how many messages failed in the last 30 days."""
    since = (now or clock.now()) - RECENT
    return Delivery.objects.filter(status=Status.FAILED, changed_at__gte=since).count()


def unsure() -> int:
    """Return how many messages have no clear answer: nobody can tell yet whether they were sent."""
    return Delivery.objects.filter(status=Status.UNSURE).count()


def waiting(now: datetime.datetime | None = None) -> int:
    """Return how many messages have waited in the queue for more than 15 minutes."""
    return Delivery.objects.filter(status=Status.QUEUED, queued_at__lt=(now or clock.now()) - WAITS_TOO_LONG).count()


def doubled_of(email: Email) -> int:
    """Return how many people may have an e-mail twice: proof of an earlier copy came after a second was sent."""
    return email.deliveries.filter(doubled__isnull=False).count()


def doubled(now: datetime.datetime | None = None) -> int:
    """Return how many messages of the last 30 days may have arrived twice."""
    return Delivery.objects.filter(doubled__gte=(now or clock.now()) - RECENT).count()


@dataclass(frozen=True)
class Reaction:
    """How many people opened an e-mail or clicked in it, and for how many only a machine did."""

    people: int
    machines: int


def reactions_of(email: Email) -> dict[str, Reaction]:
    """Return the reactions to an e-mail: {"opened": …, "clicked": …}. Each copy counts once in each.

    Machines are mailbox providers that open every picture and follow every link, for safety or ahead of time.
    """
    rows = Event.objects.filter(delivery__email=email, kind__in=("opened", "clicked")).order_by().values("kind")
    counted = rows.annotate(
        copies=Count("delivery", distinct=True), people=Count("delivery", distinct=True, filter=Q(machine=False))
    )
    found = {row["kind"]: Reaction(row["people"], row["copies"] - row["people"]) for row in counted}
    return {kind: found.get(kind, Reaction(0, 0)) for kind in ("opened", "clicked")}
