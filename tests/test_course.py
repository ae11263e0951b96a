"""The first thing a newcomer does, in a browser: sign up, confirm, be welcomed, schedule a message and read it."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone as clock
from playwright.sync_api import Page, expect

from mailing.models import Email
from mailing.worker import tick
from sequence.models import current_sequence
from signup.models import Signup
from tests import factories
from tests.browser import found_by_axe

pytestmark = pytest.mark.django_db(transaction=True)


def read_newest(page: Page, site: str, subject: str) -> str:
    """Open the newest message of the outbox by its subject and return its plain text."""
    page.goto(f"{site}/outbox/")
    page.get_by_role("link", name=subject).first.click()
    return page.locator("pre").first.inner_text()


def test_a_course_runs_end_to_end(page: Page, site: str, settings):
    settings.DEBUG = True
    call_command("make_demo")
    course = current_sequence()

    page.goto(site)
    expect(page.get_by_role("heading", level=1)).to_have_text("Write it plainly")
    expect(page.get_by_label("Your time zone")).to_have_value("Europe/London")
    page.get_by_label("Your e-mail address").fill("ada@exmaple.org")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Reports").check()
    page.get_by_role("button", name="Join the course").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inbox")
    page.get_by_label("e-mail address").fill("ada@example.org")
    page.get_by_role("button", name="Send it to this address instead").click()
    expect(page.locator("main")).to_contain_text("ada@example.org")

    tick("test")
    page.goto(f"{site}/outbox/")
    page.get_by_role("link", name="Confirm your address").first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="Confirm my address").click()
    page.get_by_role("button", name="Confirm my address").click()
    expect(page.locator("main")).to_contain_text("Write it plainly")
    tick("test")
    assert "Hello Ada," in read_newest(page, site, "Welcome to Write it plainly")

    organiser = factories.staff()
    organiser.set_password("a long password 1")
    organiser.save()
    page.goto(f"{site}/admin/mailing/email/add/")
    page.get_by_label("Username").fill(organiser.username)
    page.get_by_label("Password").fill("a long password 1")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Subject").fill("A note for {{ first_name|you }}")
    page.locator(".tiptap").click()
    page.keyboard.type("Dear {{ first_name|reader }}, we begin soon.")
    soon = clock.now().astimezone(course.zone) + datetime.timedelta(hours=1)
    page.get_by_label("Day").fill(f"{soon:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{soon:%H:%M}")
    page.get_by_role("button", name="Save and schedule").click()
    expect(page.locator(".messagelist")).to_contain_text("goes out on")
    tick("test")
    assert Email.objects.get(subject__startswith="A note").state == Email.State.SCHEDULED
    with time_machine.travel(soon + datetime.timedelta(minutes=1), tick=True):
        tick("test")
    page.goto(f"{site}/outbox/?q=ada%40example.org")
    page.get_by_role("link", name="A note for Ada").click()
    assert "Dear Ada, we begin soon." in page.locator("pre").first.inner_text()
    ada = Signup.objects.get(email="ada@example.org")
    page.frame_locator("iframe").get_by_role("link", name="My page").click()
    expect(page).to_have_url(f"{site}/me/{ada.key}/")
    expect(page.locator("main")).to_contain_text("A note for Ada")


@pytest.mark.any_database
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_any_public_page(page: Page, site: str, settings, problems: list[str], width):
    settings.DEBUG = True
    page.set_viewport_size({"width": width, "height": 900})
    call_command("make_demo")
    course = current_sequence()
    page.goto(site)
    page.get_by_role("button", name="Join the course").click()  # the browser itself asks for what is missing
    page.locator("form").first.evaluate("form => { form.noValidate = true; form.submit() }")
    expect(page.locator("main")).to_contain_text("Enter your e-mail address")
    assert found_by_axe(page) == []
    page.goto(site)
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.get_by_label("Reports").check()
    page.get_by_role("button", name="Join the course").click()
    assert found_by_axe(page) == []
    tick("test")
    ada = Signup.objects.get(email="ada@example.org")
    request = ada.link_requests.get()
    keyed = [
        f"confirm/{request.key}/",
        f"unsubscribe/confirm/{ada.key}/",
        *(f"me/{ada.key}/{more}" for more in ("", "edit/", "leave/", "erase/")),
    ]
    open_pages = [
        "",
        f"s/{course.pk}/",
        "iframe",
        "success_iframe",
        "about/",
        "faq/",
        "unsubscribe/",
        "unsubscribe/sent/",
        "outbox/",
    ]
    for path in (*open_pages, *keyed, "me/nobody/"):
        page.goto(f"{site}/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        assert found_by_axe(page) == []
    assert "404" in problems.pop()  # the last page of the list, on purpose
    page.goto(f"{site}/confirm/{request.key}/")
    page.get_by_role("button", name="Confirm my address").click()
    assert found_by_axe(page) == []
    page.goto(f"{site}/unsubscribe/confirm/{ada.key}/")
    page.get_by_role("button", name="Stop all mail to me").click()
    assert found_by_axe(page) == []


def test_the_form_works_without_scripts_and_by_keyboard(browser, site):
    call_command("make_demo")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    page.get_by_label("Your e-mail address").focus()
    page.keyboard.type("ada@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("Ada")
    page.get_by_label("Reports").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Join the course").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("ada@example.org")
    assert Signup.objects.get(email="ada@example.org").answers == {"writes": "Reports"}
    context.close()
