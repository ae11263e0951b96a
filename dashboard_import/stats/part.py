"""A part of the time: which days charts by day show, as dates or as days of the run.

Day 1 is the first day of a run and -1 the day before it, as in files of several runs. A date means the same day of each
run: it is counted from the start of the first, of all runs of a course from that of the first of them.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import Http404
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dashboard_import.stats.days import DAY, day_of_run
from dashboard_import.stats.pooling import Pool, Shown
from dashboard_import.stats.registry import Chart, Seen

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NUMBER = re.compile(r"-?[1-9]\d{0,3}", re.ASCII)
WEEKS_BEFORE = 4
Bound = datetime.date | int | None  # of days of the run, 1 is the first


def bound(text: str) -> Bound:
    """Return one end of a part, None for an open one; Http404 for what is neither a date nor a day of a run."""
    if not text:
        return None
    if NUMBER.fullmatch(text):
        return int(text)
    try:
        return datetime.date.fromisoformat(text if DATE.fullmatch(text) else "")
    except ValueError:
        raise Http404 from None


def moved(day: datetime.date, days: int) -> datetime.date:
    """Return the day so many days later, or the last one that there is."""
    try:
        return day + DAY * days
    except OverflowError:
        return datetime.date.max if days > 0 else datetime.date.min


def start_of(run: Shown) -> datetime.date | None:
    """Return the first day of a run, or of the first of all runs of a course, where it is known."""
    return run.runs[0].start if isinstance(run, Pool) else run.start


def in_days(runs: Sequence[Shown]) -> bool:
    """Say whether days of the run are shown, and no dates."""
    return len(runs) > 1 or isinstance(runs[0], Pool)


@dataclass(frozen=True)
class Part:
    """The part from one day to another, both in it; None where an end is open."""

    first: Bound = None
    last: Bound = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Part":
        """Read `from` and `to` of an address. Raises Http404."""
        return cls(bound(query.get("from", "")), bound(query.get("to", "")))

    @property
    def is_whole(self) -> bool:
        return self.first is None and self.last is None

    @property
    def query(self) -> list[tuple[str, str]]:
        """The part as an address has it."""
        return [(name, str(end)) for name, end in (("from", self.first), ("to", self.last)) if end is not None]

    @property
    def suffix(self) -> str:
        """The part as the name of a file has it."""
        return "".join(f"-{name}-{value}" for name, value in self.query)

    def days(
        self, start: datetime.date, origin: datetime.date, whole: tuple[datetime.date, datetime.date]
    ) -> tuple[datetime.date, datetime.date]:
        """Return the first and the last day of the part of a run, no further than `whole` where they meet.

        `start` is the day from which the run's days are counted, `origin` that of the first run.
        """
        ends = [
            moved(start, end - (end > 0)) if isinstance(end, int)
            else end and (end if start == origin else moved(start, (end - origin).days))
            for end in (self.first, self.last)
        ]  # fmt: skip
        if None not in ends:
            ends.sort()
        return max(ends[0] or whole[0], whole[0]), min(ends[1] or whole[1], whole[1])

    def words(self, runs: Sequence[Shown]) -> str:
        """Say which days are shown."""
        first, last = (
            date_format(end, "j F Y") if isinstance(end, datetime.date) else end and _("day %(day)s of the run") % {
                "day": end,
            }
            for end in (self.first, self.last)
        )  # fmt: skip
        if first and last:
            said = _("Shown are the days from %(first)s to %(last)s.")
        else:
            said = _("Shown are the days from %(first)s on.") if first else _("Shown are the days up to %(last)s.")
        parts = [said % {"first": first, "last": last}]
        if in_days(runs) and any(isinstance(end, datetime.date) for end in (self.first, self.last)):
            parts.append(_("Of the other runs it is the same days, counted from their start."))
        return " ".join([*parts, _("The table and the file have these days alone.")])

    def fields(self, runs: Sequence[Shown]) -> list[tuple[str, str, str]]:
        """Return the name, the kind and the value of the two inputs: dates for one run, days of the run for several."""
        start, several, made = start_of(runs[0]), in_days(runs), []
        for name, end in (("from", self.first), ("to", self.last)):
            if several and start and isinstance(end, datetime.date):
                shown: Bound = day_of_run(end, start)
            else:
                shown = moved(start, end - (end > 0)) if isinstance(end, int) and start and not several else end
            kind = "text" if isinstance(shown, int) or (several and shown is None) else "date"
            made.append((name, kind, "" if shown is None else str(shown)))
        return made


def ready(runs: Sequence[Shown]) -> list[tuple[str, Part]]:
    """Return parts to choose at once, with their names."""
    before, weeks = -7 * WEEKS_BEFORE, max(run.weeks or 0 for run in runs)
    last = 7 * (weeks or WEEKS_BEFORE)
    named = [(_("the whole time"), Part())]
    if weeks:
        named += [
            (_("four weeks before the start to the end of the run"), Part(before, last)),
            (_("the run"), Part(1, last)), (_("after the run"), Part(last + 1)),
        ]  # fmt: skip
    else:
        named.append((_("four weeks before the start to four weeks after it"), Part(before, last)))
    return [*named, (_("before the start"), Part(None, -1)), (_("the first week"), Part(1, 7))]


def day_of(cell: datetime.date | str) -> datetime.date:
    """Return the day of a cell: a day, or a moment as files have it."""
    return datetime.date.fromisoformat(cell[:10]) if isinstance(cell, str) else cell


def counted_from(one: Seen, at: int) -> datetime.date | None:
    """Return the day that a run's days are counted from, where it is known; moments are of a single run's own time."""
    is_moment = any(isinstance(row[at], str) for row in one.rows[:1])
    return one.numbers.runs[0].start if is_moment else one.numbers.first_day


def cut(chart: Chart, seen: Sequence[Seen], part: Part) -> list[Seen]:
    """Return the runs with those rows of a chart by day that are in a part of the time."""
    at = chart.day_at
    if at is None or part.is_whole:
        return list(seen)
    days = [sorted({day_of(row[at]) for row in one.rows}) for one in seen]
    starts = [counted_from(one, at) or next(iter(some), None) for one, some in zip(seen, days, strict=True)]
    origin, made = start_of(seen[0].numbers.run) or starts[0] if seen else None, []
    for one, some, start in zip(seen, days, starts, strict=True):
        if not some:
            made.append(one)
            continue
        first, last = shown = part.days(start, origin or start, (min(start, some[0]), some[-1]))
        inside = [row for row in one.rows if first <= day_of(row[at]) <= last]
        before = [row for row in one.rows if day_of(row[at]) < first]
        made.append(replace(one, rows=inside, days=shown, since=start, before=before[-1] if before else None))
    return made
