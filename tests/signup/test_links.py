"""What links in messages open: confirming and leaving. A GET changes nothing."""

import pytest
from django.utils import timezone as clock

from signup.confirming import find_request
from signup.erasing import erase
from signup.leaving import one_click_token
from signup.models import LinkRequest, Signup
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_link_confirms_by_one_press(client):
    factories.sequence()
    client.post("/signup", {"email": "ada@example.org"})
    key = factories.link().key
    assert client.get(f"/confirm/{key}/").status_code == 200
    assert Signup.objects.get().confirmed is None
    assert client.post(f"/confirm/{key}/").status_code == 200
    first = Signup.objects.get().confirmed
    assert first
    assert client.post(f"/confirm/{key}/").status_code == 200
    assert Signup.objects.get().confirmed == first


def test_an_unknown_link_says_what_to_do(client):
    for path in ("/confirm/nope/", "/unsubscribe/confirm/nope/", "/me/nope/"):
        response = client.get(path)
        assert response.status_code == 404
        assert "link" in response.content.decode()


@pytest.mark.parametrize("key", ["%00", "a%00b", "%ED%A0%80", "%FF", "a b", "…", "x" * 5000])
def test_a_link_that_was_mangled_is_unknown_to_any_database(client, key):
    for path in ("confirm/{}/", "unsubscribe/confirm/{}/", "unsubscribe/one-click/1-{}/", "me/{}/", "me/{}/data.json"):
        assert client.get("/" + path.format(key)).status_code == 404
        assert client.post("/" + path.format(key)).status_code in (404, 405)


def test_somebody_who_is_erased_while_they_confirm_meets_no_fault(client, monkeypatch):
    person = factories.signup(asked=clock.now())
    found = find_request(factories.link(person).key)
    erase(person.email)
    monkeypatch.setattr("signup.link_views.find_request", lambda key: found)
    assert client.post(f"/confirm/{found.key}/").status_code == 404


def test_what_a_link_opens_is_kept_by_no_cache(client):
    person = factories.signup(asked=clock.now())
    link = factories.link(person)
    for path in (f"confirm/{link.key}", f"unsubscribe/confirm/{person.key}", f"one-click/{one_click_token(person)}"):
        page = client.get(f"/{path.replace('one-click', 'unsubscribe/one-click')}/")
        assert (page.status_code, "no-store" in page["Cache-Control"]) == (200, True)


def test_an_old_link_does_not_say_that_somebody_who_left_is_in_the_course(client):
    person = factories.signup(confirmed=None)
    client.post("/signup", {"email": person.email, "sequence": person.sequence_id})
    path = f"/confirm/{factories.link(person).key}/"
    assert "You are in the course" in client.post(path).content.decode()
    client.post(f"/me/{person.key}/leave/", {"what": "course"})
    for page in (client.get(path), client.post(path)):
        shown = page.content.decode()
        assert "You have left" in shown
        assert "You are in the course" not in shown
        assert f"/me/{person.key}/" in shown


def test_the_page_shows_what_a_second_sign_up_would_change(client):
    person = factories.signup()
    factories.question(sequence=person.sequence, label="Why are you here?")
    client.post("/signup", {"email": person.email, "goal": "<b>spam</b>"})
    path = f"/confirm/{factories.link().key}/"
    page = client.get(path).content.decode()
    assert "Why are you here?" in page
    assert "&lt;b&gt;spam&lt;/b&gt;" in page
    again = client.post(path, {"shown": "a mark of other answers"}).content.decode()
    assert "Why are you here?" in again
    person.refresh_from_db()
    assert person.answers == {}


def test_asking_for_a_link_says_the_same_for_everybody(client):
    person = factories.signup()
    pages = []
    for address in (person.email.upper(), "stranger@example.org"):
        response = client.post("/unsubscribe/", {"email": address}, follow=True)
        assert response.redirect_chain[-1][1] == 302
        pages.append(response.content)
    assert pages[0] == pages[1]
    assert LinkRequest.objects.get().signup == person
    client.post("/unsubscribe/", {"email": person.email})
    assert LinkRequest.objects.count() == 1  # at most one an hour


def test_asking_is_limited_by_network(client, settings):
    settings.SIGNUP_LIMIT = 1
    assert client.post("/unsubscribe/", {"email": "a@example.org"}).status_code == 302
    assert client.post("/unsubscribe/", {"email": "a@example.org"}).status_code == 429


def test_the_button_takes_the_address_off_everything_whatever_its_spelling(client):
    one = factories.signup(email="Bob@example.org")
    two = factories.signup(email="bob@EXAMPLE.org")
    waiting = factories.signup(email="bob@example.org", sequence=None)
    other = factories.signup()
    group = factories.group(two)
    assert client.get(f"/unsubscribe/confirm/{one.key}/").status_code == 200
    assert Signup.objects.live().count() == 4
    assert client.post(f"/unsubscribe/confirm/{one.key}/").status_code == 200
    assert list(Signup.objects.live()) == [other]
    assert not group.memberships.current().exists()
    assert client.post(f"/unsubscribe/confirm/{waiting.key[:-1]}x/").status_code == 404


def test_one_click_leaves_the_course_of_its_message_only(client):
    here = factories.signup(email="ada@example.org")
    there = factories.signup(email="ada@example.org")
    path = f"/unsubscribe/one-click/{one_click_token(here)}/"
    strict = type(client)(enforce_csrf_checks=True)
    assert strict.get(path).status_code == 200
    assert Signup.objects.live().count() == 2
    for _ in range(2):
        response = strict.post(path, {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
    assert list(Signup.objects.live()) == [there]
    multipart = strict.post(path, "x", content_type="multipart/form-data; boundary=b")
    assert multipart.status_code == 200


@pytest.mark.parametrize("token", ["", "x", "1", "1-", "1-abc", "999999999999999999999-a", "²-a", "-5-a"])
def test_a_forged_one_click_changes_nothing(client, token):
    factories.signup()
    assert client.post(f"/unsubscribe/one-click/{token}/").status_code == 404
    assert Signup.objects.live().count() == 1
    assert client.get(f"/unsubscribe/one-click/{token}/").status_code == 404


def test_a_link_asked_for_before_leaving_brings_nobody_back(client):
    person = factories.signup()
    client.post("/signup", {"email": person.email, "name": "Again"})
    path = f"/confirm/{factories.link().key}/"
    client.post(f"/unsubscribe/confirm/{person.key}/")
    assert "has left" in client.post(path).content.decode()
    assert not Signup.objects.live().exists()
    assert "Stop all mail to you?" not in client.get(f"/unsubscribe/confirm/{person.key}/").content.decode()


def test_who_had_left_is_asked_whether_to_come_back(client):
    person = factories.signup(welcomed=clock.now())
    client.post(f"/unsubscribe/confirm/{person.key}/")
    client.post("/signup", {"email": person.email, "name": "Again"})
    path = f"/confirm/{factories.link().key}/"
    assert "Come back?" in client.get(path).content.decode()
    page = client.post(path).content.decode()
    assert "within ten minutes" not in page
    assert Signup.objects.active().get().name == "Again"
