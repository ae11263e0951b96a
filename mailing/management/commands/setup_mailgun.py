"""`manage.py setup_mailgun`: have Mailgun tell this site what becomes of its mail."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailing.mailgun_account import (
    AccountError,
    find_domain,
    set_inbox_route,
    set_route,
    set_webhooks,
    trouble_with,
)


class Command(BaseCommand):
    help = (
        "Check the Mailgun key, its region and the domain, and make or update the webhooks that bring news of our "
        "mail. Safe to repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--groups", action="store_true",
            help="also make the route that hands mail to groups to this site",
        )  # fmt: skip

        parser.add_argument(
            "--inbox", action="store_true",
            help="also make the route that hands mail to the organisers' address to this site",
        )  # fmt: skip

    def handle(self, *, groups: bool, inbox: bool, **options) -> None:
        try:
            domain = find_domain()
            self.stdout.write(f"domain {settings.MAILGUN_API_DOMAIN}: {domain.state}, at {settings.MAILGUN_API_URL}")
            for line in set_webhooks():
                self.stdout.write(line)
            if groups:
                self.stdout.write(set_route())
            if inbox:
                self.stdout.write(set_inbox_route())
        except AccountError as error:
            raise CommandError(str(error)) from None
        if trouble := trouble_with(domain):
            raise CommandError(trouble)
        if not settings.MAILGUN_WEBHOOK_SIGNING_KEY:
            raise CommandError(
                "MAILGUN_WEBHOOK_SIGNING_KEY is missing, so the site refuses Mailgun's news. Set it to the HTTP "
                "webhook signing key of your account."
            )
