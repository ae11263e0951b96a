"""A mail server on loopback that speaks real SMTP, keeps what it took, and misbehaves on purpose.

    with SmtpServer() as server:
        server.on("RCPT", "550 5.1.1 No such user", times=1)
        server.on("after-dot", DROP)
        ...                                     # EMAIL_HOST = "localhost", EMAIL_PORT = server.port
        assert server.readers() == ["ada@example.org"]

`localhost.pem` is a certificate for this machine that nobody trusts by itself, with its key.
"""

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.smtp_standin.session import TIMEOUT, DroppedError, Rule, Session, Taken

CERTIFICATE = Path(__file__).with_name("localhost.pem")
DROP = ""  # in place of an answer: the connection is reset


@dataclass
class SmtpServer:
    """Use it as a context manager. `offers` is what EHLO names; `implicit`: encrypted from the first byte."""

    offers: tuple[str, ...] = ("8BITMIME",)
    implicit: bool = False
    rules: list[Rule] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # every command that came, log-ins without what they hold
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(CERTIFICATE)
        self._thread = threading.Thread(target=self._welcome, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake who waits in accept()
        self._listener.close()
        self._thread.join(TIMEOUT)

    def on(self, stage: str, line: str, **more: object) -> None:
        """Answer `line` at a stage, or DROP.

        Stages: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, RSET; in-data: while the text comes; dot: instead of
        taking the message, unless the answer is a yes; after-dot: once it is taken.
        """
        self.rules.append(Rule(stage, line, **more))

    def readers(self) -> list[str]:
        """Return who was written to, in order, once for each copy."""
        return [one.reader for one in self.taken]

    def rule(self, stage: str, reader: str) -> Rule | None:
        """Return what is to happen now at a stage, and count it."""
        for rule in self.rules:
            if rule.stage != stage or rule.times == 0 or rule.reader not in ("", reader):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            if rule.times:
                rule.times -= 1
            return rule
        return None

    def encrypt(self, client: socket.socket) -> ssl.SSLSocket:
        """Agree on encryption with a client."""
        return self._context.wrap_socket(client, server_side=True)

    def _welcome(self) -> None:
        # One connection after another, as a worker makes them.
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            client.settimeout(TIMEOUT)
            with contextlib.suppress(DroppedError, OSError), client:
                encrypted = self.encrypt(client) if self.implicit else client
                with contextlib.closing(Session(self, encrypted)) as session:
                    session.serve()
