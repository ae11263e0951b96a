"""Webhooks: signed, doubled, shuffled, tried again."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.mailgun_standin import shapes, signing
from tests.mailgun_standin.asking import PEOPLE, events, post, send


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
    send(mailgun)
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
    send(mailgun, PEOPLE[:1])
    assert mailgun.webhooks.idle()
    assert [(one.attempt, one.status) for one in mailgun.webhooks.tries] == [(1, 500), (2, 301), (3, 200)]
    assert len({body["signature"]["token"] for _path, _kind, body in hook.bodies}) == 1
    send(mailgun, PEOPLE[:1])
    assert mailgun.webhooks.idle()
    assert (len(hook.bodies), mailgun.webhooks.tries[-1].status) == (4, 406)
    hook.answers = [500] * 9
    mailgun.webhooks.habits.waits = (0.01, 0.01)
    mailgun.webhooks.habits.fresh = True
    send(mailgun, PEOPLE[:1])
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
    send(mailgun, PEOPLE[:1])
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
    assert (
        signing.signature("key", "1", "token")  # openssl dgst -sha256 -hmac key, of "1token"
        == "68c6279fa433d1441b5eb165ed46a4e4a4d5f08315faa0d29dc4fa8634dc7788"
    )
    assert right(signing.signed(event, "k"))
    assert not right(signing.forged(event))
    old = signing.stale(event, "k", hours=9)
    assert right(old)
    assert 32_300 < time.time() - int(old["signature"]["timestamp"]) < 32_500
    assert signing.signed(event, "k", token="t")["signature"]["token"] == "t"
    assert old["event-data"] == event
