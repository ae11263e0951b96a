"""Every chart in a browser: nothing to complain about, one stop of the Tab key each, the value shown, the print."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.mooc.charts.gallery")]
KINDS = ["columns", "bars", "stacked", "lines", "scatter", "heat", "sankey", "world", "network"]


@pytest.fixture
def gallery(site, page) -> str:
    page.goto(f"{site}/gallery/")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_gallery_fits_and_axe_finds_nothing(site, page, tmp_path, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/gallery/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
