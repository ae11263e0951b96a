"""The fixtures of tests/browser.py notice what a page complains about."""

import pytest

pytestmark = pytest.mark.any_database

ADDRESS = "http://127.0.0.1:9/"  # never reached: each test answers for it
COMPLAINTS = {
    "content security policy: script-src-elem inline": "<script>1</script>",
    "content security policy: style-src-attr inline": "<p style='color: red'>Red</p>",
    "console: Failed to load resource": "<img src='/missing.png'>",
    "uncaught: not caught": "<script src='/throws.js'></script>",
    "request to another machine: https://192.0.2.1/far.png": "<img src='https://192.0.2.1/far.png'>",
}


def answer(page, body: str) -> None:
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:"
    html = {"Content-Type": "text/html", "Content-Security-Policy": policy}
    page.route("**/*", lambda route: route.abort())
    page.route(f"{ADDRESS}missing.png", lambda route: route.fulfill(status=404))
    page.route(f"{ADDRESS}throws.js", lambda route: route.fulfill(body="throw new Error('not caught')"))
    page.route(ADDRESS, lambda route: route.fulfill(headers=html, body=f"<!doctype html><title>A</title>{body}"))
    page.goto(ADDRESS, wait_until="load")


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_a_complaint_is_noticed(page, problems, complaint):
    answer(page, COMPLAINTS[complaint])
    page.evaluate("0")
    assert any(complaint in problem for problem in problems), problems
    problems.clear()


def test_a_good_page_has_none(phone_page):
    answer(phone_page, "<p>Calm</p>")
    assert phone_page.evaluate("window.innerWidth") == 390
