"""Who did not get a message, and why: in words on a page, and as a table."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailing.models import Delivery, Email

Status = Delivery.Status
TWICE = gettext_lazy(
    "The provider's proof that an earlier try was accepted came after a second was sent. "
    "This person may have the message twice."
)
USUALLY = {
    Status.QUEUED: gettext_lazy("It waits for its turn."),
    Status.SENDING: gettext_lazy("It is being handed to the mail provider now."),
    Status.DEFERRED: gettext_lazy("The mailbox asked to wait. The mail provider tries again."),
    Status.BOUNCED: gettext_lazy("The mailbox refused it."),
    Status.UNSURE: gettext_lazy("The mail provider gave no clear answer."),
    Status.FAILED: gettext_lazy("The mail provider refused it."),
}
COLUMNS = (
    "number", "address", "message", "state", "why", "tries", "queued", "changed", "perhaps_twice",
)  # fmt: skip


def why(row: Delivery) -> str:
    """Return why a delivery stands where it stands, in words; "" where there is nothing to say."""
    if row.status == Status.QUEUED and row.email and row.email.paused:
        return _("The e-mail is paused.")
    return row.reason or str(USUALLY.get(row.status, ""))


def message_of(row: Delivery) -> str:
    """Return which message it is: the subject of an e-mail, the kind of any other."""
    if row.email is None:
        return row.get_kind_display()
    return row.email.subject if row.kind == Delivery.Kind.EMAIL else f"{row.get_kind_display()}: {row.email.subject}"


def csv_rows(rows: QuerySet[Delivery]) -> Iterator[list[object]]:
    """Yield a heading and one row a delivery, read from the database in lots; moments in ISO 8601."""
    yield list(COLUMNS)
    emails: dict[int, Email] = {}  # one text for a million rows
    for row in rows.select_related(None).defer("signup").iterator(chunk_size=2000):
        if row.email_id:
            if row.email_id not in emails:
                emails[row.email_id] = Email.objects.only("subject", "paused").get(pk=row.email_id)
            row.email = emails[row.email_id]
        moments = [moment and moment.isoformat(timespec="seconds") for moment in (row.queued_at, row.changed_at)]
        twice = row.doubled.isoformat(timespec="seconds") if row.doubled else ""
        yield [
            row.pk, row.address, message_of(row), row.get_status_display(), why(row), row.attempts, *moments, twice,
        ]  # fmt: skip
