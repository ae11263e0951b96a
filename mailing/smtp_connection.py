"""A connection to the mail server, ready for messages: encrypted, logged in, and never waited for without end."""

import io
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings

IMPLICIT_TLS = 465  # the port where encryption comes before the first word (RFC 8314); others agree on it in words
GOODBYE = 5.0  # seconds
LONGEST_REASON = 200  # characters


class CannotStartError(Exception):
    """No message can be handed over, to nobody. Says why, for staff."""


class Connection(smtplib.SMTP):
    """An SMTP connection with one deadline for a whole exchange.

    The time-outs of sockets count anew with each byte: a server that trickles could outlast the claim.
    """

    def __init__(self, host: str, port: int, **more: Any) -> None:
        self.give(more["timeout"])
        super().__init__(host, port, **more)

    def give(self, seconds: float) -> None:
        """Let what follows take so long, all in all."""
        self.deadline = time.monotonic() + seconds

    def limit(self) -> None:
        """Let the next step on the socket take what is left; raises TimeoutError where nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self.sock.settimeout(left)

    def send(self, s: bytes | str) -> None:
        """Send it all before the deadline."""
        if self.sock:
            self.limit()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Return code and words of the next whole answer."""
        if self.file is None:
            self.file = io.BufferedReader(_Reader(self))
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = super()._get_socket(host, port, timeout)
        # The final dot goes alone: without this it would wait for the receipt of what went before.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class EncryptedConnection(Connection, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class _Reader(io.RawIOBase):
    """Reads from a connection's socket, within its deadline."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self._connection.limit()
        return self._connection.sock.recv_into(buffer)


@contextmanager
def connect() -> Iterator[Connection]:
    """Yield a connection that is ready for messages, and say goodbye after them; raises CannotStartError."""
    server = _start()
    try:
        yield server
    finally:
        # What was said before stands, however the connection ends.
        with suppress(OSError):
            if server.sock:
                server.give(GOODBYE)
                server.quit()
        server.close()


def _start() -> Connection:
    where = f"The mail server {settings.EMAIL_HOST}"
    try:
        return _logged_in()
    except ssl.SSLCertVerificationError as error:
        reason = f"{where} has a certificate that cannot be trusted: {error.verify_message}. Check EMAIL_HOST."
    except ssl.SSLError as error:
        reason = f"{where} does not speak TLS on port {settings.EMAIL_PORT} ({error.reason}). Check EMAIL_PORT."
    except smtplib.SMTPAuthenticationError as error:
        reason = f"{where} refused the log-in: {said(*error.args)}. Check EMAIL_HOST_USER and EMAIL_HOST_PASSWORD."
    except smtplib.SMTPNotSupportedError as error:
        missing = "encryption (EMAIL_USE_TLS)" if "STARTTLS" in str(error) else "a log-in (EMAIL_HOST_USER)"
        reason = f"{where} does not offer {missing} on port {settings.EMAIL_PORT}."
    except smtplib.SMTPResponseException as error:
        reason = f"{where} takes no mail from us now: {said(error.smtp_code, error.smtp_error)}."
    except UnicodeError:
        reason = "EMAIL_HOST_USER and EMAIL_HOST_PASSWORD may hold letters without accents, digits and signs only."
    except OSError as error:
        reason = f"{where} cannot be used on port {settings.EMAIL_PORT} ({error.strerror or error})."
    raise CannotStartError(reason) from None


def _logged_in() -> Connection:
    implicit = settings.EMAIL_USE_TLS and settings.EMAIL_PORT == IMPLICIT_TLS
    context = ssl.create_default_context()
    server = (EncryptedConnection if implicit else Connection)(
        settings.EMAIL_HOST.strip("[]"), settings.EMAIL_PORT, timeout=settings.MAIL_TIMEOUT_SECONDS,
        local_hostname=settings.EMAIL_DOMAIN, **({"context": context} if implicit else {}),
    )  # fmt: skip
    try:
        if settings.EMAIL_USE_TLS and not implicit:
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except BaseException:
        server.close()
        raise
    return server


def said(code: int, words: bytes | str) -> str:
    """Return an answer of the server as one line, without our password."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    text = " ".join(text.split()).replace(settings.EMAIL_HOST_PASSWORD or "\0", "(password)")
    return f"{code} {text[:LONGEST_REASON]}".strip()
