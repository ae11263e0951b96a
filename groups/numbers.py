"""What can be counted of the talk in groups, for lists, the health of groups and statistics."""

import datetime
import statistics
from dataclasses import dataclass

from django.db.models import Case, Count, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone as clock

from groups.posts import Post

WEEK = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Talk:
    """The talk of one group. Organisers' posts count as posts and as answers, never as writers."""

    writers: int = 0  # members who ever wrote, also those who have left since
    posts: int = 0
    posts_in_week: int = 0  # in the last 7 days
    last_post: datetime.datetime | None = None
    threads: int = 0
    answered: int = 0  # threads that somebody other than their author answered
    first_reply: float | None = None  # seconds from a thread's first post to its first answer, median of the answered


def talk_of(groups: QuerySet, now: datetime.datetime | None = None) -> dict[int, Talk]:
    """Return {group id: Talk} for a query set of groups, in two queries; a group without a post is left out.

    Counted are posts that are shown. `talk_of(Group.objects.filter(sequence=run)).get(group.pk, Talk())` never fails.
    """
    now = now or clock.now()
    shown = Post.objects.filter(group__in=groups.order_by().values("pk"), state=Post.State.SHOWN).order_by()
    counted = shown.values("group").annotate(
        writers=Count("author", distinct=True),
        posts=Count("pk"),
        posts_in_week=Count("pk", filter=Q(made__gt=now - WEEK)),
        threads=Count("pk", filter=Q(thread=None)),
        last_post=Max("made"),
    )
    waits = _first_replies(shown)
    return {
        row.pop("group"): Talk(**row, answered=len(mine), first_reply=statistics.median(mine) if mine else None)
        for row in counted
        for mine in [waits.get(row["group"], [])]
    }


def _first_replies(shown: QuerySet[Post]) -> dict[int, list[float]]:
    """Return {group id: the seconds until the first answer by somebody else, of each thread that has one}."""
    # An empty author is an organiser, and equals nobody: NULL = NULL is not true in SQL.
    one = Post.objects.filter(thread=OuterRef("pk"), state=Post.State.SHOWN).order_by()
    other = one.filter(~Q(author=OuterRef("author")) | Q(author=None))
    first = Case(When(author=None, then=_earliest(one.exclude(author=None))), default=_earliest(other))
    begun = shown.filter(thread=None).annotate(answered=first).exclude(answered=None)
    found: dict[int, list[float]] = {}
    for group, made, answered in begun.values_list("group", "made", "answered"):
        found.setdefault(group, []).append((answered - made).total_seconds())
    return found


def _earliest(posts: QuerySet[Post]) -> Subquery:
    return Subquery(posts.values("thread").annotate(first=Min("made")).values("first"))
