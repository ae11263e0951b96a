"""One message a day with all that a group wrote."""

import datetime

import pytest
import time_machine
from django.utils import timezone as clock

from groups.models import Mute, Post, Preference
from groups.moderating import remove
from groups.readers import set_preference
from mailing import talk_queue
from mailing.models import Batch, Delivery
from mailing.receiving import Result, receive
from mailing.worker import tick
from tests import factories
from tests.groups.mails import gmail
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
    assert Delivery.objects.filter(key__startswith=f"digest:2026-03-03:{three.pk}:").count() == 2


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


def test_who_travels_west_has_two_mornings_of_one_date_and_misses_nothing(three, provider):
    ada, bob = person(three, "Ada"), person(three, "Bob")
    bob.timezone = "Pacific/Auckland"
    bob.save()
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)  # the third of March in Auckland
    set_preference(bob, "daily", False, begun)
    factories.post(three, author=ada, made=begun + HOUR, text="Before the flight", queued=begun)
    tick_at(begun + DAY / 2)
    bob.timezone = "America/Los_Angeles"
    bob.save()
    factories.post(three, author=ada, made=begun + DAY, text="After the flight", queued=begun)
    tick_at(begun + 1.5 * DAY)
    assert ["Before" in provider.text(0), "After" in provider.text(-1), len(provider.calls)] == [True, True, 2]


def test_an_answer_to_a_digest_finds_the_one_message_in_it_else_it_has_a_subject_of_its_own(three, provider):
    ada, bob = person(three, "Ada"), person(three, "Bob")
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    set_preference(bob, "daily", False, begun)
    first = factories.post(three, author=ada, subject="Meeting", made=begun + HOUR, queued=begun)
    tick_at(begun + DAY)
    with time_machine.travel(begun + DAY + HOUR, tick=False):
        raw = gmail("At six.", answers=Batch.objects.get().message_id, subject=f"Re: [{three.name}] 1 new message")
        assert receive(raw, three.address) == Result.STORED
    answer = Post.objects.latest("pk")
    assert (answer.parent, answer.subject) == (first, "Meeting")
    for hours in (3, 4):
        factories.post(three, author=ada, made=begun + DAY + hours * HOUR, queued=begun)
    tick_at(begun + 2 * DAY)
    digest = Batch.objects.filter(bundle__startswith="digest:").latest("pk")
    with time_machine.travel(begun + 2 * DAY + HOUR, tick=False):
        receive(gmail("Both are fine.", answers=digest.message_id, subject="Re: 3 new messages"), three.address)
    answer = Post.objects.latest("pk")
    assert (answer.parent, answer.subject) == (None, "Both are fine.")


@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", (2026, 3, 28)), ("America/New_York", (2026, 10, 31))])
def test_when_the_clocks_change_the_digest_comes_at_seven_all_the_same(three, provider, zone, day):
    ada, bob = person(three, "Ada"), person(three, "Bob")
    bob.timezone = zone
    bob.save()
    begun = datetime.datetime(*day, 12, tzinfo=bob.zone)
    set_preference(bob, "daily", False, begun)
    for hours in range(0, 49, 4):
        factories.post(three, author=ada, made=begun + hours * HOUR, text=f"Hour {hours}.", queued=begun)
    for hours in range(60):
        tick_at(begun + hours * HOUR)
    written = [letter.text for letter, _people, _id in provider.calls]
    assert [text.count("Hour") for text in written] == [4, 6]
    moments = Delivery.objects.filter(kind=Delivery.Kind.DIGEST).values_list("queued_at", flat=True)
    assert [moment.astimezone(bob.zone).hour for moment in moments] == [7, 7]


def test_a_digest_of_which_nothing_stands_any_more_is_not_sent(three, provider):
    ada, bob = person(three, "Ada"), person(three, "Bob")
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    set_preference(bob, "daily", False, begun)
    post = factories.post(three, author=ada, made=begun + HOUR, queued=begun)
    assert talk_queue.queue_digests(begun + DAY) == 1
    remove(post)
    tick_at(begun + DAY)
    assert provider.calls == []
    assert Delivery.objects.get().status == Delivery.Status.SKIPPED


def team(run, how):
    run.post_copies = how
    run.save()


def test_the_course_team_can_have_one_message_a_day_instead(three, provider):
    begun = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
    other = factories.group(sequence=three.sequence)
    team(three.sequence, "daily")
    factories.post(three, author=person(three, "Ada"), made=begun, subject="Meeting", text="{{ my_page_url }} at six?")
    factories.post(other, made=begun + HOUR, text="Welcome")
    factories.post(factories.group(), made=begun, text="Of another run", queued=begun)
    with time_machine.travel(begun + HOUR, tick=False):
        tick("test")
    assert "organisers@mooc.localhost" not in [address for address, _subject in provider.accepted]
    for _time in range(2):
        tick_at(begun + DAY)
    letter, (recipient,), _ = provider.calls[-1]
    assert (recipient.address, letter.subject) == ("organisers@mooc.localhost", "Bread: 2 new messages in groups")
    text = provider.text()
    assert "Ada Lovelace: Meeting" in text
    assert "{{ my_page_url }} at six?" in text
    assert f"/groups/{other.pk}/" in text
    assert f"/admin/sequence/sequence/{three.sequence.pk}/change/" in text
    assert "Of another run" not in text
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    tick_at(begun + 3 * DAY)
    assert provider.calls[-1][0] is letter


def test_the_course_team_can_have_no_copies(three, provider):
    team(three.sequence, "none")
    factories.post(three, author=person(three, "Ada"))
    tick("test")
    tick_at(clock.now() + 2 * DAY)
    assert sorted(address for address, _subject in provider.accepted) == ["bob@example.org", "cy@example.org"]
