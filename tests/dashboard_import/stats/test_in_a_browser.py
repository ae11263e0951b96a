"""The pages of statistics in a browser: pictures of each at two widths, nothing for axe or the policy to find."""

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User
from django.test import Client

from dashboard_import.generating import make_runs, write_tree
from dashboard_import.said_before import key_of
from dashboard_import.stats.pages import PAGES
from tests.browser import found_by_axe, shot
from tests.dashboard_import.stats.conftest import keep_survey

pytestmark = [pytest.mark.any_database, pytest.mark.django_db(transaction=True)]
COURSE = "/stats/futurelearn/cyber-security-safety-at-home"
BREAD = f"{COURSE}/1"
PATHS = {
    "runs": "/stats/futurelearn/",
    "definitions": "/stats/definitions/",
    "reader": f"{BREAD}/comments/read/",
    "answers": f"{BREAD}/surveys/answers/weeks/",
    "runs-in-a-range": "/stats/futurelearn/?from-joiners=10",
    "pre-course": f"{BREAD}/surveys/pre-course/",
    "parts-by-answers": f"{BREAD}/surveys/?question={key_of('How do you like to learn?')}",
    "those-who-said-so": f"{BREAD}/surveys/pre-course/?question={key_of('Where will you learn?')}&part=At+work",
    "a-part-of-the-time": f"{BREAD}/enrolments/?from=-28&to=21",
    "a-part-of-two-runs": f"{BREAD}/enrolments/?from=-28&to=21&with=cyber-security-safety-at-home/2",
    "a-word": f"{BREAD}/comments/?word=video&step=1.2",
    "a-kind-of-comments": f"{BREAD}/comments/read/?type=lone",
    **{f"{page}-all": f"{COURSE}/all/{page}/" for page in ("steps", "conversation", "comments")},
    "enrolments-beside-all": f"{BREAD}/enrolments/?with=cyber-security-safety-at-home/all",
    **{page: f"{BREAD}/{page}/" for page in PAGES},
    **{f"{page}-beside": f"{BREAD}/{page}/?with=cyber-security-safety-at-home/2&as=percent" for page in PAGES},
}


@pytest.fixture
def signed_in(site, page, tmp_path, load):
    """A page in which somebody who may see everything has logged in, with two runs to look at."""
    runs = make_runs(7, runs=2, joiners=400, weeks=2, layout="2018")
    write_tree(runs, tmp_path / "files")
    load(tmp_path / "files")
    for run in runs:
        keep_survey(run, tmp_path)
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    cookie = client.cookies[project.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": project.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
    return page


def test_every_page_fits_and_axe_finds_nothing(site, signed_in, tmp_path):
    found = []
    for scheme, width in (("light", 1280), ("dark", 390)):
        signed_in.set_viewport_size({"width": width, "height": 900})
        signed_in.emulate_media(color_scheme=scheme)
        for name, path in PATHS.items():
            signed_in.goto(site + path)
            shot(signed_in, f"{name}-{width}", tmp_path)
            if signed_in.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                found.append(f"{name} is wider than {width}")
            found += [f"{name} {width}: {violation}" for violation in found_by_axe(signed_in)]
    assert found == []


def test_a_newcomer_finds_what_they_look_for(site, signed_in):
    signed_in.goto(f"{site}/stats/futurelearn/")
    signed_in.get_by_role("link", name="Cyber Security: Safety at Home").last.click()
    signed_in.get_by_role("link", name="Steps", exact=True).click()
    bar = signed_in.locator("#steps-completed .datum").nth(25)
    bar.hover()
    assert signed_in.locator("#steps-completed .chart-tip").inner_text().startswith("2.5\n")
    signed_in.get_by_role("link", name="Enrolments", exact=True).click()
    assert "most on" in signed_in.locator("#enrolments-per-day .chart-note").first.inner_text()
    signed_in.get_by_role("link", name="Demographics", exact=True).click()
    assert "Most come from: United Kingdom" in signed_in.locator("#detected-country").inner_text()
    signed_in.get_by_text("Compare with other runs").click()
    signed_in.get_by_label("Run beside it, 1").select_option(label="Cyber Security: Safety at Home 2")
    signed_in.get_by_label("Shown in").select_option("percent")
    signed_in.get_by_role("button", name="Show").click()
    assert signed_in.locator("#gender .chart-legend li").count() == 2
    with signed_in.expect_download() as file:
        signed_in.locator("#gender").get_by_role("link", name="These numbers as CSV").click()
    assert file.value.suggested_filename == "cyber-security-safety-at-home-1-gender.csv"
    signed_in.get_by_role("link", name="Quiz", exact=True).click()
    assert "most people got question" in signed_in.locator("#quiz-questions .chart-note").inner_text()
    signed_in.locator("#quiz-questions .datum").nth(2).click()
    assert signed_in.locator("#question-1-2").is_visible()  # in the table, which has opened
    assert signed_in.pdf().startswith(b"%PDF-")


def test_tables_on_paper_do_not_lie_over_what_follows(site, signed_in):
    signed_in.goto(f"{site}{BREAD}/demographics/")
    signed_in.emulate_media(media="print")
    signed_in.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    tables = signed_in.locator(".chart-scroll").all()
    assert tables
    assert not [one for one in tables if one.evaluate("(one) => one.scrollHeight > one.clientHeight + 1")]


def test_the_table_of_talkers_is_seen_whole_and_paper_has_no_words_of_missing_links(site, signed_in):
    signed_in.goto(f"{site}{COURSE}/all/conversation/")
    assert signed_in.get_by_text("One by one:").is_visible()
    signed_in.emulate_media(media="print")
    assert signed_in.get_by_text("One by one:").is_hidden()
    signed_in.emulate_media(media="screen")
    signed_in.goto(f"{site}{BREAD}/conversation/")
    assert signed_in.locator("#learners thead th").all_inner_texts()[2:5] == [
        "Lone posts", "Initiating posts", "First replies",
    ]  # fmt: skip
    assert (
        signed_in.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('#learners .chart-scroll'))")
        == 0
    )
    assert "Active social learners" not in signed_in.locator("#learners tbody").inner_text()
