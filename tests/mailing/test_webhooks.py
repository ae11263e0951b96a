"""The provider's signed calls, through its own door."""

import hashlib
import hmac
import json
import time

import pytest

from mailing.models import Delivery, Event
from tests.mailing.test_news import event, sent

pytestmark = pytest.mark.django_db
KEY, PATH = "signing-key-for-tests", "/hooks/mailgun/events/"


@pytest.fixture(autouse=True)
def signing_key(settings):
    settings.MAILGUN_WEBHOOK_SIGNING_KEY = KEY


def call(client, data, *, key=KEY, timestamp=None, token="t" * 50, **signature):
    timestamp = str(timestamp or int(time.time()))
    proof = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": timestamp, "token": token, "signature": proof, **signature}
    return client.post(PATH, json.dumps({"signature": signed, "event-data": data}), content_type="application/json")


def test_a_signed_event_is_taken_once(client):
    row = sent()
    strict = type(client)(enforce_csrf_checks=True)
    assert call(strict, event(row)).status_code == 200
    row.refresh_from_db()
    assert row.status == Delivery.Status.DELIVERED
    assert call(strict, event(row, "complained")).status_code == 200  # the same token: a replay
    row.refresh_from_db()
    assert row.status == Delivery.Status.DELIVERED
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "another key"}, {"timestamp": int(time.time()) - 50_000}, {"timestamp": int(time.time()) + 5_000},
        {"signature": "0" * 64}, {"signature": "é"}, {"signature": None}, {"timestamp": "soon"}, {"token": "t" * 101},
    ],
)  # fmt: skip
def test_forged_and_stale_calls_are_refused_for_good(client, wrong):
    assert call(client, event(sent(), "complained"), **wrong).status_code == 406
    assert not Event.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'{"signature": 1}', b"\xff\xfe", b"[" * 200_000])
def test_what_cannot_be_read_is_refused_for_good(client, body):
    assert client.post(PATH, body, content_type="application/json").status_code == 406


def test_large_calls_and_no_events_are_refused_for_good(client):
    row = sent()
    assert call(client, event(row, filler="x" * 5_000_000)).status_code == 406
    assert call(client, {"id": 1}).status_code == 406
    assert call(client, event(row, "an-unknown-kind")).status_code == 200
    assert client.get(PATH).status_code == 405


def test_without_a_signing_key_nothing_is_believed(client, settings):
    settings.MAILGUN_WEBHOOK_SIGNING_KEY = ""
    assert call(client, event(sent()), key="").status_code == 406
