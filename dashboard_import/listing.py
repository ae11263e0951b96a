"""Which courses and runs an institution has: FutureLearn's lists of them, at the addresses of all years."""

from collections import defaultdict
from dataclasses import dataclass, replace

from dashboard_import import pages
from dashboard_import.futurelearn import FetchError, MissingError, Session
from dashboard_import.pages import ListedRun, UnknownPageError

OF_ORGANISATION = (
    "/admin/organisations/{org}/courses-all?&page={page}",  # 2026, twenty courses a page
    "/admin/organisations/{org}/runs",  # 2020
    "/admin/organisations/{org}/courses",  # 2017 and 2018
)
OF_OLD = "/admin/courses"  # until January 2018, and for whoever belongs to one institution only
COURSES_PER_PAGE = 20
MOST_PAGES = 500


@dataclass
class Listing:
    """What an institution has. `problem` says what part of the list could not be read; `page` is that page."""

    institution: str
    runs: list[ListedRun]
    problem: str = ""
    page: str = ""


class NoListError(FetchError):
    """None of the addresses had a list that we know. `page` is the first page that was there, to be looked at."""

    def __init__(self, sentence: str, page: str) -> None:
        super().__init__(sentence)
        self.page = page


def list_runs(session: Session, front: str, organisation: str = "") -> Listing:
    """Return all runs. `front` is the page after signing in: where no organisation is named, it leads to ours."""
    organisation = organisation or pages.organisation(front)
    paths = [path.replace("{org}", organisation) for path in OF_ORGANISATION] if organisation else []
    unknown: list[tuple[UnknownPageError, str]] = []
    for path in (*paths, OF_OLD):
        try:
            html = session.page(path.replace("{page}", "1"))
        except MissingError:
            continue
        try:
            runs = pages.courses(html)
        except UnknownPageError as error:
            unknown.append((error, html))
            continue
        listing = Listing(pages.institution(html) or organisation or "FutureLearn", _unique(runs))
        if "{page}" in path:
            _more(session, path, listing)
        listing.runs = _told_apart(listing.runs)
        return listing
    if unknown:
        raise NoListError(str(unknown[0][0]), unknown[0][1])
    raise NoListError(
        "FutureLearn has no list of courses for this account. Set FUTURELEARN_ORGANISATION to the short name of your "
        "institution in FutureLearn's addresses.",
        "",
    )


def _more(session: Session, path: str, listing: Listing) -> None:
    """Add the runs of the further pages: as long as pages are full."""
    new = listing.runs
    for number in range(2, MOST_PAGES):
        if len({run.slug for run in new}) < COURSES_PER_PAGE:
            return
        html = ""
        try:
            html = session.page(path.replace("{page}", str(number)))
            found = _unique([*listing.runs, *pages.courses(html)])
        except MissingError:
            return  # the page before was the last one, and full
        except (UnknownPageError, FetchError) as error:
            if not pages.is_empty_list(html):
                listing.problem, listing.page = f"Page {number} of the list of courses: {error}", html
            return
        new = found[len(listing.runs) :]
        listing.runs = found


def _unique(runs: list[ListedRun]) -> list[ListedRun]:
    return list({(run.slug, run.number): run for run in reversed(runs)}.values())[::-1]


def _told_apart(runs: list[ListedRun]) -> list[ListedRun]:
    """Return the runs with the slug in the course's name where two courses have one name.

    The name is a folder here, and how the table of totals knows a course.
    """
    slugs = defaultdict(set)
    for run in runs:
        slugs[run.course.casefold()].add(run.slug)
    return [
        replace(run, course=f"{run.course} ({run.slug})") if len(slugs[run.course.casefold()]) > 1 else run
        for run in runs
    ]


def with_start(run: ListedRun, html: str) -> ListedRun:
    """Return the run with the start that a page's breadcrumb names, where the list had none."""
    return run if run.start else replace(run, start=pages.start_in_breadcrumb(html))
