"""Browser tests: Debian's chromium, and no page may have anything to complain about."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.servers.basehttp import WSGIRequestHandler
from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

from tests.offline import is_here

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  reportProblem(`content security policy: ${event.effectiveDirective} ${event.blockedURI} in ${document.location}`);
});
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Skips the test where there is none, fails it under `CI=true`."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        reason = "No chromium was found. On Debian: apt install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright's own event loop stays on this thread, and Django takes it for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def problems() -> list[str]:
    """What pages complained about. It must be empty at the end; a test that provokes one takes it out."""
    return []


@contextmanager
def watched_page(browser: Browser, viewport: ViewportSize, problems: list[str]) -> Iterator[Page]:
    """Yield a page that shares nothing with others; afterwards nothing may stand in `problems`.

    Errors in the console, uncaught exceptions, violations of the content security policy and requests that leave this
    machine are problems.
    """

    def watch_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and not is_here(address.hostname):
            problems.append(f"request to another machine: {request.url}")

    context = browser.new_context(viewport=viewport, locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(10_000)
    context.on("console", lambda said: said.type == "error" and problems.append(f"console: {said.text}"))
    context.on("weberror", lambda raised: problems.append(f"uncaught: {raised.error}"))
    context.on("request", watch_request)
    context.expose_function("reportProblem", lambda text: problems.append(text))  # noqa: PLW0108  (a built-in cannot be exposed)
    context.add_init_script(REPORT_VIOLATIONS)
    page = context.new_page()
    yield page
    for left_open in context.pages:
        left_open.evaluate("0")  # what it reported before this has arrived when this returns
    context.close()
    assert not problems, "\n".join(problems)


def shot(page: Page, name: str, otherwise: Path | None = None) -> None:
    """Keep a picture of the whole page in the folder that SHOTS names, else in `otherwise`, for people to look at."""
    if folder := os.environ.get("SHOTS", otherwise):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def found_by_axe(page: Page) -> list[str]:
    """Return what a page has against WCAG 2 A and AA and axe's best practices: each rule with its first elements.

    axe looks for everything, but lists whole elements for violations alone: that is quicker.
    """
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {' '.join(node['html'][:200] for node in one['nodes'][:3])}" for one in violations]


@pytest.fixture
def page(browser: Browser, problems: list[str]) -> Iterator[Page]:
    """A page as wide as a desktop's window, in London."""
    with watched_page(browser, DESKTOP, problems) as made:
        yield made


@pytest.fixture
def phone_page(browser: Browser, problems: list[str]) -> Iterator[Page]:
    """A page as narrow as a phone, in London."""
    with watched_page(browser, PHONE, problems) as made:
        yield made


@pytest.fixture
def site(live_server, settings, monkeypatch) -> str:
    """The address of the running site; links in mail lead to it as well."""
    # Else each body waits 40 ms until the browser has confirmed the headers. gunicorn does not wait either.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    settings.MOOC_DOMAIN = urlsplit(live_server.url).netloc
    return live_server.url
