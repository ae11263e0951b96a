"""Old news goes: what no statistic needs is deleted, of the rest the provider's own words. A little in each tick."""

import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from mailing.models import Event, SeenToken

# Statistics count these, with their moment, their link and whether a machine did it.
COUNTED = ("opened", "clicked", "unsubscribed", "complained", "failed")
KEEP_TOKENS = datetime.timedelta(days=1)  # a signed call is refused by its age long before (`webhooks.OLDEST`)
LOT = 1000  # rows a transaction
MOST_LOTS = 5  # of each, a tick


def purge(now: datetime.datetime | None = None) -> int:
    """Clear away at most 5,000 old events and as many tokens, in small transactions; return how many."""
    now = now or clock.now()
    done = 0
    for step in (_purge_events, _purge_tokens):
        for _lot in range(MOST_LOTS):
            number = step(now)
            done += number
            if number < LOT:
                break
    return done


@transaction.atomic
def _purge_events(now: datetime.datetime) -> int:
    """Delete or trim the events that came more than MAIL_KEEP_EVENTS_DAYS ago; return how many were looked at."""
    before = now - datetime.timedelta(days=settings.MAIL_KEEP_EVENTS_DAYS)
    old = Event.objects.filter(whole=True, received__lt=before).order_by("received")
    rows = list(old.values_list("pk", "kind", "delivery")[:LOT])
    counted = [pk for pk, kind, delivery in rows if kind in COUNTED and delivery]
    Event.objects.filter(pk__in=counted).update(payload={}, whole=False)
    Event.objects.filter(pk__in={pk for pk, _kind, _delivery in rows} - set(counted)).delete()
    return len(rows)


@transaction.atomic
def _purge_tokens(now: datetime.datetime) -> int:
    old = list(SeenToken.objects.filter(seen__lt=now - KEEP_TOKENS).order_by("seen").values_list("pk", flat=True)[:LOT])
    SeenToken.objects.filter(pk__in=old).delete()
    return len(old)
