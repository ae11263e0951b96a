"""HTTP: reads one request after the other from a connection and writes, or breaks, the answers."""

import socket
import struct
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl


@dataclass
class Request:
    method: str
    path: str
    session: str
    agent: str
    fields: dict[str, str]


@dataclass
class Response:
    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/html; charset=utf-8"
    ending: str = ""


class Handler(BaseHTTPRequestHandler):
    """One connection; `server.standin` is the stand-in."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms until the client confirms the headers

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("_session")
        session, agent = cookie.value if cookie else "", self.headers.get("User-Agent", "")
        request = Request(self.command, self.path, session, agent, dict(parse_qsl(body.decode())))
        response = self.server.standin.answer(request)
        if response.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        content = response.body.encode() if isinstance(response.body, str) else response.body
        self.send_response(response.status)
        for name, value in (response.headers | {"Content-Type": response.content_type}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if response.ending == "cut":
            content, self.close_connection = content[: len(content) // 2], True
        self.wfile.write(content)

    do_GET = do_POST = _do  # noqa: N815  (the names are http.server's)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: `asked` is looked at instead."""
