"""Mail comes in by the provider's signed route, or from a mail server's pipe."""

import hashlib
import hmac
import io
import sys
import time
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db import OperationalError

from groups.models import Post, Refusal
from mailing import webhooks
from mailing.inbound_form import PIECE, UnreadableFormError, fields_of
from mailing.management.commands import receive_mail
from mailing.models import SeenToken
from tests import factories
from tests.groups.mails import attached, gmail, mail, multipart

pytestmark = pytest.mark.django_db
KEY, PATH = "signing-key-for-tests", "/hooks/mailgun/inbound/mime"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def signing_key(settings):
    settings.MAILGUN_WEBHOOK_SIGNING_KEY = KEY


@pytest.fixture
def group():
    return factories.group(factories.signup(email="bob@example.org"))


def signed(raw: bytes, recipient: str, *, key=KEY, timestamp=None, token="t" * 50, **more) -> dict:
    timestamp = str(timestamp or int(time.time()))
    proof = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    fields = {"recipient": recipient, "sender": "bob@example.org", "subject": "x", "body-mime": raw}
    return {**fields, "timestamp": timestamp, "token": token, "signature": proof, **more}


def call(client, fields: dict):
    return client.post(PATH, urlencode(fields), content_type=FORM)


def call_in_parts(client, fields: dict):
    parts = [
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + (value if isinstance(value, bytes) else value.encode())
        for name, value in fields.items()
    ]
    return client.generic("POST", PATH, b"\r\n".join(parts) + b"\r\n--xyz--\r\n", "multipart/form-data; boundary=xyz")


@pytest.mark.parametrize("how", [call, call_in_parts])
def test_a_signed_message_is_stored_once(client, group, how):
    strict = type(client)(enforce_csrf_checks=True)
    raw = mail("Gr\xfc\xdfe & 100 % + more\r\n--xyzzy".encode("latin-1"), kind="text/plain; charset=iso-8859-1")
    assert how(strict, signed(raw, group.address)).status_code == 200
    assert Post.objects.get().text == "Grüße & 100 % + more\n--xyzzy"
    assert how(strict, signed(gmail("Another"), group.address)).status_code == 200  # the same token: a replay
    assert Post.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "another key"}, {"timestamp": int(time.time()) - 50_000}, {"timestamp": int(time.time()) + 5_000},
        {"signature": "0" * 64}, {"signature": "é"}, {"timestamp": "soon"}, {"token": ""}, {"token": "t" * 101},
    ],
)  # fmt: skip
def test_forged_and_stale_messages_are_refused_for_good(client, group, wrong):
    assert call(client, signed(gmail(), group.address, **wrong)).status_code == 406
    assert not Post.objects.exists()
    assert not SeenToken.objects.exists()


@pytest.mark.parametrize(
    "kind", [FORM, "multipart/form-data", "multipart/form-data; boundary=x", "application/json", ""]
)
@pytest.mark.parametrize("body", [b"", b"&&&", b"\xff=\xff", b"a=%zz", b"--x", b"x" * 3_000_000, b"a=1&" * 1_000])
def test_what_is_no_form_is_refused_for_good(client, kind, body):
    assert client.generic("POST", PATH, body, kind).status_code == 406


def test_a_message_for_a_group_of_last_year_for_nobody_or_without_a_body_is_done(client, group):
    group.sequence.end_date = group.sequence.end_date.replace(year=2020)
    group.sequence.save()
    assert call(client, signed(gmail(), group.address, token="a")).status_code == 200
    assert call(client, signed(gmail(), "nobody@example.org", token="b")).status_code == 200
    assert call(client, signed(b"", group.address, token="c")).status_code == 200
    assert set(Refusal.objects.values_list("reason", flat=True)) == {"ended", "unreadable"}


def test_thirty_megabytes_are_answered_and_more_is_refused(client, group, settings):
    settings.GROUP_MESSAGE_MEGABYTES = 3
    raw = multipart(("Content-Type: text/plain", "See the film."), attached("video/mp4", "film.mp4", b"\0" * 3_000_000))
    assert call_in_parts(client, signed(raw, group.address)).status_code == 200
    assert Refusal.objects.get().reason == "large"
    assert client.get(PATH).status_code == 405
    huge = client.generic("POST", PATH, b"", FORM, CONTENT_LENGTH=str(webhooks.LARGEST_FORM + 1))
    assert huge.status_code == 406


def test_few_large_forms_are_read_at_a_time(client, group, monkeypatch):
    monkeypatch.setattr(webhooks, "SMALL_FORM", 10)
    assert webhooks._large_forms.acquire(blocking=False)
    assert webhooks._large_forms.acquire(blocking=False)
    try:
        busy = call(client, signed(gmail(), group.address))
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "60")
    finally:
        webhooks._large_forms.release(2)
    assert call(client, signed(gmail(), group.address)).status_code == 200


def test_the_first_of_a_name_counts_and_a_form_has_few_fields():
    assert fields_of(FORM, b"a=1&a=2&b=%C3%A9+x") == {"a": b"1", "b": b"\xc3\xa9 x"}
    with pytest.raises(UnreadableFormError):
        fields_of("multipart/form-data; boundary=x", b"--x\r\n" * 500)


@pytest.mark.parametrize("shift", range(6))
def test_a_long_value_is_read_in_pieces(shift):
    value = b"x" * (PIECE - shift) + b"%C3%A9+" * 3
    assert fields_of(FORM, b"a=" + value) == {"a": b"x" * (PIECE - shift) + "é ".encode() * 3}


def test_a_message_with_what_no_database_stores_is_stored(client, group):
    odd = mail(message_id="<a\udcff\0@x>", answers="\udcfe\0b@x", subject="\udcff\0", sender="\udcff <bob@example.org>")
    assert call(client, signed(odd, group.address)).status_code == 200
    assert Post.objects.get().text == "Yes, at six."


@pytest.fixture
def pipe(monkeypatch, capsys):
    """Run receive_mail with these bytes on standard input, and return its exit code."""

    def run(raw: bytes, *arguments: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        with pytest.raises(SystemExit) as exit_code:
            call_command("receive_mail", *arguments)
        return exit_code.value.code

    return run


def test_a_message_from_the_pipe_is_stored(pipe, group):
    assert pipe(gmail(), "--to", group.address) == 0
    assert Post.objects.get().text == "Yes, at six."


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "To", "Cc"])
def test_its_head_says_for_whom_it_is(pipe, group, header):
    raw = mail("Hello.", to=f"Friends <{group.address.title()}>, x@example.org" if header == "To" else "undisclosed:;")
    assert pipe(raw if header == "To" else f"{header}: {group.address}\r\n".encode() + raw) == 0
    assert Post.objects.count() == 1


def test_exit_codes_are_those_that_mail_servers_know(pipe, group, monkeypatch):
    assert pipe(mail(sender="eve@example.com"), "--to", group.address) == 0  # refused, and answered by us
    assert pipe(mail(), "--to", group.address, "--from", "") == 0  # a bounce: dropped
    assert pipe(b"", "--to", group.address) == 65
    assert pipe(b"\0" * 100, "--to", group.address) == 65
    assert pipe(mail(), "--to", "nobody@example.org") == 67
    assert pipe(b"Subject: for whom?\r\n\r\nHello") == 67

    def away(*_arguments):
        raise OperationalError("the database is away")

    monkeypatch.setattr(receive_mail, "receive", away)
    assert pipe(gmail(), "--to", group.address) == 75
    assert not Post.objects.exists()


def test_a_message_over_the_limit_is_answered_from_the_pipe_as_well(pipe, group, settings):
    settings.GROUP_MESSAGE_MEGABYTES = 0.1
    assert pipe(mail("x" * 200_000), "--to", group.address) == 0
    assert Refusal.objects.get().reason == "large"
