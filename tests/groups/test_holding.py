"""What the talk in groups holds about a person goes out with their data, and goes with them."""

import datetime

import pytest
from django.utils import timezone as clock

from groups.models import Mute, Post, Refusal, Report
from groups.talking import forget_refusals
from mailing.receiving import receive
from tests import factories
from tests.groups.mails import mail

pytestmark = pytest.mark.django_db


def test_what_somebody_wrote_is_theirs_to_take_away_and_goes_with_them(client):
    run = factories.sequence()
    ada, bob = (factories.signup(sequence=run, name=name, email=f"{name}@example.org") for name in ("Ada", "Bob"))
    group = factories.group(ada, bob)
    receive(mail("By Ada", sender="ADA@example.org"), group.address)
    receive(mail("unsubscribe", sender="ada@example.org"), group.address)
    answer = factories.post(group, author=bob, thread=Post.objects.get(), parent=Post.objects.get())
    Mute.objects.create(by=ada, muted=bob)
    Report.objects.create(post=answer, by=ada, words="Rude")
    held = client.get(f"/me/{ada.key}/data.json").json()["talk"]
    assert held["posts"][0]["text"] == "By Ada"
    assert held["not_passed_on"][0]["why"] == "unsubscribe"
    assert held["reports"][0]["words"] == "Rude"
    assert f"/groups/{group.pk}/" in client.get(f"/me/{ada.key}/").content.decode()
    client.post(f"/me/{ada.key}/erase/")
    assert list(Post.objects.all()) == [answer]
    assert not Refusal.objects.exists()
    assert not Mute.objects.exists()
    answer.refresh_from_db()
    assert answer.thread is None


def test_after_a_month_nothing_is_known_of_what_was_not_passed_on():
    group = factories.group(factories.signup())
    for days in (31, 29):
        made = clock.now() - datetime.timedelta(days=days)
        Refusal.objects.create(group=group, reason="stranger", address="eve@example.com", made=made)
    assert forget_refusals() == 1
