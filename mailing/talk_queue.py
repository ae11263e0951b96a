"""What was written to groups is found here and promised: posts, digests, and answers to what was not passed on.

The bundles are `post:<id>`, `digest:<group>:<from>:<to>` and `copies:<course run>:<from>:<to>` in unix seconds, and
`refusal:<why>:<group>:<to whom>`.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone as clock

from groups.models import Mute, Post, Preference, Refusal
from groups.readers import active_members, last_morning, next_morning, readers_now
from mailing.delivery import revive
from mailing.keeping_lists import passed_on_by_list
from mailing.models import Delivery
from mailing.queue import LOT, promise_at, promise_to
from mailing.talk_readers import organisers_address, posts_of_digest
from sequence.models import Sequence

Kind = Delivery.Kind
POSTS = 100  # a transaction
AT_ONCE = 5  # posts of one group within a minute that go at once; those after them wait for each other
APART = datetime.timedelta(seconds=5)
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)


@transaction.atomic
def queue_posts(now: datetime.datetime | None = None) -> int:
    """Queue the next posts for everybody who gets each as a message, the organisers too, and return how many posts.

    A group that writes very much goes slower from its sixth message in a minute on, so that others are not kept.
    What a mailing list at the provider has passed on goes to nobody from here.
    """
    now = now or clock.now()
    posts = list(
        Post.objects.filter(queued=None, state=Post.State.SHOWN).select_related("author", "group__sequence")
        .order_by("pk").select_for_update(skip_locked=True, of=("self",))[:POSTS]
    )  # fmt: skip
    slots = _Slots({post.group_id for post in posts}, now)
    passed_on = passed_on_by_list(posts)
    rows = []
    for post in posts:
        if post.pk in passed_on:
            post.queued = now
            continue
        post.queued = slots.next(post.group_id)
        key = f"post:{post.pk}"
        readers = readers_now(post).select_related("signup").order_by("pk")
        rows += [promise_to(member.signup, key, Kind.POST, key, post.queued) for member in readers]
        if post.group.sequence.post_copies == Sequence.PostCopies.EACH:
            rows.append(promise_at(organisers_address(), key, Kind.POST, key, post.queued))
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=LOT)
    revive([f"post:{post.pk}" for post in posts], now)  # of posts that a moderator held and then let stand
    Post.objects.bulk_update(posts, ["queued"])
    return len(posts)


class _Slots:
    """When the next post of each group may go."""

    def __init__(self, groups: Iterable[int], now: datetime.datetime) -> None:
        self.now = now
        self.taken: dict[int, list[datetime.datetime]] = defaultdict(list)
        recent = Post.objects.filter(group__in=list(groups), queued__gt=now - MINUTE)
        for group, moment in recent.values_list("group", "queued"):
            self.taken[group].append(moment)

    def next(self, group: int) -> datetime.datetime:
        """Return the next moment for this group and take it."""
        taken = self.taken[group]
        moment = self.now if len(taken) < AT_ONCE else max(self.now, max(taken) + APART)
        taken.append(moment)
        return moment


@transaction.atomic
def queue_digests(now: datetime.datetime | None = None) -> int:
    """Queue the digests whose morning has come, for the next lot of people, and return how many people.

    A digest holds what was shown in the group since the one before; with nothing new by others there is none. Who
    has muted somebody gets a digest of their own where that person wrote.
    """
    now = now or clock.now()
    due = list(
        Preference.objects.filter(mail=Preference.Mail.DAILY, digest_next__lte=now).select_related("signup")
        .order_by("pk").select_for_update(skip_locked=True, of=("self",))[:LOT]
    )  # fmt: skip
    people = [row.signup_id for row in due]
    group_of = dict(active_members().filter(signup__in=people).values_list("signup", "group"))
    posts, muted = _posts_for(due, group_of), _mutes_of(people)
    rows = []
    for row in due:
        end, group = last_morning(row.signup, now), group_of.get(row.signup_id)
        begin = row.digest_from or end - DAY
        mine = [(by, shown) for by, shown in posts.get(group, []) if begin < shown <= end]
        others = {by for by, _shown in mine if by != row.signup_id}
        unread = others & muted.get(row.signup_id, set())
        if others - unread:
            bundle = f"digest:{group}:{_seconds(begin)}:{_seconds(end)}"
            # With its moment: who travels west has two mornings of one date.
            key = f"digest:{end.astimezone(row.signup.zone).date()}:{group}:{_seconds(end)}"
            own = f":{row.signup_id}" if unread else ""
            rows.append(promise_to(row.signup, key, Kind.DIGEST, bundle + own, now))
        row.digest_from, row.digest_next = max(begin, end), next_morning(row.signup, now)
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    Preference.objects.bulk_update(due, ["digest_from", "digest_next"])
    return len(due)


@transaction.atomic
def queue_copies(now: datetime.datetime | None = None) -> int:
    """Queue the organisers' daily message about the groups of each course run whose morning has come, and return how
    many. The first one holds one day."""
    now = now or clock.now()
    runs = Sequence.objects.filter(post_copies=Sequence.PostCopies.DAILY).order_by("pk")
    queued = 0
    for run in runs.select_for_update(skip_locked=True, no_key=True):
        end = last_morning(run, now)
        begin = run.copied_to or end - DAY
        if begin >= end:
            continue
        Sequence.objects.filter(pk=run.pk).update(copied_to=end)
        bundle = f"copies:{run.pk}:{_seconds(begin)}:{_seconds(end)}"
        if posts_of_digest(bundle).exists():
            row = promise_at(organisers_address(), bundle, Kind.DIGEST, bundle, now)
            queued += len(Delivery.objects.bulk_create([row], ignore_conflicts=True))
    return queued


def _seconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp())


def _posts_for(
    due: list[Preference], group_of: dict[int, int]
) -> dict[int, list[tuple[int | None, datetime.datetime]]]:
    """Return {group: [(author, shown since), ...]} of the posts that could stand in these digests."""
    if not due:
        return {}
    begin = min(row.digest_from or row.digest_next - DAY for row in due)
    shown = Post.objects.filter(group__in=set(group_of.values()), state=Post.State.SHOWN, shown__gt=begin)
    found: dict[int, list] = defaultdict(list)
    for group, author, moment in shown.values_list("group", "author", "shown"):
        found[group].append((author, moment))
    return found


def _mutes_of(people: list[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for by, muted in Mute.objects.filter(by__in=people).values_list("by", "muted"):
        found[by].add(muted)
    return found


@transaction.atomic
def queue_answers(now: datetime.datetime | None = None) -> int:
    """Queue the answers to messages that were not passed on, and return how many."""
    now = now or clock.now()
    refusals = list(
        Refusal.objects.filter(answer=True, queued=None).select_related("signup").order_by("pk")
        .select_for_update(skip_locked=True, of=("self",))[:LOT]
    )  # fmt: skip
    rows = []
    for one in refusals:
        bundle = f"refusal:{one.reason}:{one.group_id}:{'member' if one.signup else 'stranger'}"
        row = promise_at(one.address, f"refusal:{one.pk}", Kind.ANSWER, bundle, now)
        row.signup = one.signup
        rows.append(row)
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    Refusal.objects.filter(pk__in=[one.pk for one in refusals]).update(queued=now)
    return len(rows)


STEPS = (
    ("answers", queue_answers),
    ("posts", queue_posts),
    ("people whose digest was due", queue_digests),
    ("digests for organisers", queue_copies),
)
