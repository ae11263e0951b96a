"""One message a day with all that a group wrote."""

import datetime

import pytest

from groups.models import Mute, Preference
from groups.readers import set_preference
from mailing import talk_queue
from mailing.models import Delivery
from tests import factories
from tests.mailing.sending import provider
from tests.mailing.talking import DAY, HOUR, person, three, tick_at

__all__ = ["provider", "three"]
pytestmark = pytest.mark.django_db


def test_a_digest_holds_the_day_of_the_group_at_seven_in_the_morning(three, provider):
    ada, bob, cy = (person(three, name) for name in ("Ada", "Bob", "Cy"))
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    bob.timezone = "Asia/Tokyo"
    bob.save()
    for one in (bob, cy):
        set_preference(one, "daily", False, begun)
    assert Preference.objects.get(signup=bob).digest_next == begun.replace(hour=22)
    assert Preference.objects.get(signup=cy).digest_next == begun.replace(day=3, hour=7)
    for hours, author in ((1, ada), (2, bob), (11, ada)):
        factories.post(three, author=author, made=begun + hours * HOUR, text=f"Text {hours}", queued=begun)
    assert talk_queue.queue_digests(begun + 9 * HOUR) == 0
    for _time in range(2):
        tick_at(begun + 10 * HOUR)
    assert len(provider.calls) == 1
    letter, (recipient,), _ = provider.calls[-1]
    assert (recipient.address, letter.subject) == ("bob@example.org", f"[{three.name}] 2 new messages")
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert "Text 1\n" in letter.text
    assert "Text 11" not in letter.text
    tick_at(begun + 19 * HOUR)
    assert "Text 11" in provider.calls[-1][0].text
    assert Delivery.objects.filter(key=f"digest:2026-03-03:{three.pk}").count() == 2


def test_a_digest_leaves_out_muted_people_and_is_none_where_nobody_else_wrote(three, provider):
    ada, bob, cy = (person(three, name) for name in ("Ada", "Bob", "Cy"))
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    for one in (ada, bob, cy):
        set_preference(one, "daily", False, begun)
    Mute.objects.create(by=cy, muted=ada)
    factories.post(three, author=ada, made=begun + HOUR, text="By Ada", queued=begun)
    assert talk_queue.queue_digests(begun + DAY) == 3
    assert list(Delivery.objects.values_list("address", flat=True)) == ["bob@example.org"]
    factories.post(three, author=bob, made=begun + DAY, text="By Bob", queued=begun)
    factories.post(three, author=ada, made=begun + DAY, text="Ada again", queued=begun)
    provider.calls.clear()
    tick_at(begun + 2 * DAY)
    text_of = {one.address: letter.text for letter, people, _ in provider.calls for one in people}
    assert ["Ada again" in text_of[f"{name}@example.org"] for name in ("ada", "bob", "cy")] == [True, True, False]
    assert "By Bob" in text_of["cy@example.org"]
    assert len(provider.calls) == 3  # yesterday's, that of Ada and Bob, and Cy's own


def test_days_that_were_missed_stand_in_one_digest(three, provider):
    ada, bob = person(three, "Ada"), person(three, "Bob")
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    set_preference(bob, "daily", False, begun)
    for days in range(4):
        factories.post(three, author=ada, made=begun + days * DAY + HOUR, queued=begun)
    tick_at(begun + 4 * DAY)
    assert [letter.subject for letter, _people, _id in provider.calls] == [f"[{three.name}] 4 new messages"]
