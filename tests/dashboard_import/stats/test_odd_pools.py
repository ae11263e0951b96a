"""All runs of a course as one where numbers are odd: a start nobody can mean, weeks and steps below zero."""

import datetime

import pytest

from dashboard_import.models import CourseRun
from dashboard_import.stats import pages
from dashboard_import.stats.pooling import DAYS, PLACES
from dashboard_import.stats.selection import MOST_BESIDE
from tests.dashboard_import.stats.runs import comment, person, visit
from tests.dashboard_import.stats.test_bad_input import WHO
from tests.dashboard_import.stats.test_numbers import table

pytestmark = pytest.mark.django_db
COURSE = "/stats/futurelearn/bread"


@pytest.fixture
def odd(bread) -> CourseRun:
    """A run whose files have the smallest and the largest numbers that are taken."""
    return bread(
        enrolments=[person("a"), person("b", day="2012-01-01")],
        step_activity=[visit("a", "9999.9999", completed="2026-01-07"), visit("a", "0.0", completed="2026-01-07")],
        comments=[comment(1, "a", "9999.9999"), f"2,b,1,9999.9999,9999,9999,y,{WHO},,0"],
        question_response=[f"a,q,x,-5,-3,1,1,,{WHO},true", f"b,r,x,-32768,32767,1,1,,{WHO},true"],
        weekly_sentiment_survey_responses=[f"1,{WHO},-5,2,x", f"2,{WHO},32767,-2,x", f"3,{WHO},-32768,2,x"],
    )


@pytest.mark.parametrize("start", [None, datetime.date.min, datetime.date(5000, 1, 1), datetime.date.max])
def test_the_only_run_of_a_course_has_the_numbers_of_all_its_runs(odd, staff, start):
    CourseRun.objects.update(start=start, weeks=999)
    for page in pages.PAGES.values():
        assert staff.get(f"{COURSE}/all/{page.slug}/?with=bread/1").status_code == 200
        for chart in page.charts.values():
            one, pool = (table(staff, f"{COURSE}/{which}/{page.slug}/{chart.slug}.csv") for which in (1, "all"))
            assert len(one) == len(pool), chart.slug
            if chart.pools and "date" not in chart.columns:
                assert sorted(one) == sorted(pool), chart.slug


@pytest.mark.parametrize("start", [datetime.date.min, datetime.date.max])
def test_days_are_counted_from_who_joined_first_where_the_start_is_a_slip(odd, staff, start):
    CourseRun.objects.update(start=start)
    assert table(staff, f"{COURSE}/all/enrolments/enrolments-per-day.csv")[1] == ["1", "1"]


def test_what_is_sorted_by_fits_into_64_bits_whatever_a_page_asks_for():
    for page in pages.PAGES.values():
        options = {name: next(iter(known)) for chart in page.charts.values() for name, known in chart.options.items()}
        kinds = pages.kinds(page.charts.values(), options)
        assert (1 + MOST_BESIDE) * len(kinds) * PLACES * PLACES * DAYS < 1 << 63
