"""One message through the whole way that mail takes, so that an organiser sees whether it works and what is said."""

from collections.abc import Iterator

from django.utils import timezone as clock

from mailing.mailgun_events import events
from mailing.models import Delivery, Event
from mailing.news import UnreadableError, read, take
from mailing.sending import send_bundle
from mailing.settling import EARLY
from mooc.lib.addresses import clean_address
from mooc.lib.keys import new_key

Status = Delivery.Status
ON_ITS_WAY = (Status.QUEUED, Status.SENDING)
ENDED_WELL, ENDED_BADLY = (Status.DELIVERED,), (Status.FAILED, Status.BOUNCED, Status.COMPLAINED, Status.SKIPPED)


def send_check(address: str) -> tuple[Delivery, str]:
    """Send a message to one address at once, through the ledger; return its delivery, and why it had to wait if so.

    Nothing else that waits is sent along. Raises ValidationError for a bad address.
    """
    bundle = f"check:{new_key()}"
    row = Delivery.objects.create(key=bundle, bundle=bundle, kind=Delivery.Kind.CONTROL, address=clean_address(address))
    report = send_bundle(bundle)
    row.refresh_from_db()
    return row, report.stopped or (row.reason if row.status == Status.QUEUED else "")


def new_events(row: Delivery, shown: set[int]) -> Iterator[Event]:
    """Yield what became known of a delivery and is not among `shown`, oldest first; raises EventsError.

    Mailgun is asked, and what webhooks have brought counts too.
    """
    if row.batch and row.batch.transport == "mailgun":
        for item in events(row.batch.claimed - EARLY, message_id=row.batch.message_id):
            try:
                take(read(item), clock.now())
            except UnreadableError:
                continue
    for event in Event.objects.filter(delivery=row).exclude(pk__in=shown).order_by("happened", "pk"):
        shown.add(event.pk)
        yield event
    row.refresh_from_db()
