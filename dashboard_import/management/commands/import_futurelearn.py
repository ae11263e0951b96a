"""`manage.py import_futurelearn`: FutureLearn's files into the database."""

import sys
from getpass import getuser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from dashboard_import.importing import load_path
from dashboard_import.loader import Import
from dashboard_import.models import ImportedFile, ImportRun


class Command(BaseCommand):
    help = "Load FutureLearn's files into the database, and say of each what became of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="path", type=Path, metavar="PATH",
            help="a folder, a zip or a file <course>-<run>_<dataset>.csv to load",
        )  # fmt: skip
        parser.add_argument("--course", default="", metavar="NAME", help="this course only, by name or short name")
        parser.add_argument("--run", type=int, metavar="N", help="this run only")
        parser.add_argument("--dry-run", action="store_true", help="read and judge, and change nothing")
        parser.add_argument("--again", action="store_true", help="load files that are as they were, too")

    def handle(self, *, path: Path | None, **options) -> None:
        if path is None:
            raise CommandError("Say where the files are: --from PATH.")
        self.load(path, **options)

    def load(self, path: Path, *, course: str, run: int | None, dry_run: bool, again: bool, **options) -> None:
        """Load what is at `path`."""
        row = ImportRun(by=f"import_futurelearn ({user()})"[:150], source=path.name[:500] or "/")
        with tqdm(unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False) as bar:

            def found(sources: list) -> None:
                bar.reset(sum(source.size for source in sources))

            done = load_path(
                path, row, course=course, run=run, dry_run=dry_run, again=again,
                advance=bar.update, found=found, said=lambda file: bar.write(in_words(file), self.stdout),
            )  # fmt: skip
        self.close(done)

    def close(self, done: Import) -> None:
        """Say in the last line what came of it; raise CommandError, for the exit code, where something is missing."""
        row = done.row
        counts = f"{row.rows_read:,} rows read, {row.rows_stored:,} stored, {row.rows_rejected:,} rejected"
        line = f"{'Dry run, nothing changed: ' if done.dry_run else ''}{len(done.files):,} files, {counts}"
        if done.missing:
            raise CommandError(f"{line}. Missing: {', '.join(file.name for file in done.missing)}.")
        self.stdout.write(f"{line}, {row.seconds:.1f} s.")


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
