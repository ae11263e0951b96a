"""How many sign-ups one network may send, counted in the database so that every web process sees one number."""

import datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone as clock

from mooc.lib.digests import digest
from mooc.lib.network import network_of
from signup.models import Visitor


class TooManyError(Exception):
    """This network has sent its share; `minutes` says when to try again."""

    def __init__(self, minutes: float):
        super().__init__(f"Too many sign-ups from one network. Try again in {minutes:g} minutes.")
        self.minutes = minutes


def count_visit(address: str, now: datetime.datetime | None = None) -> None:
    """Count one sign-up from a network address; raise TooManyError past SIGNUP_LIMIT in SIGNUP_LIMIT_MINUTES.

    The window begins with the first one. An address that cannot be read counts as one network of its own.
    """
    now = now or clock.now()
    begun_before = now - datetime.timedelta(minutes=settings.SIGNUP_LIMIT_MINUTES)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO signup_visitor (digest, since, count) VALUES (%s, %s, 1)
            ON CONFLICT (digest) DO UPDATE SET
                count = CASE WHEN signup_visitor.since <= %s THEN 1 ELSE signup_visitor.count + 1 END,
                since = CASE WHEN signup_visitor.since <= %s THEN excluded.since ELSE signup_visitor.since END
            RETURNING count
            """,
            [digest("visitor", network_of(address)), now, begun_before, begun_before],
        )
        (count,) = cursor.fetchone()
    if count > settings.SIGNUP_LIMIT:
        raise TooManyError(settings.SIGNUP_LIMIT_MINUTES)


def forget_visits(now: datetime.datetime | None = None) -> int:
    """Delete the counts whose window has ended and return how many."""
    begun_before = (now or clock.now()) - datetime.timedelta(minutes=settings.SIGNUP_LIMIT_MINUTES)
    return Visitor.objects.filter(since__lt=begun_before).delete()[0]
