"""The page of one e-mail: who did not get it and why, renewed while it is being sent; opens and clicks."""

import csv
import datetime
import io

import pytest
from django.utils import timezone as clock

from mailing.models import Delivery, Email, Event
from mailing.stats import Reaction, reactions_of
from tests import factories

Status = Delivery.Status
DELIVERIES = "/admin/mailing/delivery/"


def sending(**counts: int) -> Email:
    """An e-mail that is being sent, with so many deliveries in each state."""
    made = factories.email(state=Email.State.SENDING, frozen_at=clock.now())
    for status, number in counts.items():
        for _ in range(number):
            person = factories.signup(sequence=made.sequence, welcomed=clock.now())
            factories.delivery(email=made, signup=person, status=status, reason=f"because {status}")
    return made


def page_of(email: Email, part: str = "change", *permissions: str) -> str:
    return factories.staff_client(*permissions).get(f"/admin/mailing/email/{email.pk}/{part}/").content.decode()


@pytest.mark.django_db
def test_while_it_is_sent_the_page_says_where_to_ask_for_new_counts_and_then_no_more():
    email = sending(queued=2, accepted=1)
    address = f'data-renew="/admin/mailing/email/{email.pk}/counts/"'
    assert address in page_of(email)
    part = page_of(email, "counts")
    assert part.strip().startswith("<section")
    assert address in part
    assert "2 messages are still to leave." in part
    Email.objects.filter(pk=email.pk).update(paused=clock.now())
    assert "data-renew" not in page_of(email, "counts")
    Email.objects.filter(pk=email.pk).update(paused=None, state=Email.State.SENT)
    assert "data-renew" not in page_of(email)


@pytest.mark.django_db
def test_an_email_that_is_due_is_waited_for_and_one_to_come_is_not():
    due = factories.email(scheduled_for=clock.now() - datetime.timedelta(seconds=1))
    assert "data-renew" in page_of(due)
    coming = factories.email(scheduled_for=clock.now() + datetime.timedelta(hours=1))
    assert "data-renew" not in page_of(coming)


@pytest.mark.django_db
def test_the_counts_are_for_those_who_may_see_emails_and_are_not_kept():
    email = sending(queued=1)
    path = f"/admin/mailing/email/{email.pk}/counts/"
    assert factories.staff_client("signup.view_signup").get(path).status_code == 403
    answer = factories.staff_client("mailing.view_email").get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert factories.staff_client().post(path).status_code == 405
    assert factories.staff_client().get("/admin/mailing/email/999999/counts/").status_code == 403


@pytest.mark.django_db
def test_who_did_not_get_it_and_why_is_a_list_and_a_table():
    email = sending(queued=1, failed=1, bounced=1, skipped=1, unsure=1, accepted=2, delivered=1)
    factories.delivery(status=Status.FAILED, reason="of another e-mail")
    query = f"?email__id__exact={email.pk}&got=no"
    assert "Who did not get it, and why: 5 people" in page_of(email)
    client = factories.staff_client()
    page = client.get(f"{DELIVERIES}{query}").content.decode()
    for status in ("queued", "failed", "bounced", "skipped", "unsure"):
        assert f"because {status}" in page
    assert "because delivered" not in page
    assert f"{DELIVERIES}csv/{query}".replace("&", "&amp;") in page
    answer = client.get(f"{DELIVERIES}csv/{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["why"] for row in rows) == [
        f"because {status}" for status in ("bounced", "failed", "queued", "skipped", "unsure")
    ]
    assert {row["message"] for row in rows} == {"Week one"}
    assert all(row["address"].endswith("@example.org") for row in rows)


@pytest.mark.django_db
def test_every_state_without_a_reason_still_says_why():
    email = sending(queued=1)
    email.deliveries.update(reason="")
    client = factories.staff_client()
    for status, words in (
        ("queued", "waits for its turn"),
        ("sending", "handed to the mail provider now"),
        ("deferred", "asked to wait"),
    ):
        email.deliveries.update(status=status)
        assert words in client.get(f"{DELIVERIES}?got=no").content.decode()
    email.deliveries.update(status="queued")
    Email.objects.update(paused=clock.now())
    assert "The e-mail is paused." in client.get(f"{DELIVERIES}?got=no").content.decode()


@pytest.mark.django_db
def test_the_table_is_for_those_who_may_see_the_list():
    assert factories.staff_client("mailing.view_email").get(f"{DELIVERIES}csv/").status_code == 403
    assert factories.staff_client("mailing.view_delivery").get(f"{DELIVERIES}csv/").status_code == 200
    sending(queued=1)
    sending(queued=1)  # a filter needs something to choose from
    answer = factories.staff_client().get(f"{DELIVERIES}csv/?email__id__exact=x", follow=True)
    assert answer.redirect_chain == [("../?e=1", 302)]


@pytest.mark.django_db
def test_perhaps_twice_is_said_wherever_staff_look():
    email = sending(accepted=2)
    assert "may have it twice" not in page_of(email)
    row = email.deliveries.first()
    Delivery.objects.filter(pk=row.pk).update(doubled=clock.now())
    assert "1 person may have it twice." in page_of(email)
    client = factories.staff_client()
    listed = client.get(f"{DELIVERIES}?got=twice").content.decode()
    assert row.address in listed
    assert email.deliveries.last().address not in listed
    assert "may have the message twice" in client.get(f"{DELIVERIES}{row.pk}/change/").content.decode()
    home = client.get("/admin/").content.decode()
    assert "1 message may have arrived twice" in home
    Delivery.objects.update(doubled=clock.now() - datetime.timedelta(days=31))
    assert "arrived twice" not in client.get("/admin/").content.decode()


def happened(row: Delivery, kind: str, machine: bool = False) -> None:
    Event.objects.create(
        uid=f"{row.pk}-{Event.objects.count()}", day=clock.now().date(), kind=kind, happened=clock.now(), delivery=row,
        machine=machine, payload={},
    )  # fmt: skip


@pytest.mark.django_db
def test_people_are_counted_apart_from_machines(django_assert_num_queries):
    email, other = sending(delivered=4), sending(delivered=1)
    one, two, three, _four = email.deliveries.order_by("pk")
    for row, kind, machine in (
        (one, "opened", True), (one, "opened", False), (one, "opened", False), (one, "clicked", False),
        (two, "opened", True), (two, "opened", True), (two, "clicked", True), (three, "opened", False),
        (three, "delivered", False), (other.deliveries.get(), "opened", False),
    ):  # fmt: skip
        happened(row, kind, machine)
    with django_assert_num_queries(1):
        assert reactions_of(email) == {"opened": Reaction(2, 1), "clicked": Reaction(1, 1)}
    page = page_of(email)
    assert "Only a machine" in page
    assert "Opened it" in page


@pytest.mark.django_db
def test_a_link_that_each_reader_gets_another_of_leads_nowhere_on_staff_pages():
    html = '<p><a href="{{ my_page_url }}">Yours</a> <a href="https://example.org/">Everybody’s</a></p>'
    email = factories.email(html=html, state=Email.State.SENT)
    draft = factories.email(html=html)
    factories.signup(sequence=draft.sequence)
    for page in (page_of(email), page_of(draft, "send-now")):
        assert "<a>Yours</a>" in page
        assert '<a href="https://example.org/">Everybody’s</a>' in page


@pytest.mark.django_db
def test_a_draft_has_no_reactions():
    assert "Only a machine" not in page_of(factories.email())


@pytest.mark.django_db(transaction=True)
def test_the_counts_change_by_themselves_and_the_page_ends_with_the_sending(page, site):
    email = sending(queued=2)
    client = factories.staff_client()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    page.goto(f"{site}/admin/mailing/email/{email.pk}/change/")
    page.get_by_text("2 messages are still to leave.").wait_for()
    email.deliveries.filter(pk=email.deliveries.first().pk).update(status=Status.ACCEPTED)
    page.get_by_text("1 message is still to leave.").wait_for()
    email.deliveries.update(status=Status.ACCEPTED)
    Email.objects.filter(pk=email.pk).update(state=Email.State.SENT, sent_at=clock.now())
    page.locator(".standing:not([data-renew]) .state-sent").wait_for()
    assert page.get_by_role("button", name="Pause").count() == 0
