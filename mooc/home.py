"""What the admin's home page answers: what is open, what goes out next, is mail being sent, what needs a look."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone as clock
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.moderating import to_look_at
from mailing import replying, stats, transports
from mailing.brakes import site_is_paused
from mailing.models import Email, Tick
from mooc.lib.moments import in_words_beside_utc
from sequence.models import Sequence
from signup.models import Signup

WORKER, SIGNUPS, SCHEDULED = "run_worker", "handle_new_signups", "send_scheduled_mail"
WORKER_SEEN_SECONDS = 120  # it goes round every 10 seconds
OVERDUE_AFTER = {SIGNUPS: 30 * 60, SCHEDULED: 3 * 3600}  # seconds; three times the rhythm of each
NAMES = {
    WORKER: gettext_lazy("The worker, which sends all mail,"),
    SIGNUPS: gettext_lazy("The look for new sign-ups, every 10 minutes,"),
    SCHEDULED: gettext_lazy("The sending of what is due, every hour,"),
}
OVERDUE_SECONDS = OVERDUE_AFTER[SCHEDULED]


@dataclass(frozen=True)
class TickState:
    """When one periodic command ran last, and whether that is too long ago. `age` is in seconds, None for never."""

    command: str
    last: datetime.datetime | None
    age: float | None
    running: bool  # the worker's own loop is alive
    covered: bool  # the worker does this command's work
    overdue: bool
    error: str

    @property
    def name(self) -> str:
        """Say what it is, for somebody who writes no programs."""
        return str(NAMES[self.command])

    @property
    def words(self) -> str:
        """Say when it ran last, for a person."""
        if self.last is None:
            return _("has never run")
        if self.age < 60:
            return _("ran less than a minute ago")
        return _("ran %(time)s ago") % {"time": timesince(self.last, self.last + datetime.timedelta(seconds=self.age))}


def ticks_state(now: datetime.datetime) -> list[TickState]:
    """Return the state of each periodic command at `now`; one query.

    A worker seen within two minutes does the work of both scheduled commands, and `send_scheduled_mail` does all that
    `handle_new_signups` does. The worker itself is never overdue: a site may do without it.
    """
    rows = {tick.command: tick for tick in Tick.objects.all()}
    last = {command: max(row.started, row.finished or row.started) for command, row in rows.items()}
    age = {command: max((now - moment).total_seconds(), 0) for command, moment in last.items()}
    never = float("inf")
    # In the middle of a round the worker may be sending to thousands: then it is as patient as a scheduled command.
    busy = WORKER in rows and rows[WORKER].finished is None
    works = age.get(WORKER, never) <= (OVERDUE_AFTER[SIGNUPS] if busy else WORKER_SEEN_SECONDS)
    freshest = {SIGNUPS: min(age.get(SIGNUPS, never), age.get(SCHEDULED, never)), SCHEDULED: age.get(SCHEDULED, never)}
    return [
        TickState(
            command=command,
            last=last.get(command),
            age=age.get(command),
            running=works and command == WORKER,
            covered=works and command != WORKER,
            overdue=not works and command in OVERDUE_AFTER and freshest[command] > OVERDUE_AFTER[command],
            error=rows[command].error if command in rows else "",
        )
        for command in (WORKER, SIGNUPS, SCHEDULED)
    ]


def seconds_since_last_tick(now: datetime.datetime) -> float | None:
    """Return how many seconds ago any periodic command ran last; None where none ever has."""
    ages = [state.age for state in ticks_state(now) if state.age is not None]
    return min(ages, default=None)


def alarms(states: list[TickState], waiting: int, paused: str) -> list[str]:
    """Return sentences about mail that is not being sent, the most general first; `paused` says that it is held."""
    found = []
    late = [state for state in states if state.overdue]
    freshest = min((state for state in states if state.last), key=lambda state: state.age, default=None)
    if late and freshest is None:
        found.append(_("Nothing on this site sends mail yet: the program that does so has never run."))
    elif late and freshest.command == WORKER:
        found.append(_("The worker has stopped: it %(last)s. No mail goes out.") % {"last": freshest.words})
    else:
        sentence = _("%(name)s is overdue: it %(last)s.")
        found += [sentence % {"name": state.name.rstrip(","), "last": state.words} for state in late]
    if refusal := transports.ready():
        found.append(refusal)
    # An older error has been answered: each run tries again whatever an earlier one left.
    if freshest and freshest.error and freshest.error not in (refusal, paused):
        found.append(_("The last round of sending ended early: %(why)s") % {"why": freshest.error})
    if waiting and not found and not paused:
        found.append(_("Messages wait longer than usual, and nothing says why. Look at the list of those waiting."))
    return found


def next_email() -> Email | None:
    """Return the scheduled e-mail that goes out first."""
    coming = Email.objects.filter(state=Email.State.SCHEDULED).select_related("sequence")
    return coming.order_by("scheduled_for", "pk").first()


def stuck_emails() -> list[Email]:
    """Return the e-mails that were due but did not go: too late, or with something wrong in them."""
    stuck = Q(state=Email.State.MISSED) | Q(state=Email.State.DRAFT) & ~Q(problem="")
    return list(Email.objects.filter(stuck).order_by("-date_updated"))


def signups_by_course(sequences: list[Sequence]) -> dict[int, dict[str, int]]:
    """Return {sequence's id: {"here": not left, "confirmed": of these}} for these sequences; one query."""
    here = Signup.objects.live().filter(sequence__in=sequences).order_by().values("sequence")
    counted = here.annotate(here=Count("pk"), confirmed=Count("pk", filter=Q(confirmed__isnull=False)))
    return {row.pop("sequence"): row for row in counted}


def runs_with_groups(now: datetime.datetime) -> list[Sequence]:
    """Return the course runs that are not over and have open groups, each with their number as `number`; one query."""
    lasting = Sequence.objects.filter(end_date__gte=(now - datetime.timedelta(days=1)).date())
    counted = lasting.annotate(number=Count("groups", filter=Q(groups__closed=None))).filter(number__gt=0)
    return list(counted.order_by("start_date", "pk"))


def signups_in_all() -> int:
    """Return how many sign-ups there are, in every course run and on the waiting list, without those who left."""
    return Signup.objects.live().count()


def signups_waiting() -> int:
    """Return how many people wait for the next course run."""
    return Signup.objects.live().filter(sequence=None).count()


def signups_today(now: datetime.datetime, zone: datetime.tzinfo) -> int:
    """Return how many people signed up since midnight in `zone`, without those who left again."""
    midnight = datetime.datetime.combine(now.astimezone(zone).date(), datetime.time(), zone)
    return Signup.objects.live().filter(date_created__gte=midnight).count()


def overview(now: datetime.datetime | None = None) -> dict[str, object]:
    """Return everything that the home page shows, by name."""
    now = now or clock.now()
    courses = Sequence.objects.open_for_signup(now)
    counts = signups_by_course(courses)
    coming = next_email()
    zone = courses[0].zone if courses else datetime.UTC
    states = ticks_state(now)
    waiting = stats.waiting(now)
    paused = site_is_paused()
    return {
        "courses": [(course, counts.get(course.pk, {"here": 0, "confirmed": 0})) for course in courses],
        "grouped": runs_with_groups(now),
        "next_email": coming,
        "next_email_when": coming and in_words_beside_utc(coming.scheduled_for, coming.sequence.zone),
        "next_email_late": coming and coming.scheduled_for < now,
        "signups_today": signups_today(now, zone),
        "today_zone": str(zone),
        "signups_in_all": signups_in_all(),
        "signups_waiting": signups_waiting(),
        "ticks": states,
        "overdue": any(state.overdue for state in states),
        "paused": paused,
        "alarms": alarms(states, waiting, paused),
        "waiting": waiting,
        "replies": replying.waiting(),
        "posts_to_look_at": to_look_at().count(),
        "unsure": stats.unsure(),
        "failed": stats.failed(now),
        "doubled": stats.doubled(now),
        "stuck_emails": stuck_emails(),
    }
