"""Webhooks going out: signed, doubled, shuffled, and tried again until somebody says 200 or 406."""

import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.mailgun_standin.later import Later
from tests.mailgun_standin.signing import signed

NAMES = ("accepted", "delivered", "opened", "clicked", "unsubscribed", "complained", "permanent_fail", "temporary_fail")
REAL_WAITS = (300, 600, 900, 3600, 7200, 14400)  # seconds
TIMEOUT = 5.0  # seconds
DONE = (200, 406)


@dataclass
class Habits:
    """How webhooks come. `double`: the share that is sent twice, half of them with a new signature.

    `shuffle`: each waits up to so many seconds. `waits`: seconds before each new try; the real ones are in
    REAL_WAITS. `fresh`: a new try has a new signature (guess: it has not, so that a token can be stored once).
    """

    double: float = 0.0
    shuffle: float = 0.0
    waits: tuple[float, ...] = (0.05, 0.1, 0.15, 0.6, 1.2, 2.4)
    fresh: bool = False


@dataclass(frozen=True)
class Try:
    """One POST of one event to one address. `status` is 0 where nothing was answered."""

    event: str
    event_id: str
    url: str
    attempt: int
    status: int
    time: float


@dataclass
class Webhooks:
    """The addresses by webhook id, and what was sent to them."""

    key: str
    seed: int
    later: Later
    habits: Habits = field(default_factory=Habits)
    urls: dict[str, list[str]] = field(default_factory=dict)
    tries: list[Try] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor | None = None
    _open: int = 0
    _sent: int = 0
    _closed: bool = False

    def point(self, url: str, names: tuple[str, ...] = NAMES) -> None:
        """Send the events of these webhook ids to one address."""
        self.urls.update({name: [url] for name in names})

    def tell(self, event: dict) -> None:
        """Send an event to everybody who asked for its kind."""
        for url in self.urls.get(webhook_of(event), ()):
            with self._lock:
                self._sent += 1
                draw = random.Random(f"{self.seed}/webhook/{self._sent}")
            body = signed(event, self.key)
            bodies = [body]
            if draw.random() < self.habits.double:
                bodies.append(body if draw.random() < 0.5 else signed(event, self.key))
            for one in bodies:
                self._plan(draw.uniform(0, self.habits.shuffle), url, one, 1)

    def idle(self, seconds: float = 5.0) -> bool:
        """Wait until nothing is under way any more and say whether that came about in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.later.idle() and not self._open:
                return True
            time.sleep(0.005)
        return False

    def close(self) -> None:
        """Send nothing any more."""
        with self._lock:
            self._closed = True
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _plan(self, seconds: float, url: str, body: dict, attempt: int) -> None:
        with self._lock:
            self._open += 1
        self.later.after(seconds, self._submit, url, body, attempt)

    def _submit(self, url: str, body: dict, attempt: int) -> None:
        with self._lock:
            if self._closed:
                return
            self._pool = self._pool or ThreadPoolExecutor(4, "stand-in: webhooks")
            self._pool.submit(self._send, url, body, attempt)

    def _send(self, url: str, body: dict, attempt: int) -> None:
        status = post(url, body)
        event = body["event-data"]
        self.tries.append(Try(event["event"], event["id"], url, attempt, status, time.time()))
        if status not in DONE and attempt <= len(self.habits.waits):
            again = signed(event, self.key) if self.habits.fresh else body
            self._plan(self.habits.waits[attempt - 1], url, again, attempt + 1)
        with self._lock:
            self._open -= 1


def webhook_of(event: dict) -> str:
    """Return the id of the webhook that carries an event; "" for those that no webhook carries."""
    if event["event"] == "failed":
        return "permanent_fail" if event["severity"] == "permanent" else "temporary_fail"
    return event["event"] if event["event"] in NAMES else ""


def post(url: str, body: dict) -> int:
    """POST a body as JSON and return the status, 0 for no answer."""
    parts = urlsplit(url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.netloc, timeout=TIMEOUT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", "User-Agent": "mailgun-stand-in"}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
