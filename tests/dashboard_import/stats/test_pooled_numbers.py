"""Every number of all runs of a course together, against a slow reading of the files of each."""

import datetime

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.slow_pool import BY_THEMSELVES, SlowPool, readings_of
from tests.dashboard_import.stats.test_numbers import NOT_COUNTED_AGAIN, SIGNS, table

pytestmark = pytest.mark.django_db


def test_every_cell_of_a_pool_is_that_of_a_slow_reading(generated, staff):
    last = CourseRun.objects.latest("number")
    last.start = datetime.date(2026, 3, 3)  # that of the other is not known
    last.save()
    starts = {f"{run.slug}-{run.number}": run.start for run in CourseRun.objects.order_by("number")}
    charts = {f"{page.slug}/{chart}": page.charts[chart] for page in PAGES.values() for chart in page.charts}
    readings, compared = readings_of(generated, starts), 0
    for of in ("all", "learner", "buyers", "full"):
        slow = SlowPool(readings, starts, of).charts()
        assert {name.split("?")[0] for name in slow} == charts.keys() - NOT_COUNTED_AGAIN
        for name, expected in slow.items():
            chart, _mark, choices = name.partition("?")
            path = f"/stats/futurelearn/{last.slug}/all/{chart}.csv?of={of}&{choices}"
            header, *rows = table(staff, path)
            columns = charts[chart].columns
            if chart in BY_THEMSELVES:
                columns = ("run", *columns)
            else:
                columns = tuple("day" if column == "date" else column for column in columns)
            assert tuple(header) == columns
            rows = [[cell.removeprefix("'") if cell[1:2] in SIGNS else cell for cell in row] for row in rows]
            assert sorted(rows) == sorted(expected), (name, of)
            compared += len(rows)
    assert compared > 1000


@pytest.mark.parametrize("layout", ["2026"], indirect=True)
def test_a_run_beside_all_runs_has_its_own_numbers_on_days_of_the_run(generated, staff):
    CourseRun.objects.filter(number=2).update(start="2026-03-03")
    runs = {f"{run.slug}-{run.number}": run.start for run in CourseRun.objects.order_by("number")}
    slug, second = CourseRun.objects.get(number=2).slug, dict([[*runs.items()][1]])
    readings = readings_of(generated, runs)
    whole, alone = (SlowPool(readings, some, "learner").charts() for some in (runs, second))
    both = whole.keys() & alone.keys()
    for name in both - {one for one in both if one.partition("?")[0] in BY_THEMSELVES}:
        chart, _mark, choices = name.partition("?")
        path = f"/stats/futurelearn/{slug}/2/{chart}.csv?of=learner&with={slug}/all&{choices}"
        header, *rows = table(staff, path)
        assert header[0] == "run"
        assert "date" not in header
        rows = [[cell.removeprefix("'") if cell[1:2] in SIGNS else cell for cell in row] for row in rows]
        for place, expected in ((f"{slug}/2", alone[name]), (f"{slug}/all", whole[name])):
            assert sorted(row[1:] for row in rows if row[0] == place) == sorted(expected), (name, place)
