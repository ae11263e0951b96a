"""An organiser in a browser reads what a learner answered, begins with a saved answer, and sends theirs."""

import pytest
from django.utils import timezone as clock
from playwright.sync_api import Page, expect

from mailing.models import Batch, Delivery, SavedAnswer
from mailing.receiving import receive
from mailing.worker import tick
from tests import factories
from tests.browser import found_by_axe, shot
from tests.groups.mails import apple, gmail, mail
from tests.groups.test_browser_groups import log_in

pytestmark = pytest.mark.django_db(transaction=True)
TEAM = "team@mail.example.org"


def fits(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_answers_are_read_and_answered(page: Page, site: str, settings):
    settings.DEBUG, settings.EMAIL_DOMAIN, settings.DEFAULT_FROM_EMAIL = True, "mail.example.org", TEAM
    settings.MAIL_TRANSPORT = "outbox"
    run = factories.sequence()
    bob = factories.signup(sequence=run, email="bob@example.org", name="Bob Baker", welcomed=clock.now())
    ann = factories.signup(sequence=run, email="ann@example.org", name="Ann Archer", welcomed=clock.now())
    email = factories.email(sequence=run, subject="Week one: your first loaf", scheduled_for=clock.now())
    factories.email(sequence=run, subject="Week two: time and warmth", scheduled_for=clock.now())
    tick("test")
    sent = Batch.objects.get(bundle=f"email:{email.pk}").message_id
    question = "I cannot open the film on my phone.\n\nIs there another link? I looked at https://example.org/film too."
    receive(gmail(question, answers=sent, subject="Re: Week one: your first loaf"), TEAM)
    receive(apple("Mine came out flat.", answers=sent, sender="Ann Archer <ann@example.org>", message_id="<2@x>"), TEAM)
    receive(mail("May I join later?", sender="eve@example.com", subject="A question", message_id="<3@x>"), TEAM)
    SavedAnswer.objects.create(title="The film", text="Dear {{ first_name|there }},\n\nthe film has a second link.")
    log_in(page, site)
    shot(page, "home")
    page.get_by_role("link", name="3 messages from learners wait for you").click()
    assert found_by_axe(page) == []
    shot(page, "inbox")
    fits(page)
    shot(page, "inbox-phone")
    page.get_by_role("link", name="Read 2 that wait").click()
    assert found_by_axe(page) == []
    fits(page)
    shot(page, "conversation-phone")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Your answer").fill("Thank you for telling us.")
    page.get_by_label("Saved answer").select_option(label="The film")
    page.get_by_role("button", name="Put it in").click()
    expect(page.get_by_label("Your answer")).to_have_value(
        "Thank you for telling us.\n\nDear Bob,\n\nthe film has a second link."
    )
    shot(page, "conversation")
    assert found_by_axe(page) == []
    page.get_by_label("Keep this text under a name").fill("the film")
    page.get_by_role("button", name="Send to Bob Baker").click()
    expect(page.locator(".errorlist")).to_contain_text("Choose another")
    page.get_by_label("Keep this text under a name").fill("Film, with thanks")
    page.get_by_role("button", name="Send to Bob Baker").click()
    expect(page.locator(".messagelist")).to_contain_text("Your answer to Bob Baker is on its way.")
    expect(page.get_by_role("heading", name="Ann Archer")).to_be_visible()
    page.get_by_role("button", name="Put aside without an answer").click()
    expect(page.get_by_text("all done")).to_be_visible()
    tick("test")
    assert Delivery.objects.get(kind=Delivery.Kind.WRITTEN).status == "accepted"
    answered = Batch.objects.get(bundle__startswith="answer:").message_id
    receive(gmail("That works, thank you.", answers=answered, message_id="<4@x>"), TEAM)
    page.goto(f"{site}/admin/mailing/reply/inbox/")
    page.get_by_role("link", name="Read 1 that waits").first.click()
    expect(page.get_by_text("That works, thank you.")).to_be_visible()
    expect(page.get_by_text("the film has a second link.")).to_be_visible()
    shot(page, "thread")
    assert found_by_axe(page) == []
    page.get_by_role("link", name="Bob Baker in").click()
    expect(page).to_have_url(f"{site}/admin/signup/signup/{bob.pk}/change/")
    page.goto(f"{site}/outbox/?q=bob@example.org")
    page.get_by_role("link", name="Re: Week one").first.click()
    shot(page, "sent")
    assert ann.replies.get().state == "done"
