"""Writing to a group, by mail or on its page: one path, which stores a post once or says why not."""

import datetime
import hashlib
import re
from collections.abc import Callable, Iterable
from email.utils import parseaddr
from urllib.parse import unquote

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.inbound import Incoming
from groups.models import Group, Membership
from groups.pictures import Picture
from groups.posts import LONGEST_SUBJECT, LONGEST_TEXT, Attachment, Post, Refusal
from groups.quoting import new_text
from groups.refusing import SILENT, never_passed_on, wants_to_stop
from mooc.lib.addresses import fold
from mooc.lib.insert import insert_if_new
from signup.models import Signup

Reason = Refusal.Reason
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
MOST_ANSWERS = 50  # to strangers, of one group in a day: their addresses may be forged
KEEP_REFUSALS = datetime.timedelta(days=30)
OUTSIDE = (Reason.STRANGER, Reason.FORMER)
_BEGINNING = 60  # characters of a text that stand as its subject where it has none

Finder = Callable[[Iterable[str]], Post | None]


class RefusedError(Exception):
    """A message is not passed on, for `reason` (Refusal.Reason)."""

    def __init__(self, reason: str):
        super().__init__(Reason(reason).label)
        self.reason = reason


def is_open(group: Group, now: datetime.datetime) -> bool:
    """Say whether a group still talks: it is not closed, and its course ended at most GROUP_OPEN_DAYS ago."""
    last = group.sequence.end_date.toordinal() + settings.GROUP_OPEN_DAYS
    return group.closed is None and now.astimezone(group.sequence.zone).date().toordinal() <= last


def is_organisers(address: str) -> bool:
    """Say whether an address is the organisers' own."""
    return fold(address) == fold(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def take_mail(
    message: Incoming,
    group: Group,
    *,
    envelope_sender: str | None = None,
    too_large: bool = False,
    copy_of: Finder = lambda _ids: None,
    now: datetime.datetime | None = None,
) -> Post | Refusal | None:
    """Take one message that came by mail to a group: return the post, why it is none, or None where it was here before.

    `copy_of` finds the post that a copy with one of these Message-Ids was of, where our own ids were lost.
    """
    now = now or clock.now()
    try:
        with transaction.atomic():
            return _take(message, group, envelope_sender, too_large, copy_of, now)
    except RefusedError as refused:
        return refuse(group, message.sender, refused.reason, now)


def _take(
    message: Incoming,
    group: Group,
    envelope_sender: str | None,
    too_large: bool,
    copy_of: Finder,
    now: datetime.datetime,
) -> Post | None:
    if reason := never_passed_on(message, envelope_sender, settings.EMAIL_DOMAIN.lower()):
        raise RefusedError(reason)
    if is_our_address(message.sender):
        raise RefusedError(Reason.LOOP)
    author = writer(group, message.folded)
    if not is_open(group, now):
        raise RefusedError(Reason.ENDED)
    if too_large:
        raise RefusedError(Reason.LARGE)
    if message.sealed:
        raise RefusedError(Reason.SEALED)
    text = new_text(message.text, group.address).strip()
    if wants_to_stop(text) or (not text and wants_to_stop(message.subject)):
        raise RefusedError(Reason.UNSUBSCRIBE)
    if not text and not message.pictures:
        raise RefusedError(Reason.EMPTY)
    if len(text) > LONGEST_TEXT:
        raise RefusedError(Reason.LARGE)
    parent = find_post(group, message.ids) or copy_of(message.ids)
    proven = is_aligned(message.folded, envelope_sender)
    # With the text: some programs give all their messages one id.
    known_by = (message.message_id, text) if message.message_id else (message.digest,)
    why = _("Nothing proves that the course team wrote it.") if author is None and not proven else ""
    return write(
        group, author, text, Post.Source.MAIL, subject=message.subject, parent=parent, why=why,
        origin=_origin(message.folded, *known_by), pictures=message.pictures, left_out=message.left_out, now=now,
    )  # fmt: skip


def _origin(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def is_our_address(address: str) -> bool:
    """Say whether mail from this address is our own: a group's."""
    return Group.objects.filter(address=fold(address)).exists()


def is_aligned(address: str, envelope_sender: str | None) -> bool:
    """Say whether a message was handed over in the name of the domain that its From names, as far as that is known.

    Mail servers check the sender that they are told, never From: without this anybody could write as the course team.
    """
    if envelope_sender is None:
        return True
    told, said = (fold(one).rpartition("@")[2] for one in (envelope_sender.strip("<> "), address))
    return told == said or told.endswith(f".{said}") or said.endswith(f".{told}")


def writer(group: Group, folded: str) -> Signup | None:
    """Return the current member with this folded address; None for the organisers. Raises RefusedError.

    The membership stays locked until the post is stored: nobody writes after they were taken out.
    """
    mine = Membership.objects.filter(group=group, signup__folded=folded).select_related("signup")
    found = mine.current().select_for_update(of=("self",), no_key=True).first()
    if found or is_organisers(folded):
        return found.signup if found else None
    raise RefusedError(Reason.FORMER if mine.exists() else Reason.STRANGER)


def find_post(group: Group, ids: Iterable[str]) -> Post | None:
    """Return the nearest post of a group that these Message-Ids name."""
    wanted = list(ids)
    known = {
        post.message_id: post
        for post in Post.objects.select_related("thread").filter(group=group, message_id__in=wanted)
    }
    return next((known[one] for one in reversed(wanted) if one in known), None)


def write(
    group: Group,
    author: Signup | None,
    text: str,
    source: str,
    *,
    origin: str,
    subject: str = "",
    parent: Post | None = None,
    pictures: Iterable[Picture] = (),
    left_out: Iterable[str] = (),
    why: str = "",
    now: datetime.datetime | None = None,
) -> Post | None:
    """Store one post, which goes out in the next tick; return None where `origin` says that it is stored already.

    Without an author it is by the organisers. With `why` it waits for a moderator first. Links that open somebody's
    own pages are taken out. Raises RefusedError on a rate, and where the group has ended.
    """
    now = now or clock.now()
    if not is_open(group, now):
        raise RefusedError(Reason.ENDED)
    if Post.objects.filter(group=group, origin=origin).exists():
        return None
    if author and author.posts.filter(made__gt=now - HOUR).count() >= settings.GROUP_POSTS_PER_HOUR:
        raise RefusedError(Reason.MANY)
    if parent and parent.group_id != group.pk:
        parent = None
    begun = (parent.thread or parent) if parent else None
    text, subject = without_keys(text), without_keys(subject)
    post = Post(
        group=group, author=author, thread=begun, parent=parent, origin=origin, source=source, made=now,
        shown=None if why else now, state=Post.State.HELD if why else Post.State.SHOWN, why=why,
        text=text[:LONGEST_TEXT], left_out=list(left_out),
        subject=begun.subject if begun else (subject or _beginning(text))[:LONGEST_SUBJECT],
    )  # fmt: skip
    if not insert_if_new(post):
        return None
    Attachment.objects.bulk_create(
        Attachment(post=post, name=one.name, kind=one.kind, content=one.content, size=len(one.content))
        for one in pictures
    )
    return post


def _beginning(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _BEGINNING else f"{line[:_BEGINNING].rpartition(' ')[0] or line[:_BEGINNING]}…"


def without_keys(text: str) -> str:
    """Return a text without links of ours that open somebody's own pages: people quote the foot of their copies.

    Some mail programs hide a link within one of their own; it is found there too.
    """
    return re.sub(r"[^\s<>\"'()\[\]]{10,}", _without_key, text)


def _without_key(found: re.Match[str]) -> str:
    plain = unquote(unquote(found[0])).lower() if "%" in found[0] else found[0].lower()
    keyed = rf"{re.escape(settings.MOOC_DOMAIN.lower())}/(?:me|groups|confirm|unsubscribe|still-in|check-in)/."
    return _("(a personal link was here)") if re.search(keyed, plain) else found[0]


def refuse(group: Group, address: str, reason: str, now: datetime.datetime) -> Refusal:
    """Write down that a message was not passed on. Its sender gets at most one answer a day for one reason, and who is
    no member one in all."""
    folded = fold(address)
    today = Refusal.objects.filter(answer=True, made__gt=now - DAY)
    outsider = reason in OUTSIDE
    again = today.filter(folded=folded, reason__in=OUTSIDE if outsider else (reason,)).exists()
    crowd = outsider and today.filter(group=group, reason=reason).count() >= MOST_ANSWERS
    member = None if outsider else Membership.objects.current().filter(group=group, signup__folded=folded).first()
    person = member.signup if member else None
    answer = bool(address) and reason not in SILENT and not again and not crowd
    return Refusal.objects.create(
        group=group, address=address, folded=folded, signup=person, reason=reason, made=now, answer=answer
    )


def forget_refusals(now: datetime.datetime | None = None) -> int:
    """Delete what is written down of messages not passed on a month ago, and return how many."""
    return Refusal.objects.filter(made__lt=(now or clock.now()) - KEEP_REFUSALS).delete()[0]
