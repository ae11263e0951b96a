"""Every form of every chart's file against a slow reading: per cent, runs beside each other, runs of all layouts."""

import csv
import datetime
import itertools
from pathlib import Path

import pytest
from django.test import Client

from dashboard_import.generating import LAYOUTS, make_runs, write_flat
from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.conftest import keep_survey
from tests.dashboard_import.stats.slow_files import BY_DAY, HUNDRED, LABELS, SlowFiles
from tests.dashboard_import.stats.test_numbers import SIGNS, table

pytestmark = pytest.mark.django_db
OF = ("all", "learner", "buyers", "full")
# FutureLearn's page as it was in three years; of the other two runs nobody has its numbers.
SAID = [
    {"joiners": "1,234", "learners": "99", "leavers": "0", "statements_sold": "12", "upgrades_sold": "7",
     "fully_participating_learners": "3"},
    {"joiners": "160", "learners": "N/A", "active_learners": "88", "statements_sold": "N/A", "upgrades_sold": "5",
     "learners_with_at_least_50_percent_step_completion": "40"},
    {"joiners": "101", "social_learners": "20", "returning_learners": "30", "certificates_sold": "1",
     "learners_with_at_least_90_percent_step_completion": "10"},
]  # fmt: skip


@pytest.fixture
def eras(tmp_path, load) -> Path:
    """Five loaded runs of one course, one in each layout; of the odd ones it is known when they started."""
    folder, runs = tmp_path / "eras", make_runs(11, runs=5, joiners=110)
    assert [run.layout.name for run in runs] == list(LAYOUTS)
    for run in runs:
        home = folder / run.name
        write_flat([run], home)
        if run.number % 2:
            start = run.start + datetime.timedelta(days=3)
            (home / "metadata.csv").write_text(f"start_date,end_date\n{start},{run.end}\n")
    columns = list(dict.fromkeys(["course", "run", *itertools.chain(*SAID)]))
    with (folder / "Courses-Data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows({"course": runs[0].course.slug, "run": at, **said} for at, said in enumerate(SAID, start=1))
    assert "ERROR" not in load(folder)
    for run in runs:
        keep_survey(run, folder / run.name)
    return folder


def header(name: str, *, percent: bool, several: bool) -> list[str]:
    """Return the header that a chart's file must have."""
    name = name.partition("?")[0]
    page, chart = name.split("/")
    columns = list(PAGES[page].charts[chart].columns)
    if percent and name in HUNDRED:
        numbers = columns[LABELS[name] :]
        columns += ["percent"] if len(numbers) == 1 else [f"{column}_percent" for column in numbers]
    if several and name in BY_DAY:
        columns[0] = "day"
    return [*["run"] * several, *columns]


def test_every_cell_of_every_form_is_that_of_a_slow_reading(eras, staff):
    names = [f"{run.slug}-{run.number}" for run in CourseRun.objects.order_by("number")]
    charts, compared = {f"{page.slug}/{chart}" for page in PAGES.values() for chart in page.charts}, 0
    for turn, of in enumerate(OF):
        slow = [SlowFiles(eras, name, of) for name in names]
        for at, run in enumerate(slow):
            assert charts == {name.partition("?")[0] for name in run.rows}
            others = [slow[(at + further) % len(slow)] for further in (1, 2, 3)]
            beside = ((others[:1], False), (others, True))[(at + turn) % 2]
            for place, name in enumerate(run.rows):
                # Each chart has each form in each layout; each choice that it offers has one of them.
                forms = (([], True), beside) if "?" not in name else (beside,) if (place + at) % 4 == turn else ()
                compared += sum(compare(staff, run, *form, name, of) for form in forms)
    assert compared > 80_000


def compare(client: Client, run: SlowFiles, others: list[SlowFiles], percent: bool, name: str, of: str) -> int:
    """Compare the file of a chart, the runs beside it included, and return how many rows it has."""
    chart, _mark, choices = name.partition("?")
    query = "".join(f"&with={other.path}" for other in others) + "&as=percent" * percent
    path = f"/stats/futurelearn/{run.path}/{chart}.csv?of={of}{query}&{choices}"
    head, *rows = table(client, path)
    assert head == header(name, percent=percent, several=bool(others)), path
    rows = [[cell.removeprefix("'") if cell[1:2] in SIGNS else cell for cell in row] for row in rows]
    if others:
        order = [one.path for one in (run, *others)]
        assert sorted(rows, key=lambda row: order.index(row[0])) == rows, path
        wanted = [row for one in (run, *others) for row in one.beside(name, percent=percent)]
    else:
        wanted = run.in_percent(name) if percent else run.rows[name]
    assert sorted(rows) == sorted(wanted), path
    return len(rows)
