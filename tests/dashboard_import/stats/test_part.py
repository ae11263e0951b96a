"""A part of the time: charts, tables and files by day have those days alone; nonsense is no page."""

import datetime
import re

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats.pages import PAGES
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
HOME = "/stats/futurelearn/bread/1"
JOINED = ["2025-12-08", "2026-01-05", "2026-01-05", "2026-01-09", "2026-09-07"]
START = datetime.date(2026, 1, 5)


@pytest.fixture
def two(bread) -> CourseRun:
    """A run that people joined on five days, one far from the others, and one that began four weeks later."""
    for name, start, days in (("bread-1", START, JOINED), ("bread-2", START + datetime.timedelta(28), ["2026-02-06"])):
        run = bread(
            name, enrolments=[person(f"{at}", day=day) for at, day in enumerate(days)],
            step_activity=[visit("0", "1.1", day=day) for day in days], comments=[comment(1, "0")],
        )  # fmt: skip
        run.start, run.weeks = start, 2
        run.save()
    return run


def days(client, query: str, chart: str = "enrolments/enrolments-per-day") -> list[str]:
    return [row[-2] for row in table(client, f"{HOME}/{chart}.csv?{query}")[1:]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2026-01-05&to=2026-01-09", ["2026-01-05", "2026-01-09"]), ("to=2026-01-05", JOINED[:2]),
        ("from=2026-01-10", ["2026-09-07"]), ("from=1&to=14", ["2026-01-05", "2026-01-09"]),
        ("from=-28&to=-1", ["2025-12-08"]), ("from=5&to=5", ["2026-01-09"]), ("from=2026-01-09&to=1", JOINED[2:4]),
        ("from=2026-01-06&to=2026-01-08", []), ("from=0001-01-01&to=9999-12-31", [JOINED[0], *JOINED[2:]]),
        ("from=9999", []), ("from=&to=", [JOINED[0], *JOINED[2:]]),
    ],
)  # fmt: skip
def test_a_file_has_the_days_of_the_part(two, staff, query, expected):
    assert days(staff, query) == expected
    assert days(staff, query, "steps/visited-by-step-and-day") == expected
    assert staff.get(f"{HOME}/enrolments/?{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["from=x", "to=2026-13-01", "from=20260105", "from=2026-W01-1", "from=0", "to=99999", "from=%00", "to=1.5",
     "from=²", "from=2026-1-5", "to=+3", "from=--1", "from=1%0A"],
)  # fmt: skip
def test_nonsense_is_not_found(two, staff, query):
    for path in ("enrolments/", "enrolments/enrolments-per-day.csv", "demographics/"):
        assert staff.get(f"{HOME}/{path}?{query}").status_code == 404


def test_runs_beside_each_other_have_the_same_days_of_the_run(two, staff):
    by_number = table(staff, f"{HOME}/enrolments/enrolments-per-day.csv?with=bread/2&from=1&to=7")
    assert by_number[1:] == [["bread/1", "1", "2"], ["bread/1", "5", "1"], ["bread/2", "5", "1"]]
    query = "with=bread/2&from=2026-01-05&to=2026-01-11"
    assert table(staff, f"{HOME}/enrolments/enrolments-per-day.csv?{query}") == by_number
    html = staff.get(f"{HOME}/enrolments/?{query}").content.decode()
    assert re.findall(r'name="(from|to)"\s+value="([^"]*)"', html) == [("from", "1"), ("to", "7")]
    assert "Of the other runs it is the same days" in html


def chart(html: str, slug: str) -> str:
    return html[html.index(f'id="{slug}"') : html.index("</figure>", html.index(f'id="{slug}"'))]


def test_axis_notes_and_table_fit_the_part(two, staff):
    html = staff.get(f"{HOME}/enrolments/?from=2026-01-05&to=2026-01-14").content.decode()
    joiners = chart(html, "enrolments-per-day")
    assert len(re.findall(r'class="datum"', joiners)) == 10
    assert re.findall(r"<th scope=\"row\">([^<]+)</th>", joiners)[::9] == ["Mon 5 Jan 2026", "Wed 14 Jan 2026"]
    assert "Shown are the days from 5 January 2026 to 14 January 2026." in joiners
    assert "most on Monday 5 January 2026, 2" in joiners
    assert "The run starts" in joiners
    assert "later day" not in joiners
    assert "enrolments-per-day.csv?from=2026-01-05&amp;to=2026-01-14" in joiners
    assert re.findall(r'type="date"\s+id="part-\w+"\s+name="(\w+)"\s+value="([^"]*)"', html) == [
        ("from", "2026-01-05"), ("to", "2026-01-14"),
    ]  # fmt: skip
    file = staff.get(f"{HOME}/enrolments/enrolments-per-day.csv?from=1&to=14")
    assert "bread-1-enrolments-per-day-from-1-to-14.csv" in file["Content-Disposition"]
    late = staff.get(f"{HOME}/enrolments/?from=2026-08-01").content.decode()
    assert "most on Monday 7 September 2026, 1" in late
    assert "The run starts" not in late


def test_a_part_of_the_time_without_anybody_says_so(two, staff):
    html = staff.get(f"{HOME}/enrolments/?from=2026-01-06&to=2026-01-08").content.decode()
    assert "Nothing of this is in this part of the time." in chart(html, "enrolments-per-day")


def test_ready_parts_keep_what_was_chosen(two, staff):
    html = staff.get(f"{HOME}/enrolments/?of=learner&with=bread/2&from=1&to=14").content.decode()
    links = re.findall(r'<a href="([^"]+)"( aria-current="true")?>([^<]+)</a>', html[html.index("stats-time") :])[:6]
    found = {words: path.replace("&amp;", "&").split("?")[1] for path, _now, words in links}
    kept = "with=bread%2F2&of=learner"
    assert found["the whole time"] == kept
    assert found["four weeks before the start to the end of the run"] == f"{kept}&from=-28&to=14"
    assert [words for _path, is_now, words in links if is_now] == ["the run"]
    assert all(staff.get(f"{HOME}/enrolments/?{query}").status_code == 200 for query in found.values())


def test_sums_so_far_begin_with_what_was_before(bread, staff):
    rows = [comment(key, "a").replace("2026-01-06", f"2026-01-0{day}") for key, day in ((1, 5), (2, 6), (3, 8))]
    bread(comments=rows)
    path = f"{HOME}/conversation"
    assert table(staff, f"{path}/comment-types-so-far.csv?from=2026-01-07")[1:] == [["2026-01-08", "3", *"0000"]]
    drawn = chart(staff.get(f"{path}/?from=2026-01-07").content.decode(), "comment-types-so-far")
    assert re.findall(r"Lone posts: (\d)", drawn) == ["2", "3"]
    drawn = chart(staff.get(f"{path}/?from=2026-01-06&to=2026-01-08").content.decode(), "comment-types-so-far")
    assert re.findall(r"Lone posts: (\d)", drawn) == ["2", "2", "3"]


@pytest.mark.parametrize("layout", ["2026"], indirect=True)
def test_each_chart_by_day_is_the_whole_one_without_the_other_days(generated, staff):
    run = CourseRun.objects.exclude(start=None).first() or CourseRun.objects.first()
    home = f"/stats/futurelearn/{run.slug}/{run.number}"
    compared = 0
    for page in PAGES.values():
        for one in page.charts.values():
            path = f"{home}/{page.slug}/{one.slug}.csv"
            whole = table(staff, path)
            at = whole[0].index("date") if one.day_at is not None else None
            if at is None:
                assert table(staff, f"{path}?from=1&to=7") == whole
                continue
            dates = sorted(row[at][:10] for row in whole[1:])
            first, last = dates[len(dates) // 4], dates[len(dates) // 2]
            part = table(staff, f"{path}?from={first}&to={last}")
            assert part == [whole[0], *(row for row in whole[1:] if first <= row[at][:10] <= last)]
            compared += len(part)
        assert staff.get(f"{home}/{page.slug}/?from=1&to=7").status_code == 200
    assert compared > 100


def test_all_runs_of_a_course_together_have_days_of_the_run(two, staff):
    pool = "/stats/futurelearn/bread/all"
    rows = table(staff, f"{pool}/enrolments/enrolments-per-day.csv?from=1&to=7")
    assert rows[1:] == [["1", "2"], ["5", "2"]]
    assert table(staff, f"{pool}/enrolments/enrolments-per-day.csv?from=2026-01-05&to=2026-01-11") == rows
    html = staff.get(f"{pool}/enrolments/?from=2026-01-05&to=2026-01-11").content.decode()
    assert re.findall(r'name="(from|to)"\s+value="([^"]*)"', html) == [("from", "1"), ("to", "7")]
    assert len(re.findall(r'class="datum"', chart(html, "enrolments-per-day"))) == 7
    beside = table(staff, f"{HOME}/enrolments/enrolments-per-day.csv?with=bread/all&from=1&to=4")
    assert beside[1:] == [["bread/1", "1", "2"], ["bread/all", "1", "2"]]
    for page in PAGES:
        assert staff.get(f"{HOME}/{page}/?with=bread/all&from=1&to=4").status_code == 200
        assert staff.get(f"{pool}/{page}/?from=-5&word=hello&step=1.1").status_code == 200
