"""A group talks, in a browser and by three mail programs: one thread, the right heads, and what each member chooses."""

import datetime
import io
import sys
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone as clock
from playwright.sync_api import Page, expect

from groups.links import page_of
from groups.models import Membership, Post
from mailing.models import OutboxMessage
from mailing.worker import tick
from tests import factories
from tests.browser import found_by_axe
from tests.groups import mails

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def group(settings):
    settings.DEBUG = True  # the outbox is read in the browser
    run = factories.sequence(title="Bread")
    people = [
        factories.signup(sequence=run, name=f"{name} Smith", email=f"{name.lower()}@example.org", welcomed=clock.now())
        for name in ("Ada", "Bob", "Cy", "Dee")
    ]
    made = factories.group(*people, number=3)
    Membership.objects.update(told=clock.now())
    return made


def person(group, name):
    return group.memberships.get(signup__name__startswith=name).signup


def by_mail(monkeypatch, raw: bytes, to: str) -> None:
    """Hand a message to the site as a mail server's pipe does."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    with pytest.raises(SystemExit) as done:
        call_command("receive_mail", "--to", to)
    assert done.value.code == 0


def copies(name: str) -> list:
    """Return the messages in the outbox to one member, oldest first."""
    kept = OutboxMessage.objects.filter(address=f"{name}@example.org").order_by("pk")
    return [message_from_bytes(bytes(one.raw), policy=policy.default) for one in kept]


def test_a_group_talks_on_its_page_and_by_mail(phone_page: Page, site: str, group, monkeypatch):
    page = phone_page
    page.goto(page_of(group.pk, person(group, "Ada")))
    expect(page.get_by_role("heading", level=1)).to_have_text("Group 3")
    expect(page.locator("#people")).to_contain_text("Ada Smith (you), Bob Smith, Cy Smith, Dee Smith.")
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Send to everybody").click()
    expect(page.locator(".problems")).to_contain_text("Write something first.")
    assert found_by_axe(page) == []
    page.get_by_label("Subject").fill("Meeting")
    page.get_by_label("Your message").fill("Shall we meet at six?\n\nI bring bread.")
    page.get_by_role("button", name="Send to everybody").click()
    expect(page.get_by_role("status")).to_contain_text("on its way to everybody")
    tick("test")

    begun = copies("bob")[0]
    assert begun["From"] == f"Ada Smith via Group 3 <{group.address}>"
    assert begun["Reply-To"] == group.address
    shapes = {"bob": mails.gmail, "cy": mails.outlook, "dee": mails.apple}
    for name, shape in shapes.items():
        # Each answers their own copy, as their mail program does: its Message-Id goes to the end of References.
        copy = copies(name)[0]
        answers = copy["References"].strip("<>") if name != "cy" else copy["Message-ID"].strip("<>")
        raw = shape(
            f"{name.title()} says yes.", sender=f"{name}@example.org", answers=answers, message_id=f"<{name}@x>"
        )
        by_mail(monkeypatch, raw, group.address)
    tick("test")

    page.reload()
    thread = page.locator(".thread")
    expect(thread).to_have_count(1)
    expect(thread.locator(".post")).to_have_count(4)
    for name in shapes:
        expect(thread).to_contain_text(f"{name.title()} says yes.")
    expect(thread).not_to_contain_text("wrote")
    assert found_by_axe(page) == []
    root = Post.objects.get(thread=None)
    for answer in copies("ada"):
        assert answer["Subject"] == "Re: [Group 3] Meeting"
        assert answer["In-Reply-To"] == f"<{root.message_id}>"
        assert answer["References"].startswith(f"<{root.message_id}> <post.")
        assert answer["List-Post"] == f"<mailto:{group.address}>"
        assert answer["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert answer["Message-ID"] not in answer["References"]
    assert len(copies("ada")) == 3

    page.goto(f"{site}/outbox/?q=bob")
    page.get_by_role("link", name="Re: [Group 3] Meeting").first.click()
    expect(page.locator("pre").first).to_contain_text("says yes.")


def test_a_member_chooses_mutes_reports_and_leaves(phone_page: Page, site: str, group):
    page, now = phone_page, clock.now()
    factories.post(group, author=person(group, "Bob"), subject="Gold", text="Buy my gold.", queued=now)
    page.goto(page_of(group.pk, person(group, "Ada")))
    page.get_by_label("One message a day").check()
    page.get_by_role("button", name="Save my choice").click()
    expect(page.get_by_role("status")).to_have_text("Your choice is saved.")
    expect(page.get_by_label("One message a day")).to_be_checked()

    page.get_by_role("link", name="Answer Bob").click()
    expect(page.locator(".asked")).to_have_text("Buy my gold.")
    page.get_by_label("Your message").fill("No, thank you.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator(".thread .post")).to_have_count(2)

    page.get_by_text("Mute somebody").click()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Mute Dee").click()
    expect(page.locator("#people")).to_contain_text("Dee Smith (muted)")

    page.get_by_role("link", name="Report Bob").click()
    assert found_by_axe(page) == []
    page.get_by_label("What is wrong with it?").fill("An advertisement")
    page.get_by_role("button", name="Report it").click()
    expect(page.locator(".thread").first).to_contain_text("waits for a moderator")
    assert found_by_axe(page) == []

    factories.post(group, author=person(group, "Cy"), text="A digest has this.", queued=now)
    with time_machine.travel(now + datetime.timedelta(days=1, hours=1), tick=False):
        tick("test")
    assert [copy["Subject"] for copy in copies("ada")] == ["[Group 3] 2 new messages"]
    assert "A digest has this." in copies("ada")[0].get_body(["plain"]).get_content()

    page.get_by_role("link", name="Leave the group").click()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Leave the group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left Group 3")
    assert found_by_axe(page) == []
    assert not group.memberships.filter(left=None, signup__name__startswith="Ada").exists()
    assert person(group, "Ada").left is None


def test_nothing_that_somebody_writes_or_is_called_breaks_the_page_of_a_phone(phone_page: Page, site: str, group):
    page, bob = phone_page, person(group, "Bob")
    bob.name = "X" * 100
    bob.save()
    link = "http://example.org/" + "y" * 400
    nasty = '<img src=x onerror=alert(1)> http://a.example"onmouseover=alert(1)'
    factories.post(group, author=bob, subject="S" * 200, text=f"{'W' * 3_000}\n\n{link}\n\n{nasty}")
    factories.post(group, author=person(group, "Cy"), subject="لقاء", text="مرحبا بالجميع! هل نلتقي في السادسة؟")
    page.goto(page_of(group.pk, person(group, "Ada")))
    page.get_by_text("Mute somebody").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator(".said img").count() == 0
    assert page.locator(".said").first.evaluate("said => getComputedStyle(said).direction") == "rtl"
    assert found_by_axe(page) == []


def test_staff_write_and_decide(page: Page, site: str, group, problems):
    factories.post(group, author=person(group, "Bob"), state=Post.State.HELD, why="Reported by a member.", text="Gold")
    staff = factories.staff()
    staff.set_password("a long password")
    staff.save()
    page.goto(f"{site}/groups/{group.pk}/")
    page.get_by_label("Username").fill(staff.username)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator(".standing")).to_contain_text("waits for a moderator")
    assert found_by_axe(page) == []
    page.get_by_label("Your message").fill("Welcome.")
    page.get_by_role("button", name="Send to everybody").click()
    expect(page.locator(".thread").first).to_contain_text("Course team")
    page.get_by_role("link", name="All its messages").click()
    page.get_by_role("link", name="Gold").click()
    page.get_by_role("button", name="Let it stand").click()
    assert Post.objects.get(text="Gold").is_shown
