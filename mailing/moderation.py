"""The organisers hear that posts wait for a moderator: when it begins, then once a day until all is settled."""

import datetime
from collections.abc import Sequence as Many

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import Group
from groups.moderating import Waiting, to_look_at, waiting_by_group
from mailing.content import layout
from mailing.letters import Letter, Recipient
from mailing.merge import inert
from mailing.models import Delivery, ModeratorNotice
from mailing.queue import promise_at
from mailing.talk_letters import letter_to_team, recipients_in_team, rendered
from mailing.talk_readers import organisers_address
from mooc.lib.insert import insert_if_new
from mooc.lib.moments import in_words_beside_utc
from mooc.lib.urls import page_url

Kind, Status = Delivery.Kind, Delivery.Status
DAY = datetime.timedelta(days=1)
MOST_NAMED = 10  # groups


@transaction.atomic
def queue_notice(now: datetime.datetime | None = None) -> int:
    """Queue one message to the organisers where it is time to say that posts wait, and return how many were queued.

    The row of the last message is locked before anybody looks what waits, so of two workers one finds it told.
    """
    now, address = now or clock.now(), organisers_address()
    ModeratorNotice.objects.get_or_create(pk=1)
    last = ModeratorNotice.objects.select_for_update(skip_locked=True).first()
    if last is None or not address:
        return 0
    if not to_look_at().exists():
        ModeratorNotice.objects.filter(pk=last.pk, settled=None).update(settled=now)
        return 0
    row = Delivery.objects.filter(key=last.key).select_related("batch").first()
    if row and row.status == Status.QUEUED:
        # When it goes it tells what waits by then: after a pause there is one, and not one for each day.
        ModeratorNotice.objects.filter(pk=last.pk, settled__isnull=False).update(settled=None)
        return 0
    if row and not last.settled and _told(row) > now - DAY:
        return 0
    last.number, last.settled = last.number + 1, None
    last.save()
    return int(insert_if_new(promise_at(address, last.key, Kind.MODERATION, last.key, now)))


def _told(row: Delivery) -> datetime.datetime:
    return row.batch.claimed if row.batch else row.queued_at


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return what is to be said now about posts that wait, and to whom.

    It names groups and numbers alone: mailboxes are shared and forwarded, and whoever reported something trusts that
    only moderators read it. Raises ValidationError where all was settled since the claim; the next one sees that.
    """
    found = waiting_by_group()
    if not found:
        raise ValidationError(_("Nothing waits for a moderator any more."))
    groups = Group.objects.select_related("sequence").in_bulk([one.group for one in found[:MOST_NAMED]])
    posts = sum(one.posts for one in found)
    number = {"number": f"{posts:,}"}
    subject = ngettext(
        "%(number)s message to a group waits for a moderator",
        "%(number)s messages to groups wait for a moderator",
        posts,
    )
    since = ngettext("It has waited since %(when)s.", "The oldest has waited since %(when)s.", posts)
    zone = groups[found[0].group].sequence.zone
    context = {
        "said": f"{subject % number}.",
        "reported": _said_of_reports(sum(one.reported for one in found), posts),
        "since": since % {"when": in_words_beside_utc(found[0].since, zone)},
        "groups": [_said_of_group(groups[one.group], one) for one in found[:MOST_NAMED]],
        "more": _said_of_more(len(found) - MOST_NAMED),
    }
    button = {
        "button_url": f"{page_url('admin:groups_post_changelist')}?look=held",
        "button_label": _("See what waits"),
    }
    why = _("You get this message because you answer for the groups here. While something waits, it comes once a day.")
    around = layout(subject % number, "", why, my_page_url="", unsubscribe_url="", **button)
    done = rendered("moderation", context, around)
    return letter_to_team(subject % number, done, "moderation", "moderation"), recipients_in_team(deliveries)


def _said_of_reports(reported: int, posts: int) -> str:
    if reported == posts:
        return ngettext("It was reported by a member.", "All of them were reported by members.", posts)
    said = ngettext(
        "%(number)s of them was reported by a member.", "%(number)s of them were reported by members.", reported
    )
    return said % {"number": f"{reported:,}"} if reported else ""


def _said_of_group(group: Group, waiting: Waiting) -> str:
    said = ngettext(
        "%(group)s, %(course)s: %(number)s message", "%(group)s, %(course)s: %(number)s messages", waiting.posts
    )
    return inert(said % {"group": group.name, "course": group.sequence, "number": f"{waiting.posts:,}"})


def _said_of_more(groups: int) -> str:
    said = ngettext("and %(number)s more group", "and %(number)s more groups", max(groups, 0))
    return said % {"number": f"{groups:,}"} if groups > 0 else ""
