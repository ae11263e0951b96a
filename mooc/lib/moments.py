"""Moments on people's clocks: read in a time zone, and put into words."""

import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone as clock
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

YEARS = range(1900, 2200)


def exists(wall: datetime.datetime, zone: datetime.tzinfo) -> bool:
    """Say whether clocks in `zone` ever show `wall`, a datetime without a zone; they skip an hour in spring."""
    there = wall.replace(tzinfo=zone)
    return there.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) == wall


def comes_twice(wall: datetime.datetime, zone: datetime.tzinfo) -> bool:
    """Say whether clocks in `zone` show `wall` twice, as in the hour that autumn repeats."""
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    return exists(wall, zone) and first.utcoffset() != second.utcoffset()


def read(moment: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
    """Return `moment` if it has a zone; otherwise read it in `zone` and return it in UTC.

    In UTC, because a time that comes twice equals nothing in any other zone (PEP 495). Of such a time the first
    is meant. A time that clocks skip raises ValidationError, and so does a year that was a slip of the finger.
    """
    if clock.is_aware(moment):
        return moment
    if not YEARS.start <= moment.year < YEARS.stop:
        year = clock.now().year
        raise ValidationError(_("Write the year with four digits, such as %(year)s."), params={"year": year})
    if not exists(moment, zone):
        raise ValidationError(
            _("Clocks in %(zone)s go forward over this time: it does not exist on that day. Choose another."),
            params={"zone": zone},
        )
    return moment.replace(tzinfo=zone).astimezone(datetime.UTC)


def in_words(moment: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Return `moment` as clocks in `zone` show it, such as `Monday 5 January 2026, 09:00`."""
    return date_format(moment.astimezone(zone), "l j F Y, H:i")


def in_words_beside_utc(moment: datetime.datetime, zone: datetime.tzinfo) -> str:
    """Return `moment` in the zone's time and in UTC: `Monday 5 January 2026, 10:00 (Europe/Paris), 09:00 UTC`."""
    here, there = moment.astimezone(zone), moment.astimezone(datetime.UTC)
    if here.utcoffset() == datetime.timedelta() and str(zone) == "UTC":
        return f"{in_words(moment, zone)} UTC"
    same_day = here.date() == there.date()
    beside = date_format(there, "H:i") if same_day else date_format(there, "l j F, H:i")
    return f"{in_words(moment, zone)} ({zone}), {beside} UTC"


def in_utc(moment: datetime.datetime) -> str:
    """Return `moment` short, for a column of a table: `5 Jan 2026, 09:00 UTC`."""
    return date_format(moment.astimezone(datetime.UTC), "j M Y, H:i") + " UTC"
