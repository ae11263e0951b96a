"""One call to Mailgun: what goes out, and what each answer means."""

import json
import re
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest
import responses
import time_machine

from mailing import mailgun, transports
from mailing.letters import Answer, Letter, Recipient

KEY = "key-0123456789abcdef"
URL = "https://api.mailgun.net/v3/mail.example.org/messages"
LETTER = Letter(
    sender="Course team <team@example.org>",
    subject="Week 1, {{ name|you }}",
    text="Hello {{ name }}",
    html="<p>Hello {{ name }}</p>",
    reply_to="team@example.org",
    headers={"List-Unsubscribe": "<{{ link }}>"},
    tags=("week-1",),
)
ADA = Recipient(11, "ada@example.org", {"name": "Ada <3", "link": "https://x.org/a"})
BO = Recipient(12, "bo@example.org", {"name": "", "link": "https://x.org/b"})
QUEUED = {"id": "<abc@mail.example.org>", "message": "Queued. Thank you."}


@pytest.fixture(autouse=True)
def account(settings):
    settings.MAIL_TRANSPORT = "mailgun"
    settings.MAILGUN_API_URL = "https://api.mailgun.net"
    settings.MAILGUN_API_DOMAIN = "mail.example.org"
    settings.MAILGUN_API_KEY = KEY
    settings.MAIL_TIMEOUT_SECONDS = 0.5


def send(letter=LETTER, people=(ADA, BO)):
    return transports.prepare(letter, list(people), "abc@mail.example.org")()


def fields(call) -> list[tuple[str, str]]:
    return parse_qsl(call.request.body.decode(), keep_blank_values=True, strict_parsing=True)


@responses.activate
def test_the_fields_of_a_call():
    responses.post(URL, json=QUEUED)
    outcome = send()
    assert (outcome.answer, outcome.provider_id, outcome.reason) == (Answer.ACCEPTED, "abc@mail.example.org", "")
    [call] = responses.calls
    assert call.request.headers["Authorization"] == "Basic YXBpOmtleS0wMTIzNDU2Nzg5YWJjZGVm"  # api:key-0123456789abcdef
    sent = fields(call)
    [prefix] = {name[:-1] for name in re.findall(r"%recipient\.(\w+)%", str(sent))}
    variables = json.loads(dict(sent)["recipient-variables"])
    assert [field for field in sent if field[0] != "recipient-variables"] == [
        ("from", "Course team <team@example.org>"),
        ("to", "ada@example.org"),
        ("to", "bo@example.org"),
        ("subject", f"Week 1, %recipient.{prefix}0%"),
        ("text", f"Hello %recipient.{prefix}2%"),
        ("html", f"<p>Hello %recipient.{prefix}3%</p>"),
        ("h:Message-Id", "<abc@mail.example.org>"),
        ("h:Reply-To", "team@example.org"),
        ("h:List-Unsubscribe", f"<%recipient.{prefix}1%>"),
        ("o:tag", "week-1"),
        ("o:tracking", "no"),
        ("o:tracking-opens", "no"),
        ("o:tracking-clicks", "no"),
        ("v:d", f"%recipient.{prefix}d%"),
    ]
    assert {key.removeprefix(prefix): value for key, value in variables["ada@example.org"].items()} == {
        "0": "Ada <3",
        "1": "https://x.org/a",
        "2": "Ada <3",
        "3": "Ada &lt;3",
        "d": "11",
    }
    assert {key.removeprefix(prefix): value for key, value in variables["bo@example.org"].items()} == {
        "0": "you",
        "1": "https://x.org/b",
        "2": "",
        "3": "",
        "d": "12",
    }


def test_the_keys_of_two_calls_differ():
    first, second = (dict(mailgun.fields_of(LETTER, [ADA], "a@b"))["v:d"] for _call in range(2))
    assert first != second


def test_recipient_variables_are_there_even_for_a_letter_without_tags():
    sent = dict(mailgun.fields_of(Letter("a@b", "s", "t", "h"), [ADA], "a@b"))
    assert list(json.loads(sent["recipient-variables"])) == ["ada@example.org"]


def test_tracking_is_of_html_only_and_tags_are_at_most_three():
    letter = Letter("a@b", "s", "t", "h", tags=("a", "café\r\n", "", "a", "x" * 200, "d"), tracking=True)
    sent = mailgun.fields_of(letter, [ADA], "a@b")
    assert [value for name, value in sent if name == "o:tag"] == ["a", "caf", "x" * 128]
    assert [value for name, value in sent if name.startswith("o:tracking")] == ["yes", "yes", "htmlonly"]


@responses.activate
@pytest.mark.parametrize(
    ("status", "answer", "body"),
    [
        (200, Answer.ACCEPTED, QUEUED),
        (200, Answer.UNSURE, {"message": "Queued. Thank you."}),
        (200, Answer.UNSURE, {"id": ""}),
        (200, Answer.UNSURE, {"id": 5}),
        (200, Answer.UNSURE, ["id"]),
        (200, Answer.UNSURE, '{"id": "<abc@mail.exam'),
        (200, Answer.UNSURE, ""),
        (200, Answer.STOP, "Mailgun Magnificent API"),
        (202, Answer.UNSURE, QUEUED),
        (302, Answer.UNSURE, ""),
        (400, Answer.BAD_ADDRESS, {"message": "'to' parameter is not a valid address. please check documentation"}),
        (400, Answer.BAD_ADDRESS, r'{"message": "\u0027to\u0027 parameter is not a valid address"}'),
        (400, Answer.BAD_ADDRESS, {"message": "to parameter is not a valid address. please check documentation"}),
        (400, Answer.REFUSED, {"message": "'from' parameter is not a valid address. please check documentation"}),
        (400, Answer.REFUSED, {"message": "Recipient variables should be a valid JSON string"}),
        (401, Answer.STOP, "Forbidden"),
        (402, Answer.STOP, {"message": "Payment required"}),
        (403, Answer.SMALLER, {"message": "Domain x is not allowed to send large batches yet."}),
        (403, Answer.STOP, {"message": "Domain x is not allowed to send: not verified"}),
        (404, Answer.STOP, {"message": "Domain not found: x"}),
        (405, Answer.STOP, "Method not allowed"),
        (408, Answer.UNSURE, ""),
        (413, Answer.REFUSED, "Request Entity Too Large"),
        (420, Answer.LATER, {"message": "Domain x is sending too fast"}),
        (429, Answer.LATER, {"message": "Too many requests"}),
        (500, Answer.UNSURE, {"message": "Internal Server Error"}),
        (502, Answer.UNSURE, "<html><h1>Bad Gateway</h1></html>"),
        (503, Answer.UNSURE, ""),
    ],
)
def test_what_each_answer_means(status, answer, body):
    responses.post(URL, status=status, **({"body": body} if isinstance(body, str) else {"json": body}))
    outcome = send()
    assert outcome.answer == answer
    assert len(responses.calls) == 1
    if answer != Answer.ACCEPTED:
        assert outcome.reason.startswith(f"Mailgun answered {status}: ")


@responses.activate
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    responses.post(URL, status=status, headers={"Location": f"{URL}2"})
    responses.get(f"{URL}2", json=QUEUED)
    responses.post(f"{URL}2", json=QUEUED)
    assert send().answer == Answer.UNSURE
    assert len(responses.calls) == 1


@responses.activate
def test_one_recipient_cannot_be_a_smaller_batch():
    responses.post(URL, status=403, json={"message": "not allowed to send large batches yet"})
    assert send(people=[ADA]).answer == Answer.STOP


@responses.activate
def test_the_reason_is_short_plain_and_without_the_key():
    responses.post(URL, status=401, json={"message": f"Forbidden\n for {KEY} {'x' * 500}"})
    reason = send().reason
    assert reason.startswith("Mailgun answered 401: Forbidden for (key) xxx")
    assert len(reason) < 250


@responses.activate
@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "90"}, "", 90),
        ({"Retry-After": "Mon, 20 Dec 2021 20:35:21 GMT"}, "", 120),
        ({"X-RateLimit-Reset": "1640032446000"}, "", 45),
        ({"Retry-After": "90", "X-RateLimit-Reset": "1640032446000"}, "try again after 5 seconds", 90),
        ({"Retry-After": "soon"}, "Please try again after 120 seconds", 120),
        ({}, "Sorry, try again after Mon, 20 Dec 2021 20:43:21 UTC", 600),
        ({}, "try again after a while", 60),
        ({}, "", 60),
        ({"X-RateLimit-Reset": "1640032000000"}, "", 1),
        ({"Retry-After": "99999999"}, "", 24 * 3600),
        ({"Retry-After": "Mon, 20 Dec 99999999 20:35:21 GMT"}, "", 60),
    ],
)
@pytest.mark.parametrize("status", [420, 429])
def test_how_long_a_rate_limit_asks_us_to_wait(status, headers, body, seconds):
    responses.post(URL, status=status, headers=headers, json={"message": body})
    with time_machine.travel("2021-12-20T20:33:21Z", tick=False):
        outcome = send()
    assert (outcome.answer, outcome.wait) == (Answer.LATER, seconds)


@responses.activate
def test_what_mailgun_would_refuse_is_refused_without_a_call():
    large = Letter("a@b", "s", "t", "h", headers={"X-Long": "x" * 17_000})
    assert send(large).answer == Answer.REFUSED
    assert "16,384" in send(large).reason
    huge = Letter("a@b", "s", "x" * 13_000_000, "y" * 13_000_000)
    assert send(huge).answer == Answer.REFUSED
    assert "25,000,000" in send(huge).reason
    assert len(responses.calls) == 0


@responses.activate
def test_two_spellings_of_one_mailbox_never_share_a_call():
    assert send(people=[ADA, BO, Recipient(13, "Ada@Example.org", ADA.values)]).answer == Answer.SMALLER
    assert len(responses.calls) == 0


@pytest.mark.parametrize(("transport", "key"), [("mailgun", ""), ("none", KEY), ("none", "")])
def test_without_a_provider_the_queue_waits(settings, transport, key):
    settings.MAIL_TRANSPORT, settings.MAILGUN_API_KEY = transport, key
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert outcome.reason == transports.ready()
    assert "Set MAILGUN_API_KEY" in outcome.reason


def test_a_provider_that_is_set_up_is_ready():
    assert transports.ready() == ""


class Server(ThreadingHTTPServer):
    """A web server on this machine that reads a whole call and then does as `act` says."""

    daemon_threads = True

    def __init__(self, act):
        self.act, self.bodies, self.kept, self.over = act, [], [], threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request, client_address):
        """Say nothing: most of these calls are meant to break."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.kept.append(self.headers["Connection"])
        self.close_connection = True
        self.server.act(self)

    def log_message(self, *args):
        """Say nothing: the tests look at what the client made of it."""

    def begin(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def answer(handler):
    body = json.dumps(QUEUED).encode()
    handler.begin(len(body))
    handler.wfile.write(body)


def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hang_up(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang(handler):
    handler.server.over.wait(10)


def cut_off(handler):
    handler.begin(500)
    handler.wfile.write(json.dumps(QUEUED).encode())


def trickle(handler):
    handler.begin(500)
    for letter in " " * 400 + json.dumps(QUEUED):
        if handler.server.over.wait(0.02):
            break
        handler.wfile.write(letter.encode())


def flood(handler):
    handler.begin(10**9)
    while not handler.server.over.is_set():
        handler.wfile.write(b" " * 65_536)


def babble(handler):
    handler.wfile.write(b"what?\r\n\r\n")


@pytest.fixture
def mailgun_that(settings):
    """Start a server that answers calls in the way named, and point the settings at it."""
    servers = []

    def start(act):
        server = Server(act)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.MAILGUN_API_URL = f"http://127.0.0.1:{server.server_port}"
        return server

    yield start
    for server in servers:
        server.over.set()
        server.shutdown()
        server.server_close()


def test_a_call_over_a_real_connection(mailgun_that):
    server = mailgun_that(answer)
    assert send().answer == Answer.ACCEPTED
    assert send().answer == Answer.ACCEPTED
    assert server.kept == ["close", "close"]
    assert [dict(parse_qsl(body.decode()))["h:Message-Id"] for body in server.bodies] == ["<abc@mail.example.org>"] * 2


@pytest.mark.parametrize("act", [reset, hang_up, hang, cut_off, trickle, flood, babble])
def test_no_clear_answer_after_the_call_went_out_is_unsure(mailgun_that, act):
    server = mailgun_that(act)
    started = time.monotonic()
    outcome = send()
    assert outcome.answer == Answer.UNSURE
    assert outcome.reason.startswith("Mailgun gave no clear answer")
    assert KEY not in outcome.reason
    assert len(server.bodies) == 1
    assert time.monotonic() - started < 5


def test_an_answer_without_end_is_not_read_to_the_time_out(mailgun_that, settings):
    settings.MAIL_TIMEOUT_SECONDS = 30
    mailgun_that(flood)
    started = time.monotonic()
    assert send().answer == Answer.UNSURE
    assert time.monotonic() - started < 5


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_nobody_listening_means_later(settings):
    settings.MAILGUN_API_URL = f"http://127.0.0.1:{closed_port()}"
    outcome = send()
    assert (outcome.answer, outcome.wait > 0) == (Answer.LATER, True)
    assert outcome.reason.startswith("Mailgun could not be reached")


def test_a_name_that_cannot_be_resolved_means_later(settings, monkeypatch):
    def fail(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert send().answer == Answer.LATER


def test_a_tls_handshake_that_fails_means_later(mailgun_that, settings):
    server = mailgun_that(answer)
    settings.MAILGUN_API_URL = f"https://127.0.0.1:{server.server_port}"
    assert send().answer == Answer.LATER
    assert server.bodies == []


@pytest.mark.parametrize("farewell", ["close", "reset", "silence"])
def test_a_connection_lost_during_the_tls_handshake_means_later(settings, farewell):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.MAILGUN_API_URL = f"https://127.0.0.1:{server.getsockname()[1]}"
        kept = []

        def part():
            connection, _address = server.accept()
            kept.append(connection)
            connection.recv(1)
            if farewell == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if farewell != "silence":
                connection.close()

        thread = threading.Thread(target=part)
        thread.start()
        outcome = send()
        thread.join()
        for connection in kept:
            connection.close()
    assert outcome.answer == Answer.LATER
