"""Mail by SMTP: one message for each person, over one kept connection. Its surprises are written beside the code."""

import re
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

from django.conf import settings
from django.utils import timezone as clock

from mailing import mime
from mailing.letters import Answer, Letter, Outcome, Progress, Recipient
from mailing.smtp_connection import CannotStartError, Connection, connect, said

MOST_RECIPIENTS = 50  # servers end a connection after some hundred messages, and a lease has its end
SOON, IN_A_WHILE = 1.0, 60.0  # seconds
NO_HOST = "No mail server is set up. Set EMAIL_HOST to the name of your mail server. Until then the queue waits."
ENDED = "The connection to the mail server ended before the turn of this message."
LOST = "The connection to the mail server broke before it answered. It may have been sent: a person must decide."
# A lasting no that is not about this person or this message. Mail programs' own codes differ; these words are common:
# "Relay access denied", "5.4.5 Daily user sending limit exceeded", "exceeded the max emails per hour".
_ABOUT_US = re.compile(
    r"\brelay|authentic|5\.4\.5|sending (?:limit|quota)|rate limit|per (?:minute|hour|day)", re.IGNORECASE
)


def send(letter: Letter, recipients: list[Recipient], message_id: str, progress: Progress) -> Outcome:
    """Hand one message for each person to the mail server, and return what became of each.

    `message_id` comes without angle brackets; each person's own is made from it by `own_id`. In the order of the
    delivery ids, each answer told before the next is begun with: `delivery.expire_leases` relies on it. What is begun
    ends within MAIL_TIMEOUT_SECONDS. Who was not begun with is answered LATER.
    """
    each: dict[int, Outcome] = {}
    words = ""
    try:
        with connect() as server:
            for person in sorted(recipients, key=lambda person: person.delivery):
                if not progress.may_begin():
                    return Outcome(Answer.LATER, "There was no time left for it.", SOON, each=each)
                one = _hand_over(server, letter, person, message_id)
                stop = one.answer == Answer.STOP
                if stop:
                    # It waits longer than the others: were it about this person after all, it would stop them forever.
                    one = Outcome(Answer.LATER, one.reason)
                elif one.answer == Answer.ACCEPTED:
                    words, one = one.reason, Outcome(Answer.ACCEPTED)
                each[person.delivery] = one
                progress.answered(person.delivery, one)
                if stop:
                    return Outcome(Answer.STOP, one.reason, each=each)
                if not server.sock:
                    # Some servers end a connection after so many messages. Where none got through, more is wrong.
                    return Outcome(Answer.LATER, ENDED, SOON if words else IN_A_WHILE, each=each)
    except CannotStartError as error:
        return Outcome(Answer.STOP, str(error))
    return Outcome(Answer.ACCEPTED, words, each=each) if words else Outcome(one.answer, one.reason, each=each)


def own_id(message_id: str, delivery: int) -> str:
    """Return the Message-Id of one person's message, known before it is sent: the batch's with the delivery's id."""
    local, _at, domain = message_id.rpartition("@")
    return f"{local}.{delivery}@{domain}"


def _hand_over(server: Connection, letter: Letter, person: Recipient, message_id: str) -> Outcome:
    """Return what became of one message. The connection is closed where it cannot be used for another."""
    try:
        message = mime.build(letter, person, own_id(message_id, person.delivery), clock.now())
        # A line that begins with a dot gets a second one, since a dot alone ends the message (RFC 5321 4.5.2).
        body = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
    except ValueError as error:
        return Outcome(Answer.REFUSED, str(error))
    server.give(settings.MAIL_TIMEOUT_SECONDS)
    ended = False
    try:
        if refusal := _introduce(server, message):
            return refusal
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        # Without its final dot the server must throw the message away. From here on it may have it.
        ended = True
        server.send(b".\r\n")
        code, words = server.getreply()
    except OSError as error:  # smtplib's own are of this kind
        server.close()
        reason = f"The connection to the mail server broke before it had the message ({error})."
        return Outcome(Answer.UNSURE, LOST) if ended else Outcome(Answer.LATER, reason)
    if 200 <= code <= 299:
        return Outcome(Answer.ACCEPTED, said(code, words))
    if not 400 <= code <= 599:
        server.close()
        return Outcome(Answer.UNSURE, LOST)
    return _refusal(server, "message", code, words)


def _introduce(server: Connection, message: EmailMessage) -> Outcome | None:
    """Say who writes to whom; return None where the server wants the message now, else its refusal."""
    sender, reader = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    in_utf8 = message.policy.utf8
    if in_utf8 and not server.has_extn("smtputf8"):
        reason = "An address has letters that this mail server does not take (it lacks SMTPUTF8)."
        return Outcome(Answer.STOP if reader.isascii() else Answer.REFUSED, reason)
    steps: list[tuple[str, Callable[[], tuple[int, bytes]]]] = [
        ("sender", lambda: server.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if in_utf8 else [])),
        ("reader", lambda: server.rcpt(reader)),
        ("data", lambda: server.docmd("DATA")),
    ]
    for step, speak in steps:
        code, words = speak()
        if not (code == 354 if step == "data" else 200 <= code <= 299):
            return _refusal(server, "reader" if in_utf8 else step, code, words)
    return None


def _refusal(server: Connection, step: str, code: int, words: bytes) -> Outcome:
    """Return what a definite no means, and make the connection ready for the next message."""
    reason = f"The mail server answered {said(code, words)}"
    if code == 421 or not 400 <= code <= 599:
        server.close()  # 421: it ends the connection by itself; anything else makes no sense here
        return Outcome(Answer.LATER, reason)
    with suppress(OSError):  # a connection that breaks now is closed, and that is seen before the next message
        server.rset()
    if code < 500:
        return Outcome(Answer.LATER, reason)
    of_sender = step == "sender" and code != 552  # 552: this message is too large
    if of_sender or code in (530, 535, 538) or _ABOUT_US.search(reason):
        return Outcome(Answer.STOP, reason)
    return Outcome(Answer.REFUSED, reason)
