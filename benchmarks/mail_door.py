"""A stand-in for Mailgun that costs next to nothing: takes any message, waits, and says yes. A process of its own.

`python -m benchmarks.mail_door SECONDS` prints its port and serves until its standard input is closed. It keeps
connections. `GET /seen` tells what came since the last such question; `GET /body/3` gives the fourth body.
"""

import asyncio
import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
KEPT = 14  # bodies
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"&h%3AMessage-Id=%3C([^&]*)%3E")


class Counter:
    """What came since somebody last asked."""

    def __init__(self) -> None:
        self.calls = self.recipients = self.bytes = 0

    def add(self, body: bytes) -> None:
        self.calls += 1
        self.recipients += body.count(b"&to=")
        self.bytes += len(body)


class Line(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, wait: float, counter: Counter, bodies: list[bytes]) -> None:
        self._wait, self._counter, self._bodies = wait, counter, bodies
        self._data, self._whole, self._start = bytearray(), 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._data:
            if not self._whole:
                head, found, _rest = self._data.partition(b"\r\n\r\n")
                if not found:
                    return
                length = _LENGTH.search(head)
                self._start = len(head) + 4
                self._whole = self._start + (int(length[1]) if length else 0)
            if len(self._data) < self._whole:
                return
            self._answer(bytes(self._data[: self._start]), bytes(self._data[self._start : self._whole]))
            del self._data[: self._whole]
            self._whole = 0

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST "):
            self._counter.add(body)
            if len(self._bodies) < KEPT:
                self._bodies.append(body)
            found = _ID.search(body)
            said = {"id": f"<{unquote(found[1].decode()) if found else 'none'}>", "message": "Queued. Thank you."}
            asyncio.get_running_loop().call_later(self._wait, self._say, json.dumps(said).encode())
        elif head.startswith(b"GET /body/"):
            self._say(self._bodies[int(head.split(b" ", 2)[1].rpartition(b"/")[2])])
        else:
            self._say(json.dumps(vars(self._counter)).encode())
            self._counter.__init__()

    def _say(self, content: bytes) -> None:
        if not self._transport.is_closing():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            self._transport.write(head.encode() + content)


async def serve(wait: float) -> None:
    """Answer every call after `wait` seconds until standard input is closed."""
    counter, bodies, loop = Counter(), [], asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(wait, counter, bodies), HOST, 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


@contextmanager
def door(wait: float) -> Iterator[str]:
    """Run it in a process of its own and yield its address."""
    command = [sys.executable, "-m", "benchmarks.mail_door", str(wait)]
    running = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://{HOST}:{int(running.stdout.readline())}"
    finally:
        running.stdin.close()
        running.wait(30)
        running.stdout.close()


def seen(address: str) -> dict[str, int]:
    """Return how many `calls`, `recipients` and `bytes` came since the last question."""
    with urllib.request.urlopen(f"{address}/seen") as answer:  # noqa: S310  (our own address)
        return json.load(answer)


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
