"""Who may still be written to, asked at the last moment: in the claim of a call."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from groups.models import Membership
from mailing.group_letters import still_there
from mailing.models import Delivery, Email, Suppression
from mailing.reply_letters import is_there
from mailing.talk_readers import is_for_team, is_gone, still_reading
from mooc.lib.addresses import fold

Kind = Delivery.Kind


def why_not(row: Delivery, members: set[int] | None, complained: set[str]) -> str:
    """Return why a delivery must not leave any more, in words, or "" when it may."""
    person = row.signup
    if fold(row.address) in complained:
        return _("This address reported our mail as spam. Only an organiser can lift that.")
    if row.kind in (Kind.TEST, Kind.CONTROL, Kind.ANSWER) or is_for_team(row):
        return ""
    if row.kind == Kind.WRITTEN:
        return "" if is_there(row) else _("The sign-up was deleted.")
    if person is None:
        return _("The sign-up was deleted.")
    if person.left:
        return _("Left the course before it was sent.")
    if row.kind in (Kind.CONFIRM, Kind.LINK):
        return ""
    if person.bounced:
        return _("Earlier mail to this address bounced.")
    if not person.confirmed:
        return _("The address is no longer confirmed.")
    if members is not None and person.pk not in members:
        return _outdated(row.kind)
    return ""


def _outdated(kind: int) -> str:
    if kind in (Kind.ASK, Kind.LEFT_OUT):
        return _("Answered before it was sent.")
    if kind == Kind.WAITING:
        return _("Found a place before it was sent, or wants none.")
    return _("Left the group or muted the writer, or a moderator holds it.")


def gone(rows: Sequence[Delivery]) -> str:
    """Return in words that what these rows of one bundle tell of is gone, or ""."""
    return _("What it tells of is not there any more.") if rows and is_gone(rows[0]) else ""


def members_of(email: Email | None, rows: Sequence[Delivery]) -> set[int] | None:
    """Return the sign-ups among those of these rows for whom a message about groups, or to them, still holds.

    None where the message has nothing to do with groups.
    """
    people = [row.signup_id for row in rows if row.signup_id]
    if rows and rows[0].kind in (Kind.POST, Kind.DIGEST):
        return still_reading(rows[0], people)
    if email is None or email.audience != Email.Audience.GROUPS:
        return still_there(rows)
    return set(Membership.objects.current().filter(signup__in=people).values_list("signup", flat=True))


def complained(rows: Collection[Delivery]) -> set[str]:
    """Return the folded addresses among those of these rows that have reported our mail as spam."""
    theirs = [fold(row.address) for row in rows]
    standing = Suppression.objects.filter(kind=Suppression.Kind.COMPLAINT, lifted=None, folded__in=theirs)
    return set(standing.values_list("folded", flat=True))
