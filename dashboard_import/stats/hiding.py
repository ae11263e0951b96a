"""Numbers of so few people that somebody might be known by them: hidden on the whole site, if the settings say so."""

from django.conf import settings
from django.utils.translation import gettext as _

from dashboard_import.stats.registry import Rows


def hiding_words() -> str:
    """Say on a page that small numbers are hidden, and what stands for them; nothing where they are shown."""
    least = settings.STATISTICS_HIDE_BELOW
    if least < 2:
        return ""
    return _("Numbers below %(least)s are hidden: a dash stands for them here, and an empty cell in files.") % {
        "least": least
    }


def hidden(rows: Rows) -> Rows:
    """Return the rows without the numbers of those that are about fewer people than may be shown."""
    least = settings.STATISTICS_HIDE_BELOW
    if least < 2:
        return rows
    return [
        tuple(None if isinstance(cell, int | float) else cell for cell in row)
        if any(isinstance(cell, int) and 0 < abs(cell) < least for cell in row)
        else row
        for row in rows
    ]
