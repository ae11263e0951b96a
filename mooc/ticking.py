"""The periodic work of all rooms: mail first, then FutureLearn files that were uploaded and wait."""

import logging
from collections.abc import Callable

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard_import.importing import load_waiting
from mailing.worker import outlook, tick

log = logging.getLogger(__name__)


def load_uploads(*, most: int | None = None, stopping: Callable[[], bool] = lambda: False) -> int:
    """Load uploads that wait, at most so many, and return how many. A fault is logged: mail does not depend on it."""
    try:
        return load_waiting(most=most, stopping=stopping)
    except Exception:
        log.exception("Uploaded FutureLearn files could not be loaded.")
        return 0


class TickCommand(BaseCommand):
    """A command that does all periodic work once; `freeze` says whether e-mails that have become due are begun."""

    name: str
    freeze: bool

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and do nothing")

    def handle(self, *, dry_run: bool, **options) -> None:
        report = outlook(freeze=self.freeze) if dry_run else tick(self.name, freeze=self.freeze)
        self.stdout.write(f"{self.name}{' (dry run)' if dry_run else ''}: {report.line()}")
        if not dry_run and (loaded := load_uploads()):
            self.stdout.write(f"{self.name}: {loaded} uploaded FutureLearn files dealt with")
        if report.stopped and not dry_run:
            raise CommandError(report.stopped)
        if report.stopped:
            self.stdout.write(report.stopped)
