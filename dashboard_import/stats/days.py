"""Days on charts: dates of one run, or days of the run, where several are compared or all of a course are one."""

import datetime
from collections.abc import Sequence

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dashboard_import.models import CourseRun, Tally
from dashboard_import.stats.pooling import DAY_ONE
from mooc.lib.charts.scales import Tick, day_ticks

DAY = datetime.timedelta(days=1)
CALENDAR = (datetime.date(2000, 1, 1), datetime.date(2200, 1, 1))  # a start elsewhere is a slip of somebody's


def first_days(runs: Sequence[CourseRun]) -> dict[int, datetime.date | None]:
    """Return the days that runs' days are counted from, by key: the run's first; where that is not known or not in
    CALENDAR, the day on which the first person joined, else the first day on which anything happened. One query if one
    is not known.
    """
    low, high = CALENDAR
    found = {run.pk: run.start if run.start and low <= run.start < high else None for run in runs}
    unknown = [key for key, start in found.items() if start is None]
    if unknown:
        mine = Tally.objects.filter(run=OuterRef("pk"), day__isnull=False).order_by().values("run")
        joined, anything = (Subquery(some.values_list(Min("day"))) for some in (mine.filter(kind="enrolled_at"), mine))
        rows = CourseRun.objects.filter(pk__in=unknown).order_by().annotate(first=Coalesce(joined, anything))
        found |= dict(rows.values_list("pk", "first"))
    return found


def day_of_run(day: datetime.date, first: datetime.date) -> int:
    """Return a date as a day of the run: the first is 1, and the one before it -1."""
    at = (day - first).days
    return at + (at >= 0)


def is_of_pool(day: datetime.date) -> bool:
    """Say whether a date stands for a day of a pool; a run's are thousands of years earlier."""
    return abs(day.year - DAY_ONE.year) < DAY_ONE.year // 5


def day_words(day: datetime.date, pattern: str) -> str:
    """Return a date as `pattern` wants it; of a pool, its day of the run."""
    if is_of_pool(day):
        return _("day %(day)s of the run") % {"day": day_of_run(day, DAY_ONE)}
    return date_format(day, pattern)


def labels(days: Sequence[datetime.date], pattern: str = "D j M Y") -> list[str]:
    """Return what days are called on an axis and in a table: dates, or numbers of days of the run."""
    if days and is_of_pool(days[0]):
        return [str(day_of_run(day, DAY_ONE)) for day in days]
    return [date_format(day, pattern) for day in days]


def head(days: Sequence[datetime.date]) -> str:
    """Return the head of a column of days."""
    return _("Day of the run") if days and is_of_pool(days[0]) else _("Day")


def ticks(days: Sequence[datetime.date]) -> list[Tick]:
    """Return the labels of consecutive days along an axis."""
    if days and is_of_pool(days[0]):
        return ticks_of_run((days[0] - DAY_ONE).days, len(days))
    return day_ticks(days[0], len(days)) if days else []


def ticks_of_run(low: int, count: int) -> list[Tick]:
    """Return labels for `count` days of the run from `low` on, the run's first day being 0; they stand a fortnight
    apart or more, of a short part closer."""
    step = next((days for days in (1, 2, 7) if count <= 12 * days), max(14, count // 140 * 14))
    return [
        Tick((at + 0.5) / count, str(low + at + (low + at >= 0)), roomy=(low + at) // step % 2 == 1)
        for at in range(count)
        if (low + at) % step == 0
    ]
