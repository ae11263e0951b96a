"""Who may still get a post or a digest when it is claimed: asked last, with the people's rows locked."""

from datetime import UTC, datetime
from email.utils import parseaddr

from django.conf import settings
from django.db.models import QuerySet

from groups.models import Group, Mute, Post
from groups.moderating import to_look_at
from groups.readers import still_in
from mailing.models import Delivery, ModeratorNotice
from mooc.lib.addresses import fold

Kind = Delivery.Kind


def organisers_address() -> str:
    """Return the address that sees every group's mail and may post."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def is_for_team(row: Delivery) -> bool:
    """Say whether a delivery is for the organisers: a copy of posts, or that some wait for a moderator.

    It belongs to no sign-up and to every call.
    """
    nobodys = row.kind in (Kind.POST, Kind.DIGEST, Kind.MODERATION) and row.signup_id is None
    return nobodys and fold(row.address) == fold(organisers_address())


def of_one_course(row: Delivery, going: list[Delivery]) -> bool:
    """Say whether a delivery belongs to the course run of the others of its call, or to all."""
    other = next((one for one in going if not is_for_team(one)), row)
    return is_for_team(row) or _course(row) == _course(other)


def _course(row: Delivery) -> int | None:
    return row.signup.sequence_id if row.signup else None


def still_reading(row: Delivery, people: list[int]) -> set[int]:
    """Return which of these sign-ups may still get what `row` promises.

    Nobody where a moderator holds the post now, and nobody who has muted its writer.
    """
    if row.kind == Kind.DIGEST:
        return still_in(_number(row), people)
    post = Post.objects.filter(pk=_number(row), state=Post.State.SHOWN).only("group", "author").first()
    if post is None:
        return set()
    muted = Mute.objects.filter(by__in=people, muted=post.author_id).values_list("by", flat=True)
    return still_in(post.group_id, people) - set(muted)


def posts_of_digest(bundle: str) -> QuerySet[Post]:
    """Return what a digest holds, oldest first.

    `digest:<group>:<from>:<to>`, and its reader where they have muted somebody; `copies:<course run>:<from>:<to>`.
    """
    what, number, begin, end, *reader = bundle.split(":")
    first, last = (datetime.fromtimestamp(int(seconds), UTC) for seconds in (begin, end))
    where = {"group": int(number)} if what == "digest" else {"group__sequence": int(number)}
    posts = Post.objects.filter(**where, state=Post.State.SHOWN, shown__gt=first, shown__lte=last)
    muted = Mute.objects.filter(by__in=map(int, reader)).values("muted")
    return posts.exclude(author__in=muted).order_by("shown", "pk")


def is_gone(row: Delivery) -> bool:
    """Say whether what a delivery tells of is not there any more.

    A post goes with who wrote it, a group with its course run; all posts of a digest may be held by now. Of what
    waits for a moderator only the newest message tells.
    """
    if row.kind == Kind.POST:
        return not Post.objects.filter(pk=_number(row)).exists()
    if row.kind == Kind.DIGEST:
        return not posts_of_digest(row.bundle).exists()
    if row.kind == Kind.MODERATION:
        return not (ModeratorNotice.objects.filter(number=_number(row)).exists() and to_look_at().exists())
    return row.kind == Kind.ANSWER and not Group.objects.filter(pk=int(row.bundle.split(":")[2])).exists()


def _number(row: Delivery) -> int:
    return int(row.bundle.split(":")[1])
