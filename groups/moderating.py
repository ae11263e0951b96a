"""Reporting a post, and what moderators decide about it."""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.posts import Post, Report
from mooc.lib.insert import insert_if_new
from signup.models import Signup

State = Post.State


@dataclass(frozen=True)
class Waiting:
    """What waits for a moderator in one group."""

    group: int
    posts: int
    reported: int  # of these, by a member
    since: datetime.datetime  # the one that has waited longest


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
    held = Post.objects.filter(state=State.HELD).order_by().values("pk")
    reported = Report.objects.filter(settled=None).order_by().values("post")
    # With OR every post that was ever written would be read, and workers ask this each time round.
    return Post.objects.filter(pk__in=held.union(reported)).order_by("pk")


def waiting_by_group() -> list[Waiting]:
    """Return what waits for a moderator in each group, the longest wait first; one query.

    A post waits from its first report on, or, where nobody has reported it, since it came.
    """
    reports = Report.objects.filter(post=OuterRef("pk"), settled=None).order_by("made")
    posts = to_look_at().order_by().annotate(reported=Subquery(reports.values("made")[:1]))
    groups = posts.annotate(since=Coalesce("reported", "made")).values("group")
    found = groups.annotate(count=Count("pk"), by_members=Count("reported"), first=Min("since"))
    return [
        Waiting(*row) for row in found.order_by("first", "group").values_list("group", "count", "by_members", "first")
    ]


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
