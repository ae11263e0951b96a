"""An organiser in a browser makes the groups of the sandbox course, and a learner reads about theirs."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from groups.models import Membership
from mailing.worker import tick
from sequence.models import current_sequence
from tests import factories
from tests.browser import found_by_axe

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(page: Page, site: str) -> None:
    organiser = factories.staff()
    organiser.set_password("a long password 1")
    organiser.save()
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill(organiser.username)
    page.get_by_label("Password").fill("a long password 1")
    page.get_by_role("button", name="Log in").click()


def test_rules_preview_commit_and_a_late_comer(page: Page, site: str, settings):
    settings.DEBUG = True
    call_command("make_demo")
    run = current_sequence()
    log_in(page, site)
    page.get_by_role("link", name="Its groups").click()
    expect(page.get_by_label("People in a group")).to_have_value("12")
    page.get_by_label("People in a group").fill("9")
    page.get_by_label("What do you write most?", exact=True).select_option("similar")
    page.get_by_role("button", name="Show the plan").click()
    assert "target=9" in page.url
    expect(page.get_by_role("heading", name="Three groups to look at")).to_be_visible()
    assert found_by_axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Make").click()
    expect(page.locator(".messagelist")).to_contain_text("groups are made")
    expect(page.get_by_role("heading", name="The groups as they stand")).to_be_visible()
    expect(page.locator(".strip svg")).to_be_visible()
    assert found_by_axe(page) == []
    made = Membership.objects.filter(group__sequence=run).count()
    assert made == sum(1 for person in run.signups.active() if person.wants_group)
    late = factories.signup(sequence=run, name="Late Comer", timezone="Europe/London")
    tick("test")
    assert late.memberships.count() == 1
    page.goto(f"{site}/outbox/?q={late.email}")
    page.get_by_role("link", name="group").first.click()
    assert late.memberships.get().group.address in page.content()
    page.goto(f"{site}/admin/groups/group/{late.memberships.get().group_id}/people/")
    assert found_by_axe(page) == []
    page.get_by_label("Late Comer").check()
    page.get_by_role("button", name="Split").click()
    expect(page.locator(".messagelist")).to_contain_text("is in the new Group")


def test_the_preview_works_without_scripts(browser, site, settings):
    run = factories.sequence()
    for _ in range(15):
        factories.signup(sequence=run)
    organiser = factories.staff()
    organiser.set_password("a long password 1")
    organiser.save()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/admin/groups/group/forming/{run.pk}/")
    page.get_by_label("Username").fill(organiser.username)
    page.get_by_label("Password").fill("a long password 1")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Seed").fill("another")
    page.get_by_role("button", name="Show the plan").click()
    assert "seed=another" in page.url
    page.get_by_role("button", name="Make 1 group").click()
    expect(page.locator(".messagelist")).to_contain_text("1 group is made")
    context.close()
