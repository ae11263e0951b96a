"""Loading a file with a browser, as an organiser does."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import factories
from tests.dashboard_import.files import text, write


def check_access(page: Page, problems: list[str]) -> None:
    """Fail on what axe finds against WCAG 2 A and AA. Its own inline styles are no fault of the page."""
    assert not problems
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()
    problems.clear()


@pytest.mark.django_db(transaction=True)
def test_a_file_is_uploaded_and_its_rejected_rows_are_read(page: Page, site: str, problems: list[str], tmp_path):
    client = factories.staff_client()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    page.goto(f"{site}/admin/dashboard_import/importrun/")
    page.get_by_role("link", name="Load a file").click()
    path = write(tmp_path / "bread-1_step-activity.csv", f"{text('step-activity')}short,row\n")
    page.get_by_label("File").set_input_files(path)
    check_access(page, problems)
    page.get_by_role("button", name="Load this file").click()
    expect(page.get_by_text("Loaded: 3 rows.")).to_be_visible()
    expect(page.get_by_text("The row has 2 cells instead of 6.")).to_be_visible()
    check_access(page, problems)
