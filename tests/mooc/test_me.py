"""My page: everything a learner can see and change with the key from a message."""

import datetime
import threading

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone as clock

from groups.models import StillIn, add_member
from mailing.delivery import forget
from mailing.models import Delivery, Email, Event, OutboxMessage
from mailing.queue import queue_welcomes
from mailing.worker import tick
from signup.erasing import erase
from signup.models import ErasedAddress, Signup
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def page(client, row, more=""):
    return client.get(f"/me/{row.key}/{more}").content.decode()


def test_it_shows_what_i_signed_up_for_and_what_comes(client):
    run = factories.sequence(title="Bread")
    factories.question(sequence=run, label="Why?", key="goal")
    me = factories.signup(sequence=run, answers={"goal": "<soup>"}, name="Ada")
    other = factories.signup(sequence=run, name="Bob Jones", email="bob@example.org")
    factories.email(sequence=run, scheduled_for=clock.now() + HOUR, subject="Secret of week two")
    group = factories.group(me, other)
    shown = page(client, me)
    for text in ("Bread", "Why?", "&lt;soup&gt;", group.name, group.address, "Bob"):
        assert text in shown
    assert "bob@example.org" not in shown
    assert "Secret of week two" not in shown


def test_past_messages_can_be_read_with_my_name_in_them(client):
    me = factories.signup(name="Ada <b>", welcomed=clock.now())
    email = factories.email(
        sequence=me.sequence,
        scheduled_for=clock.now() - HOUR,
        subject="For {{ name }}",
        html="<p>Dear {{ name }}</p><script>x</script>",
    )
    assert client.get(f"/me/{me.key}/messages/{email.pk}/").status_code == 404
    tick("test")
    assert f"/me/{me.key}/messages/{email.pk}/" in page(client, me)
    shown = page(client, me, f"messages/{email.pk}/")
    assert "<p>Dear Ada &lt;b&gt;</p>" in shown
    assert "<script>x" not in shown
    stranger = factories.signup()
    assert client.get(f"/me/{stranger.key}/messages/{email.pk}/").status_code == 404
    test = factories.email(sequence=me.sequence, state=Email.State.TEST)
    assert client.get(f"/me/{me.key}/messages/{test.pk}/").status_code == 404


def test_messages_to_groups_are_read_by_those_who_got_them(client):
    inside, outside = factories.signup(welcomed=clock.now()), factories.signup(welcomed=clock.now(), wants_group=False)
    Signup.objects.filter(pk=outside.pk).update(sequence=inside.sequence)
    factories.group(inside)
    email = factories.email(sequence=inside.sequence, audience="groups", scheduled_for=clock.now() - HOUR)
    tick("test")
    assert client.get(f"/me/{inside.key}/messages/{email.pk}/").status_code == 200
    assert client.get(f"/me/{outside.key}/messages/{email.pk}/").status_code == 404


def test_zone_and_answers_are_changed_and_emptied(client):
    run = factories.sequence()
    factories.question(sequence=run, key="goal")
    factories.question(sequence=run, key="sure", kind="yes")
    me = factories.signup(sequence=run, name="Ada", answers={"goal": "soup", "sure": True, "imported": 1})
    assert "soup" in page(client, me, "edit/")
    strict = type(client)(enforce_csrf_checks=True)
    fields = {"name": "Ada L", "timezone": "Asia/Tokyo", "goal": "", "sure": "no", "wants_group": "false"}
    response = strict.post(f"/me/{me.key}/edit/", fields)
    assert response.url == f"/me/{me.key}/?done=changed"
    me.refresh_from_db()
    assert (me.name, me.timezone, me.wants_group) == ("Ada L", "Asia/Tokyo", False)
    assert me.answers == {"sure": False, "imported": 1}
    assert client.post(f"/me/{me.key}/edit/", {"timezone": "Mars/Olympus"}).status_code == 200
    me.refresh_from_db()
    assert me.timezone == "Asia/Tokyo"


def test_i_leave_one_course_and_can_undo_it(client):
    me = factories.signup(email="ada@example.org")
    elsewhere = factories.signup(email="Ada@example.org")
    client.get(f"/me/{me.key}/leave/")
    response = client.post(f"/me/{me.key}/leave/", {"what": "course"}, follow=True)
    assert list(Signup.objects.live()) == [elsewhere]
    assert f"/me/{me.key}/back/" in response.content.decode()
    assert client.get(f"/me/{me.key}/back/").status_code == 405
    client.post(f"/me/{me.key}/back/")
    assert Signup.objects.live().count() == 2
    assert f"/me/{me.key}/back/" not in page(client, me)
    client.post(f"/me/{me.key}/leave/", {"what": "everything"})
    assert not Signup.objects.live().exists()
    assert f"/me/{me.key}/back/" in page(client, me)
    assert client.post(f"/me/{me.key}/leave/", {"what": "nonsense"}).status_code == 200


def test_my_data_is_mine_to_take(client):
    me = factories.signup(answers={"goal": "soup"}, email="ada@example.org")
    sent = factories.delivery(email=factories.email(sequence=me.sequence, subject="Week one"), signup=me)
    now = clock.now()
    Event.objects.create(
        uid="1", day=now, kind="clicked", happened=now, delivery=sent, url="https://example.org/", payload={}
    )
    stranger = factories.signup()
    held = client.get(f"/me/{me.key}/data.json").json()
    (event,) = held["messages"][0]["events"]
    assert (event["what"], event["link"]) == ("clicked", "https://example.org/")
    assert held["signups"][0]["questions"]["goal"] == "soup"
    assert held["messages"][0]["subject"] == "Week one"
    assert stranger.email not in str(held)


def test_i_leave_my_group_and_keep_the_course(client):
    me, bob, nameless = factories.signup(name="Ada"), factories.signup(name="Bob Jones"), factories.signup()
    group = factories.group(me, bob, nameless)
    assert "Bob and 1 person without a name" in page(client, me)
    assert "Leave the group, keep the course" in page(client, me, "group/")
    assert group.memberships.current().count() == 3
    strict = type(client)(enforce_csrf_checks=True)
    shown = strict.post(f"/me/{me.key}/group/", {"what": "leave"}, follow=True).content.decode()
    assert "You have left your group" in shown
    assert "You take this course on your own" in shown
    assert group.memberships.current().count() == 2
    me.refresh_from_db()
    assert (me.left, me.wants_group) == (None, False)
    assert "You are in no group" in page(client, me, "group/")
    shown = strict.post(f"/me/{me.key}/group/", {"what": "join"}, follow=True).content.decode()
    assert "We look for a place" in shown
    assert Signup.objects.get(pk=me.pk).wants_group
    assert client.post(f"/me/{me.key}/group/", {"what": "nonsense"}).status_code == 200


def test_i_ask_once_for_another_group(client):
    me = factories.signup()
    group, other = factories.group(me), factories.group(sequence=me.sequence)
    assert "Ask for another group" in page(client, me, "group/")
    shown = client.post(f"/me/{me.key}/group/", {"what": "other"}, follow=True).content.decode()
    assert "We look for another" in shown
    assert "You asked for a group" in shown
    assert not group.memberships.current().exists()
    assert "You are not in a group" in client.post(f"/me/{me.key}/group/", {"what": "other"}).content.decode()
    add_member(other, me)
    assert "Ask for another group" not in page(client, me, "group/")
    assert "once already" in client.post(f"/me/{me.key}/group/", {"what": "other"}).content.decode()
    assert other.memberships.current().exists()


def test_who_was_left_out_as_silent_joins_by_one_press(client):
    run = factories.sequence(leave_silent_out=True)
    me = factories.signup(sequence=run)
    StillIn.objects.create(signup=me)
    assert "We asked whether you are still in" in page(client, me)
    client.post(f"/me/{me.key}/group/", {"what": "join"})
    assert StillIn.objects.get().yes
    assert "You are not in one yet" in page(client, me)
    assert client.get(f"/me/{me.key}/data.json").json()["still_in"][0]["yes"]


def test_who_has_left_the_course_does_nothing_with_groups(client):
    me = factories.signup(left=clock.now())
    client.post(f"/me/{me.key}/group/", {"what": "join"})
    assert not StillIn.objects.exists()


def test_i_am_erased_and_what_waits_is_not_sent(client):
    me = factories.signup(email="Ada@example.org", welcomed=clock.now())
    sent = factories.delivery(signup=me, email=factories.email(sequence=me.sequence), status=Delivery.Status.ACCEPTED)
    waits = factories.delivery(signup=me, email=factories.email(sequence=me.sequence))
    OutboxMessage.objects.create(delivery=sent, address=me.email, subject="x", raw=b"x")
    client.get(f"/me/{me.key}/erase/")
    assert Signup.objects.exists()
    assert client.post(f"/me/{me.key}/erase/").status_code == 200
    assert not Signup.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert ErasedAddress.objects.count() == 1
    assert "ada" not in str(list(Delivery.objects.values())).lower()
    waits.refresh_from_db()
    assert (waits.status, waits.reason) == (Delivery.Status.SKIPPED, "The person was erased.")
    assert client.get(f"/me/{me.key}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_what_is_promised_to_somebody_while_they_are_erased_is_forgotten_as_well(client, monkeypatch):
    me = factories.signup()
    working = threading.Thread(target=lambda: (queue_welcomes(), connection.close()))

    def meanwhile(address):
        forget(address)
        if not working.ident:
            working.start()
            working.join(1)  # where the worker has to wait for us, it finds nobody afterwards

    monkeypatch.setattr("mooc.me.forget", meanwhile)
    client.post(f"/me/{me.key}/erase/")
    working.join()
    assert not Signup.objects.exists()
    assert not Delivery.objects.filter(address=me.email).exists()
    assert not Delivery.objects.filter(status=Delivery.Status.QUEUED).exists()


def test_who_no_longer_wants_a_group_leaves_it(client):
    me = factories.signup(name="Ada")
    group = factories.group(me)
    said = {"name": "Ada", "timezone": "UTC"}
    client.post(f"/me/{me.key}/edit/", {**said, "wants_group": ["yes", "on"]})
    assert group.memberships.current().exists()
    response = client.post(f"/me/{me.key}/edit/", {**said, "wants_group": "no"}, follow=True)
    assert "You have left your group." in response.content.decode()
    assert not group.memberships.current().exists()


def test_somebody_who_is_erased_while_they_change_an_answer_meets_no_fault(client, monkeypatch):
    me = factories.signup()
    monkeypatch.setattr("mooc.me.initial_of", lambda row: {"name": str(erase(row.email))})
    response = client.post(f"/me/{me.key}/edit/", {"name": "Ada"}, follow=True)
    assert response.status_code == 404
    assert not Signup.objects.exists()


def test_the_admins_log_forgets_the_address_as_well(client):
    me = factories.signup(email="Ada@example.org", name="Ada")
    organiser = factories.staff_client()
    organiser.post(f"/admin/signup/signup/{me.pk}/change/", {"name": "Ada L", "timezone": "UTC"})
    form = {"sequence": me.sequence_id, "email": "bob@example.org", "timezone": "UTC", "agreed": "on"}
    organiser.post("/admin/signup/signup/add/", form)
    client.post(f"/me/{me.key}/erase/")
    kept = list(LogEntry.objects.order_by("pk").values_list("object_repr", flat=True))
    assert kept == ["erased", "bob@example.org"]


def test_the_waiting_list_has_a_page_too(client):
    assert "next course" in page(client, factories.signup(sequence=None))


def test_pages_are_kept_by_no_cache_and_found_by_no_search_engine(client):
    response = client.get(f"/me/{factories.signup().key}/")
    assert "no-store" in response["Cache-Control"]
    assert 'name="robots" content="noindex' in response.content.decode()


def test_who_has_not_confirmed_is_promised_no_message(client):
    run = factories.sequence()
    factories.email(sequence=run, scheduled_for=clock.now() + HOUR)
    assert "Next message" in page(client, factories.signup(sequence=run))
    assert "Next message" not in page(client, factories.signup(sequence=run, confirmed=None))
