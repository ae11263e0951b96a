"""Reporting a post, and what moderators decide about it."""

import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.posts import Post, Report
from mooc.lib.insert import insert_if_new
from signup.models import Signup

State = Post.State


@transaction.atomic
def report(post: Post, by: Signup, words: str = "", now: datetime.datetime | None = None) -> bool:
    """Report a post, once a person; return False where this person had reported it before.

    It waits for a moderator from now on, for everybody, unless a moderator has let it stand after an earlier report.
    A post of the organisers stays.
    """
    now = now or clock.now()
    Post.objects.select_for_update().get(pk=post.pk)
    if not insert_if_new(Report(post=post, by=by, words=words[:500], made=now)):
        return False
    if post.author_id and not post.reports.filter(settled__isnull=False).exists():
        shown = Post.objects.filter(pk=post.pk, state=State.SHOWN)
        shown.update(state=State.HELD, why=_("Reported by a member."))
    return True


def to_look_at() -> QuerySet[Post]:
    """Return the posts that wait for a moderator: held ones, and those reported since one last looked."""
    reported = Report.objects.filter(settled=None).values("post")
    return Post.objects.filter(Q(state=State.HELD) | Q(pk__in=reported)).order_by("pk")


@transaction.atomic
def show(post: Post, now: datetime.datetime | None = None) -> int:
    """Let a post stand, and send it to whoever has not had it; return 1, or 0 where it is shown already."""
    now = now or clock.now()
    post.reports.filter(settled=None).update(settled=now)
    return Post.objects.filter(pk=post.pk).exclude(state=State.SHOWN).update(
        state=State.SHOWN, why="", shown=now, queued=None
    )  # fmt: skip


@transaction.atomic
def remove(post: Post, now: datetime.datetime | None = None) -> int:
    """Take a post off the page and out of the queue; return 1, or 0 where it was removed before."""
    post.reports.filter(settled=None).update(settled=now or clock.now())
    return Post.objects.filter(pk=post.pk).exclude(state=State.REMOVED).update(state=State.REMOVED)
