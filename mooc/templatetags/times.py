"""Days and moments on public pages: whole in words, and in the reader's own time where scripts run (page.js)."""

import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from mooc.lib.moments import in_words
from mooc.lib.zones import zone

register = template.Library()

A_MINUTE = datetime.timedelta(minutes=1)


@register.simple_tag
def local_day(day: datetime.date) -> str:
    """Return a day in words: `Sunday 10 January 2027`."""
    return date_format(day, "l j F Y")


@register.simple_tag
def local_time(moment: datetime.datetime, zone_name: str, edge: str = "") -> str:
    """Return a <time> that says `moment` (aware) in the zone: `Sunday 10 January 2027, 09:00 (Europe/London)`.

    `edge` is "start" for the first moment of a whole day, then the day alone is said; or "end" for the midnight that
    ends one: `until midnight on Sunday 10 January 2027 (Europe/London)`. page.js says it on the reader's own clock.
    """
    there = moment.astimezone(zone(zone_name))
    place = zone_name.replace("_", " ")
    if edge == "start":
        words = _("%(day)s (%(zone)s)") % {"day": local_day(there), "zone": place}
    elif edge == "end":
        words = _("until midnight on %(day)s (%(zone)s)") % {"day": local_day(there - A_MINUTE), "zone": place}
    else:
        words = _("%(moment)s (%(zone)s)") % {"moment": in_words(moment, zone(zone_name)), "zone": place}
    kind = format_html('="{}"', edge) if edge else ""
    return format_html('<time datetime="{}" data-local{}>{}</time>', there.isoformat(), kind, words)
