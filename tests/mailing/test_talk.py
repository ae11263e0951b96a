"""What is written to a group goes out once to everybody else, in headers that hold a conversation together."""

from email import message_from_bytes, policy
from urllib.parse import quote

import pytest
from django.utils import timezone as clock

from groups.models import Mute, Post, Refusal
from groups.moderating import show
from groups.talking import write
from mailing import talk_queue
from mailing.merge import fill
from mailing.models import Batch, Delivery, OutboxMessage
from mailing.receiving import Result, receive
from mailing.worker import tick
from tests import factories
from tests.groups.mails import PLAIN, apple, attached, gmail, mail, multipart, outlook
from tests.mailing.sending import provider
from tests.mailing.talking import DAY, Reason, Status, header, person, sent_to, text_for, three

__all__ = ["provider", "three"]
pytestmark = pytest.mark.django_db


def test_a_post_by_mail_is_one_call_to_everybody_else_and_the_organisers(three, provider):
    raw = mail("Shall we meet at six?", sender="Ada <ADA@example.org>", subject="Meeting")
    assert receive(raw, three.address) == Result.STORED
    tick("test")
    tick("test")
    assert len(provider.calls) == 1
    letter, _recipients, _ = provider.calls[0]
    assert sent_to(provider) == ["bob@example.org", "cy@example.org", "organisers@mooc.localhost"]
    assert letter.sender == f"Ada Lovelace via {three.name} <{three.address}>"
    assert letter.reply_to == three.address
    assert letter.subject == f"[{three.name}] Meeting"
    assert not letter.tracking
    post = Post.objects.get()
    local = three.address.partition("@")[0]
    assert letter.headers["References"] == f"<{post.message_id}>"
    assert letter.headers["List-Id"] == f"<{local}.list-id.mooc.localhost>"
    assert letter.headers["List-Post"] == f"<mailto:{three.address}>"
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Auto-Submitted" not in letter.headers
    assert "In-Reply-To" not in letter.headers
    assert "/one-click/" in header(provider, "List-Unsubscribe")
    bobs = text_for(provider, "bob@example.org")
    assert bobs.startswith("Shall we meet at six?\n")
    assert "ada@" not in bobs.lower()


def test_no_member_is_shown_an_address_of_another(three, provider):
    ada = person(three, "Ada")
    ada.name = "ada@example.org"
    ada.save()
    receive(mail("Hello.", sender="ada@example.org"), three.address)
    tick("test")
    letter, _people, _id = provider.calls[0]
    whole = "".join([letter.sender, letter.subject, letter.text, letter.html, *letter.headers.values()])
    assert "ada@example.org" not in whole
    assert letter.sender.startswith("A member via ")


@pytest.mark.parametrize("shape", [gmail, outlook, apple])
@pytest.mark.parametrize("known_by", ["our id", "the copy's id", "the copy's id by SMTP"])
def test_an_answer_to_any_copy_finds_its_thread(three, provider, shape, known_by):
    receive(mail("Shall we?", sender="ada@example.org", subject="Meeting"), three.address)
    tick("test")
    post, batch = Post.objects.get(), Batch.objects.get()
    by_smtp = batch.message_id.replace("@", ".77@")
    answers = {"our id": post.message_id, "the copy's id": batch.message_id, "the copy's id by SMTP": by_smtp}[known_by]
    raw = shape(answers=answers, message_id="<b@example.org>")
    assert receive(raw, three.address) == Result.STORED
    tick("test")
    answer = Post.objects.latest("pk")
    assert (answer.thread, answer.parent, answer.text.split("\n")[0]) == (post, post, "Yes, at six.")
    letter = provider.calls[-1][0]
    assert letter.subject == f"Re: [{three.name}] Meeting"
    assert letter.headers["In-Reply-To"] == f"<{post.message_id}>"
    assert letter.headers["References"] == f"<{post.message_id}> <{answer.message_id}>"
    assert receive(raw, three.address) == Result.REPEATED


def test_what_a_member_writes_is_never_a_merge_tag_and_never_a_key(three, provider, settings):
    bob = person(three, "Bob")
    text = (
        "Hello {{ my_page_url }} {{{ first_name }}} %recipient.x% <b>bold</b> "
        f"http://{settings.MOOC_DOMAIN}/me/{bob.key}/ and https://example.org/a?b=1"
    )
    named = attached("application/pdf", "{{ my_page_url }}.pdf", b"%PDF")
    raw = multipart((PLAIN, text), named, sender="bob@example.org", subject="{{ unsubscribe_url }}")
    receive(raw, three.address)
    tick("test")
    letter, recipients, _ = provider.calls[0]
    ada = next(one for one in recipients if one.address == "ada@example.org")
    plain, html = fill(letter.text, ada.values, html=False), fill(letter.html, ada.values, html=True)
    assert "Hello {{ my_page_url }} {{{ first_name }}} %recipient.x% <b>bold</b> " in plain
    assert "Hello {{ my_page_url }}" in html
    assert "The file {{ my_page_url }}.pdf came" in plain
    assert ada.values["my_page_url"] in plain  # in the foot, once
    assert plain.count(ada.values["my_page_url"]) == 1
    assert "&lt;b&gt;bold" in html
    assert fill(letter.subject, ada.values, html=False) == f"[{three.name}] {{{{ unsubscribe_url }}}}"
    assert bob.key not in plain + html
    assert 'href="https://example.org/a?b=1"' in html


@pytest.mark.parametrize(
    ("raw", "reason", "answered"),
    [
        (mail(sender="eve@example.com"), Reason.STRANGER, True),
        (mail(sender="bob@example.org", Auto_Submitted="auto-replied"), Reason.AUTOMATIC, False),
        (mail(sender="bob@example.org", Authentication_Results="mx; dmarc=fail"), Reason.FORGED, False),
        (mail("unsubscribe", sender="bob@example.org"), Reason.UNSUBSCRIBE, True),
        (mail("", sender="bob@example.org", subject="Abmelden"), Reason.UNSUBSCRIBE, True),
        (mail("> Shall we?", sender="bob@example.org"), Reason.EMPTY, True),
        (mail("x" * 60_000, sender="bob@example.org"), Reason.LARGE, True),
        (mail("0", sender="bob@example.org", kind="application/pkcs7-mime"), Reason.SEALED, True),
    ],
)  # fmt: skip
def test_what_is_not_passed_on_is_written_down_and_answered_once_a_day(three, provider, raw, reason, answered):
    for _time in range(3):
        assert receive(raw, three.address) == Result.REFUSED
    tick("test")
    tick("test")
    assert not Post.objects.exists()
    assert set(Refusal.objects.values_list("reason", flat=True)) == {reason}
    assert len(provider.calls) == answered
    if answered:
        letter, (recipient,), _ = provider.calls[0]
        assert letter.headers["Auto-Submitted"] == "auto-replied"
        assert recipient.address == ("eve@example.com" if reason == Reason.STRANGER else "bob@example.org")
        assert "was not passed on" in provider.text()
        assert ("/groups/" in provider.text()) == (reason != Reason.STRANGER)
        if reason == Reason.UNSUBSCRIBE:
            assert f"/unsubscribe/confirm/{person(three, 'Bob').key}/" in provider.text()


def test_at_most_fifty_strangers_a_day_are_answered(three, provider):
    for number in range(60):
        receive(mail(sender=f"eve{number}@example.com"), three.address)
    assert Refusal.objects.filter(answer=True).count() == 50
    tick("test")
    assert len(provider.calls) == 1  # they share a text, so they share a call


def test_who_was_taken_out_a_second_ago_is_refused(three, provider):
    three.memberships.filter(signup__name="Bob Baker").update(left=clock.now())
    assert receive(mail(sender="bob@example.org"), three.address) == Result.REFUSED
    assert Refusal.objects.get().reason == Reason.FORMER


def test_who_left_before_the_tick_does_not_get_it(three, provider):
    receive(mail(sender="ada@example.org"), three.address)
    talk_queue.queue_posts()
    three.memberships.filter(signup__name="Bob Baker").update(left=clock.now())
    tick("test")
    assert sent_to(provider) == ["cy@example.org", "organisers@mooc.localhost"]
    assert Delivery.objects.get(address="bob@example.org").status == Status.SKIPPED


def test_a_group_of_last_year_refuses_politely_and_its_page_stays(three, provider):
    run = three.sequence
    run.start_date, run.end_date = (clock.now().date() - days * DAY for days in (400, 350))
    run.save()
    assert receive(mail(sender="ada@example.org"), three.address) == Result.REFUSED
    tick("test")
    assert "The group has ended" in provider.text()


def test_the_address_of_a_merged_group_leads_on(three, provider):
    old = factories.group(sequence=three.sequence)
    old.merged_into, old.closed = three, clock.now()
    old.save()
    assert receive(mail(sender="ada@example.org"), old.address.upper()) == Result.STORED
    assert Post.objects.get().group == three


def test_a_closed_group_takes_nothing(three):
    three.closed = clock.now()
    three.save()
    assert receive(mail(sender="ada@example.org"), three.address) == Result.REFUSED
    assert Refusal.objects.get().reason == Reason.ENDED


def test_organisers_may_write_to_any_group(three, provider):
    assert receive(mail("Well done.", sender="Team <organisers@mooc.localhost>"), three.address) == Result.STORED
    tick("test")
    letter, recipients, _ = provider.calls[0]
    assert letter.sender.startswith("Course team via ")
    assert len(recipients) == 4
    assert Post.objects.get().author is None


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("organisers@mooc.localhost", "shown"), ("team@mail.mooc.localhost", "shown"), (None, "shown"),
        ("eve@example.com", "held"), ("organisers@notmooc.localhost", "held"),
    ],
)  # fmt: skip
def test_who_only_says_to_be_the_course_team_waits_for_a_moderator(three, provider, told, state):
    raw = mail("Click here.", sender="Team <organisers@mooc.localhost>")
    assert receive(raw, three.address, told) == Result.STORED
    post = Post.objects.get()
    assert (post.state, bool(post.why), bool(post.shown)) == (state, state == "held", state == "shown")
    tick("test")
    assert len(sent_to(provider)) == (4 if state == "shown" else 1)
    if state == "held":
        assert provider.accepted == [("organisers@mooc.localhost", "1 message to a group waits for a moderator")]
        show(post)
        tick("test")
        assert len(provider.calls) == 2


@pytest.mark.parametrize("extra", ["+tag", "+a+b"])
def test_the_groups_address_may_have_a_tag_and_capitals(three, extra):
    name, _at, domain = three.address.partition("@")
    assert receive(mail(), f"{name.upper()}{extra}@{domain.title()}") == Result.STORED


def test_a_message_to_two_groups_stands_in_both_for_who_is_in_both(three):
    other = factories.group(sequence=three.sequence)
    raw = mail(to=f"{three.address}, {other.address}")
    assert receive(raw, three.address) == Result.STORED
    assert receive(raw, other.address) == Result.REFUSED
    factories.signup(email="bob@example.org").memberships.create(group=other)
    assert receive(raw, other.address) == Result.STORED
    assert Post.objects.count() == 2


def test_two_messages_with_one_id_are_two(three):
    taken = [receive(mail(text, message_id="<1@phone>"), three.address) for text in ("One.", "Two.", "One.")]
    assert taken == [Result.STORED, Result.STORED, Result.REPEATED]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('O\'Hara, "Zoë"', "O'Hara Zoë"), ("Ada 🍞", "Ada 🍞"), ("عادل", "عادل"), ("🍞", "🍞"), ("", "A member"),
        ("Course team", "A member"), ("course  TEAM.", "A member"), ("Ada <boss@bank.example>", "A member"),
        ("=?utf-8?q?boss=40bank=2Eexample?=", "utf-8?q?boss=40bank=2Eexample"), ("Ada\r\nBcc: x", "Ada Bcc x"),
        ("%recipient.x% {{ key }}", "recipient.x key"),
    ],
)  # fmt: skip
def test_any_name_stands_in_from_and_none_is_more_than_a_name(three, settings, name, shown):
    settings.MAIL_TRANSPORT = "outbox"
    ada = person(three, "Ada")
    ada.name = name
    ada.save()
    factories.post(three, author=ada)
    tick("test")
    raw = bytes(OutboxMessage.objects.get(address="bob@example.org").raw)
    sender = message_from_bytes(raw, policy=policy.default)["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in sender] == [(f"{shown} via {three.name}", three.address)]


def test_links_to_ones_own_pages_are_taken_out_wherever_they_hide(three, settings):
    bob = person(three, "Bob")
    link = f"http://{settings.MOOC_DOMAIN}/me/{bob.key}/"
    hidden = f"https://eur01.safelinks.example/?url={quote(link, safe='')}&data=05"
    plain = f"{settings.MOOC_DOMAIN}/groups/{three.pk}/17-abc/"
    text = f"See {link}, <{hidden}> ({plain}) or http://{settings.MOOC_DOMAIN}/about/"
    receive(mail(text, subject=f"My page {link}"), three.address)
    write(three, bob, text, "page", origin="1")
    for post in Post.objects.all():
        assert bob.key not in post.text + post.subject
        assert post.text.count("(a personal link was here)") == 3
        assert post.text.endswith("/about/")


def test_what_somebody_wrote_who_was_erased_goes_to_nobody_and_stops_nothing(three, provider):
    receive(mail(sender="ada@example.org"), three.address)
    talk_queue.queue_posts()
    person(three, "Ada").delete()
    report_of_tick = tick("test")
    assert (provider.calls, report_of_tick.fault) == ([], "")
    assert set(Delivery.objects.values_list("status", flat=True)) == {Status.SKIPPED}


def test_an_answer_about_a_group_that_was_deleted_goes_to_nobody(three, provider):
    receive(mail(sender="eve@example.com"), three.address)
    talk_queue.queue_answers()
    three.delete()
    assert tick("test").fault == ""
    assert provider.calls == []


def test_who_mutes_somebody_does_not_get_what_waits_of_them(three, provider):
    receive(mail(sender="ada@example.org"), three.address)
    talk_queue.queue_posts()
    Mute.objects.create(by=person(three, "Bob"), muted=person(three, "Ada"))
    tick("test")
    assert sent_to(provider) == ["cy@example.org", "organisers@mooc.localhost"]


def test_a_stranger_gets_one_answer_a_day_whatever_they_were_before(three, provider):
    other = factories.group(factories.signup(email="cy@example.org"))
    other.memberships.update(left=clock.now())
    assert receive(mail(sender="cy@example.org"), other.address) == Result.REFUSED
    assert receive(mail(sender="cy@example.org"), factories.group().address) == Result.REFUSED
    tick("test")
    assert len([1 for _address, subject in provider.accepted if "Your message to" in subject]) == 1
