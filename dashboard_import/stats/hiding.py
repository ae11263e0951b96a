"""Numbers of so few people that somebody might be known by them: hidden on the whole site, if the settings say so."""

from django.conf import settings
from django.utils.translation import gettext as _

from dashboard_import.stats.registry import Rows


def hiding_words() -> str:
    """Say on a page that small numbers are hidden, and what stands for them; nothing where they are shown."""
    least = settings.STATISTICS_HIDE_BELOW
    if least < 2:
        return ""
    return _(
        "Numbers below %(least)s are hidden, and sums up to a day that tell of fewer: a dash stands for them here, "
        "and an empty cell in files."
    ) % {"least": least}


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


def hidden_sums(rows: Rows) -> Rows:
    """Return rows of sums, in order, without those numbers from which it could be told that few came to one before.

    Each is compared with the one shown last of the same words, such as a name. A share beside a hidden number goes.
    """
    least = settings.STATISTICS_HIDE_BELOW
    shown: dict[tuple, int] = {}
    made = []
    for row in hidden(rows):
        name, cells = tuple(cell for cell in row if isinstance(cell, str)), []
        for at, cell in enumerate(row):
            if isinstance(cell, int):
                if 0 < abs(cell - shown.get((name, at), 0)) < least:
                    cells.append(None)
                    continue
                shown[name, at] = cell
            cells.append(cell)
        has_all = all(cell is not None for cell in cells)
        made.append(tuple(cell if has_all or not isinstance(cell, float) else None for cell in cells))
    return made
