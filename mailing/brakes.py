"""Brakes: pausing one e-mail or the whole site, and stopping by itself an e-mail that does harm."""

import datetime
import math

from django.conf import settings
from django.db.models import Case, DateTimeField, F, Value, When
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from mailing.models import Delivery, Email, SitePause

Status = Delivery.Status
SENT = (Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)
FEWEST = 50  # messages that must have left before a share of them says anything
COMPLAINTS = 3  # that one person presses the wrong button says nothing either


def pause(email: Email, reason: str = "") -> int:
    """Hold back what has not left of an e-mail; return 1, or 0 where it was paused or nothing of it is being sent."""
    held = Email.objects.filter(pk=email.pk, paused=None, state=Email.State.SENDING)
    return held.update(paused=clock.now(), problem=reason, date_updated=clock.now())


def resume(email: Email) -> int:
    """Let a paused e-mail go on; return 1, or 0 where it was not paused.

    Where it had stopped itself, a person has seen the harm of what had left until now: only later calls count anew.
    """
    held, now = Email.objects.filter(pk=email.pk, paused__isnull=False), clock.now()
    seen = Case(When(problem="", then=F("resumed")), default=Value(now), output_field=DateTimeField())
    return held.update(paused=None, problem="", resumed=seen, date_updated=now)


def pause_site(reason: str = "") -> bool:
    """Send nothing to anybody until `resume_site`; return whether it was not paused already."""
    return SitePause.objects.get_or_create(pk=1, defaults={"reason": reason[:300]})[1]


def resume_site() -> bool:
    """Send again; return whether it was paused."""
    return bool(SitePause.objects.all().delete()[0])


def site_is_paused() -> str:
    """Return a sentence for staff while the site is paused, or ""."""
    held = SitePause.objects.first()
    if held is None:
        return ""
    since = {"when": f"{held.since:%d %B %Y, %H:%M} UTC"}
    return " ".join([_("All mail has been paused since %(when)s. Resume it on the home page.") % since, held.reason])


def is_too_late(email: Email, now: datetime.datetime) -> bool:
    """Say whether an e-mail is so long overdue that sending it now would surprise everybody."""
    return email.scheduled_for < now - datetime.timedelta(hours=settings.MAIL_LATEST_HOURS)


def stop_harmful() -> list[Email]:
    """Pause the e-mails that bounce or are reported as spam too often, and return them.

    The shares are of the messages that have left, or have left since a person resumed it. Mailbox providers block a
    sender long before either reaches 10 %.
    """
    said = _(
        "Stopped by itself: of %(left)s messages %(bounced)s bounced and %(complained)s were reported as spam. "
        "Look at the addresses before you resume it."
    )
    running = Email.objects.filter(state=Email.State.SENDING, paused=None)
    found = [(email, harm) for email in running if (harm := _harm(email))]
    return [email for email, harm in found if pause(email, said % harm)]


def _harm(email: Email) -> dict[str, int]:
    """Return what an e-mail did where it is too much, else nothing.

    This is asked every few seconds while it is sent, to a million people perhaps. So what has left is counted only
    after something came back, and only up to the number at which that is no harm any more.
    """
    rows = email.deliveries.order_by()
    if email.resumed:
        rows = rows.filter(batch__claimed__gt=email.resumed)
    bounced = rows.filter(status=Status.BOUNCED).count()
    complained = rows.filter(status=Status.COMPLAINED).count()
    worse = complained if complained >= COMPLAINTS else 0
    enough = max(_of(bounced, settings.MAIL_BOUNCE_SHARE), _of(worse, settings.MAIL_COMPLAINT_SHARE))
    if enough <= FEWEST:
        return {}
    sent = rows.filter(status__in=SENT)
    left = sent.count() if enough == math.inf else sent[: math.ceil(enough)].count()
    harmful = FEWEST <= left < enough
    return {"left": left, "bounced": bounced, "complained": complained} if harmful else {}


def _of(number: int, share: float) -> float:
    """Return of how many messages `number` is just that share."""
    return number / share if share else math.inf if number else 0
