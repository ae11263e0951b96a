"""Reading back what the provider knows: events that no webhook brought, and its own suppression lists."""

import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone as clock

from mailing.mailgun_events import events, listed
from mailing.models import Event, Suppression
from mailing.news import UnreadableError, read, take
from mailing.suppressing import suppress
from mooc.lib.addresses import fold
from signup.models import Signup

OVERLAP = datetime.timedelta(minutes=30)  # events can become visible this late
LISTS = {
    "bounces": Suppression.Kind.BOUNCE,
    "complaints": Suppression.Kind.COMPLAINT,
    "unsubscribes": Suppression.Kind.UNSUBSCRIBE,
}
LOT = 500


def pull_events(now: datetime.datetime | None = None) -> int:
    """Take the events since the newest that we have, and return how many were new; raises EventsError.

    Events may come late and twice: the last half hour is read again, and `take` knows each by its id.
    """
    now = now or clock.now()
    oldest = now - datetime.timedelta(hours=settings.MAIL_EVENTS_HOURS)
    newest = Event.objects.aggregate(newest=Max("happened"))["newest"]
    new = 0
    for item in events(max(newest - OVERLAP, oldest) if newest else oldest):
        try:
            new += take(read(item), now)
        except UnreadableError:
            continue
    return new


def pull_suppressions() -> int:
    """Stop the addresses of ours that the provider will not write to, and return how many are new; raises EventsError.

    The lists hold everybody the domain ever wrote to: only people of ours are kept.
    """
    new = 0
    for name, kind in LISTS.items():
        lot: list[dict[str, Any]] = []
        for item in listed(name):
            lot.append(item)
            if len(lot) == LOT:
                new += _stop(lot, kind)
                lot = []
        new += _stop(lot, kind)
    return new


def _stop(items: list[dict[str, Any]], kind: str) -> int:
    found = {fold(address): item for item in items if isinstance(address := item.get("address"), str)}
    ours = set(Signup.objects.filter(folded__in=found).values_list("folded", flat=True))
    known = dict(Suppression.objects.filter(kind=kind, folded__in=ours).values_list("folded", "lifted"))
    # What was lifted here stays there until the worker has taken it out; listed again since then, it counts anew.
    new = [
        item for folded, item in sorted(found.items())
        if folded in ours and (folded not in known or (known[folded] and known[folded] < _since(item)))
    ]  # fmt: skip
    return sum(suppress(item["address"], kind, _since(item)) for item in new)


def _since(item: dict[str, Any]) -> datetime.datetime:
    try:
        moment = parsedate_to_datetime(str(item.get("created_at")))
    except (ValueError, IndexError):
        return clock.now()
    return moment if clock.is_aware(moment) else moment.replace(tzinfo=datetime.UTC)
