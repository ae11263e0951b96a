"""The organiser's pages in a real browser: the `page` fixture fails on any policy violation or console error."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from mailing.models import Delivery, Email
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organiser(page: Page, site: str) -> Page:
    """A browser in which an administrator has logged in."""
    session = factories.staff_client().cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])
    return page


def test_an_e_mail_is_written_with_bold_and_a_link_tested_and_scheduled(organiser, site):
    run = factories.sequence(timezone="America/New_York")
    organiser.goto(f"{site}/admin/mailing/email/add/")
    organiser.get_by_label("Subject").fill("Week one")
    organiser.locator(".tiptap").click()
    organiser.keyboard.type("Dear {{ first_name|friend }}, ")
    organiser.get_by_role("button", name="bold").click()
    organiser.keyboard.type("read")
    organiser.get_by_role("button", name="bold").click()
    organiser.keyboard.type(" this")
    organiser.keyboard.press("Control+Shift+ArrowLeft")
    # The editor hears of a selection a moment after the page has it.
    organiser.wait_for_function("getSelection().toString() == 'this'")
    organiser.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    organiser.get_by_role("button", name="insert link").click()
    organiser.get_by_label("URL").fill("https://example.org/?a=1&b=2")
    organiser.get_by_role("button", name="Update").click()

    organiser.get_by_label("Address").fill("ann@example.org")
    organiser.keyboard.press("Enter")
    expect(organiser.get_by_role("status")).to_contain_text("A test is on its way to ann@example.org")
    assert Email.objects.get().state == Email.State.TEST
    assert Delivery.objects.get().address == "ann@example.org"

    organiser.get_by_label("Day").fill("2099-01-15")
    organiser.get_by_label("Time", exact=True).fill("09:00")
    expect(organiser.locator(".field-scheduled_for .help")).to_contain_text("14:00")
    organiser.get_by_role("button", name="Save and schedule").click()
    expect(organiser.locator(".messagelist")).to_contain_text("Thursday 15 January 2099, 09:00 (America/New_York)")
    email = Email.objects.exclude(state=Email.State.TEST).get()
    assert (email.sequence, email.state) == (run, Email.State.SCHEDULED)
    link = '<a href="https://example.org/?a=1&amp;b=2" title="">this</a>'
    assert email.html == f"<p>Dear {{{{ first_name|friend }}}}, <strong>read</strong> {link}</p>"


def test_a_test_that_was_refused_keeps_the_text_and_says_why(organiser, site):
    factories.sequence()
    organiser.goto(f"{site}/admin/mailing/email/add/")
    organiser.locator(".tiptap").click()
    organiser.keyboard.type("Half a thought")
    organiser.get_by_role("button", name="Send a test").click()
    expect(organiser.get_by_role("status")).to_contain_text("Subject: This field is required.")
    expect(organiser.locator(".tiptap")).to_have_text("Half a thought")


def test_a_sent_e_mail_is_copied_by_its_button(organiser, site):
    email = factories.email(state=Email.State.SENT)
    organiser.goto(f"{site}/admin/mailing/email/{email.pk}/change/")
    organiser.get_by_role("button", name="Copy into a new draft").click()
    expect(organiser.locator(".messagelist")).to_contain_text("This is the copy")
    assert Email.objects.exclude(pk=email.pk).get().state == Email.State.DRAFT


@pytest.mark.any_database
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_the_admin_breaks_the_policy_or_runs_out_of_the_window(organiser, site, width):
    organiser.set_viewport_size({"width": width, "height": 900})
    run = factories.question().sequence
    person, email = factories.signup(sequence=run), factories.email(sequence=run)
    factories.delivery(email=factories.email(sequence=run, state=Email.State.SENT), signup=person)
    sent = Email.objects.get(state=Email.State.SENT)
    lists = ("sequence/sequence", "signup/signup", "groups/group", "mailing/email", "mailing/delivery", "mailing/batch")
    pages = [f"{name}/" for name in lists]
    pages += [f"{name}/add/" for name in ("sequence/sequence", "signup/signup", "mailing/email", "auth/user")]
    pages += [f"sequence/sequence/{run.pk}/change/", f"signup/signup/{person.pk}/change/", "", "password_change/"]
    pages += [f"mailing/email/{email.pk}/{verb}/" for verb in ("change", "send-now", "delete", "history")]
    pages += [f"mailing/email/{sent.pk}/change/", f"mailing/delivery/{sent.deliveries.get().pk}/change/"]
    for path in pages:
        organiser.goto(f"{site}/admin/{path}")
        wide = organiser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        if organiser.locator("[data-django-prose-editor-configurable]").count():
            expect(organiser.locator(".tiptap").first).to_be_visible()
            expect(organiser.locator(".tiptap").first).to_have_attribute("aria-label", re.compile("[tT]ext"))


def test_the_log_in_page_keeps_the_policy(page, site):
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".errornote")).to_be_visible()
