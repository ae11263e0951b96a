"""A load from this machine: requests over kept connections, written by hand so that the client costs little."""

import re
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


def rate(address: str, make: Callable[[int], bytes], count: int, *, expect: bytes, connections: int = 4) -> float:
    """Send `count` requests over `connections` kept connections and return how many were answered a second.

    `make(number)` returns the bytes of one request. Raises RuntimeError on an answer whose first line does not hold
    `expect`.
    """
    numbers = iter(range(count))
    lock, faults = threading.Lock(), []

    def work() -> None:
        try:
            with _connect(address) as line:
                while (number := _next(numbers, lock)) is not None:
                    line.sendall(make(number))
                    _check(_answer(line), expect)
        except (OSError, RuntimeError) as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if faults:
        raise RuntimeError("The load could not be sent.") from faults[0]
    return count / seconds


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    line = socket.create_connection((parts.hostname, parts.port), timeout=30)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _next(numbers, lock: threading.Lock) -> int | None:
    with lock:
        return next(numbers, None)


def _answer(line: socket.socket) -> bytes:
    """Read one answer to its end and return its head."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _read(line)
    head, _, body = data.partition(b"\r\n\r\n")
    found = LENGTH.search(head + b"\r\n")
    missing = (int(found[1]) if found else 0) - len(body)
    while missing > 0:
        missing -= len(_read(line))
    return head


def _check(head: bytes, expect: bytes) -> None:
    if expect not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"The server said: {head[:300]!r}")


def _read(line: socket.socket) -> bytes:
    data = line.recv(262_144)
    if not data:
        raise RuntimeError("The server closed the connection.")
    return data


def get(path: str) -> bytes:
    """Return a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, body: str, visitor: str) -> bytes:
    """Return a form's POST, from a visitor of that network address behind one proxy."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {visitor}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
