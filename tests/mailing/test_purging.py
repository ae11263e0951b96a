"""Old news and old tokens go, in lots; what statistics count stays."""

import datetime

import pytest
from django.utils import timezone as clock

from groups.models import Attachment
from mailing import purging
from mailing.models import Answer, Event, Reply, SeenToken
from mailing.purging import purge
from mailing.stats import Reaction, reactions_of
from mailing.webhooks import OLDEST
from mailing.worker import tick
from tests import factories

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def event(kind: str, days: float, delivery=None, **fields) -> Event:
    when = clock.now() - days * DAY
    return Event.objects.create(
        uid=f"{kind}{days}{Event.objects.count()}", day=when.date(), kind=kind, happened=when, received=when,
        delivery=delivery, payload={"ip": "192.0.2.7"}, **fields,
    )  # fmt: skip


def test_old_events_keep_what_statistics_count_and_nothing_else(settings):
    row = factories.delivery(status="delivered")
    for kind in ("accepted", "delivered", "opened", "clicked", "failed", "complained", "unsubscribed"):
        event(kind, 91, row, machine=kind == "opened", url="https://example.org/" if kind == "clicked" else "")
    event("opened", 91)  # of nobody of ours
    fresh = event("accepted", 89, row)
    before = reactions_of(row.email)
    assert tick("test").counts["old news cleared"] == 8
    kept = {one.kind: one for one in Event.objects.exclude(pk=fresh.pk)}
    assert set(kept) == {"opened", "clicked", "failed", "complained", "unsubscribed"}
    assert all((one.payload, one.whole, one.delivery) == ({}, False, row) for one in kept.values())
    assert kept["clicked"].url == "https://example.org/"
    assert reactions_of(row.email) == before == {"opened": Reaction(0, 1), "clicked": Reaction(1, 0)}
    fresh.refresh_from_db()
    assert fresh.payload == {"ip": "192.0.2.7"}
    settings.MAIL_KEEP_EVENTS_DAYS = 30
    assert purge() == 1


def test_a_token_stays_as_long_as_its_call_could_be_repeated():
    now = clock.now()
    for hours in (1, OLDEST / 3600, 23, 25):
        SeenToken.objects.create(token=f"t{hours}", seen=now - hours * DAY / 24)
    assert purge(now) == 1
    assert not SeenToken.objects.filter(token="t25").exists()


def test_a_tick_clears_a_bounded_number(monkeypatch):
    monkeypatch.setattr(purging, "LOT", 2)
    row = factories.delivery()
    for _ in range(7):
        event("accepted", 100)
        event("opened", 100, row)
    assert purge() == 10
    assert purge() == 4
    assert purge() == 0
    assert Event.objects.count() == 7


def reply(days: float, **fields) -> Reply:
    when = clock.now() - days * DAY
    number = Reply.objects.count()
    return Reply.objects.create(
        address="bob@example.org", folded="bob@example.org", origin=str(number), made=when, **fields
    )


def test_conversations_with_the_organisers_go_when_their_last_message_is_old(settings):
    old, answered = reply(366), reply(400)
    Answer.objects.create(reply=answered, text="Gladly.")
    later = reply(20, earlier=answered)
    fresh = reply(364)
    assert tick("test").counts["old news cleared"] == 1
    assert set(Reply.objects.all()) == {answered, later, fresh}
    assert not Reply.objects.filter(pk=old.pk).exists()
    assert purge(clock.now() + 350 * DAY) == 3
    assert not Answer.objects.exists()
    reply(31)
    settings.MAIL_KEEP_TALK_DAYS = 30
    assert purge() == 1


def test_old_posts_lose_their_pictures_and_say_so():
    group = factories.group(factories.signup())
    old, fresh = (factories.post(group, made=clock.now() - days * DAY, queued=clock.now()) for days in (366, 364))
    for post in (old, old, fresh):
        Attachment.objects.create(post=post, name="cat.png", kind="image/png", content=b"x", size=1)
    assert purge() == 2
    old.refresh_from_db()
    assert old.left_out == ["A picture that came with it is not kept any more."] * 2
    assert Attachment.objects.get().post == fresh
    assert purge() == 0
