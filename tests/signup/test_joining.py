"""Signing up by a form: one row, updates, coming back, and nobody changing another's answers."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone as clock

from mailing.models import OutboxMessage
from mailing.queue import queue_confirmations
from mailing.worker import tick
from signup.confirming import confirm, find_request, mark_of
from signup.erasing import erase
from signup.joining import Mistake, correct_address, join, proof_of
from signup.leaving import leave_everything
from signup.models import LinkRequest, Signup, Visitor, create_signup
from signup.throttle import TooManyError, forget_visits
from signup.waiting import move_one_batch
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def said(**fields):
    return {"name": "Ada", "timezone": "UTC", "wants_group": True, "answers": {}, **fields}


def test_a_first_sign_up_waits_for_its_link():
    joined = join(factories.sequence(), "Ada@Example.org", said(answers={"goal": "soup"}), "192.0.2.1")
    assert joined.made
    assert joined.confirms
    row = Signup.objects.get()
    assert (row.email, row.answers, row.confirmed) == ("Ada@Example.org", {"goal": "soup"}, None)
    assert len(row.key) >= 32  # 192 bits
    assert factories.link().signup == row


def test_an_unconfirmed_person_updates_at_once_and_is_mailed_once_an_hour():
    run = factories.sequence()
    join(run, "Ada@example.org", said(answers={"goal": "soup", "old": "x"}), "192.0.2.1")
    factories.link()
    created = Signup.objects.get().date_created
    join(run, "ADA@EXAMPLE.ORG", said(name="Ada L", answers={"goal": "bread"}), "192.0.2.1")
    row = Signup.objects.get()
    assert (row.email, row.name, row.answers) == ("Ada@example.org", "Ada L", {"goal": "bread", "old": "x"})
    assert row.date_created == created
    assert row.date_updated > created
    factories.link()
    assert LinkRequest.objects.count() == 1
    join(run, "ada@example.org", said(), "192.0.2.1")
    queue_confirmations(clock.now() + 2 * HOUR)
    assert LinkRequest.objects.count() == 2


def test_what_is_said_about_a_confirmed_person_waits_for_the_link():
    person = factories.signup(name="Ada", answers={"goal": "soup", "level": "new"})
    join(person.sequence, person.email.upper(), said(name="Mallory", answers={"goal": "spam"}), "192.0.2.1")
    join(person.sequence, person.email, said(name="Mallory", answers={"more": "1"}), "192.0.2.1")
    person.refresh_from_db()
    assert (person.name, person.answers) == ("Ada", {"goal": "soup", "level": "new"})
    confirm(find_request(factories.link().key))
    person.refresh_from_db()
    assert (person.name, person.answers) == ("Mallory", {"goal": "spam", "level": "new", "more": "1"})


def test_a_link_counts_once():
    person = factories.signup(confirmed=None, name="Ada")
    join(person.sequence, person.email, said(name="Ada"), "192.0.2.1")
    key = factories.link().key
    first = confirm(find_request(key)).confirmed
    leave_everything(person.email)
    assert confirm(find_request(key)).left
    assert Signup.objects.get().confirmed == first
    assert find_request("no-such-key") is None


def test_a_press_counts_only_for_what_its_page_showed():
    person = factories.signup(answers={"goal": "soup"})
    join(person.sequence, person.email, said(answers={"goal": "bread"}), "192.0.2.1")
    link = find_request(factories.link().key)
    shown = mark_of(link.signup)
    join(person.sequence, person.email, said(answers={"goal": "spam"}), "192.0.2.1")
    assert confirm(link, shown).answers == {"goal": "soup"}
    assert link.used is None
    assert confirm(link, mark_of(find_request(link.key).signup)).answers == {"goal": "spam"}
    assert link.used


def test_leaving_hides_and_signing_up_brings_back_after_the_link():
    person = factories.signup(answers={"goal": "soup"})
    leave_everything(person.email.upper())
    assert not Signup.objects.live().exists()
    join(person.sequence, person.email, said(answers={"goal": "spam"}), "192.0.2.1")
    person.refresh_from_db()
    assert (person.left, person.confirmed, person.answers) == (None, None, {"goal": "soup"})
    # Still nobody has proven anything: a second form must not change the answers either.
    join(person.sequence, person.email, said(answers={"goal": "more spam"}), "192.0.2.1")
    person.refresh_from_db()
    assert person.answers == {"goal": "soup"}
    confirm(find_request(factories.link().key))
    assert Signup.objects.active().get().answers == {"goal": "more spam"}


def test_somebody_who_never_confirmed_comes_back_at_once():
    person = factories.signup(confirmed=None, left=clock.now())
    join(person.sequence, person.email, said(), "192.0.2.1")
    assert Signup.objects.live().get().confirmed is None


def test_the_same_address_in_another_sequence_is_another_sign_up():
    for _ in range(2):
        join(factories.sequence(), "ada@example.org", said(), "192.0.2.1")
    join(None, "ada@example.org", said(), "192.0.2.1")
    join(None, "ADA@example.org", said(), "192.0.2.1")
    assert Signup.objects.count() == 3


def test_a_course_that_confirms_nobody_has_people_at_once():
    joined = join(factories.sequence(confirm_addresses=False), "ada@example.org", said(), "192.0.2.1")
    assert not joined.confirms
    assert Signup.objects.active().count() == 1
    assert queue_confirmations() == 0


def test_a_network_has_its_share(settings):
    settings.SIGNUP_LIMIT = 3
    run, now = factories.sequence(), clock.now()
    for number in range(3):
        join(run, f"a{number}@example.org", said(), "2001:db8::1", now=now)
    with pytest.raises(TooManyError):
        join(run, "b@example.org", said(), "2001:db8::2", now=now)  # the same /64
    join(run, "c@example.org", said(), "2001:db8:0:1::1", now=now)
    assert forget_visits(now) == 0
    join(run, "b@example.org", said(), "2001:db8::2", now=now + datetime.timedelta(minutes=11))
    assert Signup.objects.count() == 5
    assert "2001" not in str(Visitor.objects.values_list("digest", flat=True))
    assert forget_visits(now + HOUR) == 2


def corrected(joined, to, address="ada@example.org"):
    mistake = Mistake(joined.signup.sequence, address, proof_of(joined))
    return correct_address(mistake, to, said(), "192.0.2.1")


def test_a_mistaken_sign_up_is_forgotten():
    for asks in (True, False):
        run = factories.sequence(confirm_addresses=asks)
        corrected(join(run, "ada@example.org", said(), "192.0.2.1"), "Ada@right.example")
        assert run.signups.get().email == "Ada@right.example"


def test_only_the_untouched_row_of_the_same_visitor_is_forgotten():
    run = factories.sequence()
    first = join(run, "ada@example.org", said(), "192.0.2.1")
    again = join(run, "ada@example.org", said(), "192.0.2.2")  # its owner, say: the row has answers of theirs now
    assert len(proof_of(first)) == len(proof_of(again))
    for joined in (first, again):
        corrected(joined, "mallory@example.org")
        assert Signup.objects.live().filter(email="ada@example.org").exists()
    mine = join(run, "bob@example.org", said(), "192.0.2.1")
    confirm(factories.link(mine.signup))
    corrected(mine, "mallory@example.org", "bob@example.org")
    assert Signup.objects.active().get().email == "bob@example.org"


def test_correcting_to_and_fro_mails_nobody_twice():
    run, sent = factories.sequence(), []
    for confirms in (True, False):
        run.confirm_addresses = confirms
        run.save()
        joined = join(run, f"ada-{confirms}@example.org", said(answers={"goal": "soup"}), "192.0.2.1")
        for _ in range(3):
            for address in ("to@example.org", "fro@example.org"):
                tick("test")
                joined = corrected(joined, address, joined.signup.email)
        tick("test")
        sent.append([row.address for row in OutboxMessage.objects.order_by("pk")])
        OutboxMessage.objects.all().delete()
    for addresses in sent:
        assert len(addresses) == len(set(addresses)), addresses
    left = Signup.objects.get(email="ada-True@example.org")
    assert (bool(left.left), left.name, left.answers) == (True, "", {})


def test_an_update_keeps_what_it_does_not_speak_of():
    run = factories.sequence(timezone="Asia/Tokyo")
    join(run, "ada@example.org", {"name": "", "timezone": "", "answers": {}}, "192.0.2.1")
    row = Signup.objects.get()
    assert (row.timezone, row.wants_group) == ("Asia/Tokyo", True)
    join(run, "ada@example.org", said(timezone="Europe/Paris", wants_group=False), "192.0.2.1")
    join(run, "ada@example.org", {"name": "", "timezone": "", "answers": {"goal": "soup"}}, "192.0.2.1")
    row.refresh_from_db()
    assert (row.name, row.timezone, row.wants_group, row.answers) == ("Ada", "Europe/Paris", False, {"goal": "soup"})


@pytest.mark.django_db(transaction=True)
def test_two_posts_of_one_address_at_one_instant_make_one_row():
    run, errors, start = factories.sequence(), [], threading.Barrier(4)

    def post(name):
        try:
            start.wait()
            join(run, "ada@example.org", said(name=name), "192.0.2.1")
        except Exception as error:  # noqa: BLE001  (a thread's failure must reach the test)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(name,)) for name in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Signup.objects.count() == 1


def test_scripts_make_and_update_people():
    run = factories.sequence()
    row = create_signup(run, "Ada@Example.org", answers={"any": "key"}, confirmed=True)
    again = create_signup(run, "ada@example.org", name="Ada", answers={"other": 1})
    assert again.pk == row.pk
    assert again.answers == {"any": "key", "other": 1}
    assert again.confirmed
    leave_everything("ada@example.org")
    assert create_signup(run, "ada@example.org").left is None
    for bad in ({"email": "no"}, {"email": "a@example.org", "timezone": "Nowhere"}, {"email": '"q"@example.org'}):
        with pytest.raises(ValidationError):
            create_signup(run, **bad)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("name", "Ada\nBcc: all@example.org"), ("name", "a\0"), ("name", "\ud800"), ("name", "x" * 101),
        ("answers", {"goal": "\0"}), ("answers", {"goal": ["soup", {"more": "\ud800"}]}), ("answers", {"a\0": 1}),
        ("answers", {"goal": float("nan")}), ("answers", {"goal": object()}), ("answers", ["soup"]),
    ],
)  # fmt: skip
def test_what_scripts_say_is_refused_in_words_where_it_cannot_be_stored(field, bad):
    with pytest.raises(ValidationError) as refusal:
        create_signup(factories.sequence(), "ada@example.org", **{field: bad})
    assert list(refusal.value.message_dict) == [field]
    assert not Signup.objects.exists()


def test_an_erased_address_stays_out_of_imports_but_may_sign_itself_up():
    person = factories.signup(email="Ada@example.org")
    other = factories.signup(email="ada@EXAMPLE.org")
    assert erase("ADA@example.org") == 2
    assert not Signup.objects.exists()
    with pytest.raises(ValidationError, match="erased"):
        create_signup(person.sequence, "ada@example.org")
    join(other.sequence, "ada@example.org", said(), "192.0.2.1")
    confirm(find_request(factories.link().key))
    assert create_signup(person.sequence, "ada@example.org").pk


def test_nobody_brings_back_an_erased_person_where_no_course_asks_for_a_link():
    run = factories.sequence(confirm_addresses=False)
    erase("ada@example.org")
    for _ in range(2):
        assert not join(run, "Ada@example.org", said(), "192.0.2.1").confirms  # the page says what it says to anybody
        assert not Signup.objects.active().exists()
    confirm(find_request(factories.link().key))
    assert Signup.objects.active().count() == 1


def test_the_waiting_list_moves_into_the_next_course():
    waiting = factories.signup(sequence=None, email="ada@example.org")
    both = factories.signup(sequence=None, email="bob@example.org")
    assert move_one_batch() == 0
    run = factories.sequence()
    own = factories.signup(sequence=run, email="Bob@example.org")
    assert move_one_batch() == 2
    assert move_one_batch() == 0
    waiting.refresh_from_db()
    assert waiting.sequence == run
    assert waiting.waited
    assert set(Signup.objects.live().values_list("pk", flat=True)) == {waiting.pk, own.pk}
    both.refresh_from_db()
    assert both.left


def test_a_confirmation_on_the_waiting_list_counts_for_a_sign_up_that_has_none():
    run = factories.sequence()
    own = factories.signup(sequence=run, email="ada@example.org", confirmed=None)
    waiting = factories.signup(sequence=None, email="Ada@example.org", confirmed=None)
    assert move_one_batch() == 0
    Signup.objects.filter(pk=waiting.pk).update(confirmed=clock.now())
    assert move_one_batch() == 1
    assert [row.pk for row in Signup.objects.active()] == [own.pk]


def test_nobody_can_slip_answers_to_those_who_wait_while_the_course_opens():
    waiting = factories.signup(sequence=None, email="ada@example.org", name="Ada", wants_group=True)
    run = factories.sequence()
    spam = said(name="Mallory", wants_group=False, answers={"goal": "spam"})
    join(run, "ada@example.org", spam, "192.0.2.1")
    move_one_batch()
    (row,) = Signup.objects.active()
    assert (row.sequence, row.name, row.wants_group, row.answers) == (run, "Ada", True, {})
    waiting.refresh_from_db()
    assert waiting.left
    confirm(find_request(factories.link(row).key))  # it was Ada herself
    row.refresh_from_db()
    assert (row.name, row.wants_group, row.answers) == ("Mallory", False, {"goal": "spam"})


@pytest.mark.parametrize(("hours", "comes_back"), [(-1, True), (1, False)])
def test_who_left_a_course_that_opens_again_is_in_only_where_they_asked_for_the_next_one_later(hours, comes_back):
    run = factories.sequence()
    left = clock.now() + datetime.timedelta(hours=hours)
    own = factories.signup(sequence=run, email="ada@example.org", left=left)
    waiting = factories.signup(sequence=None, email="ada@example.org")
    assert move_one_batch() == int(comes_back)
    assert move_one_batch() == 0
    assert [row.pk for row in Signup.objects.live()] == [own.pk if comes_back else waiting.pk]
