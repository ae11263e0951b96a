"""Reading FutureLearn's pages: every layout from 2016 to 2026, as the stand-in draws them."""

import contextlib
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard_import import overview, pages
from dashboard_import.generating import kinds, make_course, make_runs
from dashboard_import.generating.course import Run
from dashboard_import.generating.layouts import LAYOUTS
from tests.futurelearn_standin import ERAS, html


@pytest.fixture(scope="module")
def runs():
    return make_runs(1, courses=3, runs=7, joiners=20)


def whole(body: str) -> str:
    return html.page(body, "token" * 17)


@pytest.mark.parametrize("era", ERAS.values(), ids=ERAS)
def test_a_list_of_courses_in_each_layout(era, runs):
    page = whole(html.list_of_courses(era, "University of Northumbria Sands", runs))
    found = {(run.course, run.slug, run.number, run.start, run.status) for run in pages.courses(page)}
    assert found == {(run.course.title, run.course.slug, run.number, run.start, run.status) for run in runs}
    assert pages.institution(page) == "University of Northumbria Sands"


@pytest.mark.parametrize("weeks", [1, 3, 10])
@pytest.mark.parametrize("era", ERAS.values(), ids=ERAS)
def test_the_weeks_of_a_run(era, weeks):
    start = datetime.date(2018, 2, 5)
    run = Run(make_course("1", "U", "Bread", weeks), 1, start, start, 5, "1", LAYOUTS["2018"])
    assert pages.weeks(whole(html.details(era, run))) == weeks


@pytest.mark.parametrize("era", ERAS.values(), ids=ERAS)
def test_the_files_and_totals_a_run_has(era, runs):
    names = [kind.replace("-", "_") for kind in kinds(runs[0])]
    page = whole(html.statistics(era, runs[0], names))
    assert list(pages.datasets(page)) == names
    table = {"Joiners": ("3,544", ""), "Leavers": ("407", "11.5%"), "Gross Revenue in GBP": ("£1,234.50", ""),
             "Learners with ≥50% step completion": ("12", "3%"), "Run Retention Index": ("N/A", "")}  # fmt: skip
    page = whole(html.totals(era, runs[0], table))
    assert pages.totals(page) == {
        "joiners": {"count": 3544, "percent": None},
        "leavers": {"count": 407, "percent": 11.5},
        "gross_revenue_in_gbp": {"count": 1234.5, "percent": None},
        "learners_with_at_least_50_percent_step_completion": {"count": 12, "percent": 3},
        "run_retention_index": {"count": "N/A", "percent": None},
    }
    assert pages.start_in_breadcrumb(page) == runs[0].start


@pytest.mark.parametrize("era", [era for era in ERAS.values() if era.steps], ids=lambda era: era.name)
def test_the_steps_of_a_course(era, runs):
    found = overview.steps(whole(html.overview(era, runs[0])))
    wanted = [(step.name, step.title, "quiz" if (step.type, era.steps) == ("test", "tiles") else step.type)
              for step in runs[0].course.steps]  # fmt: skip
    assert [step[:3] for step in found] == wanted
    assert all(step.edit_path.startswith("/admin/") for step in found)


def test_a_run_that_has_not_begun_has_no_totals_and_no_files(runs):
    for era in ERAS.values():
        assert pages.totals(whole(html.totals(era, runs[0], {}))) == {}
        assert pages.datasets(whole(html.statistics(era, runs[0], []))) == {}


def test_a_missing_run_does_not_shift_the_others(runs):
    for era in ERAS.values():
        page = whole(html.list_of_courses(era, "U", [run for run in runs if run.number != 1]))
        assert {run.number for run in pages.courses(page)} == {2, 3}


def test_a_start_that_is_not_set(runs):
    for era in ERAS.values():
        page = whole(html.list_of_courses(era, "U", runs[:1]))
        day = html._day(runs[0].start)
        unset = page.replace(f">{day}<", ">Not set<").replace(str(runs[0].start), "")
        assert [run.start for run in pages.courses(unset)] == [None]


@pytest.mark.parametrize("read", [pages.courses, pages.weeks, pages.datasets, pages.totals, overview.steps])
@pytest.mark.parametrize("page", ["", "<p>All new</p>", "<table><tbody><tr><td>1</td></tr></tbody></table>"])
def test_a_page_that_nobody_knows(read, page):
    with pytest.raises(pages.UnknownPageError, match="looked for"):
        read(page)


def test_half_a_match_is_none(runs):
    page = html.list_of_courses(ERAS["2018"], "U", runs).replace("Finished", "Pondering")
    with pytest.raises(pages.UnknownPageError):
        pages.courses(page)


def test_an_odd_row_concerns_its_run_alone(runs):
    for era in ERAS.values():
        page = whole(html.list_of_courses(era, "U", runs[:3]))
        always = page.replace(runs[2].status.capitalize(), "Always open", 1)
        assert sorted(run.status for run in pages.courses(always)) == sorted(
            ["always open", *(run.status for run in runs[:2])]
        )
        day = html._day(runs[2].start)
        soon = pages.courses(page.replace(f">{day}<", ">Soon<").replace(str(runs[2].start), "Soon"))
        (odd,) = (run for run in soon if run.problem)
        assert (odd.name, odd.start) == (runs[2].name, None)
        assert odd.problem == "The list of courses says “Soon” for its start, which is no day."


def test_a_list_that_ends_with_a_full_page(runs):
    for era in ERAS.values():
        assert pages.is_empty_list(whole(html.list_of_courses(era, "U", [])))
        assert not pages.is_empty_list(whole(html.list_of_courses(era, "U", runs)))
    assert not pages.is_empty_list(whole("<h2>All new</h2>"))


def test_the_sign_in_form_and_its_token():
    assert pages.is_sign_in(html.sign_in("T0K"))
    assert pages.token(html.sign_in("T0K")) == "T0K"
    assert not pages.is_sign_in(whole("<p>Signed in</p>"))  # though the way out has a form to the same address


def test_what_is_kept_of_a_page_has_no_tokens():
    kept = pages.without_secrets(html.page("<h1>New</h1><input type=hidden value=T0K>", "T0K"))
    assert "T0K" not in kept
    assert "<h1>New</h1>" in kept


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("5 Feb 2018", datetime.date(2018, 2, 5)), ("05 February 2018", datetime.date(2018, 2, 5)),
     ("2018-02-05", datetime.date(2018, 2, 5)), (" Not set ", None)],
)  # fmt: skip
def test_days(text, wanted):
    assert pages.day(text) == wanted


@pytest.mark.parametrize("text", ["31 Feb 2018", "1 Jan 0001", "1 Jan 9999"])
def test_a_day_that_is_none(text):
    with pytest.raises(ValueError, match=text):
        pages.day(text)


READERS = [
    pages.courses, pages.institution, pages.organisation, pages.weeks, pages.datasets, pages.totals,
    pages.start_in_breadcrumb, pages.is_empty_list, pages.is_sign_in, pages.token, pages.without_secrets,
    overview.steps,
]  # fmt: skip


@given(st.data())
def test_a_damaged_page_is_read_or_unknown_and_never_a_crash(data):
    runs = make_runs(1, courses=1, runs=1, joiners=2)
    era = data.draw(st.sampled_from([era for era in ERAS.values() if era.steps]))
    shapes = [
        html.list_of_courses(era, "U", runs), html.details(era, runs[0]), html.overview(era, runs[0]),
        html.statistics(era, runs[0], ["comments"]), html.totals(era, runs[0], {"Joiners": ("3", "")}),
        html.sign_in("T"),
    ]  # fmt: skip
    page = data.draw(st.sampled_from(shapes))
    start = data.draw(st.integers(0, len(page)))
    end = data.draw(st.integers(start, len(page)))
    damaged = page[:start] + data.draw(st.text(max_size=20)) + page[end:]
    for read in READERS:
        with contextlib.suppress(pages.UnknownPageError):
            read(damaged)
