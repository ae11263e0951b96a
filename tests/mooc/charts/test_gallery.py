"""Every chart in a browser: nothing to complain about, one stop of the Tab key each, the value shown, the print."""

import pytest

from tests.browser import found_by_axe, shot

pytestmark = [
    pytest.mark.any_database, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.mooc.charts.gallery"),
]  # fmt: skip
KINDS = ["columns", "bars", "stacked", "lying", "lines", "scatter", "heat", "sankey", "world", "network", "threads"]


@pytest.fixture
def gallery(site, page) -> str:
    page.goto(f"{site}/gallery/")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_gallery_fits_and_axe_finds_nothing(site, page, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/gallery/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shot(page, f"gallery-{width}-{scheme}")
    assert found_by_axe(page) == []


def tip(page, kind: str) -> str:
    return page.locator(f"#{kind} .chart-tip").inner_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_one_stop_of_the_tab_key(gallery, kind):
    stops = gallery.locator(f"#{kind} .chart-svg [tabindex='0']")
    assert stops.count() == 1
    assert gallery.locator(f"#{kind} .chart-svg a:not([tabindex])").count() == 0


def test_arrows_move_inside_a_chart_and_tab_leaves_it(gallery):
    gallery.locator("#columns .chart-svg [tabindex='0']").focus()
    assert tip(gallery, "columns").startswith("1.1\nRun 1: ")
    gallery.keyboard.press("ArrowRight")
    assert tip(gallery, "columns").startswith("1.2\n")
    gallery.keyboard.press("End")
    assert tip(gallery, "columns").startswith("3.20\n")
    gallery.keyboard.press("ArrowRight")
    assert gallery.evaluate("document.activeElement.getAttribute('href')") == "/steps/3.20/"
    gallery.keyboard.press("Escape")
    assert not gallery.locator("#columns .chart-tip").is_visible()
    gallery.keyboard.press("Tab")
    assert gallery.evaluate("document.activeElement.getAttribute('href')") == "/columns.csv"
    gallery.keyboard.press("Shift+Tab")
    assert tip(gallery, "columns").startswith("3.20\n")


def test_what_a_mark_says_is_its_name(gallery):
    bar = gallery.get_by_role("link", name="1.10 Run 1:")
    assert bar.count() >= 1
    assert bar.first.get_attribute("href") == "/steps/1.10/"


def test_a_heat_map_says_the_cell_under_pointer_and_keys(gallery):
    rows = gallery.locator("#heat tbody tr")
    third = rows.nth(2).locator("td").all_text_contents()
    box = gallery.locator("#heat .cells").bounding_box()
    gallery.locator("#heat").scroll_into_view_if_needed()
    box = gallery.locator("#heat .cells").bounding_box()
    gallery.mouse.move(box["x"] + box["width"] * 4.5 / 120, box["y"] + box["height"] * 2.5 / 60)
    assert tip(gallery, "heat") == f"1.3, 14 Sep: {third[4]}"
    gallery.locator("#heat .cursor").focus()
    gallery.keyboard.press("ArrowDown")
    gallery.keyboard.press("ArrowRight")
    fourth = rows.nth(3).locator("td").all_text_contents()
    assert tip(gallery, "heat") == f"1.4, 15 Sep: {fourth[5]}"


def test_a_tip_is_text(gallery):
    gallery.locator("#bars .datum").nth(5).hover()
    assert tip(gallery, "bars").startswith("</title><script>alert(1)</script>\" onload='alert(2)' & <b>bold</b>")


def test_it_all_prints_with_its_tables(gallery, tmp_path):
    gallery.emulate_media(media="print")
    gallery.pdf(path=tmp_path / "gallery.pdf", format="A4", print_background=False)
    assert (tmp_path / "gallery.pdf").stat().st_size > 20_000
    gallery.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert gallery.locator("#bars tbody").is_visible()
    assert not gallery.locator("#heat tbody").is_visible()
    gallery.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not gallery.locator("#bars details[open]").count()


def test_charts_are_complete_without_scripts(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/gallery/")
    assert page.locator("#columns a.datum title").first.text_content().startswith("1.1\nRun 1: ")
    assert page.locator("#columns summary").is_visible()
    context.close()
