"""Fetching: what FutureLearn has of us, kept here and loaded. A failure stops what it concerns and nothing else."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils import timezone as clock

from dashboard_import import archive, overview, pages, totals
from dashboard_import.datasets import KINDS
from dashboard_import.futurelearn import FetchError, MissingError, NotATableError, Session, SignInError
from dashboard_import.listing import Listing, NoListError, list_runs, with_start
from dashboard_import.loader import Import
from dashboard_import.models import ImportedFile
from dashboard_import.pages import ListedRun, UnknownPageError
from dashboard_import.runs import RunFacts, course_run, find_run
from dashboard_import.sources import Source, run_folder

Outcome = ImportedFile.Outcome
# FutureLearn makes a run's files anew each night until two weeks after its end; a day more for the last night.
SETTLES = datetime.timedelta(days=15)
# Not among the links of the statistics page. Each has its address; the second is asked where the first is not there.
BESIDE = {
    "countries": ("/demographics/countries/countries-dataset", "/demographics/countries/countries-dataset.csv"),
    "country_subdivisions": (
        "/demographics/countries/country-subdivisions-dataset",
        "/demographics/countries/country-subdivisions-dataset.csv",
    ),
    "extract_links": ("/extract-links",),
}
NOT_BEGUN = ("upcoming", "draft", "sandbox", "retired")  # they have enrolments at most
TOTALS = ("/stats-dashboard/totals", "/stats-dashboard/overview", "/stats-dashboard")  # newest first


@dataclass(frozen=True)
class Wish:
    """What to fetch. `since`: runs that start on that day or later. `every`: finished runs that are here, too."""

    course: str = ""
    run: int | None = None
    since: datetime.date | None = None
    every: bool = False
    only_fetch: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.course and self.run is None and self.since is None

    def takes(self, run: ListedRun) -> bool:
        named = self.course.casefold() in ("", run.slug, run.course.casefold())
        late = self.since is None or (run.start is not None and run.start >= self.since)
        return named and self.run in (None, run.number) and late


@dataclass
class Fetch:
    """One execution. `importing` writes down what became of each file.

    `found` hears how many runs there are to look at, `say` a line for each.
    """

    session: Session
    root: Path
    importing: Import
    wish: Wish = Wish()
    organisation: str = ""
    say: Callable[[str], None] = lambda _line: None
    found: Callable[[int], None] = lambda _runs: None
    files: int = 0
    kept: int = 0
    rows: list[dict[str, object]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    only: frozenset[str] | None = None

    def everything(self) -> None:
        """Fetch what is wished for. Raises SignInError, FetchError where there is nothing to begin with."""
        front = self.session.sign_in()
        try:
            listing = list_runs(self.session, front, self.organisation)
        except NoListError as error:
            raise FetchError(self._with_copy(str(error), "courses", error.page)) from None
        if listing.problem:
            self._miss("list of courses", "", self._with_copy(listing.problem, "courses", listing.page))
        wanted = [run for run in listing.runs if self.wish.takes(run)]
        if not wanted:
            self._miss("run", "", f"FutureLearn lists {len(listing.runs)} runs, and none that was asked for.")
        self.found(len(wanted))
        if self.importing.dry_run:
            for run in wanted:
                self.say(self._plan(run, listing))
            return
        for place, run in enumerate(wanted):
            self.importing.live()
            try:
                self.say(self._run(run, listing))
            except SignInError as error:
                for lost in wanted[place:]:
                    self._miss(lost.name, "", str(error))
                break
        self._close(listing)

    def _close(self, listing: Listing) -> None:
        try:
            if self.rows:
                archive.write_totals(self.root, listing.institution, self.rows)
            if self.wish.is_whole and not self.importing.missing:
                archive.write_update(self.root, listing.institution, clock.now())
        except OSError as error:
            self._miss("Courses-Data.csv", "", _disk(error))

    def _plan(self, run: ListedRun, listing: Listing) -> str:
        if run.start is None:
            return f"{run.name}: no start is set, nothing to fetch."
        return f"{run.name}: {'complete here' if self._is_here(run, listing) else 'to be fetched'} ({run.status})."

    def _is_here(self, run: ListedRun, listing: Listing) -> bool:
        settled = self._settled(run, listing)
        return settled is not None and not settled.missing

    def _settled(self, run: ListedRun, listing: Listing) -> "_Settled | None":
        """Return what is here of a finished run, if it was fetched when nothing could change any more."""
        if run.status != "finished" or run.start is None or self.wish.every:
            return None
        folder = archive.folder_of(self.root, listing.institution, run.course, run.number, run.start)
        last = archive.last_fetch(folder) if folder else None
        if last is None:
            return None
        at, missing = last
        end = datetime.date.fromisoformat(folder.name[-10:])
        return _Settled(folder, missing) if at.date() >= end + SETTLES else None

    def _run(self, run: ListedRun, listing: Listing) -> str:
        """Fetch and load one run; return a line on what came of it."""
        settled = self._settled(run, listing)
        if settled:
            self._load_if_new(run, listing, settled)
        if settled and not settled.missing:
            self.kept += 1
            return f"{run.name}: finished, and complete here."
        try:
            begun = self._begin(run, listing)
        except SignInError:
            raise
        except (FetchError, _Unread) as error:
            if isinstance(error, MissingError) and run.status in NOT_BEGUN:
                self.importing.note(run.name, "", None, Outcome.ABSENT)
                return f"{run.name}: nothing there before it begins."
            self._miss(run.name, "", str(error))
            return f"{run.name}: {error}"
        except OSError as error:
            self._miss(run.name, "", _disk(error))
            return f"{run.name}: {_disk(error)}"
        if begun is None:
            if run.problem:
                self._miss(run.name, "", run.problem)
            return f"{run.name}: {run.problem or 'no start is set, nothing to fetch.'}"
        self.only = settled.missing if settled else None
        return self._files(run, *begun)

    def _files(self, run: ListedRun, facts: RunFacts, folder: Path, stats: str) -> str:
        """Fetch and load what there is of one run; return a line on what came of it."""
        missing, files = len(self.importing.missing), self.files
        for kind, paths in self._offered(run, stats):
            self._file(facts, folder, kind, paths)
        if run.status not in NOT_BEGUN:
            self._steps(run, facts, folder)
            self._totals(run, facts, stats)
        lost = [file.name for file in self.importing.missing[missing:]]
        self._record(folder, run, lost)
        line = f"{run.name}: {self.files - files} files."
        if self.only is not None:
            line += " Only what was missing was asked for."
        new = [kind.replace("_", "-") for kind in pages.datasets(stats) if kind not in KINDS]
        if new:
            line += f" Kept but not loaded, as nobody knows this kind yet: {', '.join(new)}."
        return f"{line} Missing: {', '.join(lost)}." if lost else line

    def _begin(self, run: ListedRun, listing: Listing) -> tuple[RunFacts, Path, str] | None:
        """Read what a run is and make its folder; None where it has no start. Raises FetchError, _Unread."""
        details = self.session.page(run.path)
        stats = self.session.page(f"{run.path}/stats-dashboard")
        run = with_start(run, stats)
        if run.start is None:
            return None
        weeks = self._read("run details", run, details, pages.weeks)
        self._read("statistics", run, stats, pages.datasets)
        end = run.start + datetime.timedelta(weeks=weeks)
        facts = RunFacts(run.number, run.slug, listing.institution, run.course, run.start, end, weeks, run.status)
        folder = archive.run_folder(self.root, facts)
        archive.write_metadata(folder, facts)
        return facts, folder, stats

    def _offered(self, run: ListedRun, stats: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each file FutureLearn may have of a run, with the addresses to ask at."""
        for kind, path in pages.datasets(stats).items():
            yield kind, (path,)
        if run.status not in NOT_BEGUN:
            for kind, ends in BESIDE.items():
                known = self.known.get(kind)
                yield kind, tuple(f"{run.path}{end}" for end in ([known] if known else ends))

    def _file(self, facts: RunFacts, folder: Path, kind: str, paths: tuple[str, ...]) -> None:
        """Fetch one file and load it; note why not."""
        name = f"{kind.replace('_', '-')}.csv"
        shown = f"{facts.slug}-{facts.number}_{name}"
        if not self._asks_for(shown):
            return
        for path in paths:
            try:
                with archive.new_file(folder / name) as target:
                    self.session.download(path, target)
            except MissingError:
                continue
            except SignInError:
                raise
            except FetchError as error:
                if isinstance(error, NotATableError) and facts.status in NOT_BEGUN:
                    continue  # before a run begins, some of its files are pages that say so
                self._miss(shown, kind, str(error), facts)
                return
            except OSError as error:
                self._miss(shown, kind, _disk(error), facts)
                return
            if kind in BESIDE:
                self.known[kind] = path.removeprefix(f"/admin/courses/{facts.slug}/{facts.number}")
            self.files += 1
            self._load(facts, folder, name)
            return
        self.importing.note(shown, kind, facts, Outcome.ABSENT)

    def _asks_for(self, name: str) -> bool:
        """Say whether to ask for a file: of a run that has settled only for what was missing the last time."""
        return self.only is None or name in self.only

    def _load(self, facts: RunFacts, folder: Path, *names: str) -> None:
        if not self.wish.only_fetch:
            for source in _sources(facts, folder):
                if source.name in names:
                    self.importing.load(replace(source, name=f"{facts.slug}-{facts.number}_{source.name}"))

    def _load_if_new(self, run: ListedRun, listing: Listing, settled: "_Settled") -> None:
        """Load of a run that is here what never was loaded: it may have been fetched only."""
        folder = settled.folder
        facts = RunFacts(
            run.number, run.slug, listing.institution, run.course, run.start,
            datetime.date.fromisoformat(folder.name[-10:]), status=run.status,
        )  # fmt: skip
        row = find_run(facts)
        loaded = ImportedFile.objects.filter(run=row, outcome=Outcome.LOADED) if row else ImportedFile.objects.none()
        kinds = set(loaded.values_list("kind", flat=True))
        files = [source for source in _sources(facts, folder) if f"{run.name}_{source.name}" not in settled.missing]
        names = [source.name for source in files if source.kind not in kinds]
        self._load(facts, folder, *names)

    def _steps(self, run: ListedRun, facts: RunFacts, folder: Path) -> None:
        """Keep the page of the course's steps as the old tool did, as scraped-links.csv, and load it."""
        name = f"{run.name}_scraped-links.csv"
        if not self._asks_for(name):
            return
        try:
            html = self.session.page(f"{run.path}/overview")
            found = self._read("course overview", run, html, overview.steps)
            addresses = archive.step_addresses(folder)
            rows = [(*step, addresses.get(step.number, "")) for step in found]
            archive.write_table(folder / "scraped-links.csv", archive.LINKS, rows)
        except MissingError:
            self.importing.note(name, "course_overview", facts, Outcome.ABSENT)
        except SignInError:
            raise
        except (FetchError, _Unread) as error:
            self._miss(name, "course_overview", str(error), facts)
        except OSError as error:
            self._miss(name, "course_overview", _disk(error), facts)
        else:
            self.files += 1
            self._load(facts, folder, "scraped-links.csv")

    def _totals(self, run: ListedRun, facts: RunFacts, stats: str) -> None:
        """Read what FutureLearn itself counts."""
        if not self._asks_for(f"{run.name} totals"):
            return
        ends = [self.known["totals"]] if "totals" in self.known else TOTALS
        for end in ends:
            try:
                html = stats if end == TOTALS[-1] else self.session.page(f"{run.path}{end}")
                found = self._read("totals", run, html, pages.totals)
            except MissingError:
                continue
            except SignInError:
                raise
            except (FetchError, _Unread) as error:
                self._miss(f"{run.name} totals", "totals", str(error), facts)
                return
            self.known["totals"] = end
            self.rows.append(archive.totals_row(facts, found))
            if found and not self.wish.only_fetch:
                totals.keep(course_run(facts), found)
            return
        self.importing.note(f"{run.name} totals", "totals", facts, Outcome.ABSENT)

    def _record(self, folder: Path, run: ListedRun, lost: list[str]) -> None:
        try:
            archive.write_record(folder, run.status, lost, clock.now())
        except OSError as error:
            self._miss(f"{run.name} {archive.RECORD}", "", _disk(error))

    def _read(self, page: str, run: ListedRun, html: str, read: Callable[[str], object]) -> object:
        """Return what `read` finds on a page; raise _Unread, with the page kept, where it knows no such layout."""
        try:
            return read(html)
        except UnknownPageError as error:
            raise _Unread(self._with_copy(str(error), f"{page} {run.name}", html)) from None

    def _with_copy(self, sentence: str, name: str, html: str) -> str:
        if not html or self.importing.dry_run:
            return sentence
        try:
            path = archive.keep_page(self.root, name, self.session.without_secrets(html))
        except OSError as error:
            return f"{sentence} No copy could be kept: {_disk(error)}"
        return f"{sentence} A copy of the page, without secrets, is {path}."

    def _miss(self, name: str, kind: str, problem: str, facts: RunFacts | None = None) -> None:
        self.importing.note(name, kind, facts, Outcome.MISSING, problem)


@dataclass(frozen=True)
class _Settled:
    """A finished run's folder, its files as they will always be, and the names of those that could not be had."""

    folder: Path
    missing: frozenset[str]


class _Unread(Exception):  # noqa: N818  (a sentence on its way, never seen from outside)
    """A page in a layout that nobody knows; the text is for staff."""


def _sources(facts: RunFacts, folder: Path) -> list[Source]:
    return [source for source in run_folder(folder, facts) if source.kind]


def _disk(error: OSError) -> str:
    return f"It could not be written here: {error.strerror or type(error).__name__}."
