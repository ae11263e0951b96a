"""Files become rows: one file at a time, each whole or not at all, and what became of it written down."""

import lzma
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Self

from django.db import Error, connection, transaction
from django.utils import timezone as clock

from dashboard_import import rollups, totals
from dashboard_import.bulk import Columns, delete_twins, replace_rows
from dashboard_import.datasets import DATASETS, Dataset
from dashboard_import.models import CourseRun, ImportedFile, ImportRun
from dashboard_import.rejects import Rejects
from dashboard_import.running import TakenError, give_up_lost, hold, hold_again
from dashboard_import.runs import RunFacts, course_run, find_run
from dashboard_import.shaping import Reject, Shape
from dashboard_import.sources import TOTALS, Source
from dashboard_import.tables import Scan, Table, UnreadableError, scan

# What goes wrong with one file alone: the others go on. Errors of the database too, as a transaction is a file's own.
TROUBLE = (
    UnreadableError,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    Error,
)
Outcome = ImportedFile.Outcome
MOST_WORDS = 4_000
OTHER_LETTERS = {"gb18030": "Chinese (GBK)", "cp1252": "Windows' western code page", "utf-16": "UTF-16"}


class Import:
    """One execution of the importer, in a `with`: it leaves an ImportRun, also when it ends by an exception.

    A row that is in the database already has to wait there: TakenError where another process was quicker. With
    `dry_run` files are read and judged, and nothing is written anywhere. `again` loads files that are as they
    were. `advance` is told how many bytes are done.
    """

    def __init__(
        self,
        row: ImportRun,
        *,
        dry_run: bool = False,
        again: bool = False,
        advance: Callable[[int], None] = lambda _bytes: None,
    ):
        self.row, self.dry_run, self.again, self.advance = row, dry_run, again, advance
        self.files: list[ImportedFile] = []
        self.seen: set[tuple[str, int, str]] = set()

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        if not self.dry_run:
            give_up_lost()
            with transaction.atomic():
                self.begin()
                self.free = hold(self.row.pk)
            self.row.refresh_from_db()
        return self

    def begin(self) -> None:
        """Say that this import runs: a new one, or one that waits. Raises TakenError where it waits no more."""
        if self.row.pk is None:
            self.row.status, self.row.source = ImportRun.Status.RUNNING, writable(self.row.source)
            self.row.save()
            return
        waiting = ImportRun.objects.filter(pk=self.row.pk, status=ImportRun.Status.WAITING)
        if not waiting.update(status=ImportRun.Status.RUNNING, seen=clock.now()):
            raise TakenError

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        row, now = self.row, clock.now()
        missing = [f"{file.name}: {file.problem}" for file in self.missing]
        row.status = ImportRun.Status.INCOMPLETE if missing else ImportRun.Status.DONE
        if error is not None:
            row.status = ImportRun.Status.FAILED
            missing.append(str(error) or kind.__name__)
        row.error = writable("\n".join(missing), MOST_WORDS)
        row.finished = row.seen = now
        row.seconds = round(time.monotonic() - self.began, 3)
        self.count()
        if not self.dry_run:
            try:
                row.save()
            finally:
                self.free()

    def count(self) -> None:
        """Add up the files."""
        self.row.files = len(self.files)
        for name in ImportRun.COUNTS:
            setattr(self.row, name, sum(getattr(file, name) for file in self.files))

    @property
    def missing(self) -> list[ImportedFile]:
        """The files that should be here now and are not."""
        return [file for file in self.files if file.outcome in (Outcome.REFUSED, Outcome.MISSING)]

    def note(self, name: str, kind: str, facts: RunFacts | None, outcome: str, problem: str = "") -> ImportedFile:
        """Write down a file that there is nothing to load from: FutureLearn has none, or it could not be fetched."""
        file = ImportedFile(name=writable(name), kind=kind, outcome=outcome, problem=writable(problem, MOST_WORDS))
        return self.keep(file, course_run(facts) if facts and not self.dry_run else None)

    def load(self, source: Source) -> ImportedFile:
        """Load one file, or say why not. Raises only what concerns the whole import, such as a lost database."""
        file = ImportedFile(name=writable(source.name), kind=source.kind, size=source.size)
        run, is_new, rejects = None, False, Rejects(self.row.pk or 0, source.name, keep=not self.dry_run)
        try:
            refuse_unknown(source, self.seen)
            run = find_run(source.facts) if source.facts else None
            with source.open() as stream:
                scanned = scan(stream)
            file.digest, file.size, file.encoding = scanned.digest, scanned.size, scanned.encoding
            if not self.again and is_loaded(file, run):
                file.outcome = Outcome.UNCHANGED
                if run and not self.dry_run:
                    course_run(source.facts)  # the file is old, what is said of its run may be new
                self.advance(source.size)
            elif source.kind == TOTALS:
                totals.load(source, scanned, file, rejects, dry_run=self.dry_run)
            else:
                is_new = run is None
                run = None if self.dry_run else course_run(source.facts)
                if scanned.encoding in OTHER_LETTERS:
                    file.problem = f"It is not in UTF-8 and was read as {OTHER_LETTERS[scanned.encoding]}."
                OneFile(source, scanned, file, rejects, self.advance).load(run, self.finish)
        except TROUBLE as error:
            if isinstance(error, Error) and not self.dry_run:
                hold_again(self.row.pk)  # Django opens a new connection where the old one has broken
            run = kept_run(run, is_new)
            file.pk = None
            file.outcome, file.problem = Outcome.REFUSED, writable(why(error), MOST_WORDS)
            file.rows_stored, file.rows_rejected = 0, file.rows_read
            rejects.abandon(broken=isinstance(error, OSError))
        finally:
            rejects.abandon()
        return self.keep(file, run, rejects)

    def finish(self, file: ImportedFile, run: CourseRun, rejects: Rejects) -> None:
        """Write down a load within its own transaction: the rows and the record of them come together."""
        file.outcome = Outcome.LOADED
        run.save(update_fields=["date_updated"])
        self.write(file, run, rejects)

    def keep(self, file: ImportedFile, run: CourseRun | None, rejects: Rejects | None = None) -> ImportedFile:
        self.files.append(file)
        if not self.dry_run:
            self.write(file, run, rejects)
            self.live()
        return file

    def live(self) -> None:
        """Give a sign of life, for a machine that may vanish."""
        ImportRun.objects.filter(pk=self.row.pk).update(seen=clock.now())

    def write(self, file: ImportedFile, run: CourseRun | None, rejects: Rejects | None) -> None:
        file.import_run, file.run = self.row, run
        if rejects:
            file.rejects, file.rejects_file = rejects.first, rejects.name
        file.save()


class OneFile:
    """The load of one table: read, check, replace, roll up."""

    def __init__(
        self, source: Source, scanned: Scan, file: ImportedFile, rejects: Rejects, advance: Callable[[int], None]
    ):
        self.source, self.scanned, self.file, self.rejects, self.advance = source, scanned, file, rejects, advance
        self.dataset: Dataset = DATASETS[source.kind]

    def load(self, run: CourseRun | None, finish: Callable[[ImportedFile, CourseRun, Rejects], None]) -> None:
        """Replace the run's rows of this kind; without a run only read and judge. Raises one of TROUBLE."""
        with self.source.open() as stream:
            table = Table(stream, self.scanned)
            self.rejects.header = table.header
            shape = Shape(self.dataset, table.header, broken=bool(self.scanned.broken))
            batches = self.columns(table, shape)
            if run is None:
                for _columns in batches:
                    pass
                self.settle()
                self.file.outcome = Outcome.LOADED
                return

            def after() -> None:
                self.reject_twins(run)
                self.settle()
                rollups.refresh(run, self.dataset.kind)
                finish(self.file, run, self.rejects)

            replace_rows(self.dataset.model, run, shape.fields, batches, after)

    def columns(self, table: Table, shape: Shape) -> Iterator[Columns]:
        """Yield the good rows as columns; put the bad ones aside. Raises UnreadableError if the file breaks off."""
        done, last = 0, None
        for batch in table.batches():
            self.file.rows_read += len(batch)
            columns, bad = shape.shape(batch)
            self.rejects.add(bad)
            if columns:
                yield columns
            if bad:
                last = bad[-1]
            self.advance(table.characters - done)
            done = table.characters
        if last and last.row == self.file.rows_read and not table.ended:
            raise UnreadableError(f"The file was cut off: line {last.line:,}, the last one, has no end. {last.reason}")

    def reject_twins(self, run: CourseRun) -> None:
        """Take out rows that say again who or what an earlier row is, where nobody may come twice."""
        if not self.dataset.key:
            return
        twins = delete_twins(self.dataset.model, run, self.dataset.key)
        if not twins:
            return
        reason = f"An earlier row has the same {', '.join(self.dataset.key)}."
        with self.source.open() as stream:
            for batch in Table(stream, self.scanned).batches():
                rows = zip(range(batch.first, batch.first + len(batch)), batch.lines, batch.rows, strict=True)
                self.rejects.add([Reject(row, line, reason, cells) for row, line, cells in rows if row in twins])

    def settle(self) -> None:
        """Count; refuse a file of which nothing is left. Raises OSError where the rejected rows cannot be kept."""
        self.rejects.close()
        file = self.file
        file.rows_rejected = self.rejects.count
        file.rows_stored = file.rows_read - file.rows_rejected
        if file.rows_read and not file.rows_stored:
            raise UnreadableError(f"Not one row could be taken. The first: {self.rejects.first[0]['reason']}")


def refuse_unknown(source: Source, seen: set[tuple[str, int, str]]) -> None:
    """Raise UnreadableError if nobody knows what this is, of which run, or if it came before in this import."""
    if not source.kind:
        raise UnreadableError("Its name is not one of FutureLearn's tables. Name it such as course-1_enrolments.csv.")
    if source.kind == TOTALS:
        return
    if source.facts is None:
        raise UnreadableError("Nothing says which run this is of. Name it such as course-1_enrolments.csv.")
    one = (source.facts.short_name, source.facts.number, source.kind)
    if one in seen:
        raise UnreadableError("Another file of this run and kind came before it in this import.")
    seen.add(one)


def kept_run(run: CourseRun | None, is_new: bool) -> CourseRun | None:
    """Return the run of a file that could not be loaded; None if it is gone, or is taken back here.

    A broken file changes nothing, so a run that was made for it goes. Another import may have found it meanwhile.
    """
    if run is None:
        return None
    with transaction.atomic():
        run = CourseRun.objects.select_for_update().filter(pk=run.pk).first()
        if run and is_new and not ImportedFile.objects.filter(run=run, outcome=Outcome.LOADED).exists():
            run.delete()
            return None
    return run


def is_loaded(file: ImportedFile, run: CourseRun | None) -> bool:
    """Say whether the last file of this kind that was loaded for the run is the very same."""
    loaded = ImportedFile.objects.filter(run=run, kind=file.kind, outcome=Outcome.LOADED)
    if run is None:
        loaded = loaded.filter(name=file.name)
    last = loaded.order_by("-pk").values_list("digest", flat=True).first()
    return last == file.digest


def writable(text: str, most: int = 500) -> str:
    """Return a text as a database takes it: bounded, without NUL, and with a mark for bytes that are no text."""
    return text[:most].encode("utf-8", "replace").decode().replace("\0", "")


def why(error: Exception) -> str:
    """Return a sentence on what went wrong with a file."""
    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"It could not be read or written: {error.strerror}."
    if isinstance(error, Error):
        return f"The database ({connection.vendor}) refused it: {(str(error) or repr(error)).splitlines()[0]}."
    return f"It is damaged: {error or type(error).__name__}."
