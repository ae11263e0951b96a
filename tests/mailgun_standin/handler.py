"""HTTP: reads one request after the other from a connection and writes, or breaks, the answers."""

import socket
import struct
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.mailgun_standin.answers import CUT, RESET, Reply, plain
from tests.mailgun_standin.forms import Request

if TYPE_CHECKING:
    from tests.mailgun_standin.standin import StandIn

LARGEST_BODY = 52_400_000  # bytes


class Handler(BaseHTTPRequestHandler):
    """One connection; `server` is the stand-in."""

    protocol_version = "HTTP/1.1"
    server: "StandIn"

    def _do(self) -> None:
        path, _, query = self.path.partition("?")
        call = None
        if self.command == "POST" and path.startswith("/v3/") and path.endswith("/messages"):
            call = self.server.begin_call()
            if call.fault:  # a fault at the door: the body is never read
                self._reset()
                return
        said = self.headers.get("Content-Length", "" if "Transfer-Encoding" in self.headers else "0")
        if not said.isdigit():
            self.close_connection = True
            self._write(Reply(plain("Content-Length is missing", 411)))
            return
        length = int(said)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._write(Reply(plain("request size exceeds 52.4MiB limit", 413)))
            return
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # the client died while it was sending: nothing was asked
            return
        request = Request(
            self.command, path, parse_qs(query, keep_blank_values=True), self.headers, body,
            f"http://{self.headers.get('Host', self.server.url.removeprefix('http://'))}", time.monotonic(),
        )  # fmt: skip
        try:
            self._write(self.server.reply(request, call))
        finally:
            if call:
                self.server.end_call()

    do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815  (the names are http.server's)

    def _write(self, reply: Reply) -> None:
        if reply.wait > 0:
            self.server.over.wait(reply.wait)
        if reply.ending == RESET:
            self._reset()
            return
        answer = reply.answer
        lines = [
            f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        if self.close_connection:
            lines.append("Connection: close")
        body = answer.body
        if reply.ending == CUT:
            body, self.close_connection = body[: len(body) // 2], True
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def _reset(self) -> None:
        """Let the connection end with a reset: at once, whatever has not been read or written yet."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the truth is asked instead."""


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Enhance Your Calm"
