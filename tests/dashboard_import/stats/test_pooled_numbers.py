"""Every number of all runs of a course together, against a slow reading of the files of each."""

import datetime

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.slow_pool import BY_THEMSELVES, SlowPool
from tests.dashboard_import.stats.test_numbers import NOT_COUNTED_AGAIN, SIGNS, table

pytestmark = pytest.mark.django_db


def test_every_cell_of_a_pool_is_that_of_a_slow_reading(generated, staff):
    last = CourseRun.objects.latest("number")
    last.start = datetime.date(2026, 3, 3)  # that of the other is not known
    last.save()
    starts = {f"{run.slug}-{run.number}": run.start for run in CourseRun.objects.order_by("number")}
    charts = {f"{page.slug}/{chart}": page.charts[chart] for page in PAGES.values() for chart in page.charts}
    compared = 0
    for of in ("all", "learner", "buyers", "full"):
        slow = SlowPool(generated, starts, of).charts()
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
