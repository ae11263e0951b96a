"""One message that came by mail, from the provider's route or from a mail server: for whom, and what becomes of it."""

from collections.abc import Iterable
from enum import StrEnum

from django.conf import settings

from groups.inbound import UnreadableError, read
from groups.models import Post, Refusal
from groups.moving import reached_by
from groups.talking import take_mail
from mailing.models import Batch
from mooc.lib.addresses import fold

MEGABYTE = 1_000_000


class Result(StrEnum):
    """What became of a message. Only UNKNOWN and UNREADABLE concern whoever handed it over."""

    STORED = "stored"
    REPEATED = "here before"
    REFUSED = "not passed on"
    UNREADABLE = "no message"
    UNKNOWN = "for nobody here"


def receive(raw: bytes, recipient: str, envelope_sender: str | None = None) -> Result:
    """Take one raw message for one recipient. Does not raise for anything that is in the message.

    `envelope_sender` is what the mail server was told, "" for a bounce; None where it is not known.
    """
    group = reached_by(fold(recipient))
    if group is None:
        return Result.UNKNOWN
    too_large = len(raw) > most_bytes()
    try:
        message = read(raw, int(settings.GROUP_PICTURE_MEGABYTES * MEGABYTE), head_only=too_large)
    except UnreadableError:
        Refusal.objects.create(group=group, reason=Refusal.Reason.UNREADABLE)
        return Result.UNREADABLE
    taken = take_mail(message, group, envelope_sender=envelope_sender, too_large=too_large, copy_of=copy_of)
    if taken is None:
        return Result.REPEATED
    return Result.STORED if isinstance(taken, Post) else Result.REFUSED


def most_bytes() -> int:
    """Return how large a message may be, in bytes."""
    return int(settings.GROUP_MESSAGE_MEGABYTES * MEGABYTE)


def copy_of(ids: Iterable[str]) -> Post | None:
    """Return the post that one of these Message-Ids carried to somebody, the nearest first.

    Some mail programs answer with the id of the copy alone. By SMTP each copy's id has a delivery's number in it.
    """
    wanted = []
    for one in ids:
        local, _at, domain = one.rpartition("@")
        wanted += [one, f"{local.rpartition('.')[0]}@{domain}"]
    bundles = dict(Batch.objects.filter(message_id__in=wanted).values_list("message_id", "bundle"))
    for one in reversed(wanted):
        kind, _colon, number = bundles.get(one, "").partition(":")
        if kind == "post":
            return Post.objects.select_related("thread").filter(pk=int(number)).first()
    return None
