"""Mail by SMTP, against a real server on loopback: who got it, who did not, and who cannot be told."""

import datetime

import pytest

from mailing import smtp, smtp_connection, transports
from mailing.letters import Answer, Letter, Outcome, Progress, Recipient
from mailing.models import Delivery
from tests.mailing.smtp_server import by_smtp, server
from tests.smtp_standin import CERTIFICATE, DROP, SmtpServer
from tests.smtp_standin.session import PASSWORD, USER

Status = Delivery.Status
HOUR = datetime.timedelta(hours=1)
__all__ = ["by_smtp", "server"]
ID = "0123@mail.example.org"
LETTER = Letter("Team <team@mail.example.org>", "Week 1, {{ name }}", ".\n.. Hello {{ name }}\n", "<p>{{ name }}</p>")
PEOPLE = [Recipient(number, f"p{number}@example.org", {"name": f"N{number}"}) for number in (1, 2, 3)]
HUGE = Letter("team@mail.example.org", "Week 1", "bread " * 3_000_000, "<p></p>")  # more than sockets hold


def send(letter: Letter = LETTER, people: list[Recipient] = PEOPLE) -> Outcome:
    return transports.prepare(letter, people, ID)()


def answers(outcome: Outcome) -> list[Answer]:
    return [outcome.each.get(person.delivery, outcome).answer for person in PEOPLE]


ACCEPTED, LATER, REFUSED, UNSURE = Answer.ACCEPTED, Answer.LATER, Answer.REFUSED, Answer.UNSURE


# One message for each person


def test_each_person_gets_one_message_of_their_own_over_one_connection(server):
    outcome = send()
    assert answers(outcome) == [ACCEPTED] * 3
    assert outcome.reason == "250 2.0.0 Ok: queued as 3"
    assert server.readers() == [person.address for person in PEOPLE]
    assert (server.connections, server.said.count("DATA"), server.said[-1]) == (1, 3, "quit")
    second = server.taken[1]
    assert (second.sender, second.message["To"], second.message["Subject"]) == (
        "team@mail.example.org", "p2@example.org", "Week 1, N2",
    )  # fmt: skip
    assert second.message.get_body(["plain"]).get_content() == ".\r\n.. Hello N2\r\n"
    ids = [one.message["Message-ID"] for one in server.taken]
    assert ids == [f"<{smtp.own_id(ID, person.delivery)}>" for person in PEOPLE]
    assert ids[1] == "<0123.2@mail.example.org>"


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "dot"])
def test_a_no_for_now_puts_one_person_back(server, stage):
    server.on(stage, "451 4.7.1 Greylisted, try again", skip=1)
    outcome = send()
    assert answers(outcome) == [ACCEPTED, LATER, ACCEPTED]
    assert outcome.each[2].reason == "The mail server answered 451 4.7.1 Greylisted, try again"
    assert server.readers() == ["p1@example.org", "p3@example.org"]
    assert server.connections == 1


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "dot"])
def test_a_no_for_good_fails_one_person(server, stage):
    server.on(stage, "550 5.1.1 No such user", skip=1)
    assert answers(send()) == [ACCEPTED, REFUSED, ACCEPTED]
    assert server.readers() == ["p1@example.org", "p3@example.org"]


def test_a_message_too_large_fails_and_a_sender_who_may_not_stops_all(server):
    server.on("MAIL", "552 5.3.4 Message too large")
    assert answers(send()) == [REFUSED, ACCEPTED, ACCEPTED]
    server.on("MAIL", "550 5.7.60 You may not send as this address")
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert "may not send" in outcome.reason
    assert len(server.taken) == 2


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "530 5.7.0 Log in first"),
        ("dot", "550 5.4.5 Daily user sending limit exceeded"),
        ("dot", "550 This domain has exceeded the max emails per hour"),
    ],
)
def test_a_no_that_is_about_us_stops_all_and_fails_nobody(server, stage, line):
    server.on(stage, line, skip=1)
    outcome = send()
    assert (outcome.answer, line.split(" ", 1)[1] in outcome.reason) == (Answer.STOP, True)
    # Were it about this one person after all, that person waits, and the others go on at the next run.
    assert answers(outcome) == [ACCEPTED, LATER, Answer.STOP]


# Broken connections


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_message_ends_is_put_back(server, stage):
    server.on(stage, DROP, skip=1)
    outcome = send()
    assert answers(outcome) == [ACCEPTED, LATER, LATER]
    assert (outcome.wait, "broke before it had the message" in outcome.each[2].reason) == (1.0, True)
    assert server.readers() == ["p1@example.org"]


def test_a_connection_lost_within_the_message_is_put_back(server):
    server.on("in-data", DROP)
    outcome = send(HUGE)
    assert answers(outcome) == [LATER, LATER, LATER]
    assert outcome.wait == 60.0
    assert server.taken == []


@pytest.mark.parametrize(("stage", "taken"), [("after-dot", 2), ("dot", 1)])
def test_a_connection_lost_after_the_final_dot_is_unsure_for_one_person(server, stage, taken):
    server.on(stage, DROP, skip=1)
    outcome = send()
    assert answers(outcome) == [ACCEPTED, UNSURE, LATER]
    assert "a person must decide" in outcome.each[2].reason
    assert len(server.taken) == taken


@pytest.mark.parametrize("line", ["", "nonsense", "354 what", "2", "999 x" + "y" * 9000])
def test_an_answer_without_sense_after_the_final_dot_is_unsure(server, line):
    server.on("after-dot", line)
    assert answers(send()) == [UNSURE, LATER, LATER]


def test_an_answer_without_sense_before_it_is_put_back(server):
    server.on("RCPT", "nonsense")
    assert answers(send()) == [LATER, LATER, LATER]
    assert server.taken == []


def test_a_server_that_ends_the_connection_in_words_is_believed(server):
    server.on("MAIL", "421 4.7.0 Too many messages on this connection", skip=2)
    outcome = send()
    assert answers(outcome) == [ACCEPTED, ACCEPTED, LATER]
    assert "Too many messages" in outcome.each[3].reason


def test_a_refusal_stands_when_the_connection_breaks_behind_it(server):
    server.on("RCPT", "550 5.1.1 No such user")
    server.on("RSET", DROP)
    assert answers(send()) == [REFUSED, LATER, LATER]


@pytest.mark.parametrize(("stage", "answer"), [("RCPT", LATER), ("after-dot", UNSURE)])
@pytest.mark.parametrize("how", [{"wait": 0.5}, {"trickle": 0.09}])
def test_a_slow_server_is_not_waited_for_without_end(server, settings, stage, answer, how):
    settings.MAIL_TIMEOUT_SECONDS = 0.3
    server.on(stage, "250 Ok at last", **how)
    assert answers(send())[0] == answer


# Before the first message


def test_nobody_listens(settings, server):
    with SmtpServer() as gone:
        settings.EMAIL_PORT = gone.port
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert f"localhost cannot be used on port {gone.port}" in outcome.reason
    assert answers(outcome) == [Answer.STOP] * 3


@pytest.mark.parametrize(("stage", "line"), [("greeting", "554 No service"), ("greeting", DROP), ("EHLO", DROP)])
def test_a_server_that_wants_nothing(server, stage, line):
    server.on(stage, line, times=None)
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert line[4:] in outcome.reason


def test_time_that_ran_out_puts_the_rest_back_and_each_answer_is_told_before_the_next_turn(server):
    told = []
    progress = Progress(lambda: len(told) < 2, lambda number, one: told.append((number, one.answer, len(server.taken))))
    outcome = transports.prepare(LETTER, PEOPLE[::-1], ID, progress)()
    assert told == [(1, ACCEPTED, 1), (2, ACCEPTED, 2)]
    assert answers(outcome) == [ACCEPTED, ACCEPTED, LATER]


def test_a_log_in(server, settings):
    server.offers = ("AUTH PLAIN",)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
    assert send().answer == ACCEPTED
    assert {one.user for one in server.taken} == {USER}


@pytest.mark.parametrize(
    ("password", "offers", "words"),
    [
        ("wr0ng", ("AUTH PLAIN",), "refused the log-in: 535 5.7.8 (password) is not right"),
        ("wröng", ("AUTH PLAIN",), "may hold letters without accents"),
        ("wr0ng", (), "does not offer a log-in (EMAIL_HOST_USER)"),
    ],
)
def test_a_log_in_that_fails_never_shows_the_password(server, settings, password, offers, words):
    server.offers = offers
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, password
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert words in outcome.reason
    assert password not in outcome.reason
    assert server.taken == []


# Encryption


@pytest.fixture
def trusted(monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.mark.usefixtures("trusted")
def test_encryption_is_agreed_on_before_anything_is_said(server, settings):
    settings.EMAIL_USE_TLS, server.offers = True, ("STARTTLS", "AUTH PLAIN")
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, PASSWORD
    assert send().answer == ACCEPTED
    assert all(one.encrypted for one in server.taken)
    assert server.said[:2] == ["ehlo mail.example.org", "STARTTLS"]


@pytest.mark.usefixtures("trusted")
def test_on_port_465_encryption_comes_first(settings, monkeypatch):
    settings.EMAIL_USE_TLS = True
    with SmtpServer(implicit=True) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", server.port
        monkeypatch.setattr(smtp_connection, "IMPLICIT_TLS", server.port)
        assert send().answer == ACCEPTED
    assert [one.encrypted for one in server.taken] == [True] * 3


def test_a_server_without_encryption_gets_nothing(server, settings):
    settings.EMAIL_USE_TLS = True
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert "does not offer encryption (EMAIL_USE_TLS)" in outcome.reason
    assert server.taken == []


def test_a_certificate_that_nobody_vouches_for_stops_all(server, settings):
    settings.EMAIL_USE_TLS, server.offers = True, ("STARTTLS",)
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert "certificate that cannot be trusted" in outcome.reason
    assert "Check EMAIL_HOST." in outcome.reason


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_stops_all(server, settings):
    settings.EMAIL_USE_TLS, server.offers, settings.EMAIL_HOST = True, ("STARTTLS",), "127.0.0.1"
    assert "certificate that cannot be trusted" in send().reason


def test_a_port_that_speaks_no_tls_says_so(server, settings, monkeypatch):
    settings.EMAIL_USE_TLS = True
    monkeypatch.setattr(smtp_connection, "IMPLICIT_TLS", server.port)
    outcome = send()
    assert outcome.answer == Answer.STOP
    assert "does not speak TLS on port" in outcome.reason


# Addresses in other scripts

BJORN = [Recipient(1, "björn@example.org", {"name": "Björn"}), *PEOPLE[1:]]


def test_an_address_in_another_script_needs_a_server_that_takes_it(server):
    outcome = send(people=BJORN)
    assert answers(outcome) == [REFUSED, ACCEPTED, ACCEPTED]
    assert "SMTPUTF8" in outcome.each[1].reason
    server.offers = ("8BITMIME", "SMTPUTF8")
    assert answers(send(people=BJORN)) == [ACCEPTED] * 3
    assert server.taken[2].reader == server.taken[2].message["To"] == "björn@example.org"
    assert [line.endswith("SMTPUTF8 BODY=8BITMIME") for line in server.said if line.startswith("mail")][-3:] == [
        True, False, False,
    ]  # fmt: skip


def test_a_domain_in_another_script_goes_in_its_ascii_form(server):
    assert send(people=[Recipient(1, "ada@bücher.example", {})]).answer == ACCEPTED
    assert server.readers() == ["ada@xn--bcher-kva.example"]


def test_a_sender_in_another_script_stops_all_where_the_server_does_not_take_it(server):
    assert send(Letter("jörg@mail.example.org", "x", "y", "z")).answer == Answer.STOP


def test_an_address_that_cannot_be_read_fails_alone(server):
    people = [Recipient(1, "nobody", {}), *PEOPLE[1:]]
    assert answers(send(people=people)) == [REFUSED, ACCEPTED, ACCEPTED]
