"""The table under each drawing has the numbers of the chart's file, cell by cell: separators, shares, dashes included.

Files are compared with a slow reading elsewhere (`test_files`). Here the page is, for a run, for two, and in per cent.
"""

import datetime
import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from dashboard_import.stats.registry import Chart
from tests.dashboard_import.stats.test_numbers import table

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("layout", ["2026"], indirect=True)]
NUMBER = re.compile(r"(-?\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?)( %)?(?: of [a-z ]+)?")
# How many cells of a file's row say what it counts, where that is not one.
LABELS = {
    "visited-by-step-and-day": 2, "completed-by-step-and-day": 2, "comments-by-step-and-day": 2, "learners": 2,
    "correlation-table": 2, "reply-network": 2, "paths-by-step": 2, "tone-words": 2, "team-members": 2, "videos": 2,
    "videos-watched": 2, "video-devices": 2, "video-continents": 2, "campaigns": 6,
}  # fmt: skip
NAMED = {"learners": 2, "reply-network": 2, "paths-by-step": 2}  # such cells of a table's row
OF_THE_FIRST_RUN = {"learners"}
# Which numbers of the file a table has, where it has not all of them.
SHOWN = {
    "completion-rate": ["percent"], "tone-score": ["score"], "network-density": ["density"],
    "network-reciprocity": ["reciprocity"],
}  # fmt: skip
IN_HUNDREDTHS = {"network-density", "network-reciprocity"}  # in the file from 0 to 1
SHARES = {*IN_HUNDREDTHS, "completion-rate"}  # always in per cent
FILLED = {"comment-types-so-far", "sums-so-far", "network-density", "network-reciprocity"}  # days without news, too
FIRST_ALONE = {"totals", "activity"}  # beside the first number stand shares and FutureLearn's own
ROWS_OF_ITS_OWN = {"peer-review-totals": 1}  # below those of the file
# Tables of words, and two that put the file's numbers together; others tests look at them.
OTHERWISE = {
    "futurelearn-totals", "words-by-step", "comment-threads", "team-comments", "paths-by-week", "most-connected",
    "quiz-tries", "pre-course",
}  # fmt: skip


class Tables(HTMLParser):
    """The tables of each figure of a page, by the figure's id: rows of cells, the heads first."""

    def __init__(self, html: str):
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.figure, self.cell = "", None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "figure":
            self.figure = dict(attrs)["id"]
            self.found[self.figure] = []
        elif tag == "tr" and self.figure:
            self.found[self.figure].append([])
        elif tag in ("td", "th") and self.figure:
            self.cell = []

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.cell is not None:
            self.found[self.figure][-1].append("".join(self.cell))
            self.cell = None
        elif tag == "figure":
            self.figure = ""


def said(cell: str, *, in_percent: bool | None) -> float | None:
    """Return the number that a cell says, None for a dash. Fails if it is not written as a page writes numbers.

    Without `in_percent` either is right.
    """
    if cell == "–":
        return None
    found = NUMBER.fullmatch(cell)
    assert found, cell
    assert in_percent in (None, bool(found[2])), cell
    return float(found[1].replace(",", ""))


def place(cell: str) -> str:
    """Return what a row is called in the file: a day as `2026-01-31`, a share or how many as `5`, or as it is."""
    try:
        return datetime.datetime.strptime(cell, "%a %d %b %Y").date().isoformat()  # noqa: DTZ007
    except ValueError:
        cell = re.sub(r"^(?:with )?(\d+) (?:likes?|reply|replies|others?)$", r"\1", cell)
        return cell.removesuffix(" %").removeprefix("Week ")


def of_file(chart: Chart, head: list[str], rows: list[list[str]], places: set[str], *, in_percent: bool) -> list[tuple]:
    """Return the numbers that the table must have, but for zeros: (row, column of a heat map, number)."""
    labels, found = LABELS.get(chart.slug, 1), []
    at = [head.index(name) for name in SHOWN.get(chart.slug, chart.columns[labels:])]
    if in_percent and chart.slug not in SHOWN:
        at = [column for column, name in enumerate(head) if name.endswith("percent")] or at
    at = at[:1] if chart.slug in FIRST_ALONE else at
    for row in rows:
        if chart.slug == "correlations" and not row[-1]:
            continue  # too few: no point
        if chart.slug == "totals" and in_percent and not row[at[0]]:
            found.append((row[0] if row[0] in places else "", "", float(row[1])))  # joiners are a share of nobody
        day = datetime.date.fromisoformat(row[1]) if chart.columns[:2] == ("step", "date") else None
        key = next((cell for cell in row[:labels] if cell in places), "")
        for cell in (row[one] for one in at):
            number = float(cell) * (100 if chart.slug in IN_HUNDREDTHS else 1) if cell else None
            if not (cell == "" and in_percent):  # the share of those who gave no answer
                found.append((key, f"{day.day} {day:%b}" if day else "", number))
    return found


def of_tables(chart: Chart, tables: list[list[list[str]]], places: set[str], column: int | None, *, in_percent: bool):
    """Yield the numbers of some tables, of one column where it is given: (row, column of a heat map, number)."""
    for head, *rows in filter(None, tables):
        for row in rows[: len(rows) - ROWS_OF_ITS_OWN.get(chart.slug, 0)]:
            key = place(row[0])
            if chart.slug in FILLED and key not in places:
                continue
            cells = [*zip(head, row, strict=True)][NAMED.get(chart.slug, 1) :]
            if column is not None or chart.slug in FIRST_ALONE:
                cells = [cells[column or 0]]
            for name, cell in cells:
                if cell[:1].isdigit() or cell[:1] in ("-", "–"):
                    is_heat = chart.columns[:2] == ("step", "date")
                    number = said(
                        cell, in_percent=None if chart.slug == "totals" else in_percent or chart.slug in SHARES
                    )
                    yield key if key in places else "", name if is_heat else "", number


def compare(client: Client, run: CourseRun, page: str, query: str, runs: list[str]) -> int:
    """Compare the tables of a page with the files of its charts; return how many cells there were."""
    home, compared, in_percent = f"/stats/futurelearn/{run.slug}/{run.number}/{page}", 0, "percent" in query
    tables = Tables(client.get(f"{home}/?{query}").content.decode()).found
    for slug, chart in PAGES[page].charts.items():
        if slug in OTHERWISE or (slug == "activity" and in_percent):
            continue
        mine = [rows for name, rows in tables.items() if name == slug or re.fullmatch(rf"{slug}-\d", name)]
        head, *rows = table(client, f"{home}/{slug}.csv?{query}")
        shares = in_percent and any(name.endswith("percent") for name in head) and slug not in SHOWN
        is_one = len(runs) > 1 and len(mine) == 1 and slug not in OF_THE_FIRST_RUN  # a column for each run
        for at, name in enumerate(runs[:1] if slug in OF_THE_FIRST_RUN else runs):
            its = [row[1:] for row in rows if row[0] == name] if len(runs) > 1 else rows
            each = (
                mine
                if is_one or slug in OF_THE_FIRST_RUN
                else mine[at * len(mine) // len(runs) : (at + 1) * len(mine) // len(runs)]
            )
            names = {cell for row in its for cell in row[: LABELS.get(slug, 1)]}
            places = names & {place(row[0]) for one in each for row in one[1:]}
            columns = head[1:] if len(runs) > 1 else head
            column = at if is_one else None
            wanted = of_file(chart, columns, its, places, in_percent=shares)
            if is_one and slug == "comments-per-completion":
                wanted = [(key, "", number) for (key, _day, number) in wanted[2::3]]
            shown = of_tables(chart, each, places, column, in_percent=shares)
            if chart.columns[:2] == ("step", "date"):  # a page may have fewer days, and says so
                heads = {head for one in each for head in one[0]} if each else set()
                wanted = [one for one in wanted if one[1] in heads]
            same(wanted, [*shown], (page, slug, query, name), in_percent=shares or slug in SHARES)
            compared += len(wanted)
    return compared


def same(wanted: list[tuple], shown: list[tuple], where: tuple, *, in_percent: bool) -> None:
    """Fail where two lists of numbers are not the same but for their order, their zeros and their rounding."""
    least = 0.0005 if "correlation-table" in where else 0.005  # what is less is written as zero
    lists = [sorted(one for one in some if abs(one[2] or 0) >= least) for some in (wanted, shown)]
    assert [one[:2] for one in lists[0]] == [one[:2] for one in lists[1]], where
    within = 0.051 if in_percent else 0.0051
    assert [one[2] for one in lists[1]] == pytest.approx([one[2] for one in lists[0]], abs=within), where


@pytest.mark.parametrize("query", ["", "as=percent", "of=learner"])
@pytest.mark.parametrize("beside", [False, True])
def test_every_table_has_the_numbers_of_its_file(generated, staff, beside, query):
    runs = list(CourseRun.objects.order_by("number"))[: 1 + beside]
    beside = f"with={runs[1].slug}/{runs[1].number}&" if beside else ""
    names = [f"{run.slug}/{run.number}" for run in runs]
    assert sum(compare(staff, runs[0], page, beside + query, names) for page in PAGES) > 4_000


def test_hidden_numbers_are_dashes_in_the_table_and_empty_in_the_file(generated, staff, settings):
    settings.STATISTICS_HIDE_BELOW = 5
    run = CourseRun.objects.get(number=1)
    home = f"/stats/futurelearn/{run.slug}/1"
    assert sum(compare(staff, run, page, "", [f"{run.slug}/1"]) for page in PAGES) > 1_000
    for page, slug in (("comments", "comments-by-step"), ("demographics", "education"), ("quiz", "quiz-questions")):
        cells = [cell for row in Tables(staff.get(f"{home}/{page}/").content.decode()).found[slug] for cell in row]
        assert cells.count("–") == sum(row.count("") for row in table(staff, f"{home}/{page}/{slug}.csv"))
