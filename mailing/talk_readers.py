"""Who may still get a post or a digest when it is claimed: asked last, with the people's rows locked."""

from email.utils import parseaddr

from django.conf import settings

from groups.models import Post
from groups.readers import still_in
from mailing.models import Delivery
from mooc.lib.addresses import fold

Kind = Delivery.Kind


def organisers_address() -> str:
    """Return the address that sees every group's mail and may post."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def is_copy(row: Delivery) -> bool:
    """Say whether a delivery is the organisers' own copy of a post: it belongs to no sign-up and to every call."""
    return row.kind == Kind.POST and row.signup_id is None and fold(row.address) == fold(organisers_address())


def of_one_course(row: Delivery, going: list[Delivery]) -> bool:
    """Say whether a delivery belongs to the course run of the others of its call, or to all."""
    other = next((one for one in going if not is_copy(one)), row)
    return is_copy(row) or _course(row) == _course(other)


def _course(row: Delivery) -> int | None:
    return row.signup.sequence_id if row.signup else None


def still_reading(row: Delivery, people: list[int]) -> set[int]:
    """Return which of these sign-ups may still get what `row` promises; nobody where a moderator holds the post now."""
    about = int(row.bundle.split(":")[1])
    if row.kind == Kind.DIGEST:
        return still_in(about, people)
    post = Post.objects.filter(pk=about, state=Post.State.SHOWN).only("group").first()
    return still_in(post.group_id, people) if post else set()
