"""Signs of life: who opened, clicked, answered or wrote in the last seven days. The one source of it for all pages."""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count
from django.utils import timezone as clock

from groups.models import Group, Post
from groups.numbers import Talk as Counted
from groups.numbers import talk_of
from mailing.keeping_lists import by_lists
from mailing.models import CheckIn, Email, Event
from sequence.models import Sequence

WINDOW = datetime.timedelta(days=7)
OPENED, CLICKED = "opened", "clicked"


@dataclass
class Signs:
    """What one person did within the window. Opens by machines do not count."""

    opens: int = 0
    clicks: int = 0
    check_ins: Counter[str] = field(default_factory=Counter)  # by answer

    @property
    def spoke(self) -> bool:
        """Whether they did more than open a message."""
        return bool(self.clicks or self.check_ins)


@dataclass(frozen=True)
class Talk:
    """What one group wrote: who ever did, how often within the window, and how soon the first answer came."""

    ever_wrote: int  # members
    wrote: frozenset[int]  # sign-ups' ids, within the window
    posts: int  # within the window
    first_reply: datetime.timedelta | None


@dataclass(frozen=True)
class Activity:
    """The signs of life of one course run: {sign-up's id: Signs}, and {group's id: Talk}.

    `talk` is None where posts are not kept here: then nobody can know who wrote. `tracked` says whether the mail of the
    site tells of opens at all, `sent` whether a message went out that people could open.
    """

    people: dict[int, Signs]
    talk: dict[int, Talk] | None = None
    tracked: bool = True
    sent: bool = True
    active: frozenset[int] = field(init=False)  # the ids of everybody who gave any sign of life

    def __post_init__(self):
        wrote = (talk.wrote for talk in (self.talk or {}).values())
        object.__setattr__(self, "active", frozenset(self.people).union(*wrote))

    @property
    def knows_opens(self) -> bool:
        """Whether somebody of whom no open is known has opened nothing. Elsewhere they may read, unseen."""
        return self.tracked and self.sent


def activity_of(sequence: Sequence, now: datetime.datetime | None = None) -> Activity:
    """Return the signs of life of a course run in the seven days before `now`; seven queries at most."""
    now = now or clock.now()
    since = now - WINDOW
    people: dict[int, Signs] = defaultdict(Signs)
    events = Event.objects.filter(
        kind__in=(OPENED, CLICKED), machine=False, happened__gte=since, delivery__signup__sequence=sequence
    )  # fmt: skip
    counted = events.order_by().values_list("delivery__signup", "kind").annotate(count=Count("pk"))
    for person, kind, count in counted:
        if kind == OPENED:
            people[person].opens = count
        else:
            people[person].clicks = count
    answers = CheckIn.objects.filter(said__gte=since, signup__sequence=sequence)
    for person, answer in answers.values_list("signup", "answer"):
        people[person].check_ins[answer] += 1
    sent = (
        any(one.opens or one.clicks for one in people.values())
        or Email.objects.filter(sequence=sequence, frozen_at__gte=since).exists()
    )
    tracked = settings.MAIL_TRACKING and settings.MAIL_TRANSPORT == "mailgun"
    return Activity(dict(people), _talk(sequence, now), tracked, sent)


def _talk(sequence: Sequence, now: datetime.datetime) -> dict[int, Talk] | None:
    """Return what each group wrote; None where mailing lists at the provider pass messages on, unknown to us.

    They are known where the provider's route brings them here as well.
    """
    groups = Group.objects.filter(sequence=sequence)
    if by_lists() and not Post.objects.filter(group__in=groups, source=Post.Source.MAIL).exists():
        return None
    shown = Post.objects.filter(group__in=groups, state=Post.State.SHOWN, made__gte=now - WINDOW)
    wrote: dict[int, set[int]] = defaultdict(set)
    for group, author in shown.exclude(author=None).order_by().values_list("group", "author").distinct():
        wrote[group].add(author)
    counted = talk_of(groups, now)
    return {
        group: _talk_from(counted.get(group, Counted()), frozenset(wrote[group]))
        for group in groups.values_list("pk", flat=True)
    }


def _talk_from(found: Counted, wrote: frozenset[int]) -> Talk:
    wait = None if found.first_reply is None else datetime.timedelta(seconds=found.first_reply)
    return Talk(ever_wrote=found.writers, wrote=wrote, posts=found.posts_in_week, first_reply=wait)


def active_people(sequence: Sequence, now: datetime.datetime | None = None) -> frozenset[int]:
    """Return the ids of the sign-ups of a course run that gave a sign of life in the seven days before `now`."""
    return activity_of(sequence, now).active
