"""The talk on one connection, from the server's side."""

import base64
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.smtp_standin import SmtpServer

USER, PASSWORD = "course", "s3cret"
TIMEOUT = 5.0  # seconds until the server gives up on a silent client


@dataclass(frozen=True)
class Taken:
    """One message that the server has taken, as it came, on which of its connections."""

    sender: str
    reader: str
    raw: bytes
    connection: int
    encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class Rule:
    """What is answered at one stage, so many `times` (None: always), to one `reader` only where one is named.

    `skip` lets some pass first. `wait`: seconds before the answer; `trickle`: seconds before each of its bytes.
    """

    stage: str
    line: str
    times: int | None = 1
    skip: int = 0
    reader: str = ""
    wait: float = 0.0
    trickle: float = 0.0


class DroppedError(Exception):
    """The connection was reset, without a word."""


class Session:
    """Answers each command as usual, or as a rule of the server says."""

    def __init__(self, server: "SmtpServer", client: socket.socket) -> None:
        self.client = client
        self._server, self._number, self._lines = server, server.connections, client.makefile("rb")
        self._sender = self._reader = self._user = ""
        self._verbs = {
            "EHLO": self._ehlo, "STARTTLS": self._starttls, "AUTH": self._auth, "MAIL": self._mail,
            "RCPT": self._rcpt, "DATA": self._data, "RSET": lambda _text: self._say("RSET", "250 Ok"),
        }  # fmt: skip

    def serve(self) -> None:
        """Talk until one of both ends it."""
        if not self._say("greeting", "220 localhost ready").startswith("220"):
            return
        while line := self._lines.readline():
            text = line.decode("utf-8", "replace").strip()
            verb = text.split(" ")[0].upper()
            self._server.said.append("AUTH" if verb == "AUTH" else text)
            if verb == "QUIT":
                self.client.sendall(b"221 Bye\r\n")
                return
            self._verbs.get(verb, self._unknown)(text)

    def close(self) -> None:
        """End the connection."""
        self._lines.close()
        self.client.close()

    def _unknown(self, _text: str) -> None:
        self.client.sendall(b"500 What?\r\n")

    def _ehlo(self, _text: str) -> None:
        offers = [one for one in self._server.offers if one != "STARTTLS" or not self._encrypted]
        lines = ["localhost", *offers]
        self._say("EHLO", "\r\n".join(f"250{' ' if one is lines[-1] else '-'}{one}" for one in lines))

    def _starttls(self, _text: str) -> None:
        if self._say("STARTTLS", "220 Go ahead").startswith("220"):
            self._lines.close()
            self.client = self._server.encrypt(self.client)
            self._lines = self.client.makefile("rb")

    def _auth(self, text: str) -> None:
        _none, user, password = base64.b64decode(text.split(" ")[2]).decode().split("\0")
        self._user = user if (user, password) == (USER, PASSWORD) else ""
        self._say("AUTH", "235 Welcome" if self._user else f"535 5.7.8 {password} is not right")

    def _mail(self, text: str) -> None:
        self._sender = _address(text)
        self._say("MAIL", "250 Ok")

    def _rcpt(self, text: str) -> None:
        self._reader = _address(text)
        self._say("RCPT", "250 Ok")

    def _data(self, _text: str) -> None:
        if not self._say("DATA", "354 Go on").startswith("354"):
            return
        if self._server.rule("in-data", self._reader):
            self._reset()
        lines = []
        while (line := self._lines.readline()) != b".\r\n":
            if not line:
                raise DroppedError
            lines.append(line.removeprefix(b"."))
        usual = f"250 2.0.0 Ok: queued as {len(self._server.taken) + 1}"
        taking = self._server.rule("dot", self._reader)
        if taking is None or taking.line.startswith("2"):
            self._take(b"".join(lines))
        if taking:
            self._answer(taking)
        else:
            self._say("after-dot", usual)

    def _take(self, raw: bytes) -> None:
        self._server.taken.append(Taken(self._sender, self._reader, raw, self._number, self._encrypted, self._user))

    @property
    def _encrypted(self) -> bool:
        return isinstance(self.client, ssl.SSLSocket)

    def _say(self, stage: str, usual: str) -> str:
        rule = self._server.rule(stage, self._reader)
        if rule:
            return self._answer(rule)
        self.client.sendall(f"{usual}\r\n".encode())
        return usual

    def _answer(self, rule: Rule) -> str:
        time.sleep(rule.wait)
        if not rule.line:
            self._reset()
        for byte in f"{rule.line}\r\n".encode():
            time.sleep(rule.trickle)
            self.client.sendall(bytes([byte]))
        return rule.line

    def _reset(self) -> None:
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
        raise DroppedError


def _address(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
