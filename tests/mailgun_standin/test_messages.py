"""Posting messages: what is taken, for whom, and what is refused."""

import json
import random
import re

import pytest

from tests.mailgun_standin.asking import DOMAIN, FORM, call, get, post


def test_variables_are_filled_in_one_pass_and_without_escaping(mailgun):
    values = {"a@x.org": {"n": "<b> %recipient.m%", "m": "M", "k": 7}, "b@x.org": {"n": "B"}}
    fields = {
        "subject": "%recipient.n%",
        "text": "%recipient.m%, %recipient.k%, %recipient%",
        "h:X-A": "%recipient.m%",
        "v:d": "%recipient.k%",
        "html": "<a href='%unsubscribe_url%'>100 %</a>",
    }
    assert post(mailgun, ["Ada L <a@x.org>", "b@x.org"], json.dumps(values), **fields).status_code == 200
    [one], [two] = mailgun.truth.copies("a@x.org"), mailgun.truth.copies("b@x.org")
    assert one.subject == "<b> %recipient.m%"
    assert one.text == "M, 7, Ada L <a@x.org>"
    assert (one.headers, one.variables) == ([("X-A", "M")], {"d": "7"})
    assert one.html == "<a href='https://mailgun.invalid/unsubscribe_url/a@x.org'>100 %</a>"
    assert two.subject == "B"
    assert two.text == "%recipient.m%, %recipient.k%, b@x.org"


def test_only_recipient_variables_hide_people_from_each_other(mailgun):
    post(mailgun, ["a@x.org", "b@x.org"])
    assert mailgun.truth.exposed() == []
    post(mailgun, "a@x.org, B <b@x.org>", values=None, text="%recipient.n%")
    assert [copy.sees for copy in mailgun.truth.exposed()] == [("a@x.org", "b@x.org")] * 2
    assert mailgun.truth.exposed()[0].text == "%recipient.n%"


def test_an_address_counts_once_and_a_call_takes_a_thousand(mailgun):
    assert post(mailgun, ["a@x.org", "A@x.org", "a@x.org"]).status_code == 200
    assert [copy.address for copy in mailgun.truth.everything()] == ["a@x.org"]
    many = [f"p{number}@x.org" for number in range(1001)]
    assert post(mailgun, many[:1000]).status_code == 200
    answer = post(mailgun, many)
    assert (answer.status_code, answer.json()) == (400, {"message": "Too many recipients; max is 1000"})
    assert len(mailgun.truth.everything()) == 1001
    assert [(one.size, one.accepted, one.status) for one in mailgun.truth.calls] == [
        (1, 1, 200), (1000, 1000, 200), (0, 0, 400),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "bad", ["x", "x@", "@x.org", "x@x", "x y@x.org", "x..y@x.org", ".x@x.org", "x@-x.org", "x@x.1"]
)
def test_one_malformed_address_stops_the_whole_call(mailgun, bad):
    answer = post(mailgun, ["a@x.org", bad, "b@x.org"])
    assert answer.status_code == 400
    assert answer.json() == {"message": "to parameter is not a valid address. please check documentation"}
    assert mailgun.truth.everything() == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": ""}, "from parameter is missing"),
        ({"from": "nobody"}, "from parameter is not a valid"),
        ({"to": []}, "to parameter is missing"),
        ({"text": ""}, "Need at least one of 'text' or 'html'"),
        ({"values": "{"}, "not a valid JSON"),
        ({"values": "[1]"}, "not a valid JSON"),
        ({"h:X": "x" * 17_000}, "limited to 16 kB total"),
        ({"cc": "a@x.org"}, "does not know the field 'cc'"),
    ],
)
def test_a_call_that_is_wrong_is_refused(mailgun, fields, words):
    answer = post(mailgun, **fields)
    assert answer.status_code == 400
    assert words in answer.json()["message"]
    assert mailgun.truth.everything() == []


def test_options_may_fill_16_kb_and_recipient_variables_do_not_count(mailgun):
    values = json.dumps({"a@x.org": {"long": "x" * 100_000}})
    assert post(mailgun, "a@x.org", values, **{"h:X": "x" * (16 * 1024 - 3)}).status_code == 200
    assert post(mailgun, "a@x.org", values, **{"h:X": "x" * (16 * 1024 - 2)}).status_code == 400


def test_multipart_says_the_same(mailgun):
    fields = [("to", (None, "a@x.org")), ("to", (None, "b@x.org")), ("recipient-variables", (None, "{}"))]
    fields += [(name, (None, value)) for name, value in FORM.items()]
    fields += [("text", (None, "Grüße\r\n--no boundary\r\n"))]
    answer = call(mailgun, "POST", f"/v3/{DOMAIN}/messages", files=[one for one in fields if one[1][1] != "Hello"])
    assert answer.status_code == 200
    assert [copy.text for copy in mailgun.truth.everything()] == ["Grüße\r\n--no boundary\r\n"] * 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [("multipart/form-data; boundary=a", b"--a\r\n\r\n"), ("application/x-www-form-urlencoded", b"to=%zz")],
)
def test_a_body_that_cannot_be_read_is_refused(mailgun, kind, body):
    answer = call(mailgun, "POST", f"/v3/{DOMAIN}/messages", data=body, headers={"Content-Type": kind})
    assert answer.status_code == 400


def test_long_fields_are_read_like_short_ones(mailgun):
    draw = random.Random(1)
    text = "".join(draw.choice('é%2+&="{}:,/@<>\\ \n%41€') for _character in range(20_000))
    assert post(mailgun, "a@x.org", text=text).status_code == 200
    assert mailgun.truth.copies("a@x.org")[0].text == text


def test_a_message_without_an_id_gets_one(mailgun):
    ids = {post(mailgun, "a@x.org").json()["id"] for _call in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"<\d{14}\.\w+@mail\.example\.org>", one) for one in ids)
    assert post(mailgun, "a@x.org", **{"h:message-id": "<x@y>"}).json() == {
        "id": "<x@y>", "message": "Queued. Thank you.",
    }  # fmt: skip


def test_keys_domains_and_paths(mailgun):
    def status(path, key=None):
        answer = call(mailgun, "POST", path, key, data=FORM | {"to": "a@x.org"})
        return answer.status_code, answer.text

    assert status(f"/v3/{DOMAIN}/messages", "wrong") == (401, "Forbidden")
    assert status(f"/v3/{DOMAIN}/messages", mailgun.sending_key)[0] == 200
    assert status("/v3/other.org/messages") == (404, '{"message": "Domain not found: other.org"}')
    assert status(f"/{DOMAIN}/messages") == (200, "Mailgun Magnificent API")
    assert status(f"/v3/x/{DOMAIN}/messages") == (200, "Mailgun Magnificent API")
    mailgun.domain.state = "unverified"
    assert status(f"/v3/{DOMAIN}/messages")[0] == 403
    assert call(mailgun, "GET", f"/v3/{DOMAIN}/events", mailgun.sending_key).status_code == 401
    assert get(mailgun, "/v3/other.org/events").status_code == 404
    assert len(mailgun.truth.everything()) == 1
