"""Groups in a browser: introduced by mail, asked and answering by one press, read on the board, joined, left."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone as clock
from playwright.sync_api import Page, expect

from groups.models import Group, Membership
from mailing.models import Delivery, Email
from mailing.worker import tick
from sequence.models import Sequence, current_sequence
from signup.models import Signup
from signup.tokens import token_for
from tests import factories
from tests.browser import found_by_axe
from tests.test_course import read_newest

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery staple"


def grouped_course(settings) -> tuple[Sequence, list[Group]]:
    """Make the sandbox course with groups of its people, and let a tick tell them."""
    settings.DEBUG = True
    call_command("make_demo")
    course = current_sequence()
    course.group_prompt = "<p>Send the group one sentence that you wrote this week and would like to mend.</p>"
    course.save()
    Signup.objects.filter(sequence=course).update(timezone="Europe/Rome")
    call_command("make_groups", sequence=course.pk, verbosity=0)
    tick("test")
    return course, list(course.groups.order_by("number"))


def log_in(page: Page, site: str) -> None:
    user = factories.staff()
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{site}/admin/login/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_member_is_introduced_checks_in_and_leaves(phone_page: Page, site: str, settings):
    course, (group, *_others) = grouped_course(settings)
    me = group.memberships.order_by("pk").first().signup
    page = phone_page

    text = read_newest(page, site, "You are in Group 1")
    for said in ("Who is in it with you", "one sentence that you wrote this week", group.address):
        assert said in text
    assert (
        Delivery.objects.filter(kind=Delivery.Kind.INTRO).count()
        == Membership.objects.filter(group__sequence=course).count()
    )

    page.goto(f"{site}/me/{me.key}/")
    expect(page.locator("main")).to_contain_text("With you:")
    page.get_by_role("link", name="Leave the group, or ask for another").click()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Ask for another group").click()
    expect(page.get_by_role("status")).to_contain_text("We look for another")
    assert not Membership.objects.current().filter(signup=me).exists()
    tick("test")
    new = Membership.objects.current().get(signup=me).group
    assert new != group
    assert f"There was a place for you in {new.name}" in read_newest(page, site, f"You are in {new.name}")
    assert me.first_name in read_newest(page, site, f"New in {new.name}")

    html, just_now = "<p>Well?</p><p>{{ check_in }}</p>", clock.now() - datetime.timedelta(minutes=1)
    email = factories.email(sequence=course, scheduled_for=just_now, subject="Half-time", html=html)
    tick("test")
    assert "How is it going?" in read_newest(page, site, "Half-time")
    page.goto(f"{site}/check-in/{email.pk}/behind/{token_for(me, f'check-in:{email.pk}')}/")
    assert found_by_axe(page) == []
    page.get_by_role("link", name="stuck").click()
    page.get_by_role("button", name="Send “stuck”").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert email.check_ins.get().answer == "stuck"

    alone = Signup.objects.active().filter(sequence=course, wants_group=False).first()
    page.goto(f"{site}/still-in/{token_for(alone, 'still-in')}/")
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Join a group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good, you are in")
    tick("test")
    assert Membership.objects.current().filter(signup=alone).exists()


def test_an_organiser_reads_the_board_and_joins_two_groups(page: Page, site: str, settings):
    course, (one, two, *others) = grouped_course(settings)
    weeks = datetime.timedelta(weeks=2)
    Sequence.objects.filter(pk=course.pk).update(start_date=course.start_date - weeks)
    Group.objects.update(date_created=clock.now() - weeks)
    email = Email.objects.filter(sequence=course).first()
    for group in (two, *others):
        for member in group.memberships.all()[:6]:
            email.check_ins.create(signup=member.signup, answer="on-track", said=clock.now())

    log_in(page, site)
    page.locator(f'a[href="/stats/groups/{course.pk}/"]').click()
    assert found_by_axe(page) == []
    expect(page.get_by_role("row", name="Group 1 unknown")).to_be_visible()
    expect(page.get_by_role("row", name="Group 2 alive")).to_be_visible()
    page.get_by_role("link", name="Members").click()
    expect(page.get_by_role("columnheader", name="Members")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Groups that had better be joined").click()
    assert found_by_axe(page) == []
    page.get_by_role("link", name="See what would happen").click()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Join Group 1 with Group 2").click()
    expect(page.locator(".messagelist")).to_contain_text("people moved. Both groups are told.")
    tick("test")
    assert "The old address works as before" in read_newest(page, site, "Group 1 goes on as Group 2")
    assert "New in Group 2" in read_newest(page, site, "Group 2 has grown")
    one.refresh_from_db()
    assert one.merged_into == two
