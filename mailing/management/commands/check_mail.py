"""`manage.py check_mail ADDRESS`: send one message and say what becomes of it."""

import time

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailing.checking import ENDED_BADLY, ENDED_WELL, ON_ITS_WAY, new_events, send_check
from mailing.mailgun_events import EventsError
from mailing.models import Delivery, Event

LOOK_EVERY = 3.0  # seconds


class Command(BaseCommand):
    help = (
        "Send one message to ADDRESS, in the way that all mail goes, and say what becomes of it. The exit code is 0 "
        "when it was delivered, or handed over where nobody tells us more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")
        parser.add_argument("--wait", type=float, default=120.0, help="seconds to wait for news of it (120)")

    def handle(self, *, address: str, wait: float, **options) -> None:
        end = time.monotonic() + wait
        try:
            row, trouble = send_check(address)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if trouble:
            raise CommandError(f"It was not sent: {trouble} It waits in the queue, and goes out when mail works.")
        while row.status in ON_ITS_WAY and time.monotonic() < end:
            # A worker that runs beside us took it first.
            time.sleep(min(LOOK_EVERY, max(end - time.monotonic(), 0)))
            row.refresh_from_db()
        if row.status in ON_ITS_WAY:
            raise CommandError(f"After {wait:g} seconds it is still on its way: {row.get_status_display()}.")
        self.stdout.write(self.handed_over(row))
        if row.batch and row.batch.transport == "mailgun":
            self.wait_for_news(row, end)
        if row.status in ENDED_BADLY:
            raise CommandError(f"It did not arrive ({row.get_status_display()}). {row.reason}".strip())
        if row.status == Delivery.Status.UNSURE:
            raise CommandError(f"Nobody can tell yet whether it was sent. {row.reason}")
        if row.batch.transport == "mailgun" and row.status not in ENDED_WELL:
            raise CommandError(
                f"Mailgun has it, but did not deliver it within {wait:g} seconds. Look into the mailbox, and into the "
                "logs at Mailgun."
            )

    def handed_over(self, row: Delivery) -> str:
        """Say what came of handing the message over."""
        batch = row.batch
        if batch is None:
            return f"{row.address}: {row.get_status_display()}"
        if batch.transport == "outbox":
            return f"{row.address}: kept in the outbox of this site, at /outbox/. Nothing was sent."
        how = f"{row.address}: {row.get_status_display()} ({batch.transport}), Message-Id {batch.message_id}"
        return f"{how}, {batch.error}" if batch.error else how

    def wait_for_news(self, row: Delivery, end: float) -> None:
        """Write each event of the message until it has arrived or is lost, or the time is over."""
        shown: set[int] = set()
        while True:
            try:
                for event in new_events(row, shown):
                    self.stdout.write(in_words(event))
            except EventsError as error:
                raise CommandError(f"It was handed over, but its events cannot be read: {error}") from None
            left = end - time.monotonic()
            if row.status in (*ENDED_WELL, *ENDED_BADLY) or left <= 0:
                return
            time.sleep(min(LOOK_EVERY, left))


def in_words(event: Event) -> str:
    """Return an event as one line: when, what, and what the mailbox said."""
    status = event.payload.get("delivery-status")
    said = status.get("message") or status.get("description") if isinstance(status, dict) else ""
    severity = event.payload.get("severity") or ""
    return " ".join(f"{event.happened:%H:%M:%S} UTC  {event.kind} {severity} {said or ''}".split())
