"""The organisers hear that posts wait for a moderator: when, how often, and what is said."""

import datetime
import threading
from email import message_from_bytes, policy

import pytest
from django.db import connection

from groups.models import Group, Post
from groups.moderating import remove, report, show, waiting_by_group
from mailing.brakes import pause_site, resume_site
from mailing.delivery import claim, settle
from mailing.letters import Answer, Outcome
from mailing.models import Delivery, ModeratorNotice, OutboxMessage
from mailing.moderation import letter_of, queue_notice
from mailing.receiving import Result, receive
from mailing.suppressing import suppress
from mailing.worker import tick
from tests import factories
from tests.mailing.sending import provider
from tests.mailing.smtp_server import server
from tests.mailing.talking import DAY, HOUR, MINUTE, Status, person, text_for, three, tick_at
from tests.mailing.test_settling import mailgun
from tests.mailing.test_side_by_side import half_way

__all__ = ["mailgun", "provider", "server", "three"]
pytestmark = pytest.mark.django_db
TEAM = "organisers@mooc.localhost"
BEGUN = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
ONE, TWO = "1 message to a group waits for a moderator", "2 messages to groups wait for a moderator"


def wait_in(group: Group, made=BEGUN, **more) -> Post:
    """A post that waits for a moderator since it came."""
    author = group.memberships.order_by("pk")[0].signup if group.memberships.exists() else None
    return factories.post(group, author=author, state=Post.State.HELD, made=made, **more)


def subjects(provider) -> list[str]:
    return [subject for address, subject in provider.accepted if address == TEAM]


def test_it_begins_with_the_first_post_that_waits_and_comes_once_a_day(three, provider):
    tick_at(BEGUN)
    assert provider.calls == []
    wait_in(three)
    for minutes in (1, 2, 60):
        tick_at(BEGUN + minutes * MINUTE)
    assert provider.accepted == [(TEAM, ONE)]
    wait_in(three, BEGUN + HOUR)
    tick_at(BEGUN + DAY)
    assert subjects(provider) == [ONE]
    tick_at(BEGUN + DAY + MINUTE)
    tick_at(BEGUN + 2 * DAY)
    assert subjects(provider) == [ONE, TWO]
    row = Delivery.objects.latest("pk")
    assert (row.kind, row.status, row.key, row.bundle) == (
        Delivery.Kind.MODERATION, Status.ACCEPTED, "moderation:2", "moderation:2",
    )  # fmt: skip


@pytest.mark.parametrize("decide", [show, remove])
def test_once_all_is_settled_none_comes_and_what_waits_next_begins_anew(three, provider, decide):
    post = wait_in(three)
    tick_at(BEGUN)
    decide(post)
    Post.objects.update(queued=BEGUN)  # its copies are another matter
    for days in range(4):
        tick_at(BEGUN + HOUR + days * DAY)
    assert subjects(provider) == [ONE]
    for hours in (1, 2):
        later = wait_in(three, BEGUN + 4 * DAY)
        tick_at(BEGUN + 4 * DAY + hours * HOUR)
        remove(later)
        tick_at(BEGUN + 4 * DAY + hours * HOUR)
    assert subjects(provider) == [ONE] * 3


def test_while_others_still_wait_a_decision_about_one_begins_nothing_anew(three, provider):
    first = wait_in(three)
    tick_at(BEGUN)
    wait_in(three, BEGUN + MINUTE)
    tick_at(BEGUN + 2 * MINUTE)
    remove(first)
    tick_at(BEGUN + 3 * MINUTE)
    assert subjects(provider) == [ONE]


def test_it_tells_how_many_where_and_since_when_and_nothing_of_who_and_why(three, provider):
    three.sequence.timezone = "Europe/Berlin"
    three.sequence.save()
    begun = {"made": BEGUN - DAY, "queued": BEGUN}
    bad = factories.post(three, author=person(three, "Ada"), subject="Gold", text="Buy gold", **begun)
    report(bad, person(three, "Bob"), "An advertisement", BEGUN - HOUR)
    report(bad, person(three, "Cy"), "Rubbish", BEGUN + HOUR)
    wait_in(three, why="Perhaps not by the team.")
    tick_at(BEGUN + 2 * HOUR)
    letter, (recipient,), _ = provider.calls[-1]
    text = text_for(provider, TEAM)
    assert (recipient.address, letter.subject, letter.tags) == (TEAM, TWO, ("moderation",))
    assert f"{TWO}. 1 of them was reported by a member.\n" in text
    assert "The oldest has waited since Monday 2 March 2026, 12:00 (Europe/Berlin), 11:00 UTC." in text
    assert f"* {three.name}, {three.sequence}: 2 messages\n" in text
    assert "/admin/groups/post/?look=held\n" in text
    for secret in ("Ada", "Bob", "Cy", "Lovelace", "gold", "Gold", "advertisement", "Rubbish", "Perhaps"):
        assert secret not in text + letter.html + letter.subject
    assert "Stop" not in text + letter.html  # there is nothing to stop but by deciding
    assert letter.headers["Auto-Submitted"] == "auto-generated"


def test_one_that_was_reported_is_told_by_itself(three, provider):
    post = factories.post(three, author=person(three, "Ada"), made=BEGUN, queued=BEGUN)
    report(post, person(three, "Bob"), "", BEGUN + HOUR)
    tick_at(BEGUN + 2 * HOUR)
    assert f"{ONE}. It was reported by a member.\n" in provider.text()
    assert "It has waited since Monday 2 March 2026, 13:00 UTC." in provider.text()
    assert f"{three.sequence}: 1 message\n" in provider.text()


def test_a_message_of_the_team_that_was_reported_waits_and_stands(three, provider):
    post = factories.post(three, made=BEGUN, queued=BEGUN)
    report(post, person(three, "Bob"), "", BEGUN)
    assert Post.objects.get().state == Post.State.SHOWN
    tick_at(BEGUN)
    assert subjects(provider) == [ONE]


def test_of_many_groups_ten_are_named_those_that_have_waited_longest(provider, django_assert_num_queries):
    run = factories.sequence(title="Bread")
    for number in range(12):
        group = factories.group(sequence=run, name=f"Number {number:02} {{{{ name }}}} & co")
        for _time in range(number + 1):
            wait_in(group, BEGUN - number * HOUR)
    with django_assert_num_queries(1):
        assert [one.posts for one in waiting_by_group()] == list(range(12, 0, -1))
    tick_at(BEGUN)
    text = provider.text()
    assert [f"Number {number:02}" in text for number in range(12)] == [False] * 2 + [True] * 10
    assert "* Number 02 {{ name }} & co, Bread" in text
    assert "* and 2 more groups\n" in text
    assert "78 messages to groups wait for a moderator." in text
    rows = list(Delivery.objects.filter(kind=Delivery.Kind.MODERATION))
    with django_assert_num_queries(2):
        letter_of(rows)


@pytest.mark.parametrize("copies", ["each", "daily", "none"])
def test_it_comes_whichever_copies_the_team_chose(three, provider, copies):
    three.sequence.post_copies = copies
    three.sequence.save()
    wait_in(three)
    tick_at(BEGUN)
    assert provider.accepted == [(TEAM, ONE)]


def test_after_a_pause_of_days_there_is_one_that_tells_what_waits_by_then(three, provider):
    first = wait_in(three)
    pause_site("A flood of spam")
    for days in range(3):
        tick_at(BEGUN + days * DAY)
    remove(first)
    tick_at(BEGUN + 3 * DAY)
    for _number in range(2):
        wait_in(three, BEGUN + 3 * DAY)
    tick_at(BEGUN + 3 * DAY)
    assert provider.calls == []
    assert Delivery.objects.count() == 1
    resume_site()
    for minutes in (1, 2, 60):
        tick_at(BEGUN + 3 * DAY + minutes * MINUTE)
    assert provider.accepted == [(TEAM, TWO)]
    tick_at(BEGUN + 4 * DAY + MINUTE)
    assert provider.accepted == [(TEAM, TWO)] * 2


def test_what_was_settled_before_it_left_is_not_told(three, provider):
    post = wait_in(three)
    assert queue_notice(BEGUN) == 1
    remove(post)
    tick_at(BEGUN + MINUTE)
    assert provider.calls == []
    row = Delivery.objects.get()
    assert (row.status, row.address) == (Status.SKIPPED, TEAM)  # nobody was erased
    wait_in(three, BEGUN + HOUR)
    tick_at(BEGUN + 2 * HOUR)
    assert subjects(provider) == [ONE]


def test_a_message_that_was_put_off_is_not_sent_beside_a_newer_one(three, provider):
    post = wait_in(three)
    queue_notice(BEGUN)
    taken = claim(BEGUN)
    remove(post)
    queue_notice(BEGUN)
    wait_in(three, BEGUN + MINUTE)
    assert queue_notice(BEGUN + MINUTE) == 1
    settle(taken.batch, Outcome(Answer.LATER, "The line is busy."), BEGUN + MINUTE)
    tick_at(BEGUN + HOUR)
    assert subjects(provider) == [ONE]
    assert list(Delivery.objects.order_by("pk").values_list("status", flat=True)) == [Status.SKIPPED, Status.ACCEPTED]


def test_what_is_settled_between_the_claim_and_the_letter_is_put_off_with_a_reason(three, provider, monkeypatch):
    wait_in(three)
    monkeypatch.setattr("mailing.moderation.waiting_by_group", list)
    tick_at(BEGUN)
    assert provider.calls == []
    assert Delivery.objects.get().reason == "Nothing waits for a moderator any more."


def test_without_an_address_of_the_organisers_nothing_is_queued(three, provider, settings):
    settings.DEFAULT_FROM_EMAIL = ""
    wait_in(three)
    tick_at(BEGUN)
    assert not Delivery.objects.exists()
    settings.DEFAULT_FROM_EMAIL = TEAM
    tick_at(BEGUN + MINUTE)
    assert provider.accepted == [(TEAM, ONE)]


def test_an_address_that_reported_our_mail_as_spam_is_tried_once_a_day_and_left_alone(three, provider):
    suppress(TEAM, "complaint", BEGUN)
    wait_in(three)
    for hours in range(48):
        tick_at(BEGUN + hours * HOUR)
    assert provider.calls == []
    assert Delivery.objects.filter(status=Status.SKIPPED).count() == 2


def test_the_ledger_and_not_this_row_says_once(three, provider):
    wait_in(three)
    tick_at(BEGUN)
    ModeratorNotice.objects.all().delete()  # as after a table was restored by hand
    tick_at(BEGUN + MINUTE)
    assert subjects(provider) == [ONE]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_half_way_one_finds_it_told(three):
    wait_in(three)
    for days in range(2):
        now = BEGUN + days * DAY
        with half_way(lambda now=now: queue_notice(now)) as go:
            assert queue_notice(now) == 1
            go()
        assert queue_notice(now) == 0
        assert Delivery.objects.count() == days + 1
        Delivery.objects.update(status=Status.ACCEPTED, queued_at=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_rounds_at_once_one_sends_it(three, provider):
    wait_in(three)
    together, errors = threading.Barrier(2), []

    def work():
        try:
            together.wait(30)
            tick("test")
        except Exception as error:  # noqa: BLE001  (a thread's failure must reach the test)
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert errors == []
    tick("test")
    assert provider.accepted == [(TEAM, ONE)]


def in_lists(settings) -> None:
    settings.GROUP_DISCUSSION = "lists"


def by_relay(settings) -> None:
    settings.GROUP_DISCUSSION = "relay"


@pytest.mark.parametrize("mode", [by_relay, in_lists])
def test_by_mailgun_it_leaves_in_both_modes(three, mailgun, settings, mode):
    mode(settings)
    wait_in(three)
    for _time in range(2):
        tick("test")
    assert [copy.subject for copy in mailgun.truth.copies("team@mail.example.org")] == [ONE]


def test_by_smtp_it_leaves(three, server, settings):
    settings.MAIL_TRANSPORT, settings.EMAIL_USE_TLS, settings.MAIL_TIMEOUT_SECONDS = "smtp", False, 5.0
    wait_in(three)
    for _time in range(2):
        tick("test")
    assert server.readers() == [TEAM]


def test_in_the_outbox_it_is_a_whole_message_that_the_inbox_knows_as_ours(three, settings):
    settings.MAIL_TRANSPORT = "outbox"
    wait_in(three)
    tick_at(BEGUN)
    raw = bytes(OutboxMessage.objects.get().raw)
    message = message_from_bytes(raw, policy=policy.default)
    assert (message["To"], message["Reply-To"], message["Subject"]) == (TEAM, TEAM, ONE)
    html = message.get_body(["html"]).get_content()
    assert html.count("/admin/groups/post/?look=held") == 3  # the button, and the line below it
    assert message.get_body(["plain"]).get_content().count("/admin/groups/post/?look=held") == 1
    assert receive(raw, TEAM) == Result.REFUSED
