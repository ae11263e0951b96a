"""Take one message from standard input, as a mail server hands it over: `receive_mail --to group-3-3@example.org`."""

import sys
from email import message_from_bytes, policy
from email.utils import getaddresses

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from mailing.receiving import Result, most_bytes, receive

# sysexits.h, as Postfix reads them: with 75 it tries again later, with the others the sender is told.
DONE, BAD_DATA, NO_USER, LATER = 0, 65, 67, 75
HEAD = 256 * 1024  # bytes
WHERE = (("Delivered-To",), ("X-Original-To",), ("To", "Cc"))


class Command(BaseCommand):
    help = "Take one message from standard input and pass it on to its group, or keep it for the organisers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", help="for whom it is; without it the message's own head says so")
        parser.add_argument("--from", dest="sender", help='who sent it, as the mail server was told; "" for a bounce')

    def handle(self, *, to: str | None, sender: str | None, **options) -> None:
        # One byte more than allowed shows that it is too large; the rest is read away, or the mail server is upset.
        raw = sys.stdin.buffer.read(most_bytes() + 1)
        while sys.stdin.buffer.read(1_000_000):
            pass
        sys.exit(self._take(raw, [to] if to else recipients_in(raw), sender))

    def _take(self, raw: bytes, recipients: list[str], sender: str | None) -> int:
        if not raw.strip():
            self.stderr.write("There is no message on standard input.")
            return BAD_DATA
        try:
            results = {recipient: receive(raw, recipient, sender) for recipient in recipients}
        except DatabaseError as error:
            self.stderr.write(f"The database does not answer ({type(error).__name__}). Try again later.")
            return LATER
        for recipient, result in results.items():
            self.stdout.write(f"{recipient}: {result}")
        known = set(results.values()) - {Result.UNKNOWN}
        if not known:
            self.stderr.write("This is the address of no group and not the organisers'. Name the recipient with --to.")
            return NO_USER
        return BAD_DATA if known == {Result.UNREADABLE} else DONE


def recipients_in(raw: bytes) -> list[str]:
    """Return for whom a message is by its own head: where the mail server wrote it, else everybody in To and Cc."""
    head = message_from_bytes(raw[:HEAD], policy=policy.compat32)
    for names in WHERE:
        lines = [str(line) for name in names for line in head.get_all(name, [])]
        if found := [address for _name, address in getaddresses(lines) if address]:
            return list(dict.fromkeys(found))
    return []
