"""`manage.py run_worker`: the loop of all periodic work, for a process of its own."""

import logging
import signal
import threading
from collections.abc import Callable

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from mailing.worker import tick
from mooc.ticking import load_uploads

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Do all periodic work every 10 seconds until stopped. Use this instead of the two scheduled commands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=10.0, help="seconds between two rounds (10)")
        parser.add_argument("--once", action="store_true", help="do one round and stop")

    def handle(self, *, every: float, once: bool, **options) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        said = ""
        while not stop.is_set():
            said = self.round(said, stop.is_set)
            loaded = load_uploads(most=None if once else 1, stopping=stop.is_set)
            if once:
                break
            if not loaded:  # after each upload mail has its turn again
                stop.wait(every)
            close_old_connections()

    def round(self, said: str, stopping: Callable[[], bool]) -> str:
        """Do one round and return what stopped it, so that a lasting trouble is said once and not every 10 seconds.

        Asked to end in its middle, it finishes the call that has begun and begins no other.

        A fault is logged and the next round tries again: a worker that ends at the first fault sends nothing all
        night.
        """
        try:
            report = tick("run_worker", stopping=stopping)
        except Exception:
            log.exception("A round of periodic work failed. The next one follows.")
            return said
        if report.counts.total():
            self.stdout.write(f"run_worker: {report.line()}")
        if report.stopped and report.stopped != said:
            self.stderr.write(report.stopped)
        return report.stopped
