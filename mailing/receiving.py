"""One message that came by mail, from the provider's route or from a mail server: for whom, and what becomes of it."""

import datetime
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from django.conf import settings

from groups.inbound import UnreadableError, read
from groups.models import Post, Refusal
from groups.moving import reached_by
from groups.talking import is_organisers, take_mail
from mailing.copies import batches_named
from mailing.replying import take_reply
from mailing.talk_readers import posts_of_digest
from mooc.lib.addresses import fold

MEGABYTE = 1_000_000


class Result(StrEnum):
    """What became of a message. Only UNKNOWN and UNREADABLE concern whoever handed it over."""

    STORED = "stored"
    REPEATED = "here before"
    REFUSED = "not passed on"
    UNREADABLE = "no message"
    UNKNOWN = "for nobody here"


def receive(
    raw: bytes, recipient: str, envelope_sender: str | None = None, now: datetime.datetime | None = None
) -> Result:
    """Take one raw message for one recipient. Does not raise for anything that is in the message.

    `envelope_sender` is what the mail server was told, "" for a bounce; None where it is not known.
    """
    group = reached_by(fold(recipient))
    if group is None and not is_organisers(recipient):
        return Result.UNKNOWN
    too_large = len(raw) > most_bytes()
    try:
        message = read(raw, int(settings.GROUP_PICTURE_MEGABYTES * MEGABYTE) if group else 0, head_only=too_large)
    except UnreadableError:
        if group:
            Refusal.objects.create(group=group, reason=Refusal.Reason.UNREADABLE)
        return Result.UNREADABLE
    if group is None:
        taken = take_reply(message, envelope_sender, too_large=too_large, now=now)
        return Result.STORED if taken else Result.REFUSED
    if any(batch.bundle.startswith("digest:") for batch in batches_named(message.ids)):
        message = replace(message, subject="")  # "2 new messages" is no subject of theirs
    taken = take_mail(message, group, envelope_sender=envelope_sender, too_large=too_large, copy_of=copy_of, now=now)
    if taken is None:
        return Result.REPEATED
    return Result.STORED if isinstance(taken, Post) else Result.REFUSED


def most_bytes() -> int:
    """Return how large a message may be, in bytes."""
    return int(settings.GROUP_MESSAGE_MEGABYTES * MEGABYTE)


def copy_of(ids: Iterable[str]) -> Post | None:
    """Return the post that one of these Message-Ids carried to somebody, the nearest first; also alone in a digest."""
    posts = Post.objects.select_related("thread")
    for batch in batches_named(ids):
        kind, _colon, number = batch.bundle.partition(":")
        if kind == "post":
            return posts.filter(pk=int(number)).first()
        if kind == "digest":
            held = list(posts_of_digest(batch.bundle).values_list("pk", flat=True)[:2])
            return posts.get(pk=held[0]) if len(held) == 1 else None
    return None
