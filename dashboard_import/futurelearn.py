"""One polite session with FutureLearn: one request at a time, with a pause, never to another host.

There is no API. We sign in through the same form as people, and read the same pages. User name, password, cookies and
tokens stay in this module: no error, log line or file of ours has them.
"""

import contextlib
import datetime
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from django.utils import timezone as clock

from dashboard_import import pages

AGENT = "mechanical-mooc/1 (partner data import; one request at a time)"
TIMEOUT = (10, 90)  # seconds to connect, and between two pieces of an answer
TRIES = 4
WAITS = (2.0, 8.0, 30.0)  # seconds before the second, third and fourth try
LONGEST_WAIT = 600.0  # seconds; where Retry-After asks for more, the file is missing this time
LARGEST_PAGE = 30 << 20  # bytes of HTML
PIECE = 256 * 1024  # bytes
BEGINNING = 2_000  # bytes that show whether a file is a page
REDIRECTS = 5
PASSING = frozenset({408, 420, 425, 429, 500, 502, 503, 504})
SIGN_IN = "/sign-in"
MOST_IN_VAIN = 5  # sign-ins after which the same page asks for one again
# Failures of a connection may name the address asked for; only their kind is ever told.
TROUBLE = (requests.RequestException, OSError)


class FetchError(Exception):
    """A request that came to nothing. The text is a sentence for staff, without addresses or secrets."""


class MissingError(FetchError):
    """FutureLearn has no such page: 404."""


class SignInError(FetchError):
    """Nobody can go on: the user name and password are not taken, or all asks for them again and again."""


class NotATableError(FetchError):
    """A page of HTML came where a CSV should be."""


@dataclass
class Session:
    """A session at `url`. `pause` is the least number of seconds between one answer and the next request."""

    url: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    pause: float = 1.0
    requests_made: int = 0

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.headers.update({"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"})
        self._host = urlsplit(self.url)[:2]
        self._free_at = 0.0
        self._in_vain = 0
        self._tokens: set[str] = set()

    def sign_in(self) -> str:
        """Sign in and return the page that follows. Raises SignInError, FetchError."""
        self._http.cookies.clear()
        form = self._text("GET", SIGN_IN)
        token = pages.token(form)
        if not pages.is_sign_in(form):
            raise FetchError("The sign-in page has no form that we know: looked for a field called password.")
        self._tokens.add(token)
        fields = {"utf8": "✓", "authenticity_token": token, "email": self.username, "password": self.password}
        page = self._text("POST", SIGN_IN, {**fields, "button": ""})
        if pages.is_sign_in(page):
            raise SignInError(
                "FutureLearn shows its sign-in form again: the user name or the password is wrong. "
                "Check FUTURELEARN_USERNAME and FUTURELEARN_PASSWORD."
            )
        return page

    def page(self, path: str) -> str:
        """Return a page of HTML. Where the session has ended meanwhile, sign in again, once."""
        html = self._text("GET", path)
        if pages.is_sign_in(html):
            self.sign_in()
            html = self._text("GET", path)
            if pages.is_sign_in(html):
                raise self._not_for_us("page")
        self._in_vain = 0
        return html

    def download(self, path: str, target: BinaryIO) -> int:
        """Write a table's bytes to `target` as they come, and return how many; `target` is emptied before each try.

        HTML is never written to the end: it is NotATableError, or a new sign-in where it is the form.
        """
        for last in (False, True):
            try:
                size = self._tried("GET", path, None, lambda answer: self._save(answer, target))
            except _SignedOutError:
                if last:
                    raise self._not_for_us("file") from None
                self.sign_in()
            else:
                self._in_vain = 0
                return size
        raise AssertionError("unreachable")

    def _not_for_us(self, what: str) -> FetchError:
        """Return the refusal of something that leads to the sign-in form although we have just signed in.

        It concerns that alone, until it happens several times in a row: each costs a sign-in.
        """
        self._in_vain += 1
        kind = FetchError if self._in_vain < MOST_IN_VAIN else SignInError
        return kind(f"FutureLearn asks to sign in again for this {what}: this account may not see it.")

    def without_secrets(self, html: str) -> str:
        """Return a page as it may be kept: no tokens, cookies, or names of ours in it."""
        kept = pages.without_secrets(html)
        secrets = {self.username, self.password, *self._tokens, *(cookie.value for cookie in self._http.cookies)}
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            kept = kept.replace(secret, "…")
        # Tokens we have not seen before are long words of letters and digits without a meaning.
        return re.sub(r"[A-Za-z0-9+/_=-]{40,}", "…", kept)

    def _text(self, method: str, path: str, fields: dict[str, str] | None = None) -> str:
        return self._tried(method, path, fields, _read_text)

    def _tried(self, method: str, path: str, fields: dict[str, str] | None, use: Callable) -> object:
        """Ask until there is an answer and `use` could read all of it. Only a GET is asked again."""
        tries = TRIES if method == "GET" else 1
        for attempt in range(1, tries + 1):
            wait = None
            try:
                with self._answer(method, path, fields) as answer:
                    if answer.status_code not in PASSING:
                        return use(_good(answer))
                    problem = f"FutureLearn answered {answer.status_code}"
                    wait = _asked_to_wait(answer)
            except _StorageError as error:
                raise error.reason from None
            except TROUBLE as error:
                problem = f"The connection to FutureLearn failed ({type(error).__name__})"
            if attempt < tries:
                # A little chance in it, so that many sites that met one outage do not all come back at once.
                wait = WAITS[attempt - 1] * random.uniform(1, 1.25) if wait is None else wait  # noqa: S311
                if wait > LONGEST_WAIT:
                    raise FetchError(f"{problem} and asks to wait for {wait:,.0f} seconds.")
                sleep(wait)
        raise FetchError(f"{problem}{f', {tries} times' if tries > 1 else ''}.")

    @contextlib.contextmanager
    def _answer(self, method: str, path: str, fields: dict[str, str] | None) -> Iterator[requests.Response]:
        """Make one request, with its redirects, each after the pause. No redirect may lead to another host."""
        address = urljoin(f"{self.url}/", path)
        for _step in range(REDIRECTS):
            if urlsplit(address)[:2] != self._host:
                raise FetchError(f"FutureLearn leads to another host, {urlsplit(address).hostname}: not followed.")
            self._rest()
            try:
                answer = self._http.request(
                    method, address, data=fields, timeout=TIMEOUT, allow_redirects=False, stream=True
                )
                with answer:
                    if not answer.is_redirect:
                        yield answer
                        return
                    address = urljoin(address, answer.headers["Location"])
            finally:
                self._free_at = monotonic() + self.pause
            method, fields = "GET", None
        raise FetchError("FutureLearn leads from one address to the next without an end.")

    def _rest(self) -> None:
        self.requests_made += 1
        if (wait := self._free_at - monotonic()) > 0:
            sleep(wait)

    def _save(self, answer: requests.Response, target: BinaryIO) -> int:
        target.seek(0)
        target.truncate()
        begins, size = True, 0
        coming = _from_beginning(answer.iter_content(PIECE))
        for piece in coming:
            if begins and _is_html(answer, piece):
                page = piece + b"".join(_bounded(coming, LARGEST_PAGE))
                if pages.is_sign_in(page.decode("utf-8", "replace")):
                    raise _SignedOutError
                raise NotATableError("FutureLearn sent a page instead of a table.")
            begins = False
            try:
                target.write(piece)
            except OSError as error:
                raise _StorageError(error) from None
            size += len(piece)
        if begins:
            raise NotATableError("FutureLearn sent nothing at all instead of a table.")
        return size


class _SignedOutError(Exception):
    """The sign-in form came instead of what was asked for."""


class _StorageError(Exception):
    """Our own disk failed, not the connection: no reason to ask again."""

    def __init__(self, reason: OSError) -> None:
        super().__init__()
        self.reason = reason


def _good(answer: requests.Response) -> requests.Response:
    """Return an answer that means what was asked for; raise what it means otherwise."""
    status = answer.status_code
    if status in (404, 410):
        raise MissingError("FutureLearn has no such page (404).")
    if status in (401, 403):
        raise FetchError(f"FutureLearn answered {status}: this account may not see it.")
    if status != 200:
        raise FetchError(f"FutureLearn answered {status}.")
    return answer


def _read_text(answer: requests.Response) -> str:
    content = b"".join(_bounded(answer.iter_content(PIECE), LARGEST_PAGE))
    return content.decode("utf-8", "replace")


def _bounded(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise FetchError(f"FutureLearn sent a page of more than {most:,} bytes.")
        yield piece


def _from_beginning(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces, the first ones in one: what a file is may be seen at its beginning, which may come bit by bit."""
    first = b""
    for piece in pieces:
        first += piece
        if len(first) >= BEGINNING:
            break
    if first:
        yield first
    yield from pieces


def _is_html(answer: requests.Response, begin: bytes) -> bool:
    """Say whether this is a page. What it is called is not trusted: CSVs come as text/html at times, and back."""
    start = begin[:BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<!--", b"<html", b"<head", b"<body")):
        return True
    return "html" in answer.headers.get("Content-Type", "") and (not start or start.startswith(b"<"))


def _asked_to_wait(answer: requests.Response) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date; None where it does not say."""
    told = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", told):
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max((moment - clock.now()).total_seconds(), 0.0)
