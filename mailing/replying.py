"""The organisers' inbox: what people write to the address that course messages come from, and what is written back."""

import datetime
import hashlib
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.inbound import Incoming, subject_of
from groups.quoting import new_text
from groups.refusing import never_passed_on, wants_to_stop
from groups.talking import Reason, is_organisers, is_our_address, without_keys
from mailing.copies import batches_named
from mailing.models import Answer, Batch, Delivery, Email, Reply
from mailing.replies import LONGEST_SUBJECT, LONGEST_TEXT
from mailing.stats import ARRIVED
from mailing.talk_readers import organisers_address
from mooc.lib.addresses import fold
from mooc.lib.insert import insert_if_new
from signup.leaving import ask_for_unsubscribe_link
from signup.models import Signup

Kind = Delivery.Kind
MOST_A_DAY = 50  # from one address
DAY = datetime.timedelta(days=1)
LOOKED_AT = 50  # of the last messages to somebody, for the one they answer
WRITTEN_TO_ALL = (Kind.EMAIL, Kind.WELCOME, Kind.ASK, Kind.INTRO, Kind.NEWS, Kind.LEFT_OUT, Kind.WAITING)


@transaction.atomic
def take_reply(
    message: Incoming, envelope_sender: str | None, *, too_large: bool = False, now: datetime.datetime | None = None
) -> Reply | None:
    """Keep one message to the organisers, with the message of ours that it answers; None where it is not for a person.

    Automatic answers, bounces, lists and our own mail are none. What is here already is returned as it stands. A
    lone wish to stop gets the link that does it, and counts as done.
    """
    now = now or clock.now()
    why = never_passed_on(message, envelope_sender, settings.EMAIL_DOMAIN.lower())
    ours = is_organisers(message.sender) or is_our_address(message.sender)
    if (why and why != Reason.FORGED) or not message.sender or ours:
        return None
    if Reply.objects.filter(folded=message.folded, made__gt=now - DAY).count() >= MOST_A_DAY:
        return None
    text = without_keys(new_text(message.text, organisers_address().lower()).strip())[:LONGEST_TEXT]
    reply = Reply(
        address=message.sender, folded=message.folded, name=message.name[:100], message_id=message.message_id,
        subject=message.subject[:LONGEST_SUBJECT], text=text, left_out=_left_out(message, too_large),
        doubtful=bool(why), made=now,
        origin=_origin(message, text),
    )  # fmt: skip
    _find_what_it_answers(reply, message)
    if not insert_if_new(reply):
        return Reply.objects.get(origin=reply.origin)
    stop = wants_to_stop(text) or (not text and wants_to_stop(message.subject))
    if stop and not reply.doubtful and ask_for_unsubscribe_link(reply.address, now):
        set_done(reply, _("Asked to stop, and was sent the link that stops all mail."))
    return reply


def _origin(message: Incoming, text: str) -> str:
    # With the text: some programs give all their messages one id.
    known_by = f"{message.message_id}\n{text}" if message.message_id else message.digest
    return hashlib.sha256(f"{message.folded}\n{known_by}".encode()).hexdigest()


def _left_out(message: Incoming, too_large: bool) -> list[str]:
    found = list(message.left_out)
    if too_large:
        found.append(_("The message was too large to be kept. Ask for a shorter one."))
    if message.sealed:
        found.append(_("The message is encrypted. Ask for one that is not."))
    return found


def _find_what_it_answers(reply: Reply, message: Incoming) -> None:
    """Find the message of ours: by the ids that the answer names, else by what its sender got last."""
    people = list(Signup.objects.of_address(reply.address).order_by("-pk"))
    reply.signup = next((person for person in people if person.left is None), people[0] if people else None)
    for batch in batches_named(message.ids):
        if _is_about(reply, batch, people):
            return
    _guess(reply, people)


def _is_about(reply: Reply, batch: Batch, people: list[Signup]) -> bool:
    kind, _colon, number = batch.bundle.partition(":")
    if kind == "answer":
        answer = Answer.objects.select_related("reply").filter(pk=int(number)).first()
        if answer:
            before = answer.reply
            reply.email_id, reply.kind, reply.earlier_id = before.email_id, before.kind, before.earlier_id or before.pk
            reply.signup = before.signup if before.folded == reply.folded else reply.signup
        return answer is not None
    carried = Delivery.objects.filter(batch=batch)
    own = carried.filter(signup__in=people).select_related("signup").first()
    row = own or carried.first() or Delivery.objects.filter(bundle=batch.bundle).first()
    if row is None:
        return False
    reply.kind, reply.email_id = row.kind, row.email_id
    reply.signup = own.signup if own else reply.signup
    return True


def _guess(reply: Reply, people: list[Signup]) -> None:
    sent = Delivery.objects.filter(signup__in=people, kind__in=WRITTEN_TO_ALL, status__in=ARRIVED)
    last = list(sent.select_related("email", "signup").order_by("-pk")[:LOOKED_AT]) if people else []
    wanted = reply.subject.casefold()
    same = (row for row in last if row.email and wanted and subject_of(row.email.subject).casefold() == wanted)
    row = next(same, last[0] if last else None)
    if row:
        reply.kind, reply.email_id, reply.signup, reply.guessed = row.kind, row.email_id, row.signup, True


@transaction.atomic
def answer(
    reply: Reply, text: str, by: AbstractBaseUser, once: uuid.UUID, now: datetime.datetime | None = None
) -> bool:
    """Promise an answer to a reply, which is done with that; False where this form was sent already."""
    now = now or clock.now()
    made = Answer(reply=reply, text=text, by=by, once=once, made=now)
    if not insert_if_new(made):
        return False
    key = f"answer:{made.pk}"
    # Who has another address by now: the links to their pages do not go to the old one.
    person = reply.signup if reply.signup and reply.signup.folded == reply.folded else None
    Delivery.objects.create(
        key=key, bundle=key, address=reply.address, signup=person, kind=Kind.WRITTEN,
        not_before=now, queued_at=now, changed_at=now,
    )  # fmt: skip
    set_done(reply)
    return True


def set_done(reply: Reply, note: str = "") -> None:
    """Put a reply aside."""
    Reply.objects.filter(pk=reply.pk).update(state=Reply.State.DONE, note=note or F("note"))


def reopen(reply: Reply) -> None:
    """Put a reply back among those that wait."""
    Reply.objects.filter(pk=reply.pk).update(state=Reply.State.OPEN)


def about(reply: Reply) -> Q:
    """Return the condition for replies to the same message of ours, or to the same kind where it is no e-mail."""
    return Q(email=reply.email_id) if reply.email_id else Q(email=None, kind=reply.kind)


def next_open(reply: Reply) -> Reply | None:
    """Return the reply to read after this one: the oldest that waits, of the same message."""
    return Reply.objects.filter(about(reply), state=Reply.State.OPEN).exclude(pk=reply.pk).order_by("pk").first()


def conversation(reply: Reply) -> QuerySet[Reply]:
    """Return the replies of one conversation, oldest first, with their answers."""
    first = reply.earlier_id or reply.pk
    found = Reply.objects.filter(Q(pk=first) | Q(earlier=first)).order_by("pk")
    return found.select_related("signup", "email").prefetch_related("answers__by")


def by_message() -> list[dict[str, object]]:
    """Return each message of ours that was answered: `email` or `kind`, how many wait, how many came, the newest.

    Those with answers that wait come first, the newest first. Two queries.
    """
    counted = Reply.objects.order_by().values("email", "kind").annotate(
        waiting=Count("pk", filter=Q(state=Reply.State.OPEN)), number=Count("pk"), newest=Max("made"),
    )  # fmt: skip
    rows: dict[tuple, dict[str, object]] = {}
    for one in counted:
        key = (one["email"], None if one["email"] else one["kind"])
        row = rows.setdefault(key, {**one, "waiting": 0, "number": 0})
        row["waiting"] += one["waiting"]
        row["number"] += one["number"]
        row["newest"] = max(row["newest"], one["newest"])
    emails = Email.objects.select_related("sequence").in_bulk([row["email"] for row in rows.values() if row["email"]])
    for row in rows.values():
        row["email"] = emails.get(row["email"])
        row["said"] = Kind(row["kind"]).label if row["kind"] is not None else ""
    return sorted(rows.values(), key=lambda row: (row["waiting"] > 0, row["newest"]), reverse=True)


def waiting() -> int:
    """Return how many replies wait for an answer."""
    return Reply.objects.filter(state=Reply.State.OPEN).count()


def forget_replies(address: str) -> int:
    """Delete what an address wrote to the organisers, with the answers, and return how many rows went."""
    return Reply.objects.filter(folded=fold(address)).delete()[0]
