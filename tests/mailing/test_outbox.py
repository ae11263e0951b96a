"""The local outbox: what it keeps, what its pages show, and to whom."""

import re
from email import message_from_bytes, policy

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from mailing import transports
from mailing.letters import Answer, Letter, Recipient
from mailing.models import OutboxMessage
from mooc.lib.access import require_staff
from tests import factories

pytestmark = pytest.mark.django_db

LETTER = Letter(
    sender="Course team <team@example.org>",
    subject="Week one, {{ name|you }}",
    text="Hello {{ name }}.\nYour page: <http://127.0.0.1:8000/me/{{ key }}/>\n",
    html='<!DOCTYPE html><html><head><title>x</title></head><body style="color: red">'
    '<p>Hello {{ name }}, <a href="http://127.0.0.1:8000/me/{{ key }}/">your page</a></p>'
    "<script>alert(1)</script></body></html>",
    headers={"List-Unsubscribe": "<http://127.0.0.1:8000/unsubscribe/one-click/{{ key }}/>"},
)


@pytest.fixture(autouse=True)
def outbox_in_use(settings):
    settings.MAIL_TRANSPORT, settings.DEBUG = "outbox", True


def send(*people: tuple[str, str]):
    """Send the letter to people given as (address, name)."""
    recipients = [
        Recipient(factories.delivery().pk, address, {"name": name, "key": f"key-of-{name}"}) for address, name in people
    ]
    return transports.prepare(LETTER, recipients, "abc@example.org")()


@pytest.fixture
def kept() -> OutboxMessage:
    send(("ada@example.org", "Ada"))
    return OutboxMessage.objects.get()


def test_each_recipient_gets_a_whole_message_of_their_own(django_assert_num_queries):
    people = [Recipient(factories.delivery().pk, f"p{n}@example.org", {"name": f"P{n}", "key": "k"}) for n in range(3)]
    with django_assert_num_queries(1):
        outcome = transports.prepare(LETTER, people, "abc@example.org")()
    assert (outcome.answer, outcome.provider_id) == (Answer.ACCEPTED, "abc@example.org")
    rows = OutboxMessage.objects.order_by("pk")
    assert [(row.address, row.subject, row.delivery_id) for row in rows] == [
        (person.address, f"Week one, P{n}", person.delivery) for n, person in enumerate(people)
    ]
    message = message_from_bytes(bytes(rows[1].raw), policy=policy.default)
    assert (message["To"], message["Message-ID"]) == ("p1@example.org", "<abc@example.org>")
    assert "Hello P1." in message.get_body(["plain"]).get_content()


def test_an_address_nobody_can_read_keeps_nothing():
    outcome = send(("ada@example.org", "Ada"), ("nobody", "Bo"))
    assert outcome.answer == Answer.BAD_ADDRESS
    assert "nobody" in outcome.reason
    assert not OutboxMessage.objects.exists()


def test_a_subject_longer_than_its_column_is_kept_whole_in_the_message():
    delivery = factories.delivery()
    transports.prepare(Letter("a@b.org", "word " * 300, "t", "h"), [Recipient(delivery.pk, "a@b.org", {})], "x@y")()
    kept = OutboxMessage.objects.get()
    assert len(kept.subject) == 998
    assert len(message_from_bytes(bytes(kept.raw), policy=policy.default)["Subject"]) == 1499


def test_the_list_is_newest_first_and_can_be_searched(client):
    send(("ada@example.org", "Ada"))
    send(("bo@example.org", "Bo"))
    page = client.get("/outbox/").content.decode()
    assert page.index("Week one, Bo") < page.index("Week one, Ada")
    found = client.get("/outbox/", {"q": "ADA@"}).content.decode()
    assert "Week one, Ada" in found
    assert "Week one, Bo" not in found
    assert "No message to an address with" in client.get("/outbox/", {"q": "<zoe>\0"}).content.decode()


def test_an_empty_outbox_says_what_to_do(client):
    assert "No messages yet" in client.get("/outbox/").content.decode()


def test_the_list_has_pages_of_fifty(client, django_assert_max_num_queries):
    send(*((f"p{n}@example.org", f"P{n}") for n in range(51)))
    with django_assert_max_num_queries(2):
        first = client.get("/outbox/?q=example").content.decode()
    assert first.count("Week one, P") == 50
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(f"/outbox/{older}").content.decode()
    assert second.count("Week one, P") == 1
    assert "Week one, P0" in second
    assert client.get("/outbox/?page=nonsense").status_code == 200


def test_a_message_is_shown_with_everything_and_its_links_work(client, kept):
    page = client.get(f"/outbox/{kept.pk}/").content.decode()
    assert "Course team &lt;team@example.org&gt;" in page
    assert "&lt;abc@example.org&gt;" in page
    assert 'href="http://127.0.0.1:8000/me/key-of-Ada/"' in page
    assert 'href="http://127.0.0.1:8000/unsubscribe/one-click/key-of-Ada/"' in page
    assert f'src="/outbox/{kept.pk}/html"' in page
    assert 'sandbox="allow-popups allow-top-navigation-by-user-activation"' in page


def test_the_frame_is_allowed_on_the_page_of_the_message_only(client, kept):
    assert "frame-src 'self'" in client.get(f"/outbox/{kept.pk}/")["Content-Security-Policy"]
    assert "frame-src" not in client.get("/outbox/")["Content-Security-Policy"]


def test_the_html_part_runs_nothing_and_opens_links_in_the_whole_window(client, kept):
    response = client.get(f"/outbox/{kept.pk}/html")
    body = response.content.decode()
    assert '<head><base target="_top">' in body
    assert '<a href="http://127.0.0.1:8000/me/key-of-Ada/">your page</a>' in body
    rules = response["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "sandbox allow-popups allow-top-navigation-by-user-activation" in rules
    assert "script-src" not in rules
    assert "frame-ancestors 'self'" in rules
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_the_raw_message_can_be_downloaded(client, kept):
    response = client.get(f"/outbox/{kept.pk}/raw")
    assert response["Content-Type"] == "message/rfc822"
    assert response["Content-Disposition"] == f'attachment; filename="message-{kept.pk}.eml"'
    assert response.content == bytes(kept.raw)


PAGES = ["/outbox/", "/outbox/{}/", "/outbox/{}/html", "/outbox/{}/raw"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("changed", "came_from", "seen"),
    [
        ({}, {"REMOTE_ADDR": "127.0.0.1"}, True),
        ({}, {"REMOTE_ADDR": "::1"}, True),
        ({}, {"REMOTE_ADDR": "192.0.2.1"}, False),
        ({}, {"REMOTE_ADDR": ""}, False),
        ({}, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"DEBUG": False}, {"REMOTE_ADDR": "127.0.0.1"}, False),
        ({"MAIL_TRANSPORT": "mailgun"}, {"REMOTE_ADDR": "127.0.0.1"}, False),
    ],
)
def test_only_this_machine_may_read_it(client, settings, kept, page, changed, came_from, seen):
    for name, value in changed.items():
        setattr(settings, name, value)
    assert client.get(page.format(kept.pk), **came_from).status_code == (200 if seen else 404)


@pytest.mark.parametrize("page", PAGES)
def test_staff_may_read_it_from_anywhere(settings, kept, page):
    away = {"REMOTE_ADDR": "192.0.2.1"}
    client = factories.staff_client()
    assert client.get(page.format(kept.pk), **away).status_code == 200
    settings.DEBUG = False
    assert client.get(page.format(kept.pk), **away).status_code == 404


@pytest.mark.parametrize("page", PAGES[1:])
@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_a_message_that_is_not_there(client, page, number):
    assert client.get(page.format(number)).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_only_show(client, kept, page):
    assert client.post(page.format(kept.pk)).status_code == 405


@require_staff("mailing.view_email")
def staff_page(_request):
    return HttpResponse("for staff")


def visit(user):
    request = RequestFactory().get("/page/?a=1")
    request.user = user
    return staff_page(request)


def test_a_page_for_staff_asks_strangers_to_log_in():
    response = visit(AnonymousUser())
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('admin:login')}?next=/page/%3Fa%3D1"


def test_a_page_for_staff_is_shown_to_those_who_hold_the_permission():
    assert visit(factories.staff()).content == b"for staff"
    assert visit(factories.staff("mailing.view_email")).content == b"for staff"


def test_a_page_for_staff_is_refused_to_everybody_else(django_user_model):
    for user in (factories.staff("mailing.view_batch"), django_user_model.objects.create(username="learner")):
        with pytest.raises(PermissionDenied):
            visit(user)
