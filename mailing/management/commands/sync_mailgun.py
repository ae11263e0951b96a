"""`manage.py sync_mailgun`: read back what Mailgun knows, where webhooks are missing or missed something."""

from django.core.management.base import BaseCommand, CommandError

from mailing.mailgun_events import EventsError
from mailing.settling import settle_all
from mailing.syncing import pull_events, pull_suppressions


class Command(BaseCommand):
    help = "Read Mailgun's events and suppression lists, and settle what is unsure."

    def handle(self, **options) -> None:
        try:
            new, stopped = pull_events(), pull_suppressions()
        except EventsError as error:
            raise CommandError(str(error)) from None
        settled, trouble = settle_all()
        self.stdout.write(f"sync_mailgun: new events {new:,}, addresses stopped {stopped:,}, settled {settled:,}")
        if trouble:
            raise CommandError(trouble)
