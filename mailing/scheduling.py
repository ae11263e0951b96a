"""What an organiser does with an e-mail: schedule, unschedule, send now, copy, delete, test.

Each verb writes rows and returns; the worker sends. Each locks the e-mail, so that it cannot become due half-way.
"""

import datetime

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mailing.audience import audience_size
from mailing.content import finish_email, finish_welcome
from mailing.models import Delivery, Email, refuse_past
from mooc.lib.addresses import clean_address
from mooc.lib.moments import read
from sequence.models import Sequence

TYPED_ABOVE = 100  # people; a larger audience is sent to at once only after typing how many they are


@transaction.atomic
def schedule(email: Email, when: datetime.datetime | None) -> Email:
    """Have `email` sent at `when` and return it; a time without a zone is read in the course run's zone.

    Raises ValidationError without a time, for a past one, for a message that is too long, and for one that has left.
    """
    row = _locked(email)
    finish_email(row)
    when = when and read(when, row.sequence.zone)
    check_time(when)
    return _set(row, Email.State.SCHEDULED, when)


def check_time(when: datetime.datetime | None) -> None:
    """Raise ValidationError unless `when` is a time to come."""
    if when is None:
        raise ValidationError({"scheduled_for": _("Choose the date and the time to send it.")})
    refuse_past(when)


@transaction.atomic
def unschedule(email: Email) -> Email:
    """Make a scheduled e-mail a draft again, without a time, and return it. Raises ValidationError for any other."""
    row = _locked(email)
    if row.state != Email.State.SCHEDULED:
        raise ValidationError(_("This message is not scheduled."))
    return _set(row, Email.State.DRAFT, None)


@transaction.atomic
def send_now(email: Email, typed_number: int | None = None) -> Email:
    """Have `email` sent within seconds, or by the next hourly run, and return it.

    Raises ValidationError as `schedule` does, for an audience of nobody, and for one of more than 100 people unless
    `typed_number` is how many they are.
    """
    row = _locked(email)
    finish_email(row)
    size = audience_size(row)
    if not size:
        raise ValidationError(_("Nobody would get this message: its audience is empty."))
    if size > TYPED_ABOVE and typed_number != size:
        raise ValidationError(
            _("This goes to %(people)s people. Type that number to send it."), params={"people": f"{size:,}"}
        )
    return _set(row, Email.State.SCHEDULED, clock.now())


@transaction.atomic
def copy(email: Email) -> Email:
    """Make a new draft with the text, the tags and the audience of `email`, and return it."""
    return Email.objects.create(
        sequence=email.sequence, subject=email.subject, html=email.html, text=email.text, tags=list(email.tags),
        audience=email.audience,
    )  # fmt: skip


@transaction.atomic
def delete(email: Email) -> None:
    """Delete an e-mail of which nothing has left. Raises ValidationError for any other."""
    _locked(email).delete()


@transaction.atomic
def send_test(sequence: Sequence, subject: str, html: str, text: str, address: str, by_user: User) -> Email:
    """Have this text, as it stands, sent to one address, and return the test message made for it.

    The admin's log keeps who asked, the ledger for whom. Raises ValidationError for a bad address, subject or text.
    """
    address = clean_address(address)
    email = Email(sequence=sequence, subject=subject, html=html, text=text, state=Email.State.TEST)
    email.full_clean()
    finish_email(email)
    return _send_test(email, address, by_user)


@transaction.atomic
def send_welcome_test(sequence: Sequence, address: str, by_user: User) -> Email:
    """Have the welcome of a course, as it is saved, sent to one address, and return the test message made for it.

    Raises ValidationError for a bad address, and for a text that is too long.
    """
    address = clean_address(address)
    subject, done = finish_welcome(sequence)
    email = Email(
        sequence=sequence, subject=subject[:200], html=sequence.welcome_html, state=Email.State.TEST,
        frozen_html=done.html, frozen_text=done.text,
    )  # fmt: skip
    return _send_test(email, address, by_user)


def _send_test(email: Email, address: str, by_user: User) -> Email:
    email.save()
    Delivery.objects.create(
        key=f"test:{email.pk}", bundle=f"email:{email.pk}", kind=Delivery.Kind.TEST, email=email, address=address
    )
    LogEntry.objects.log_actions(
        by_user.pk, [email], ADDITION, change_message=str(_("Test message.")), single_object=True
    )
    return email


def people_in_words(size: int) -> str:
    """Return `size` as `1 person`, `1,412 people`."""
    return ngettext("%(size)s person", "%(size)s people", size) % {"size": f"{size:,}"}


def _locked(email: Email) -> Email:
    row = Email.objects.select_for_update().filter(pk=email.pk).first()
    if row is None:
        raise ValidationError(_("This message has been deleted."))
    if not row.can_change:
        raise ValidationError(_("This message has been sent. It can only be copied."))
    return row


def _set(row: Email, state: str, when: datetime.datetime | None) -> Email:
    row.state, row.scheduled_for, row.problem = state, when, ""
    row.save(update_fields=["state", "scheduled_for", "problem", "date_updated"])
    return row
