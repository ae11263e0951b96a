"""Addresses that get no mail, in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone as clock

from mailing.models import Suppression
from mailing.suppressing import suppress
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/mailing/suppression/"
Kind = Suppression.Kind


def stopped(kind: str = Kind.COMPLAINT, address: str = "ada@example.org") -> Suppression:
    suppress(address, kind, clock.now())
    return Suppression.objects.get(folded=address, kind=kind)


def test_staff_find_an_address_and_why_it_gets_no_mail():
    stopped()
    stopped(Kind.BOUNCE, "bob@example.org")
    client = factories.staff_client()
    page = client.get(f"{LIST}?q=ada@").content.decode()
    assert "ada@example.org" in page
    assert "reported as spam" in page
    assert "bob@example.org" not in page
    assert "bob@example.org" in client.get(f"{LIST}?kind__exact=bounce").content.decode()
    assert "ada@" not in client.get(f"{LIST}?now=lifted").content.decode()
    assert "ada@" in client.get(f"{LIST}?now=stands").content.decode()


@pytest.mark.parametrize(("kind", "words"), [(Kind.BOUNCE, "gets mail again"), (Kind.COMPLAINT, "sign up again")])
def test_a_person_lifts_a_bounce_or_a_complaint_and_that_is_kept(settings, kind, words):
    settings.MAIL_TRANSPORT, settings.MAILGUN_API_KEY = "mailgun", "key"
    row = stopped(kind)
    client = factories.staff_client("mailing.change_suppression", "mailing.view_suppression")
    assert "Lift it" in client.get(f"{LIST}{row.pk}/change/").content.decode()
    page = client.post(f"{LIST}{row.pk}/lift/", follow=True).content.decode()
    assert words in page
    assert "has yet to take it out" in page
    assert "Lift it<" not in page
    row.refresh_from_db()
    assert row.lifted
    assert words in LogEntry.objects.get().change_message
    assert "nothing to lift" in client.post(f"{LIST}{row.pk}/lift/", follow=True).content.decode()


def test_an_unsubscription_has_no_button():
    row = stopped(Kind.UNSUBSCRIBE)
    client = factories.staff_client()
    page = client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "Only they can change that" in page
    assert "Lift it" not in page
    assert "nothing to lift" in client.post(f"{LIST}{row.pk}/lift/", follow=True).content.decode()
    Suppression.objects.update(removed=clock.now())
    assert "If nobody confirms by" in client.get(LIST).content.decode()


def test_only_those_with_the_right_lift_and_never_by_a_get():
    row = stopped()
    viewer = factories.staff_client("mailing.view_suppression")
    assert "Lift it" not in viewer.get(f"{LIST}{row.pk}/change/").content.decode()
    assert viewer.post(f"{LIST}{row.pk}/lift/").status_code == 403
    assert factories.staff_client().get(f"{LIST}{row.pk}/lift/").status_code == 405
    assert factories.staff_client().post(f"{LIST}999999/lift/").status_code == 403
    row.refresh_from_db()
    assert row.lifted is None


def test_somebody_erased_has_no_address_and_no_button(client):
    person = factories.signup(email="ada@example.org")
    row = stopped()
    client.post(f"/me/{person.key}/erase/")
    page = factories.staff_client().get(f"{LIST}{row.pk}/change/").content.decode()
    assert "somebody who was erased" in page
    assert "Lift it" not in page
    factories.staff_client().post(f"{LIST}{row.pk}/lift/")
    row.refresh_from_db()
    assert row.lifted is None
