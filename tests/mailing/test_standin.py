"""The stand-in for Mailgun as the project's own client meets it: what each fault looks like, and what was true."""

import base64
import json
import re
import socket
import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from mailing import mailgun as client
from mailing.letters import Answer, Letter, Recipient
from tests.mailgun_standin import Fault, Plan, Rule, StandIn
from tests.mailgun_standin.asking import DOMAIN, FORM, PEOPLE, events, eventually, get, post
from tests.mailgun_standin.faults import AFTER, BEFORE, KINDS
from tests.mailgun_standin.remote import process

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
        settings.MAIL_TIMEOUT_SECONDS = 3
        yield made


def send(people=PEOPLE, message_id="abc@mail.example.org"):
    """Send with the project's own client."""
    recipients = [
        Recipient(number, one, {"name": f"N{number}", "link": f"https://x.org/{number}"})
        for number, one in enumerate(people)
    ]
    return client.prepare(LETTER, recipients, message_id)()


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


def test_an_address_may_be_called_malformed_by_the_test(mailgun):
    mailgun.bad_addresses.add(PEOPLE[2])
    assert send().answer == Answer.BAD_ADDRESS
    assert send(PEOPLE[:2]).answer == Answer.ACCEPTED


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
    settings.MAIL_TIMEOUT_SECONDS = 0.1 if kind.startswith("hang") else 3
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
    settings.MAIL_TIMEOUT_SECONDS = 3
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
    mailgun.refuse(0.3)
    assert send().answer == Answer.LATER
    assert mailgun.truth.calls == []
    assert eventually(lambda: send().answer == Answer.ACCEPTED)
    assert [one.accepted for one in mailgun.truth.calls] == [6]


def test_a_planned_refusal_is_a_refused_connection():
    seed = next(
        seed for seed in range(999) if [bool(Plan(seed, 0.5).step(one).fault) for one in (1, 2)] == [False, True]
    )
    with StandIn(plan=Plan(seed, 0.5, {"refuse": 1}, refuse=2)) as mailgun:
        assert post(mailgun).status_code == 200
        assert eventually(lambda: mailgun.truth.faults()["refuse"] >= 1)
        with pytest.raises(requests.ConnectionError, match="refused"):
            post(mailgun)
        assert mailgun.truth.calls[1].fault == "refuse"


def test_latency_and_the_fixed_delay():
    with StandIn(delay=0.1) as mailgun:
        started = time.monotonic()
        post(mailgun)
        assert 0.1 <= time.monotonic() - started < 3
    with StandIn(plan=Plan(latency=(0.1, 0.1))) as mailgun:
        started = time.monotonic()
        post(mailgun)
        assert 0.1 <= time.monotonic() - started < 3


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


def test_lean_truth_only_counts():
    with StandIn(lean=True) as mailgun:
        people = [f"p{number}@x.org" for number in range(1000)]
        values = json.dumps({one: {"d": str(number)} for number, one in enumerate(people)})
        for _call in range(2):
            post(mailgun, people, values, **{"v:d": "%recipient.d%"})
            people = people[:1]
        assert mailgun.truth.everything() == events(mailgun) == []
        assert (mailgun.truth.totals(), mailgun.truth.doubled()) == ((1001, 1000), {("p0@x.org", "0"): 2})
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
            clear=True,
            rules=[{"fault": {"kind": "partial-reset", "share": 0.5}, "least": 6}, {"fault": "402", "skip": 9}],
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
        mailgun.configure(happen=[{"event": "unsubscribed", "address": PEOPLE[0]}])
        with pytest.raises(OSError, match="400"):
            mailgun.configure(happen=[{"event": "opened", "address": "nobody@x.org"}])
        assert send(PEOPLE[:1]).answer == Answer.ACCEPTED
        assert mailgun.truth()["copies"][-1][4] == "unsubscribes"
        mailgun.configure(refuse=0.5)
        assert send().answer == Answer.LATER


def test_every_kind_of_fault_is_described():
    assert set(SEEN) | {"refuse"} == set(KINDS)
    assert {kind for kind, (_answer, accepted) in SEEN.items() if accepted} == set(AFTER)
    assert {kind for kind, (_answer, accepted) in SEEN.items() if not accepted} == {*BEFORE, "reset-early"}
