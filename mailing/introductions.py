"""Who has not been told of a group yet is found here and promised a message: members, their group, silent people."""

import datetime
from collections import defaultdict

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone as clock

from groups import still_in, waiting
from groups.models import Group, Membership, News, StillIn
from mailing.delivery import revive
from mailing.models import Delivery
from mailing.queue import LOT, promise_to
from signup.models import Signup

Kind = Delivery.Kind
NEW, LATE, MOVED, MERGED = "new", "late", "moved", "merged"  # the forms of an introduction


def _reachable() -> QuerySet[Membership]:
    """Current members who may be written to."""
    return Membership.objects.current().filter(signup__confirmed__isnull=False, signup__bounced=None)


@transaction.atomic
def queue_introductions(now: datetime.datetime | None = None) -> int:
    """Queue an introduction for the next lot of members who were not told of their group, and return how many."""
    now = now or clock.now()
    waiting_for_it = _reachable().filter(told=None).order_by("group", "pk")
    # A group before its members, as everybody locks them who closes a group or joins two.
    groups = set(waiting_for_it.values_list("group", flat=True)[:LOT])
    first = Group.objects.filter(pk__in=groups, introduced=None).order_by("pk")
    first_told = list(first.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
    new = list(
        waiting_for_it.filter(Q(group__in=first_told) | Q(group__introduced__isnull=False))
        .select_related("signup", "group", "came_from").select_for_update(skip_locked=True, of=("self",))[:LOT]
    )  # fmt: skip
    rows = [
        promise_to(
            member.signup, f"intro:{member.pk}", Kind.INTRO, f"intro:{member.group.sequence_id}:{_form(member)}", now
        )
        for member in new
    ]  # fmt: skip
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    revive([row.key for row in rows], now)
    Membership.objects.filter(pk__in=[member.pk for member in new]).update(told=now)
    met = {member.group_id for member in new}.intersection(first_told)
    Group.objects.filter(pk__in=met).update(introduced=now)
    return len(rows)


def _form(member: Membership) -> str:
    if member.came_from:
        return MERGED if member.came_from.merged_into_id == member.group_id else MOVED
    introduced = member.group.introduced
    return LATE if introduced and member.joined > introduced else NEW


@transaction.atomic
def queue_news(now: datetime.datetime | None = None) -> int:
    """Queue the news of one group, that people have joined it, for those who were there; return how many groups.

    A group hears of newcomers at most once a day (in UTC); of a group that was joined with it, at once.
    """
    now = now or clock.now()
    day = now.astimezone(datetime.UTC).date()
    joined_later = Q(news=None, told__isnull=False, joined__gt=F("group__introduced"))
    pending = Membership.objects.current().filter(joined_later, group=OuterRef("pk"))
    merged = Q(came_from__merged_into=OuterRef("pk"))
    heard_today = News.objects.filter(group=OuterRef("pk"), kind=News.Kind.NEWCOMERS, day=day)
    due = Exists(pending.filter(merged)) | (Exists(pending.exclude(merged)) & ~Exists(heard_today))
    group = (
        Group.objects.filter(due, sequence__end_date__gte=day)
        .order_by("pk")
        .select_for_update(skip_locked=True)
        .first()
    )
    if group is None:
        return 0
    by_kind: dict[str, list[Membership]] = defaultdict(list)
    for member in Membership.objects.current().filter(joined_later, group=group).select_related("came_from"):
        from_merged = member.came_from and member.came_from.merged_into_id == group.pk
        by_kind[News.Kind.MERGED if from_merged else News.Kind.NEWCOMERS].append(member)
    if News.objects.filter(group=group, kind=News.Kind.NEWCOMERS, day=day).exists():
        by_kind.pop(News.Kind.NEWCOMERS, None)
    for kind, people in by_kind.items():
        news = News.objects.create(group=group, kind=kind, day=day, made=now)
        Membership.objects.filter(pk__in=[member.pk for member in people]).update(news=news)
        _tell(news, people, now)
    return 1


def _tell(news: News, people: list[Membership], now: datetime.datetime) -> None:
    """Promise the news to each member who was introduced before the last of these people came."""
    last = max(member.joined for member in people)
    alone = people[0].pk if len(people) == 1 else None
    readers = _reachable().filter(group=news.group, told__lt=last).exclude(pk=alone).select_related("signup")
    bundle = f"news:{news.group.sequence_id}:{news.kind}"
    Delivery.objects.bulk_create(
        (promise_to(one.signup, f"news:{news.pk}", Kind.NEWS, bundle, now) for one in readers), ignore_conflicts=True
    )


@transaction.atomic
def queue_still_in(now: datetime.datetime | None = None) -> int:
    """Queue “still in?” for the next lot of people of a course run whose day of asking it is; return how many."""
    now = now or clock.now()
    for sequence in still_in.being_asked(now):
        people = list(still_in.to_ask(sequence).order_by("pk").select_for_update(skip_locked=True, of=("self",))[:LOT])
        if people:
            StillIn.objects.bulk_create((StillIn(signup=one, asked=now) for one in people), ignore_conflicts=True)
            _promise(people, Kind.ASK, "stillin", f"stillin:{sequence.pk}", now)
            return len(people)
    return 0


@transaction.atomic
def queue_left_out(now: datetime.datetime | None = None) -> int:
    """Queue for the next lot of silent people that groups were made without them; return how many."""
    now = now or clock.now()
    first = still_in.to_tell().order_by("pk").first()
    if first is None:
        return 0
    theirs = still_in.to_tell().filter(sequence=first.sequence_id).order_by("pk")
    people = list(theirs.select_for_update(skip_locked=True, of=("self",))[:LOT])
    _promise(people, Kind.LEFT_OUT, "leftout", f"leftout:{first.sequence_id}", now)
    StillIn.objects.filter(signup__in=people).update(told=now)
    return len(people)


@transaction.atomic
def queue_waiting(now: datetime.datetime | None = None) -> int:
    """Queue for the next lot of people whose group was closed that they wait for another place; return how many."""
    now = now or clock.now()
    first = waiting.to_tell().select_related("group").order_by("pk").first()
    if first is None:
        return 0
    run = first.group.sequence_id
    theirs = waiting.to_tell().filter(group__sequence=run).select_related("signup").order_by("pk")
    ended = list(theirs.select_for_update(skip_locked=True, of=("self",))[:LOT])
    Delivery.objects.bulk_create(
        (promise_to(one.signup, f"waiting:{one.pk}", Kind.WAITING, f"waiting:{run}", now) for one in ended),
        ignore_conflicts=True,
    )
    Membership.objects.filter(pk__in=[one.pk for one in ended]).update(told_waits=now)
    return len(ended)


def _promise(people: list[Signup], kind: int, name: str, bundle: str, now: datetime.datetime) -> None:
    Delivery.objects.bulk_create(
        (promise_to(one, f"{name}:{one.pk}", kind, bundle, now) for one in people), ignore_conflicts=True
    )


STEPS = (
    ("asked whether they are still in", queue_still_in),
    ("introductions", queue_introductions),
    ("groups with news", queue_news),
    ("told they are left out", queue_left_out),
    ("told they wait for another group", queue_waiting),
)  # fmt: skip


def outlook() -> dict[str, int]:
    """Return how many members and silent people wait to be told, by what the report of a tick calls it."""
    return {
        "introductions": _reachable().filter(told=None).count(),
        "told they are left out": still_in.to_tell().count(),
        "told they wait for another group": waiting.to_tell().count(),
    }
