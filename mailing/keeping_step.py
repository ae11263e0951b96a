"""Keeping the provider's lists in step with ours. The worker does this; a page only writes down what is wanted."""

import datetime
import time
from collections.abc import Callable

from django.conf import settings
from django.db.models import Q
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from mailing import mailgun_lists, suppressing
from mailing.mailgun_lists import ListsError
from mailing.models import Suppression

TRIAL = datetime.timedelta(days=7)  # how long somebody who signed up again has to press the link
AGAIN = datetime.timedelta(minutes=1)  # between two tries with one address
MOST = 50  # addresses a round
LONGEST = 20.0  # seconds a round


def has_lists() -> bool:
    """Say whether mail goes by a provider that keeps lists of its own."""
    return settings.MAIL_TRANSPORT == "mailgun" and bool(settings.MAILGUN_API_KEY)


def keep_step(now: datetime.datetime | None = None, stopping: Callable[[], bool] = lambda: False) -> tuple[int, str]:
    """Change at the provider what has to be changed; return how many addresses that were, and a trouble.

    An unsubscription is taken out just before the confirmation that somebody asked for, and put back after a week
    in which nobody pressed the link. What was lifted here is taken out for good. Each change may be repeated, so a
    worker that dies in between does no harm. The first trouble ends the round: the provider may be away.
    """
    if not has_lists():
        return 0, ""
    now, end = now or clock.now(), time.monotonic() + LONGEST
    suppressing.lift_confirmed(now)
    suppressing.prolong_trials(now)
    done = 0
    for wanted, change in (
        (suppressing.in_the_way(), _take_off),
        (suppressing.to_remove(), _take_off),
        (suppressing.to_restore(now - TRIAL), _put_back),
    ):
        for row in wanted.filter(Q(tried=None) | Q(tried__lt=now - AGAIN))[:MOST]:
            if stopping() or time.monotonic() > end:
                return done, ""
            try:
                change(row, now)
            except ListsError as error:
                Suppression.objects.filter(pk=row.pk).update(tried=now, trouble=str(error))
                return done, _("An address could not be changed at the mail provider: %(why)s") % {"why": error}
            done += 1
    return done, ""


def _take_off(row: Suppression, now: datetime.datetime) -> None:
    mailgun_lists.take_off(row.kind, row.folded)
    Suppression.objects.filter(pk=row.pk, removed=None).update(removed=now, tried=None, trouble="")


def _put_back(row: Suppression, _now: datetime.datetime) -> None:
    mailgun_lists.put_back(row.folded, row.since)
    Suppression.objects.filter(pk=row.pk, lifted=None).update(removed=None, tried=None, trouble="")
