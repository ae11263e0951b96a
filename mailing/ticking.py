"""What the two scheduled commands have in common: one tick, one line, one exit code."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailing.worker import outlook, tick


class TickCommand(BaseCommand):
    """A command that runs one tick; `freeze` says whether e-mails that have become due are begun."""

    name: str
    freeze: bool

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and do nothing")

    def handle(self, *, dry_run: bool, **options) -> None:
        report = outlook(freeze=self.freeze) if dry_run else tick(self.name, freeze=self.freeze)
        self.stdout.write(f"{self.name}{' (dry run)' if dry_run else ''}: {report.line()}")
        if report.stopped and not dry_run:
            raise CommandError(report.stopped)
        if report.stopped:
            self.stdout.write(report.stopped)
