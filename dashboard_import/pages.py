"""FutureLearn's partner pages, read. Each layout there has been since 2016 is data here, and the newest is tried first.

A page is taken by the first layout whose mark is on it and whose values can all be read: half a match is none. In a
list of courses a status that is new, or a start that is no day, concerns its run alone, unless most are so.
"""

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from selectolax.lexbor import LexborHTMLParser, LexborNode

RUN_PATH = re.compile(r"/courses/([a-z0-9][a-z0-9-]*)/(\d{1,6})(?=$|[/?#\s])")
DATA_PATH = re.compile(r"/stats-dashboard/data/([a-z_-]{1,60})(?:\.csv)?(?=$|[?#])")
WEEKS = re.compile(r"\b(\d{1,3})\s+weeks?\b", re.IGNORECASE)
STATUSES = frozenset({"finished", "in progress", "upcoming", "draft", "sandbox", "retired"})
LONGEST_STATUS = 30
NOT_SET = "not set"
YEARS = range(2012, 2100)  # FutureLearn opened in 2013
T = TypeVar("T")


class UnknownPageError(Exception):
    """No layout fits. `looked_for` says in words what every layout missed."""

    def __init__(self, page: str, looked_for: str) -> None:
        super().__init__(f"The {page} page has a layout that we do not know: looked for {looked_for}.")
        self.page, self.looked_for = page, looked_for


@dataclass(frozen=True)
class ListedRun:
    """A run as a list of courses shows it. `start` is None where it is not set; `status` is in small letters.

    `problem` says why the start could not be read.
    """

    course: str
    slug: str
    number: int
    start: datetime.date | None
    status: str
    problem: str = ""

    @property
    def path(self) -> str:
        return f"/admin/courses/{self.slug}/{self.number}"

    @property
    def name(self) -> str:
        return f"{self.slug}-{self.number}"


@dataclass(frozen=True)
class ListLayout:
    """Where a list of courses has its values. Selectors are CSS; an `_at` counts among what its selector finds.

    `course` finds the courses, `run` the runs within one; without `run` each course found is one run. The title
    is the attribute `title`, where `titled`, else the text.
    """

    since: str
    mark: str
    course: str
    run: str
    title: str
    titled: bool
    status: str
    status_at: int
    start: str
    start_at: int
    start_attribute: str = ""


LISTS = (
    ListLayout("2026", "li.m-course-list__item", "li.m-course-list__item", "tr.m-course-list__row",
               ".m-course-list__course-title", False, ".a-flag", 0, "td", 2),
    ListLayout("2020", "form.m-table-filter__checkboxes", "tr:has(.course-meta__title)", "", ".course-meta__title a",
               False, "[class*='flag--']", 0, "[data-order]", 0, "data-order"),
    # Since June 2017 a span "invite-only" may stand before the status; it is left out before counting.
    ListLayout("2016-12", "table:not(.course-runs) tbody a[title]", "table tbody:has(a[title])", "tr", "a[title]",
               True, "span", 1, "span", 2),
    ListLayout("2016-07", "table.course-runs", "table.course-runs tbody:has(a[title])", "tr", "a[title]",
               True, "span", 1, "span", 0),
)  # fmt: skip
INSTITUTIONS = (".m-action-bar__title", ".a-heading", ".org_name")
DURATIONS = ("span.m-metadata__content", "span.m-metadata__title", "span.m-key-info__data", "p.run-data")
DATASETS = ("ul li a[href*='/stats-dashboard/data/']", "ul.datasets li a[href]")
TOTALS = ("table.m-table--condensed", "table.run-stats-dashboard-table")
# The last link of a breadcrumb that names the run: "Run: Cyber Security - 5 Feb 2018".
BREADCRUMBS = ("ul.m-breadcrumb a", "ul.m-breadcrumb-old-list a", "ul.m-breadcrumb-list a")


def courses(html: str) -> list[ListedRun]:
    """Return the runs that a list of courses shows, in its order. A list without any is a page that nobody knows."""
    page = LexborHTMLParser(html)
    for layout in LISTS:
        if page.css_first(layout.mark) and (found := _complete(lambda layout=layout: _runs(page, layout))):
            known = sum(run.status in STATUSES and not run.problem for run in found)
            if 2 * known >= len(found):
                return found
    raise UnknownPageError("courses", _or(layout.mark for layout in LISTS) + ", with a name, a status and a start")


def _runs(page: LexborHTMLParser, layout: ListLayout) -> Iterator[ListedRun]:
    for course in page.css(layout.course):
        title = _title(course.css_first(layout.title), layout)
        rows = course.css(layout.run) if layout.run else [course]
        for place, row in enumerate(rows):
            # Without an address in the row, the newest run stands first: the number is that of the rows left.
            slug, number = _address(row) or (_slug(course), len(rows) - place)
            status, said = _status(row, layout), _start(row, layout)
            try:
                yield ListedRun(title, slug, number, day(said), status)
            except ValueError:
                problem = f"The list of courses says “{said[:40]}” for its start, which is no day."
                yield ListedRun(title, slug, number, None, status, problem)


def _title(node: LexborNode | None, layout: ListLayout) -> str:
    if layout.titled:
        return _squeezed(node.attributes["title"] or "")
    # The newest titles have a code and a link inside them: only their own first words count.
    return next(filter(None, (_squeezed(part.text()) for part in node.iter(include_text=True))))


def _address(node: LexborNode) -> tuple[str, int] | None:
    for link in node.css("a[href]"):
        if found := RUN_PATH.search(link.attributes["href"] or ""):
            return found[1], int(found[2])
    return None


def _slug(course: LexborNode) -> str:
    if found := re.fullmatch(r"[a-z0-9][a-z0-9-]*", course.attributes.get("id") or ""):
        return found[0]
    return _address(course)[0]


def _cells(row: LexborNode, selector: str) -> list[LexborNode]:
    return [cell for cell in row.css(selector) if _squeezed(cell.text()).lower() != "invite-only"]


def _status(row: LexborNode, layout: ListLayout) -> str:
    return _squeezed(_cells(row, layout.status)[layout.status_at].text()).lower()[:LONGEST_STATUS]


def _start(row: LexborNode, layout: ListLayout) -> str:
    cell = _cells(row, layout.start)[layout.start_at]
    return (cell.attributes[layout.start_attribute] if layout.start_attribute else cell.text()) or ""


def day(text: str) -> datetime.date | None:
    """Return the day that `5 Feb 2018` or `2018-02-05` names, None for `Not set`; ValueError for anything else."""
    text = _squeezed(text)
    if text.lower() in (NOT_SET, ""):
        return None
    for form in ("%d %b %Y", "%d %B %Y", "%Y-%m-%d"):
        try:
            found = datetime.datetime.strptime(text, form).date()  # noqa: DTZ007  (a day, not a moment)
        except ValueError:
            continue
        if found.year in YEARS:
            return found
    raise ValueError(text)


def institution(html: str) -> str:
    """Return the name of the institution on a list of courses, empty where it is not shown."""
    page = LexborHTMLParser(html)
    names = (_squeezed(node.text()) for selector in INSTITUTIONS if (node := page.css_first(selector)))
    return next(filter(None, names), "")


def organisation(html: str) -> str:
    """Return the short name that the page's own addresses have for the institution, empty where there is none."""
    found = re.search(r"/admin/organisations/([a-z0-9][a-z0-9-]*)", html)
    return found[1] if found else ""


def weeks(html: str) -> int:
    """Return how many weeks a run lasts, from its details page. Also of one week, and of ten."""
    page = LexborHTMLParser(html)
    for selector in DURATIONS:
        for node in page.css(selector):
            if found := WEEKS.search(_squeezed(node.text())):
                return int(found[1])
    raise UnknownPageError("run details", _or(DURATIONS) + " with a number of weeks")


def datasets(html: str) -> dict[str, str]:
    """Return the files a statistics page offers: path by name, underscored. Empty where a run has none yet."""
    page = LexborHTMLParser(html)
    for selector in DATASETS:
        paths = (link.attributes["href"] or "" for link in page.css(selector))
        if found := {match[1].replace("-", "_"): path for path in paths if (match := DATA_PATH.search(path))}:
            return found
    if _breadcrumb(page) or page.css_first(_or(TOTALS)):
        return {}
    raise UnknownPageError("statistics", _or(DATASETS) + " or a breadcrumb")


def totals(html: str) -> dict[str, dict[str, int | float | str | None]]:
    """Return FutureLearn's own totals: {"joiners": {"count": 3544, "percent": None}, …}; none before a run starts."""
    page = LexborHTMLParser(html)
    for selector in TOTALS:
        if table := page.css_first(selector):
            return dict(_complete(lambda table=table: _measures(table)) or {})
    if _breadcrumb(page):
        return {}
    raise UnknownPageError("totals", _or(TOTALS) + " or a breadcrumb")


def _measures(table: LexborNode) -> Iterator[tuple[str, dict[str, int | float | str | None]]]:
    for row in table.css("tr"):
        label, cells = row.css_first("th"), [_squeezed(cell.text()) for cell in row.css("td")]
        if label and cells:
            percent = _number(cells[1].rstrip("% ")) if len(cells) > 1 and cells[1] else None
            yield measure(label.text()), {"count": _number(cells[0]), "percent": percent}


def measure(label: str) -> str:
    """Return a total by the old tool's name for it: `≥50% step completion` is `at_least_50_percent_step_completion`."""
    plain = _squeezed(label).lower().replace("≥", "at_least_").replace("%", "_percent")
    return re.sub(r"[^a-z0-9_]+", "_", plain).strip("_")


def _number(text: str) -> int | float | str:
    plain = text.replace(",", "").replace("£", "")
    if re.fullmatch(r"-?\d{1,15}", plain):
        return int(plain)
    return float(plain) if re.fullmatch(r"-?\d{1,15}\.\d{1,10}", plain) else text


def start_in_breadcrumb(html: str) -> datetime.date | None:
    """Return the first day of the run that a page's breadcrumb names, as in `Run: Cyber Security - 5 Feb 2018`."""
    words = _breadcrumb(LexborHTMLParser(html)).rpartition(" - ")
    try:
        return day(words[2])
    except ValueError:
        return None


def _breadcrumb(page: LexborHTMLParser) -> str:
    texts = (_squeezed(link.text()) for selector in BREADCRUMBS for link in page.css(selector))
    return next((text for text in texts if text.startswith("Run:")), "")


def is_sign_in(html: str) -> bool:
    """Say whether the page is the form that asks for a password."""
    return LexborHTMLParser(html).css_first("form[action*='/sign-in'] input[name='password']") is not None


def token(html: str) -> str:
    """Return what the sign-in form wants back (`authenticity_token`), empty where there is none."""
    page = LexborHTMLParser(html)
    field = page.css_first("form[action*='/sign-in'] input[name='authenticity_token']")
    return (field.attributes.get("value") or "") if field else ""


def is_empty_list(html: str) -> bool:
    """Say whether a page is a list of courses without any: it names the institution, and leads to no run."""
    leads = RUN_PATH.search(html.replace('"', " ").replace("'", " "))
    return leads is None and bool(institution(html))


def without_secrets(html: str) -> str:
    """Return the page to keep for whoever mends this: no scripts, hidden fields, or tokens in its head."""
    page = LexborHTMLParser(html)
    for node in page.css("script, input, meta[name^='csrf']"):
        node.decompose()
    return page.html or ""


def _complete(read: Callable[[], Iterator[T]]) -> list[T] | None:
    """Return all that `read` yields, None where one value is not where it should be."""
    try:
        return list(read())
    except (LookupError, ValueError, AttributeError, TypeError, StopIteration, RuntimeError):
        return None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _or(selectors: object) -> str:
    return ", ".join(selectors)
