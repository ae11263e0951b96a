"""`manage.py create_sequence --start 2027-01-10 --close 2027-01-20`."""

import datetime

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sequence.models import create_sequence


class Command(BaseCommand):
    help = "Make a course run: people can sign up until its closing day ends."

    def add_arguments(self, parser: CommandParser) -> None:
        day = datetime.date.fromisoformat
        parser.add_argument("--start", type=day, required=True, help="first day, such as 2027-01-10")
        parser.add_argument("--close", type=day, required=True, help="last day of sign-up")
        parser.add_argument("--end", type=day, help="last day (six weeks after the start)")
        parser.add_argument("--title", default="", help="what learners see")
        parser.add_argument("--timezone", default="UTC", help="where midnight is, such as Europe/London")

    def handle(self, **options) -> None:
        try:
            made = create_sequence(
                options["start"], options["close"], options["title"], options["timezone"], options["end"]
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        for warning in made.warnings():
            self.stderr.write(f"Note: {warning}")
        self.stdout.write(f"Made sequence {made.pk}: {made}. Sign-up page: /s/{made.pk}/")
