"""The table of all runs: sorted, searched, added up, as CSV and for Excel."""

import io
import re

import pytest
from openpyxl import load_workbook

from dashboard_import.models import CourseRun, Tally
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
PATH = "/stats/futurelearn/"


@pytest.fixture
def runs():
    """Three runs; that of cake has a course name that would start a formula."""
    for course, slug, number, start, joiners in (
        ("Bread", "bread", 1, "2025-01-06", 40), ("Bread", "bread", 2, "2026-01-05", 10), ("=Cake", "cake", 1, None, 7),
    ):  # fmt: skip
        run = CourseRun.objects.create(course=course, slug=slug, number=number, start=start, weeks=3)
        Tally.objects.create(run=run, kind="joiners", everyone=joiners, learners=1, buyers=0, participants=0)


def courses(html: str) -> list[str]:
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    return [f"{course} {number}" for course, number in re.findall(r">(=?Cake|Bread)</a>.*?>(\d)</a>", body, re.DOTALL)]


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", ["Bread 2", "Bread 1", "=Cake 1"]),
        ("?sort=joiners", ["=Cake 1", "Bread 2", "Bread 1"]),
        ("?sort=-joiners", ["Bread 1", "Bread 2", "=Cake 1"]),
        ("?sort=start", ["Bread 1", "Bread 2", "=Cake 1"]),
        ("?q=BREA&sort=run", ["Bread 1", "Bread 2"]),
        ("?from-joiners=10&sort=joiners", ["Bread 2", "Bread 1"]),
        ("?from-joiners=10&to-joiners=10", ["Bread 2"]),
        ("?to-start=2025-12-31", ["Bread 1"]),
        ("?from-start=2025-01-06&to-run=1", ["Bread 1"]),
    ],
)
def test_sorted_and_searched(runs, staff, query, order):
    assert courses(staff.get(PATH + query).content.decode()) == order
    assert [f"{row[0].strip(chr(39))} {row[1]}" for row in table(staff, f"{PATH}runs.csv{query}")[1:]] == order


@pytest.mark.parametrize(
    "query",
    ["sort=nonsense", "from-joiners=x", "from-joiners=²", "to-joiners=-1", "from-start=1", "from-joiners=999999999999",
     "to-start=%00"],
)  # fmt: skip
def test_nonsense_is_not_found(runs, staff, query):
    for name in ("", "runs.csv", "runs.xlsx"):
        assert staff.get(f"{PATH}{name}?{query}").status_code == 404


def test_what_was_asked_for_stays_in_every_link(runs, staff):
    html = staff.get(f"{PATH}?from-joiners=8&to-start=2026-12-31&q=bread").content.decode()
    assert 'href="?q=bread&amp;from-joiners=8&amp;to-start=2026-12-31&amp;sort=-joiners"' in html
    assert "runs.csv?q=bread&amp;from-joiners=8&amp;to-start=2026-12-31" in html
    assert re.search(r'name="from-joiners"\s+value="8"', html)
    assert "No run is like this" in staff.get(f"{PATH}?from-joiners=41").content.decode()


def test_institutions_stand_there_where_they_differ(runs, staff):
    assert ">Institution" not in staff.get(PATH).content.decode()
    CourseRun.objects.filter(slug="cake").update(institution="Cakewalk")
    assert ">Institution" in staff.get(PATH).content.decode()


def test_added_up(runs, staff):
    html = staff.get(f"{PATH}?q=bread").content.decode()
    foot = html[html.index("<tfoot>") : html.index("</tfoot>")]
    assert re.findall(r"<td[^>]*>([\d,]+)</td>", foot)[:2] == ["50", "0"]


def test_no_formula_leaves_in_a_file(runs, staff):
    assert table(staff, f"{PATH}runs.csv")[3][0] == "'=Cake"
    sheet = load_workbook(io.BytesIO(staff.get(f"{PATH}runs.xlsx").content))["Runs"]
    assert [cell.data_type for row in sheet.rows for cell in row if cell.value is not None].count("f") == 0
    assert [cell.value for cell in sheet["A"]] == ["course", "Bread", "Bread", "=Cake"]
    assert [row[5].value for row in sheet.rows] == ["joiners", 10, 40, 7]
    assert [(str(cell.value)[:10], cell.number_format) for cell in sheet["C"][1:3]] == [
        ("2026-01-05", "yyyy-mm-dd"), ("2025-01-06", "yyyy-mm-dd"),
    ]  # fmt: skip


def test_what_a_workbook_cannot_carry_is_left_out(runs, staff):
    CourseRun.objects.filter(slug="cake").update(course="=Ca\x0bke\ufffe", institution="#N/A")
    sheet = load_workbook(io.BytesIO(staff.get(f"{PATH}runs.xlsx").content))["Runs"]
    assert [(cell.value, cell.data_type) for cell in (sheet["A4"], sheet["E4"])] == [("=Cake", "s"), ("#N/A", "s")]


def test_nothing_yet_and_nothing_found(staff, runs):
    assert "No run has “xyz” in its name" in staff.get(f"{PATH}?q=xyz").content.decode()
    CourseRun.objects.all().delete()
    assert "import_futurelearn" in staff.get(PATH).content.decode()


def test_many_runs_ask_no_more_queries(runs, staff, django_assert_max_num_queries):
    for number in range(3, 60):
        CourseRun.objects.create(course="Bread", slug="bread", number=number)
    with django_assert_max_num_queries(8):
        staff.get(PATH)
