"""Old news goes: what no statistic needs is deleted, of the rest the provider's own words. A little in each tick.

Old talk goes too: what people answered to course messages, and the pictures in what they wrote to groups.
"""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.models import Attachment, Post
from mailing.models import Event, Reply, SeenToken

# Statistics count these, with their moment, their link and whether a machine did it.
COUNTED = ("opened", "clicked", "unsubscribed", "complained", "failed")
KEEP_TOKENS = datetime.timedelta(days=1)  # a signed call is refused by its age long before (`webhooks.OLDEST`)
LOT = 1000  # rows a transaction
MOST_LOTS = 5  # of each, a tick


def purge(now: datetime.datetime | None = None) -> int:
    """Clear away at most 5,000 old events, as many tokens, and so on, in small transactions; return how many."""
    now = now or clock.now()
    done = 0
    for step in (_purge_events, _purge_tokens, _purge_replies, _purge_pictures):
        for _lot in range(MOST_LOTS):
            number = step(now)
            done += number
            if number < LOT:
                break
    return done


@transaction.atomic
def _purge_events(now: datetime.datetime) -> int:
    """Delete or trim the events that came more than MAIL_KEEP_EVENTS_DAYS ago; return how many were looked at."""
    before = now - datetime.timedelta(days=settings.MAIL_KEEP_EVENTS_DAYS)
    old = Event.objects.filter(whole=True, received__lt=before).order_by("received")
    rows = list(old.values_list("pk", "kind", "delivery")[:LOT])
    counted = [pk for pk, kind, delivery in rows if kind in COUNTED and delivery]
    Event.objects.filter(pk__in=counted).update(payload={}, whole=False)
    Event.objects.filter(pk__in={pk for pk, _kind, _delivery in rows} - set(counted)).delete()
    return len(rows)


@transaction.atomic
def _purge_tokens(now: datetime.datetime) -> int:
    old = list(SeenToken.objects.filter(seen__lt=now - KEEP_TOKENS).order_by("seen").values_list("pk", flat=True)[:LOT])
    SeenToken.objects.filter(pk__in=old).delete()
    return len(old)


def _too_old(now: datetime.datetime) -> datetime.datetime:
    return now - datetime.timedelta(days=settings.MAIL_KEEP_TALK_DAYS)


@transaction.atomic
def _purge_replies(now: datetime.datetime) -> int:
    """Delete conversations with the organisers whose last message came more than MAIL_KEEP_TALK_DAYS ago."""
    before = _too_old(now)
    fresh = Reply.objects.filter(Q(pk=OuterRef("first")) | Q(earlier=OuterRef("first")), made__gte=before)
    old = Reply.objects.filter(made__lt=before).annotate(first=Coalesce("earlier", F("pk")))
    rows = list(old.filter(~Exists(fresh)).order_by("made").values_list("pk", flat=True)[:LOT])
    Reply.objects.filter(pk__in=rows).delete()
    return len(rows)


@transaction.atomic
def _purge_pictures(now: datetime.datetime) -> int:
    """Delete the pictures of posts that are older than MAIL_KEEP_TALK_DAYS, and say so in their place."""
    oldest = Attachment.objects.order_by("pk").values_list("pk", "post", "post__made")[:LOT]
    rows = [(picture, post) for picture, post, made in oldest if made < _too_old(now)]
    said = _("A picture that came with it is not kept any more.")
    posts = Post.objects.only("left_out").in_bulk({post for _picture, post in rows})
    for _picture, post in rows:
        posts[post].left_out.append(said)
    Post.objects.bulk_update(posts.values(), ["left_out"])
    Attachment.objects.filter(pk__in=[picture for picture, _post in rows]).delete()
    return len(rows)
