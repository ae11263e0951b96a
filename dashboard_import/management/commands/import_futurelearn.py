"""`manage.py import_futurelearn`: FutureLearn's files fetched, kept, and into the database."""

import datetime
import sys
from getpass import getuser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from tqdm import tqdm

from dashboard_import.credentials import NoCredentialsError, from_config, from_settings
from dashboard_import.fetching import Fetch, Wish
from dashboard_import.futurelearn import FetchError, Session
from dashboard_import.importing import load_path
from dashboard_import.loader import Import, why
from dashboard_import.models import ImportedFile, ImportRun

FETCHING = ("since", "all", "fetch_only", "config")  # options that have no meaning beside --from


class Command(BaseCommand):
    help = "Fetch FutureLearn's files and load them, or load those at --from; say of each what became of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="path", type=Path, metavar="PATH",
            help="load a folder, a zip or a file <course>-<run>_<dataset>.csv; nothing is fetched",
        )  # fmt: skip
        parser.add_argument("--course", default="", metavar="NAME", help="this course only, by name or short name")
        parser.add_argument("--run", type=int, metavar="N", help="this run only")
        parser.add_argument("--dry-run", action="store_true", help="read and judge, and change nothing")
        parser.add_argument("--again", action="store_true", help="load files that are as they were, too")
        day = datetime.date.fromisoformat
        parser.add_argument("--since", type=day, metavar="DAY", help="fetch runs that start on that day or later")
        parser.add_argument("--all", action="store_true", help="fetch finished runs that are complete here, too")
        parser.add_argument("--fetch-only", action="store_true", help="keep the files, and load nothing")
        parser.add_argument("--config", type=Path, metavar="FILE", help="the old tool's config.json, to sign in with")

    def handle(self, **options) -> None:
        try:
            self.fetch_or_load(**options)
        except (Error, OSError) as error:
            raise CommandError(f"The import stopped. {why(error)}") from error

    def fetch_or_load(self, *, path: Path | None, **options) -> None:
        """Fetch, or with a path load. Raises what concerns the whole import, such as a database that is gone."""
        if path is None:
            self.fetch(**options)
            return
        alone = [f"--{name.replace('_', '-')}" for name in FETCHING if options[name]]
        if alone:
            raise CommandError(f"{' and '.join(alone)} only makes sense for fetching, so not with --from.")
        self.load(path, **options)

    def fetch(
        self, *, config: Path | None, course: str, run: int | None, dry_run: bool, again: bool, **options
    ) -> None:
        """Fetch from FutureLearn, keep and load."""
        try:
            who = from_config(config) if config else from_settings()
        except NoCredentialsError as error:
            raise CommandError(str(error)) from None
        session = Session(settings.FUTURELEARN_URL, who.username, who.password, settings.FUTURELEARN_PAUSE)
        wish = Wish(course, run, options["since"], options["all"], options["fetch_only"])
        row = ImportRun(by=f"import_futurelearn ({user()})"[:150], source=settings.FUTURELEARN_URL)
        root = settings.FUTURELEARN_DATA_DIR
        with tqdm(unit=" runs", disable=not sys.stderr.isatty(), leave=False) as bar:

            def say(line: str) -> None:
                with bar.external_write_mode():
                    self.stdout.write(line)
                bar.update()

            try:
                with Import(row, dry_run=dry_run, again=again) as done:
                    fetch = Fetch(session, root, done, wish, settings.FUTURELEARN_ORGANISATION, say, bar.reset)
                    fetch.everything()
            except FetchError as error:
                raise CommandError(str(error)) from None
        for file in done.files:
            if file.problem or file.rows_rejected:
                self.stdout.write(in_words(file))
        self.stdout.write(f"Fetched {fetch.files:,} files; {fetch.kept:,} finished runs were complete here.")
        self.close(done)

    def load(self, path: Path, *, course: str, run: int | None, dry_run: bool, again: bool, **options) -> None:
        """Load what is at `path`."""
        row = ImportRun(by=f"import_futurelearn ({user()})"[:150], source=path.name[:500] or "/")
        with tqdm(unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False) as bar:

            def found(sources: list) -> None:
                bar.reset(sum(source.size for source in sources))

            def said(file: ImportedFile) -> None:
                with bar.external_write_mode():
                    self.stdout.write(in_words(file))

            done = load_path(
                path, row, course=course, run=run, dry_run=dry_run, again=again,
                advance=bar.update, found=found, said=said,
            )  # fmt: skip
        self.close(done)

    def close(self, done: Import) -> None:
        """Say in the last line what came of it; raise CommandError, for the exit code, where something is missing."""
        row = done.row
        counts = f"{row.rows_read:,} rows read, {row.rows_stored:,} stored, {row.rows_rejected:,} rejected"
        line = f"{'Dry run, nothing changed: ' if done.dry_run else ''}{len(done.files):,} files, {counts}"
        if done.missing:
            raise CommandError(f"{line}. Missing: {', '.join(file.name for file in done.missing)}.")
        self.stdout.write(f"{line}, {row.seconds:.2f} s.")


def user() -> str:
    """Return the name of whoever runs the command; a container may have none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "?"


def in_words(file: ImportedFile) -> str:
    """Return what became of one file, in a line."""
    line = f"{file.name}: {file.get_outcome_display()}"
    if file.rows_read:
        line += f", {file.rows_read:,} rows read, {file.rows_stored:,} stored, {file.rows_rejected:,} rejected"
    if file.rejects_file:
        line += f" (see {file.rejects_file})"
    return f"{line}. {file.problem}".rstrip()
