"""What becomes due is written into the ledger: once, in one transaction each, by any number of workers."""

import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, DateTimeField, Exists, IntegerField, OuterRef, Value
from django.db.models.functions import Cast
from django.utils import timezone as clock

from mailing.audience import people
from mailing.brakes import is_too_late
from mailing.content import finish_email
from mailing.delivery import revive
from mailing.keeping_step import has_lists
from mailing.models import Delivery, Email
from mailing.suppressing import recall_erased, unsubscribed
from signup.leaving import AGAIN
from signup.models import LinkRequest, Signup

Kind, Status = Delivery.Kind, Delivery.Status
LOT = 1000  # rows a transaction


@transaction.atomic
def queue_confirmations(now: datetime.datetime | None = None) -> int:
    """Queue a confirmation for the next lot of people who want one, and return how many were looked at.

    Each gets a link of their own; somebody who got one within the hour and has not used it needs no other.
    """
    now = now or clock.now()
    wanted = Signup.objects.filter(asked__isnull=False)
    if has_lists():
        # The provider would not deliver it: the worker first takes out what is in the way (`keeping_step`).
        wanted = wanted.exclude(Exists(unsubscribed().filter(removed=None, folded=OuterRef("folded"))))
    asking = list(wanted.order_by("pk").select_for_update(skip_locked=True)[:LOT])
    recent = LinkRequest.objects.filter(
        kind=LinkRequest.Kind.CONFIRM, used=None, made__gt=now - AGAIN, signup__in=asking
    )  # fmt: skip
    has_one = set(recent.values_list("signup", flat=True))
    new = [person for person in asking if person.pk not in has_one and not person.left]
    recall_erased(new)
    links = LinkRequest.objects.bulk_create(
        LinkRequest(kind=LinkRequest.Kind.CONFIRM, signup=person, mailed=now) for person in new
    )
    rows = [
        promise_to(link.signup, f"confirm:{link.pk}", Kind.CONFIRM, _confirmation_bundle(link.signup), now)
        for link in links
    ]  # fmt: skip
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    Signup.objects.filter(pk__in=[person.pk for person in asking]).update(asked=None)
    return len(asking)


def _confirmation_bundle(person: Signup) -> str:
    return f"confirm:{person.sequence_id or 'waiting'}:{'changes' if person.confirmed and person.aside else 'new'}"


@transaction.atomic
def queue_links(now: datetime.datetime | None = None) -> int:
    """Queue the next lot of other links that were asked for, and return how many."""
    now = now or clock.now()
    asked = list(
        LinkRequest.objects.filter(mailed=None).select_related("signup").order_by("pk")
        .select_for_update(skip_locked=True, of=("self",))[:LOT]
    )  # fmt: skip
    rows = [
        promise_to(link.signup, f"link:{link.pk}", Kind.LINK, f"link:{link.signup.sequence_id or 'waiting'}", now)
        for link in asked
    ]  # fmt: skip
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    LinkRequest.objects.filter(pk__in=[link.pk for link in asked]).update(mailed=now)
    return len(rows)


def promise_to(person: Signup, key: str, kind: int, bundle: str, now: datetime.datetime) -> Delivery:
    """Return the row, not saved yet, that promises one message to a person's address from `now` on."""
    row = promise_at(person.email, key, kind, bundle, now)
    row.signup = person
    return row


def promise_at(address: str, key: str, kind: int, bundle: str, now: datetime.datetime) -> Delivery:
    """Return the row, not saved yet, that promises one message to an address that belongs to no sign-up."""
    return Delivery(key=key, address=address, kind=kind, bundle=bundle, not_before=now, queued_at=now, changed_at=now)


@transaction.atomic
def queue_welcomes(now: datetime.datetime | None = None) -> int:
    """Queue a welcome for the next lot of people who are in a course and have none, and return how many."""
    now = now or clock.now()
    new = list(
        Signup.objects.active().filter(welcomed=None, sequence__isnull=False).order_by("pk")
        .select_for_update(skip_locked=True)[:LOT]
    )  # fmt: skip
    rows = [
        promise_to(
            person, f"welcome:{person.pk}", Kind.WELCOME,
            f"welcome:{person.sequence_id}:{'waited' if person.waited else 'new'}", now,
        )
        for person in new
    ]  # fmt: skip
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    revive([row.key for row in rows], now)
    Signup.objects.filter(pk__in=[person.pk for person in new]).update(welcomed=now)
    return len(rows)


def freeze_one(now: datetime.datetime | None = None) -> Email | None:
    """Freeze the next e-mail that is due: its content, and its audience as deliveries. None when none is due.

    In one transaction, so that the e-mail is either still scheduled or wholly queued; a second freeze adds nothing.
    An e-mail that cannot be sent as it is goes back to being a draft and says why. One that is many hours overdue,
    as after a long failure or a restored backup, is marked as missed: a person decides.
    """
    now = now or clock.now()
    try:
        return _freeze(now)
    except IntegrityError:
        # One of its people was erased between our look and the end of our transaction: they are not there any more.
        return _freeze(now)


@transaction.atomic
def _freeze(now: datetime.datetime) -> Email | None:
    email = (
        Email.objects.filter(state=Email.State.SCHEDULED, scheduled_for__lte=now)
        .select_related("sequence").order_by("scheduled_for", "pk")
        .select_for_update(skip_locked=True, of=("self",)).first()
    )  # fmt: skip
    if email is None:
        return None
    if is_too_late(email, now):
        email.state = Email.State.MISSED
        email.save(update_fields=["state", "date_updated"])
        return email
    try:
        done = finish_email(email)
    except ValidationError as error:
        email.state, email.problem = Email.State.DRAFT, " ".join(error.messages)
        email.save(update_fields=["state", "problem", "date_updated"])
        return email
    email.frozen_html, email.frozen_text, email.frozen_at = done.html, done.text, now
    email.state, email.problem = Email.State.SENDING, ""
    email.save(update_fields=["frozen_html", "frozen_text", "frozen_at", "state", "problem", "date_updated"])
    promise(email, now)
    return email


def promise(email: Email, now: datetime.datetime) -> int:
    """Write one delivery for each person of the audience, inside the database, and return how many were new."""
    text, moment = CharField(), Value(now, DateTimeField())
    key = Value(f"email:{email.pk}", text)
    chosen = people(email).order_by("pk").annotate(
        d_key=Cast(key, text), d_email=Value(email.pk, IntegerField()), d_kind=Value(int(Kind.EMAIL), IntegerField()),
        d_status=Cast(Value(Status.QUEUED.value, text), text), d_now=Cast(moment, DateTimeField()),
        d_empty=Cast(Value("", text), text), d_none=Value(0, IntegerField()),
    ).values_list(
        "d_key", "email", "pk", "d_email", "d_kind", "d_key", "d_status", "d_empty",
        "d_now", "d_none", "d_now", "d_now",
    )  # fmt: skip
    select, params = chosen.query.sql_with_params()
    if connection.vendor == "postgresql":
        # Whoever is being erased is waited for here. At the commit, the reference to them would break it all.
        select += ' FOR KEY SHARE OF "signup_signup"'
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mailing_delivery (key, address, signup_id, email_id, kind, bundle, status, reason, not_before,"
            f" attempts, queued_at, changed_at) {select} ON CONFLICT DO NOTHING",
            params,
        )
        return cursor.rowcount


def finish_emails(now: datetime.datetime | None = None) -> int:
    """Mark as sent the e-mails of which nothing waits or is on its way, and return how many."""
    open_rows = Delivery.objects.filter(email=OuterRef("pk"), status__in=(Status.QUEUED, Status.SENDING))
    done = Email.objects.filter(~Exists(open_rows), state=Email.State.SENDING)
    return done.update(state=Email.State.SENT, sent_at=now or clock.now())
