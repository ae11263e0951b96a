"""Every number on every chart against a slow reading of the files, for each layout, each group of people."""

import csv
import io
import itertools

import pytest
from django.test import Client

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.slow_further import SlowestOfAll

pytestmark = pytest.mark.django_db
SIGNS = ("=", "+", "-", "@")  # that a file has an apostrophe before
SEVERAL_COUNTS = {
    "comments/comments-by-step", "comments/comments-by-week", "quiz/quiz-questions", "quiz/quiz-by-step",
    "surveys/sentiment-by-week",
}  # fmt: skip
NOT_COUNTED_AGAIN = {"overview/futurelearn-totals"}  # here: in test_files, with all forms of files


def table(client: Client, path: str) -> list[list[str]]:
    response = client.get(path)
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def as_counts(chart: str, rows: list[list[str]]) -> dict:
    """Return a chart's CSV as the slow reading has it."""
    if chart == "overview/totals":
        return {
            (measure, of): (int(count), f"{float(percent):.2f}" if percent else "")
            for measure, count, percent, of in rows
        }
    if chart in SEVERAL_COUNTS:
        return {row[0]: tuple(map(int, row[1:])) for row in rows}
    pairs = [(tuple(row[:-1]) if len(row) > 2 else row[0], int(row[-1])) for row in rows]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_every_cell_is_that_of_a_slow_reading(generated, staff):
    compared = 0
    for run, of in itertools.product(CourseRun.objects.all(), ["all", "learner", "buyers", "full"]):
        reader = SlowestOfAll(generated, f"{run.slug}-{run.number}", of)
        slow, more = reader.charts(), reader.more_charts()
        charts = {f"{page.slug}/{chart}": page.charts[chart] for page in PAGES.values() for chart in page.charts}
        assert slow.keys() | {name.split("?")[0] for name in more} == charts.keys() - NOT_COUNTED_AGAIN
        for name, counts in slow.items():
            header, *rows = table(staff, f"/stats/futurelearn/{run.slug}/{run.number}/{name}.csv?of={of}")
            assert tuple(header) == charts[name].columns
            assert as_counts(name, rows) == dict(counts), (name, of)
            compared += len(rows)
        for name, counts in more.items():
            chart, _mark, choices = name.partition("?")
            path = f"/stats/futurelearn/{run.slug}/{run.number}/{chart}.csv?of={of}&{choices}"
            header, *rows = table(staff, path)
            assert tuple(header) == charts[chart].columns
            rows = [[cell.removeprefix("'") if cell[1:2] in SIGNS else cell for cell in row] for row in rows]
            assert sorted(rows) == sorted(counts), (name, of)
            compared += len(rows)
    assert compared > 1000


@pytest.mark.parametrize("layout", ["2026"], indirect=True)
def test_loading_again_changes_no_number(generated, staff, load):
    run = CourseRun.objects.first()
    path = f"/stats/futurelearn/{run.slug}/{run.number}/steps/visited-by-step-and-day.csv"
    before = table(staff, path)
    load(generated, again=True)
    assert table(staff, path) == before


@pytest.mark.parametrize("layout", ["2026"], indirect=True)
def test_steps_are_in_the_order_of_the_course(generated, staff):
    run = CourseRun.objects.first()
    steps = [row[0] for row in table(staff, f"/stats/futurelearn/{run.slug}/{run.number}/steps/steps-visited.csv")[1:]]
    assert steps == sorted(steps, key=lambda step: [int(part) for part in step.split(".")])
    assert {"1.1", "1.10"} <= set(steps)
