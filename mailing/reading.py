"""What a learner's own page shows of the course's mail."""

from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from groups.models import Membership
from mailing import check_in, merge
from mailing.content import values_of
from mailing.models import CheckIn, Delivery, Email, Reply
from mailing.render import sanitised
from mooc.lib.addresses import fold
from signup.models import Signup

State, Audience = Email.State, Email.Audience


def _meant_for(row: Signup) -> QuerySet[Email]:
    audience = Q(audience=Audience.INDIVIDUALS)
    if Membership.objects.current().filter(signup=row).exists():
        audience |= Q(audience=Audience.GROUPS)
    return Email.objects.filter(audience, sequence=row.sequence_id)


def next_email(row: Signup) -> Email | None:
    """Return the next message that this person can expect; None where none is scheduled or they have left."""
    if row.sequence_id is None or row.left or not row.confirmed:
        return None
    coming = _meant_for(row).filter(state=State.SCHEDULED, scheduled_for__gt=clock.now())
    return coming.order_by("scheduled_for").first()


def past_emails(row: Signup) -> list[Email]:
    """Return the messages of the course that have been sent, newest first, each with this person's `subject`.

    Those sent to everyone before this person joined are among them; those to groups only if they got them.
    """
    found = list(_sent(row).order_by("-frozen_at", "-pk"))
    values = _values(row) if found else {}
    for email in found:
        email.subject = merge.fill_line(email.subject, values)
    return found


def _sent(row: Signup) -> QuerySet[Email]:
    if row.sequence_id is None or not row.first_confirmed:
        return Email.objects.none()
    sent = Email.objects.filter(
        Q(audience=Audience.INDIVIDUALS) | Q(deliveries__signup=row),
        sequence=row.sequence_id, state__in=(State.SENDING, State.SENT),
    )  # fmt: skip
    return sent.distinct()


def past_email(row: Signup, number: int) -> tuple[Email, str] | None:
    """Return one past message with this person's subject, and its text as safe html with their values in it."""
    email = _sent(row).filter(pk=number).first()
    if email is None:
        return None
    values = _values(row)
    email.subject = merge.fill_line(email.subject, values)
    html, _text = check_in.put_in(email.html, "")
    values |= check_in.links_of(Delivery(signup=row, email=email))
    return email, merge.fill(sanitised(html), values, html=True)


def _values(row: Signup) -> dict[str, str]:
    return values_of(Delivery(signup=row, kind=Delivery.Kind.EMAIL, address=row.email))


def held_messages(address: str) -> list[dict[str, object]]:
    """Return what the ledger holds about an address, and what the provider told of it, as JSON-ready values."""
    rows = Delivery.objects.filter(signup__folded=fold(address)).select_related("email").prefetch_related("events")
    return [
        {
            "message": Delivery.Kind(row.kind).label, "subject": row.email and row.email.subject,
            "address": row.address, "state": row.status, "reason": row.reason,
            "queued": row.queued_at, "changed": row.changed_at,
            "events": [{"what": each.kind, "when": each.happened, "link": each.url} for each in row.events.all()],
        }
        for row in rows.order_by("pk")
    ]  # fmt: skip


def held_check_ins(address: str) -> list[dict[str, object]]:
    """Return what the owner of an address said to “How is it going?”, as JSON-ready values."""
    rows = CheckIn.objects.filter(signup__folded=fold(address)).select_related("email").order_by("pk")
    return [{"message": row.email.subject, "answer": row.answer, "said": row.said} for row in rows]


def held_replies(address: str) -> list[dict[str, object]]:
    """Return what an address wrote to the organisers, and what they answered, as JSON-ready values."""
    rows = Reply.objects.filter(folded=fold(address)).prefetch_related("answers").order_by("pk")
    return [
        {
            "subject": row.subject, "text": row.text, "came": row.made,
            "answers": [{"text": one.text, "written": one.made} for one in row.answers.all()],
        }
        for row in rows
    ]  # fmt: skip
