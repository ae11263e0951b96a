"""`manage.py check_domain`: what to add to the DNS of the sending domain."""

from email.utils import parseaddr

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailing import sending_domain
from mailing.mailgun_account import AccountError, Domain, find_domain
from mailing.sending_domain import Entry, Verdict

MAILGUN_SPF, MAILGUN_HOSTS = "mailgun.org", ["mxa.mailgun.org", "mxb.mailgun.org"]


class Command(BaseCommand):
    help = "Look up SPF, DKIM, DMARC and MX of the sending domain (EMAIL_DOMAIN) and say what to add. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--selector", action="append", default=[], metavar="NAME",
            help="the name of the DKIM key, such as pic of pic._domainkey; with a Mailgun key, Mailgun is asked",
        )  # fmt: skip

    def handle(self, *, selector: list[str], **options) -> None:
        domain = settings.EMAIL_DOMAIN
        if domain.endswith("localhost"):
            raise CommandError("EMAIL_DOMAIN is missing. Set it to the domain that mail comes from.")
        by_mailgun = bool(settings.MAILGUN_API_KEY) and settings.MAIL_TRANSPORT != "smtp"
        known = self.ask_mailgun() if by_mailgun else Domain("", ())
        keys = [Entry(kind, name, value) for kind, name, value in known.records if "._domainkey." in name]
        found = sending_domain.check(
            domain,
            parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            MAILGUN_SPF if by_mailgun else "",
            [Entry("TXT", f"{one}._domainkey.{domain}") for one in selector] or keys,
            ([value for kind, _name, value in known.records if kind == "MX"] or MAILGUN_HOSTS) if by_mailgun else [],
            sending_domain.look_up,
        )
        for one in found:
            self.stdout.write(f"{one.subject}: {one.verdict}. {one.words}")
        if undone := sum(one.verdict == Verdict.TO_DO for one in found):
            raise CommandError(
                f"To do: {undone}. What you change in the DNS can take some hours to be seen everywhere."
            )

    def ask_mailgun(self) -> Domain:
        """Return what Mailgun wants to stand in the DNS; nothing where it does not say, with a line on why."""
        try:
            return find_domain()
        except AccountError as error:
            self.stdout.write(f"Mailgun: {error}")
            return Domain("", ())
