"""Who gets what groups write: choices, reports and moderators, many posts at once."""

from email import message_from_bytes, policy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock

from groups.models import Membership, Mute, Post, Refusal
from groups.moderating import remove, report, show
from groups.readers import set_preference
from mailing import talk_queue
from mailing.models import Delivery, OutboxMessage
from mailing.receiving import Result, receive
from mailing.sending import send_bundle
from mailing.worker import tick
from tests import factories
from tests.groups.mails import mail
from tests.mailing.sending import provider
from tests.mailing.talking import MINUTE, Reason, person, sent_to, three

__all__ = ["provider", "three"]
pytestmark = pytest.mark.django_db


def test_preferences_echo_and_mutes_decide_who_gets_it(three, provider):
    ada, bob, cy = (person(three, name) for name in ("Ada", "Bob", "Cy"))
    set_preference(ada, "each", True, clock.now())
    set_preference(bob, "none", False, clock.now())
    Mute.objects.create(by=cy, muted=ada)
    receive(mail(sender="ada@example.org"), three.address)
    tick("test")
    assert sent_to(provider) == ["ada@example.org", "organisers@mooc.localhost"]


def test_a_member_writes_at_most_so_often(three, settings):
    settings.GROUP_POSTS_PER_HOUR = 2
    taken = [receive(mail(sender="ada@example.org", message_id=f"<{one}@x>"), three.address) for one in range(3)]
    assert taken == [Result.STORED, Result.STORED, Result.REFUSED]
    assert Refusal.objects.get().reason == Reason.MANY


def test_a_reported_post_waits_for_a_moderator(three, provider):
    receive(mail("Buy gold.", sender="ada@example.org"), three.address)
    post = Post.objects.get()
    talk_queue.queue_posts()
    assert report(post, person(three, "Bob"), "An advertisement")
    assert not report(post, person(three, "Bob"))
    tick("test")
    assert sent_to(provider) == ["organisers@mooc.localhost"]
    assert show(post) == 1
    assert report(post, person(three, "Cy"))
    post.refresh_from_db()
    assert post.state == Post.State.SHOWN  # a moderator has let it stand
    assert remove(post) == 1
    assert remove(post) == 0


def test_a_post_that_may_stand_after_all_reaches_who_has_not_had_it(three, provider):
    post = factories.post(three, author=person(three, "Ada"), state=Post.State.HELD)
    tick("test")
    assert provider.accepted == [("organisers@mooc.localhost", "1 message to a group waits for a moderator")]
    show(post)
    tick("test")
    assert sent_to(provider) == ["bob@example.org", "cy@example.org", "organisers@mooc.localhost"]


def test_a_post_shown_again_goes_to_who_was_passed_over(three, provider):
    receive(mail("Buy gold.", sender="ada@example.org"), three.address)
    post = Post.objects.get()
    talk_queue.queue_posts()
    report(post, person(three, "Bob"))
    tick("test")
    show(post)
    tick("test")
    assert sent_to(provider) == ["bob@example.org", "cy@example.org"]


def test_two_hundred_posts_in_a_minute_do_not_keep_others_waiting(three, provider):
    others = factories.group(factories.signup(), factories.signup())
    Membership.objects.update(told=clock.now())
    now = clock.now()
    for _number in range(200):
        factories.post(three, author=person(three, "Ada"))
    factories.post(others)
    while talk_queue.queue_posts(now):
        pass
    goes = Delivery.objects.filter(kind=Delivery.Kind.POST).order_by("not_before")
    assert goes.filter(not_before__lte=now).values("bundle").distinct().count() == talk_queue.AT_ONCE + 1
    assert goes.filter(not_before__lte=now + MINUTE).values("bundle").distinct().count() <= 18


def test_however_much_groups_write_a_message_to_the_course_goes_on(three, provider, settings):
    settings.MAIL_BATCH_SIZE = 1
    for _number in range(12):
        factories.post(three, author=person(three, "Ada"), queued=clock.now())
    for post in Post.objects.all():
        factories.delivery(
            email=None, signup=person(three, "Bob"), key=f"post:{post.pk}", bundle=f"post:{post.pk}",
            kind=Delivery.Kind.POST,
        )  # fmt: skip
    lesson = factories.email(sequence=three.sequence, subject="Lesson", state="sending")
    for name in ("Ada", "Bob", "Cy"):
        factories.delivery(email=lesson, signup=person(three, name))
    tick("test")
    order = "".join("L" if subject == "Lesson" else "p" for _address, subject in provider.accepted)
    assert order == "ppppLppppLppppL"


def test_the_number_of_queries_does_not_grow_with_the_group(provider):
    counted = []
    for size in (3, 28):
        group = factories.group(*(factories.signup(sequence=factories.sequence()) for _ in range(1)))
        run = group.sequence
        for _ in range(size - 1):
            Membership.objects.create(group=group, signup=factories.signup(sequence=run, welcomed=clock.now()))
        Membership.objects.update(told=clock.now())
        group.memberships.get(signup=group.memberships.first().signup).signup.refresh_from_db()
        post = factories.post(group, author=group.memberships.first().signup)
        with CaptureQueriesContext(connection) as queries:
            talk_queue.queue_posts()
            send_bundle(f"post:{post.pk}")
        counted.append(len(queries))
        assert len(provider.calls[-1][1]) == size
    assert counted[0] == counted[1]


def test_in_the_outbox_each_copy_has_the_whole_head(three, settings):
    settings.MAIL_TRANSPORT = "outbox"
    receive(mail("Grüße und Küsse.", sender="ada@example.org", subject="Zoë"), three.address)
    tick("test")
    raw = bytes(OutboxMessage.objects.get(address="bob@example.org").raw).decode()
    assert raw.count("\nList-Unsubscribe: <http://") == 1
    assert raw.count("\nReferences: <post.") == 1
    assert f"\nReply-To: {three.address}" in raw
    assert f"From: Ada Lovelace via {three.name} <{three.address}>" in raw
    html = message_from_bytes(raw.encode(), policy=policy.default).get_body(["html"]).get_content()
    assert f"<title>[{three.name}] Zoë</title>" in html


def test_an_unknown_recipient_is_nobodys(three):
    assert receive(mail(), "nobody@mooc.localhost") == Result.UNKNOWN
    assert receive(b"", three.address) == Result.UNREADABLE
