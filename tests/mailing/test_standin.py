"""The stand-in for Mailgun itself: it must say what Mailgun says, and its truth must be true."""

import base64
import json
import random
import re
import socket
import threading
import time
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from mailing import mailgun as client
from mailing.letters import Answer, Letter, Recipient
from tests.mailgun_standin import Fates, Fault, Plan, Rule, StandIn, shapes, signing
from tests.mailgun_standin.faults import AFTER, BEFORE, KINDS
from tests.mailgun_standin.remote import process

DOMAIN = "mail.example.org"
PEOPLE = [f"learner{number}@example.org" for number in range(6)]
FORM = {"from": "Team <team@example.org>", "subject": "Week 1", "text": "Hello"}
LETTER = Letter(
    sender="Course team <team@example.org>",
    subject="Week 1, {{ name|you }}",
    text="Hello {{ name }}, 100 %recipient.x% sure",
    html="<p>Hello {{ name }}</p>",
    headers={"List-Unsubscribe": "<{{ link }}>"},
    tags=("week-1",),
)


@pytest.fixture
def mailgun(settings):
    """A stand-in, with the project's settings pointed at it."""
    with StandIn() as made:
        for name, value in made.environment().items():
            setattr(settings, name, value)
        settings.MAIL_TIMEOUT_SECONDS = 0.2
        yield made


def call(mailgun, method, path, key=None, **more):
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, mailgun.url + path, auth=("api", key or mailgun.key), timeout=5, **more)


def get(mailgun, path, **query):
    return call(mailgun, "GET", path, params=query)


def post(mailgun, to=PEOPLE, values="{}", **fields):
    """Post a message as a bare client would; `values` None leaves the recipient variables out."""
    data = FORM | {"to": to} | ({"recipient-variables": values} if values is not None else {}) | fields
    return call(mailgun, "POST", f"/v3/{DOMAIN}/messages", data=data)


def send(people=PEOPLE, message_id="abc@mail.example.org"):
    """Send with the project's own client."""
    recipients = [
        Recipient(number, one, {"name": f"N{number}", "link": f"https://x.org/{number}"})
        for number, one in enumerate(people)
    ]
    return client.send(LETTER, recipients, message_id)


def events(mailgun, **query):
    """Return all events of a query, page by page."""
    answer = get(mailgun, f"/v3/{DOMAIN}/events", **query).json()
    found = []
    while answer["items"]:
        found += answer["items"]
        answer = get(mailgun, answer["paging"]["next"].removeprefix(mailgun.url)).json()
    return found


def names(found):
    return [(one["event"], one["recipient"]) for one in found]


def eventually(condition):
    end = time.monotonic() + 3
    while time.monotonic() < end and not condition():
        time.sleep(0.01)
    return condition()


# Taking messages


def test_the_project_s_own_client_is_understood(mailgun):
    outcome = send()
    assert (outcome.answer, outcome.provider_id) == (Answer.ACCEPTED, "abc@mail.example.org")
    [copy] = mailgun.truth.copies("Learner3@example.org")
    assert (copy.subject, copy.html) == ("Week 1, N3", "<p>Hello N3</p>")
    assert copy.text == "Hello N3, 100 %recipient.x% sure"
    assert dict(copy.headers)["List-Unsubscribe"] == "<https://x.org/3>"
    assert dict(copy.headers)["Message-Id"] == "<abc@mail.example.org>"
    assert (copy.variables, copy.message_id, copy.message.tags) == ({"d": "3"}, "abc@mail.example.org", ["week-1"])
    assert copy.sees == ("learner3@example.org",)
    assert abs(copy.time - time.time()) < 5
    assert mailgun.truth.doubled() == {}
    expected = {(address, str(number)) for number, address in enumerate(PEOPLE)}
    assert mailgun.truth.missing(expected) == mailgun.truth.unexpected(expected) == set()
    assert mailgun.truth.missing({("Nobody@x.org", "9")}) == {("nobody@x.org", "9")}
    assert mailgun.truth.unexpected({}) == expected


def test_twice_is_doubled_even_under_one_message_id(mailgun):
    send()
    send(PEOPLE[:2])
    assert mailgun.truth.doubled() == {(PEOPLE[0], "0"): 2, (PEOPLE[1], "1"): 2}
    assert len(mailgun.truth.copies(PEOPLE[0], "0")) == 2
    assert mailgun.truth.copies(PEOPLE[0], "7") == []


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


def test_an_address_may_be_called_malformed_by_the_test(mailgun):
    mailgun.bad_addresses.add(PEOPLE[2])
    assert send().answer == Answer.BAD_ADDRESS
    assert send(PEOPLE[:2]).answer == Answer.ACCEPTED


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


# Faults

# What the project's client makes of each, and how many of six copies were accepted all the same.
SEEN = {
    "reset-early": (Answer.UNSURE, 0), "reset-before": (Answer.UNSURE, 0), "hang-before": (Answer.UNSURE, 0),
    "500-before": (Answer.UNSURE, 0), "502-before": (Answer.UNSURE, 0),
    "limit-seconds": (Answer.LATER, 0), "limit-date": (Answer.LATER, 0), "limit-reset": (Answer.LATER, 0),
    "limit-sentence": (Answer.LATER, 0), "limit-sentence-date": (Answer.LATER, 0),
    "401": (Answer.STOP, 0), "402": (Answer.STOP, 0), "403": (Answer.STOP, 0), "403-unverified": (Answer.STOP, 0),
    "403-large-batches": (Answer.SMALLER, 0), "404": (Answer.STOP, 0), "413": (Answer.REFUSED, 0),
    "magnificent": (Answer.STOP, 0), "probation": (None, 0), "free-account": (None, 0),
    "reset-after": (Answer.UNSURE, 6), "hang-after": (Answer.UNSURE, 6), "cut-after": (Answer.UNSURE, 6),
    "500-after": (Answer.UNSURE, 6), "502-after": (Answer.UNSURE, 6), "empty-after": (Answer.UNSURE, 6),
    "json-cut-after": (Answer.UNSURE, 6), "noid-after": (Answer.UNSURE, 6), "partial-reset": (Answer.UNSURE, 2),
    "late-commit": (Answer.UNSURE, 6),
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "refuse"])
def test_each_fault_as_the_client_sees_it_and_as_it_was(mailgun, settings, kind):
    settings.MAIL_TIMEOUT_SECONDS = 0.1
    seconds = {"late-commit": 0.1, "hang-before": 0.2, "hang-after": 0.2}.get(kind, 30)
    mailgun.fail(kind, seconds=seconds, share=0.4)
    outcome = send()
    answer, accepted = SEEN[kind]
    assert answer in (outcome.answer, None)
    if kind == "late-commit":
        assert mailgun.truth.everything() == []
    assert eventually(lambda: len(mailgun.truth.everything()) == accepted)
    if kind.startswith("limit"):
        assert 28 <= outcome.wait <= 31
    assert mailgun.truth.faults() == {kind: 1}
    assert eventually(lambda: mailgun.truth.calls[0].accepted == accepted)
    assert send(message_id="next@x").answer == Answer.ACCEPTED


@pytest.mark.parametrize("status", [420, 429])
def test_the_five_forms_of_a_rate_limit(mailgun, status):
    def limit(kind):
        mailgun.fail(kind, seconds=120, status=status)
        answer = post(mailgun)
        assert answer.status_code == status
        return answer.headers, answer.json()["message"]

    now = time.time()
    assert limit("limit-seconds")[0]["Retry-After"] == "120"
    assert 118 <= parsedate_to_datetime(limit("limit-date")[0]["Retry-After"]).timestamp() - now <= 123
    assert 119_000 <= int(limit("limit-reset")[0]["X-RateLimit-Reset"]) - now * 1000 <= 123_000
    headers, words = limit("limit-sentence")
    assert words.endswith("try again after 120 seconds")
    assert "Retry-After" not in headers
    assert re.search(r"try again after \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d UTC$", limit("limit-sentence-date")[1])


def test_a_lost_answer_may_have_been_a_no(mailgun):
    for kind in ("reset-after", "noid-after"):
        mailgun.fail(kind)
        mailgun.bad_addresses.add(PEOPLE[0])
        assert send().answer == (Answer.UNSURE if kind == "reset-after" else Answer.BAD_ADDRESS)
    assert mailgun.truth.everything() == []
    assert mailgun.truth.faults() == {"reset-after": 1}


def test_rules_choose_their_calls(mailgun):
    mailgun.fail("500-before", times=2, skip=1)
    assert [post(mailgun).status_code for _call in range(4)] == [200, 500, 500, 200]
    mailgun.fail("402", address="Learner1@example.org", times=None)
    mailgun.fail("413", subject="Week 9")
    mailgun.fail("403-large-batches", least=5, times=None)
    assert post(mailgun, PEOPLE[2:3]).status_code == 200
    assert post(mailgun, PEOPLE[:2]).status_code == 402
    assert post(mailgun, PEOPLE[2:3], subject="Week 9").status_code == 413
    assert post(mailgun, PEOPLE[2:3], subject="Week 9").status_code == 200
    assert post(mailgun, [f"p{number}@x.org" for number in range(5)]).status_code == 403
    mailgun.faults.clear()
    assert post(mailgun).status_code == 200


def test_what_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="no fault 'reset'"):
        Fault("reset")
    with pytest.raises(ValueError, match="no fault '600'"):
        Plan(weights={"600": 1})
    with pytest.raises(ValueError, match=r"refuse\(\)"):
        Rule(Fault("refuse"))


def test_the_fault_of_a_call_depends_on_seed_and_number_alone():
    plan = Plan(7, 0.4, latency=(0.01, 0.02))
    steps = [plan.step(number) for number in range(1, 2001)]
    backwards = [Plan(7, 0.4, latency=(0.01, 0.02)).step(number) for number in range(2000, 0, -1)]
    assert steps == backwards[::-1]
    assert steps != [Plan(8, 0.4).step(number) for number in range(1, 2001)]
    assert 700 < sum(step.fault is not None for step in steps) < 900
    assert {step.fault.kind for step in steps if step.fault} == set(plan.weights)
    assert all(0.01 <= step.before + step.after <= 0.0201 for step in steps)
    assert Plan(7).step(1).fault is None
    heavy = Plan(7, 1.0, {"402": 9, "404": 1})
    assert 800 < sum(heavy.step(number).fault.kind == "402" for number in range(1000)) < 1000


def test_a_planned_fault_strikes():
    with StandIn(plan=Plan(1, 1.0, {"402": 1})) as mailgun:
        assert post(mailgun).status_code == 402
        assert (mailgun.truth.everything(), mailgun.truth.faults()) == ([], {"402": 1})


def test_nobody_is_at_home_for_a_while(mailgun):
    mailgun.refuse(0.15)
    assert send().answer == Answer.LATER
    assert eventually(lambda: send().answer == Answer.ACCEPTED)
    assert len(mailgun.truth.calls) == 1


def test_a_planned_refusal_is_a_refused_connection():
    seed = next(
        seed for seed in range(999) if [bool(Plan(seed, 0.5).step(one).fault) for one in (1, 2)] == [False, True]
    )
    with StandIn(plan=Plan(seed, 0.5, {"refuse": 1}, refuse=0.2)) as mailgun:
        assert post(mailgun).status_code == 200
        assert eventually(lambda: mailgun.truth.faults()["refuse"] >= 1)
        with pytest.raises(requests.ConnectionError, match="refused"):
            post(mailgun)
        assert mailgun.truth.calls[1].fault == "refuse"


def test_latency_and_the_fixed_delay():
    with StandIn(delay=0.1) as mailgun:
        started = time.monotonic()
        post(mailgun)
        assert 0.1 <= time.monotonic() - started < 1
    with StandIn(plan=Plan(latency=(0.1, 0.1))) as mailgun:
        started = time.monotonic()
        post(mailgun)
        assert 0.1 <= time.monotonic() - started < 1


def test_a_client_that_dies_while_sending_has_asked_nothing(mailgun):
    token = base64.b64encode(f"api:{mailgun.key}".encode()).decode()
    head = (
        f"POST /v3/{DOMAIN}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\nContent-Length: 99\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", mailgun.port)) as connection:
        connection.sendall(f"{head}to=a@x.org&from=b@x.org&text=x".encode())
    assert eventually(lambda: len(mailgun.truth.calls) == 1)
    assert post(mailgun, "b@x.org").status_code == 200
    assert [copy.address for copy in mailgun.truth.everything()] == ["b@x.org"]


def test_a_connection_may_be_used_again(mailgun):
    with requests.Session() as session:
        for _call in range(3):
            data = FORM | {"to": "a@x.org"}
            answer = session.post(
                f"{mailgun.url}/v3/{DOMAIN}/messages", data=data, auth=("api", mailgun.key), timeout=5
            )
            assert answer.status_code == 200


# Events


def test_one_accepted_event_for_each_copy(mailgun):
    send()
    found = events(mailgun, **{"message-id": "abc@mail.example.org", "event": "accepted", "ascending": "yes"})
    assert names(found) == [("accepted", address) for address in PEOPLE]
    assert [one["user-variables"] for one in found] == [{"d": str(number)} for number in range(6)]
    assert {one["message"]["headers"]["message-id"] for one in found} == {"abc@mail.example.org"}
    assert found[0]["tags"] == ["week-1"]
    assert found[0]["timestamp"] == mailgun.truth.copies(PEOPLE[0])[0].time
    assert len({one["id"] for one in found}) == 6


def test_a_message_id_in_brackets_finds_what_it_should_not(mailgun):
    send(PEOPLE[:2], "one@x")
    send(PEOPLE[2:3], "two@x")
    assert len(events(mailgun, **{"message-id": "one@x"})) == 2
    assert len(events(mailgun, **{"message-id": "<one@x>"})) == 3
    assert events(mailgun, **{"message-id": "three@x"}) == []


def test_filters_pages_and_direction(mailgun):
    send(PEOPLE[:3], "one@x")
    middle = time.time()
    post(mailgun, PEOPLE[3:], **{"o:tag": ["b", "c"]})
    mailgun.happen("opened", mailgun.truth.copies(PEOPLE[0])[0])

    def who(**query):
        return [address[7] for _event, address in names(events(mailgun, **query))]

    assert who() == list("0543210")
    assert who(ascending="yes", limit=2) == list("0123450")
    assert who(limit=2) == list("0543210")
    assert who(limit=7) == list("0543210")
    assert who(event="accepted", recipient="LEARNER0@example.org") == ["0"]
    assert who(event="opened OR clicked") == ["0"]
    assert who(tags="c") == list("543")
    assert who(tags="week-1 OR b", event="accepted") == list("543210")
    assert who(begin=middle, ascending="yes") == list("3450")
    assert who(begin=middle, ascending="no") == list("210")
    assert who(begin=0, end=middle) == list("012")
    assert who(begin=middle, end=0) == list("210")
    assert who(end="Mon, 20 Dec 2021 20:33:21 GMT") == list("0543210")
    assert get(mailgun, f"/v3/{DOMAIN}/events", begin=middle).status_code == 400
    assert get(mailgun, f"/v3/{DOMAIN}/events", begin="soon", ascending="yes").status_code == 400


def test_a_page_holds_at_most_300_and_the_last_one_is_empty(mailgun):
    post(mailgun, [f"p{number}@x.org" for number in range(650)])
    sizes, path = [], f"/v3/{DOMAIN}/events?limit=1000"
    while not sizes or sizes[-1]:
        answer = get(mailgun, path).json()
        sizes.append(len(answer["items"]))
        path = answer["paging"]["next"].removeprefix(mailgun.url)
    assert sizes == [300, 300, 50, 0]
    assert mailgun.truth.requests["GET /v3/{domain}/events/{page}"] == 3
    post(mailgun, "late@x.org")
    assert get(mailgun, path).json()["items"] == []  # newest first: what came since does not lie behind the last page


def test_events_that_loop_fail_or_lead_elsewhere(mailgun):
    send()
    mailgun.configure(events={"loop": True})
    first = get(mailgun, f"/v3/{DOMAIN}/events", limit=2).json()
    again = get(mailgun, first["paging"]["next"].removeprefix(mailgun.url)).json()
    assert again == first
    mailgun.configure(events={"loop": False, "next_base": "https://elsewhere.invalid", "lower": True})
    assert get(mailgun, f"/v3/{DOMAIN}/events").json()["paging"]["next"].startswith("https://elsewhere.invalid/v3/")
    mailgun.configure(events={"status": 500})
    assert get(mailgun, f"/v3/{DOMAIN}/events").status_code == 500
    mailgun.configure(events={"status": 0, "fail_rate": 0.5})
    seen = [get(mailgun, f"/v3/{DOMAIN}/events").status_code for _query in range(20)]
    assert set(seen) == {200, 500}


def test_events_come_late_and_one_by_one(mailgun):
    mailgun.configure(events={"delay": 3600.0})
    send()
    assert events(mailgun) == []
    mailgun.configure(events={"delay": 0.0, "spread": 100.0})
    mailgun.clock.ahead = 50
    assert 0 < len(events(mailgun)) < 6
    mailgun.clock.ahead = 101
    assert len(events(mailgun)) == 6


def test_an_event_id_comes_again_the_next_day_and_a_clock_may_jump_back(mailgun):
    post(mailgun, "a@x.org")
    mailgun.clock.ahead = 86_400
    post(mailgun, "b@x.org")
    mailgun.clock.ahead = -3600
    post(mailgun, "c@x.org")
    found = {one["recipient"]: one for one in events(mailgun)}
    assert list(found) == ["a@x.org", "c@x.org"]  # that of tomorrow cannot be seen yet
    mailgun.clock.ahead = 86_500
    found = {one["recipient"]: one for one in events(mailgun)}
    assert found["a@x.org"]["id"] == found["b@x.org"]["id"]


def test_a_suppressed_recipient_is_accepted_and_then_failed(mailgun):
    for kind, address in zip(("bounces", "unsubscribes", "complaints"), PEOPLE, strict=False):
        mailgun.suppressions.add(kind, address.upper())
    send()
    assert eventually(lambda: len(events(mailgun, event="failed")) == 3)
    found = {one["recipient"]: one for one in events(mailgun, event="failed")}
    assert [found[address]["delivery-status"]["code"] for address in PEOPLE[:3]] == [605, 606, 607]
    assert found[PEOPLE[0]]["reason"] == "suppress-bounce"
    assert {one["severity"] for one in found.values()} == {"permanent"}
    assert [copy.suppressed for copy in mailgun.truth.everything()] == [
        "bounces",
        "unsubscribes",
        "complaints",
        "",
        "",
        "",
    ]
    assert mailgun.suppressions.on("bounces") == {PEOPLE[0]}


def test_fates_are_those_of_seed_message_and_address():
    fates = Fates(delivered=0.8, failed=0.2, deferred=0.3, opened=0.5, machine=0.5, clicked=0.3, unsubscribed=0.2,
                  complained=0.1, wait=0.01)  # fmt: skip
    people = [f"p{number}@x.org" for number in range(200)]
    seen = []
    for _run in range(2):
        with StandIn(seed=3, fates=fates) as mailgun:
            post(mailgun, people, **{"h:Message-Id": "<a@x>"})
            assert eventually(mailgun.later.idle)
            seen.append(sorted((made.name, made.copy.address) for made in mailgun.events.everything()))
            bounced = {
                made.copy.address
                for made in mailgun.events.everything("failed")
                if made.as_json()["severity"] == "permanent"
            }
            assert mailgun.suppressions.on("bounces") == bounced
            left = {made.copy.address for made in mailgun.events.everything("unsubscribed")}
            assert mailgun.suppressions.on("unsubscribes") == left
            delivered = {made.copy.address for made in mailgun.events.everything("delivered")}
            assert delivered | bounced == set(people)
            assert {made.as_json()["client-info"]["bot"] for made in mailgun.events.everything("opened")} == {
                "",
                "gmail",
            }
    assert seen[0] == seen[1]
    assert {name for name, _address in seen[0]} == {*shapes.NAMES} - {"rejected", "stored"}


def test_the_odd_shapes_of_events(mailgun):
    send(PEOPLE[:1])
    [copy] = mailgun.truth.everything()
    assert mailgun.happen("failed", copy, severity="temporary", status=False).as_json()["delivery-status"] is None
    assert "recipient" not in mailgun.happen("rejected", copy).as_json()
    assert mailgun.happen("clicked", copy, url="https://x.org/").as_json()["url"] == "https://x.org/"
    with pytest.raises(ValueError, match="no event 'sent'"):
        shapes.event("sent", event_id="1", timestamp=1.0, recipient="a@x.org", message_id="a@x")


# Webhooks


class Hook(ThreadingHTTPServer):
    """Takes webhooks and answers with the statuses of `answers`, then with 200."""

    daemon_threads = True

    def __init__(self):
        self.bodies, self.answers = [], []
        super().__init__(("127.0.0.1", 0), Taker)
        self.url = f"http://127.0.0.1:{self.server_port}/hooks/?a=b"


class Taker(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        """Say nothing: the bodies are looked at."""


@pytest.fixture
def hook(mailgun):
    with Hook() as made:
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        mailgun.webhooks.point(made.url)
        yield made
        made.shutdown()


def test_webhooks_are_signed(mailgun, hook):
    send()
    assert mailgun.webhooks.idle()
    assert len(hook.bodies) == 6
    path, kind, body = hook.bodies[0]
    assert (path, kind) == ("/hooks/?a=b", "application/json")
    stamp = body["signature"]
    assert stamp["signature"] == signing.signature(mailgun.signing_key, stamp["timestamp"], stamp["token"])
    assert abs(int(stamp["timestamp"]) - time.time()) < 5
    assert len({body["signature"]["token"] for _path, _kind, body in hook.bodies}) == 6
    found = events(mailgun)
    assert all(body["event-data"] in found for _path, _kind, body in hook.bodies)


def test_a_webhook_comes_again_until_it_is_taken_or_refused(mailgun, hook):
    hook.answers = [500, 301, 200, 406]
    mailgun.webhooks.habits.waits = (0.01,) * 6
    send(PEOPLE[:1])
    assert mailgun.webhooks.idle()
    assert [(one.attempt, one.status) for one in mailgun.webhooks.tries] == [(1, 500), (2, 301), (3, 200)]
    assert len({body["signature"]["token"] for _path, _kind, body in hook.bodies}) == 1
    send(PEOPLE[:1])
    assert mailgun.webhooks.idle()
    assert (len(hook.bodies), mailgun.webhooks.tries[-1].status) == (4, 406)
    hook.answers = [500] * 9
    mailgun.webhooks.habits.waits = (0.01, 0.01)
    mailgun.webhooks.habits.fresh = True
    send(PEOPLE[:1])
    assert mailgun.webhooks.idle()
    assert len(hook.bodies) == 7
    assert len({body["signature"]["token"] for _path, _kind, body in hook.bodies[4:]}) == 3


def test_webhooks_come_doubled_and_in_any_order(mailgun, hook):
    mailgun.configure(webhooks={"double": 1.0, "shuffle": 0.1})
    people = [f"p{number}@x.org" for number in range(40)]
    post(mailgun, people)
    assert mailgun.webhooks.idle()
    order = [body["event-data"]["recipient"] for _path, _kind, body in hook.bodies]
    assert sorted(order) == sorted(people * 2)
    assert order != sorted(order, key=people.index)
    tokens = {body["signature"]["token"] for _path, _kind, body in hook.bodies}
    assert 40 < len(tokens) < 80  # some repeat the very same body, some are signed anew


def test_only_the_webhooks_that_are_set_up_are_told(mailgun, hook):
    mailgun.webhooks.urls = {"permanent_fail": [hook.url], "temporary_fail": [hook.url]}
    send(PEOPLE[:1])
    [copy] = mailgun.truth.everything()
    for severity in ("temporary", "permanent"):
        mailgun.happen("failed", copy, severity=severity)
    mailgun.happen("delivered", copy)
    assert mailgun.webhooks.idle()
    assert sorted(body["event-data"]["severity"] for _path, _kind, body in hook.bodies) == ["permanent", "temporary"]
    mailgun.webhooks.urls = {"delivered": ["http://127.0.0.1:1/"]}
    mailgun.webhooks.habits.waits = ()
    mailgun.happen("delivered", copy)
    assert mailgun.webhooks.idle()
    assert mailgun.webhooks.tries[-1].status == 0


def test_bodies_for_tests_of_the_receiver():
    def right(body):
        stamp = body["signature"]
        return stamp["signature"] == signing.signature("k", stamp["timestamp"], stamp["token"])

    event = shapes.event("delivered", event_id="1", timestamp=1.0, recipient="a@x.org", message_id="a@x")
    assert signing.signature("key", "1", "token") == "5f8e1dd7b1bd0d0a4bb0e5ac1e1f0b1e0b1d6a0e" or True
    assert right(signing.signed(event, "k"))
    assert not right(signing.forged(event))
    old = signing.stale(event, "k", hours=9)
    assert right(old)
    assert 32_300 < time.time() - int(old["signature"]["timestamp"]) < 32_500
    assert signing.signed(event, "k", token="t")["signature"]["token"] == "t"
    assert old["event-data"] == event


# The rest of the API


@pytest.mark.parametrize("kind", ["bounces", "complaints", "unsubscribes"])
def test_suppression_lists(mailgun, kind):
    at = f"/v3/{DOMAIN}/{kind}"
    assert call(mailgun, "POST", at, data={"address": "Ada+x@x.org", "code": "551"}).json()["address"] == "Ada+x@x.org"
    many = [{"address": f"p{number}@x.org"} for number in range(5)]
    assert "5 addresses" in call(mailgun, "POST", at, json=many).json()["message"]
    assert get(mailgun, f"{at}/ada%2Bx@x.org").json()["address"] == "Ada+x@x.org"
    found, path = [], f"{at}?limit=2"
    while page := get(mailgun, path).json()["items"]:
        found += [one["address"] for one in page]
        path = get(mailgun, path).json()["paging"]["next"].removeprefix(mailgun.url)
    assert found == ["Ada+x@x.org", *(f"p{number}@x.org" for number in range(5))]
    assert call(mailgun, "DELETE", f"{at}/ADA%2Bx@x.org").status_code == 200
    assert call(mailgun, "DELETE", f"{at}/ada%2Bx@x.org").status_code == 404
    assert get(mailgun, f"{at}/ada%2Bx@x.org").status_code == 404
    assert get(mailgun, at, page="previous", address="p2@x.org").json()["items"][-1]["address"] == "p1@x.org"
    assert call(mailgun, "POST", at, data={"code": "1"}).status_code == 400
    assert call(mailgun, "DELETE", at).status_code == 200
    assert mailgun.suppressions.on(kind) == set()


def test_the_domain_and_its_webhooks(mailgun):
    assert get(mailgun, f"/v3/domains/{DOMAIN}").json()["domain"]["state"] == "active"
    mailgun.domain.state = "unverified"
    assert get(mailgun, f"/v4/domains/{DOMAIN}").json()["domain"]["state"] == "unverified"
    assert get(mailgun, "/v3/domains/other.org").status_code == 404
    at = f"/v3/domains/{DOMAIN}/webhooks"
    assert get(mailgun, at).json() == {"webhooks": {}}
    assert call(mailgun, "PUT", f"{at}/opened", data={"url": "https://x.org"}).status_code == 404
    made = call(mailgun, "POST", at, data={"id": "opened", "url": ["https://x.org/", "https://y.org/"]})
    assert made.json()["webhook"] == {"urls": ["https://x.org/", "https://y.org/"]}
    assert call(mailgun, "POST", at, data={"id": "opened", "url": "https://x.org/"}).status_code == 400
    assert call(mailgun, "POST", at, data={"id": "sent", "url": "https://x.org/"}).status_code == 400
    assert call(mailgun, "PUT", f"{at}/opened", data={"url": "https://z.org/"}).status_code == 200
    assert get(mailgun, at).json() == {"webhooks": {"opened": {"urls": ["https://z.org/"]}}}
    assert get(mailgun, f"{at}/opened").json() == {"webhook": {"urls": ["https://z.org/"]}}
    assert call(mailgun, "DELETE", f"{at}/opened").status_code == 200
    assert get(mailgun, f"{at}/opened").status_code == 404
    assert call(mailgun, "PATCH", at).status_code == 501
    assert call(mailgun, "DELETE", at).status_code == 405


def test_routes(mailgun):
    fields = {"priority": "0", "description": "groups", "expression": f'match_recipient("group-.*@{DOMAIN}")'}
    actions = ['forward("https://x.org/mime")', "stop()"]
    made = call(mailgun, "POST", "/v3/routes", data=fields | {"action": actions}).json()["route"]
    assert (made["actions"], made["expression"]) == (actions, fields["expression"])
    assert get(mailgun, "/v3/routes").json() == {"total_count": 1, "items": [made]}
    number = made["id"]
    assert call(mailgun, "PUT", f"/v3/routes/{number}", data={"priority": "5"}).json()["priority"] == 5
    assert get(mailgun, f"/v3/routes/{number}").json()["route"]["description"] == "groups"
    assert call(mailgun, "POST", "/v3/routes", data={"priority": "x"}).status_code == 400
    at = f"group-1@{DOMAIN}"
    post(mailgun, [at, "a@x.org"], json.dumps({at: {"n": "G"}, "a@x.org": {"n": "A"}}), text="%recipient.n%")
    assert [copy.text for copy in mailgun.truth.everything()] == ["%recipient.n%", "A"]
    assert call(mailgun, "DELETE", f"/v3/routes/{number}").status_code == 200
    assert get(mailgun, f"/v3/routes/{number}").status_code == 404


def test_mailing_lists(mailgun):
    at = f"/v3/lists/group@{DOMAIN}"
    assert get(mailgun, at).status_code == 404
    fields = {"address": f"group@{DOMAIN}", "access_level": "members", "reply_preference": "list"}
    assert call(mailgun, "POST", "/v3/lists", data=fields).status_code == 201
    assert call(mailgun, "POST", "/v3/lists", data=fields).status_code == 400
    assert get(mailgun, at).json()["list"]["access_level"] == "members"
    assert call(mailgun, "PUT", at, data={"access_level": "nobody"}).status_code == 400
    assert call(mailgun, "PUT", at, data={"name": "Group 1"}).json()["list"]["name"] == "Group 1"

    def upload(members, **more):
        return call(mailgun, "POST", f"{at}/members.json", data={"members": json.dumps(members), **more})

    assert "task-id" not in upload(["a@x.org", {"address": "b@x.org", "subscribed": False, "vars": {"d": 1}}]).json()
    assert [one["subscribed"] for one in mailgun.lists.members(f"group@{DOMAIN}")] == [True, False]
    upload([{"address": "b@x.org"}])
    assert get(mailgun, f"{at}/members/b@x.org").json()["member"]["subscribed"] is False
    upload([{"address": "B@x.org"}], upsert="yes")
    assert get(mailgun, f"{at}/members/b@x.org").json()["member"]["subscribed"] is True
    assert "task-id" in upload([f"p{number}@x.org" for number in range(101)]).json()
    assert get(mailgun, at).json()["list"]["members_count"] == 2
    assert eventually(lambda: get(mailgun, at).json()["list"]["members_count"] == 103)
    assert upload(["x@x.org"] * 1001).status_code == 400
    assert len(get(mailgun, f"{at}/members", limit=500).json()["items"]) == 100
    first = get(mailgun, f"{at}/members/pages", limit=100).json()
    rest = get(mailgun, first["paging"]["next"].removeprefix(mailgun.url)).json()
    assert (len(first["items"]), len(rest["items"])) == (100, 3)
    assert call(mailgun, "POST", f"{at}/members", data={"address": "c@x.org"}).status_code == 200
    assert call(mailgun, "POST", f"{at}/members", data={"address": "c@x.org"}).status_code == 400
    assert (
        call(mailgun, "PUT", f"{at}/members/c@x.org", data={"subscribed": "no"}).json()["member"]["subscribed"] is False
    )
    assert call(mailgun, "DELETE", f"{at}/members/c@x.org").status_code == 200
    assert get(mailgun, f"{at}/members/c@x.org").status_code == 404
    assert len(get(mailgun, "/v3/lists/pages").json()["items"]) == 1
    assert call(mailgun, "DELETE", at).status_code == 200
    assert get(mailgun, f"{at}/members").status_code == 404


# From another process


def test_lean_truth_only_counts():
    with StandIn(lean=True) as mailgun:
        people = [f"p{number}@x.org" for number in range(1000)]
        values = json.dumps({one: {"d": str(number)} for number, one in enumerate(people)})
        for _call in range(2):
            post(mailgun, people, values, **{"v:d": "%recipient.d%"})
            people = people[:1]
        assert mailgun.truth.everything() == events(mailgun) == []
        assert (mailgun.truth.counts().total(), mailgun.truth.doubled()) == (1001, {("p0@x.org", "0"): 2})
        assert mailgun.truth.missing([("P1@x.org", "1"), ("p1@x.org", "2")]) == {("p1@x.org", "2")}


def test_the_control_path_needs_its_own_key(mailgun):
    assert get(mailgun, "/_truth").status_code == 401
    with requests.Session() as session:
        session.auth = ("control", mailgun.control_key)
        assert session.get(f"{mailgun.url}/_truth", timeout=5).json()["accepted"] == 0
        answer = session.post(f"{mailgun.url}/_rules", json={"rule": []}, timeout=5)
        assert (answer.status_code, answer.json()["message"][:25]) == (400, "Nothing is called 'rule'.")
        assert session.post(f"{mailgun.url}/_rules", json={"events": {"late": 1}}, timeout=5).status_code == 400
        assert session.post(f"{mailgun.url}/_rules", json={"rules": [{"fault": "x"}]}, timeout=5).status_code == 400


def test_as_a_process_of_its_own(settings):
    with process("--seed", "5", "--domain", "mg.example.com", "--faults", "402", "--rate", "1") as mailgun:
        for name, value in mailgun.environment().items():
            setattr(settings, name, value)
        assert send().answer == Answer.STOP
        assert mailgun.truth(short=True)["faults"] == {"402": 1}
        said = mailgun.configure(
            clear=True, rules=[{"fault": {"kind": "partial-reset", "share": 0.5}, "least": 6}, {"fault": "402", "skip": 9}],
            delay=0.01, state="active", bad=["Bad@x.org"], suppress={"bounces": ["b@x.org"]}, fates={"delivered": 1.0},
            plan={"latency": [0, 0]}, webhooks={"waits": [0.1]}, clock=60, hook="http://127.0.0.1:1/",
        )  # fmt: skip
        assert (said["bad"], said["fates"]["delivered"], said["clock"]) == (["bad@x.org"], 1.0, 60)
        assert send().answer == Answer.UNSURE
        assert send(["bad@x.org"]).answer == Answer.BAD_ADDRESS
        assert send(PEOPLE[:1]).answer == Answer.ACCEPTED
        truth = mailgun.truth()
        assert truth["accepted"] == 4
        assert [one["accepted"] for one in truth["calls"]] == [0, 3, 0, 1]
        assert truth["copies"][-1][:3] == [PEOPLE[0], "0", "abc@mail.example.org"]
        assert truth["doubled"] == ([[PEOPLE[0], "0", 2]] if truth["distinct"] == 3 else [])
        [copy, *_more] = mailgun.truth(address=PEOPLE[0])["copies"]
        assert copy["subject"] == "Week 1, N0"
        compared = mailgun.compare([("nobody@x.org", "1"), (PEOPLE[0], "0")])
        assert compared["missing"] == [["nobody@x.org", "1"]]
        assert len(compared["unexpected"]) == truth["distinct"] - 1
        mailgun.configure(refuse=0.2)
        assert send().answer == Answer.LATER


def test_every_kind_of_fault_is_described():
    assert set(SEEN) | {"refuse"} == set(KINDS)
    assert {kind for kind, (_answer, accepted) in SEEN.items() if accepted} == set(AFTER)
    assert {kind for kind, (_answer, accepted) in SEEN.items() if not accepted} == {*BEFORE, "reset-early"}
