"""The Mailgun messages API, one POST a call. Its surprises are written beside the code that meets them."""

import io
import json
import re
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from django.conf import settings
from django.utils import timezone as clock
from django.utils.html import strip_tags

from mailing.letters import Answer, Letter, Outcome, Recipient
from mailing.merge import one_line, to_provider
from mooc.lib.addresses import fold
from mooc.lib.urlencoding import urlencoded

MOST_TAGS = 3
LONGEST_TAG = 128  # characters, ASCII only
LARGEST_OPTIONS = 16 * 1024  # bytes; all o: h: v: t: fields together, recipient-variables not counted
LARGEST_MESSAGE = 25 * 1000 * 1000  # bytes
LARGEST_ANSWER = 16 * 1024  # bytes; a real one has about 100
LONGEST_REASON = 200  # characters
CONNECT_SECONDS = 10.0  # for each of Mailgun's addresses; nothing has been said yet, so there is nothing to wait for
USUAL_WAIT = 60.0  # seconds, where a rate limit does not say how long
LONGEST_WAIT = 24 * 3600.0

NO_KEY = (
    "No mail provider is set up. Set MAILGUN_API_KEY to the key of your Mailgun account, or EMAIL_HOST to your mail "
    "server. Until then the queue waits."
)

# A connection kept from an earlier call may have been closed at the other end. That looks exactly like a reset after
# sending, so every call gets its own.
_session = requests.Session()
_session.headers.update({"Connection": "close", "User-Agent": "mechanical-mooc"})


class _Body(io.BytesIO):
    """A request body that knows whether anybody has begun to read it, and that cannot be read after `limits`.

    requests reports "never connected" and "reset after sending" by one exception. The body is read only after the
    connection stands, TLS is agreed and the headers are out: unread, Mailgun cannot have the message.

    A process may be stopped for hours anywhere, or its whole machine. What it then still sent would come after its
    lease, when others may have proved that nothing had been sent, and sent it.
    """

    begun = False

    def __init__(self, content: bytes, limits: tuple[float, ...]) -> None:
        super().__init__(content)
        self._limits = limits

    def read(self, size: int | None = -1) -> bytes:
        if any(now > limit for now, limit in zip(_clocks(), self._limits, strict=True)):
            raise TimeoutError("It is too late to send this.")
        self.begun = True
        return super().read(size)


def _clocks() -> tuple[float, float]:
    """Return the time in seconds on two clocks: one stands still while a machine sleeps, the other can be put back."""
    return time.monotonic(), time.time()


def prepare(letter: Letter, recipients: list[Recipient], message_id: str) -> Callable[[], Outcome]:
    """Return the one call that hands a message for many people to Mailgun, never repeated here.

    Who makes it has made sure just before that their lease is good for MAIL_TIMEOUT_SECONDS: nothing is sent after
    them. At most 1,000 recipients; `message_id` comes without angle brackets and becomes Mailgun's own id. Two
    spellings of one mailbox are answered SMALLER without a call, since Mailgun ignores the second.
    """
    if not settings.MAILGUN_API_KEY:
        return lambda: Outcome(Answer.STOP, NO_KEY)
    if len({fold(person.address) for person in recipients}) < len(recipients):
        return lambda: Outcome(Answer.SMALLER, "One mailbox stands twice among the recipients of one call.")
    fields = fields_of(letter, recipients, message_id)
    if reason := _too_large(fields):
        return lambda: Outcome(Answer.REFUSED, reason)
    content = urlencoded(fields)
    return lambda: _send(content, len(recipients))


def _send(content: bytes, size: int) -> Outcome:
    body = _Body(content, tuple(now + settings.MAIL_TIMEOUT_SECONDS for now in _clocks()))
    try:
        status, headers, text = _post(body)
    except requests.RequestException as error:
        kind = type(error).__name__
        if body.begun:
            return Outcome(Answer.UNSURE, f"Mailgun gave no clear answer ({kind}).")
        return Outcome(Answer.LATER, f"Mailgun could not be reached ({kind}).", wait=USUAL_WAIT)
    return outcome_of(status, headers, text, size)


def fields_of(letter: Letter, recipients: list[Recipient], message_id: str) -> list[tuple[str, str]]:
    """Return the form fields of the call, in order; `to`, `o:tag` may repeat."""
    prefix = f"m{secrets.token_hex(6)}x"
    sent, variables = to_provider(letter, recipients, prefix)
    delivery = f"{prefix}d"
    for person in recipients:
        variables[person.address][delivery] = str(person.delivery)
    on = "yes" if letter.tracking else "no"
    fields = [("from", one_line(letter.sender)), *(("to", person.address) for person in recipients)]
    fields += [("subject", sent.subject), ("text", sent.text), ("html", sent.html)]
    # Its presence, even empty, switches batch mode on. Without it everybody sees everybody's address.
    fields += [("recipient-variables", json.dumps(variables, separators=(",", ":")))]
    fields += [("h:Message-Id", f"<{message_id}>")]
    fields += [("h:Reply-To", sent.reply_to)] if sent.reply_to else []
    fields += [(f"h:{name}", text) for name, text in sent.headers.items()]
    fields += [("o:tag", tag) for tag in _tags(letter.tags)]
    fields += [("o:tracking", on), ("o:tracking-opens", on), ("o:tracking-clicks", "htmlonly" if on == "yes" else "no")]
    fields += [("v:d", f"%recipient.{delivery}%")]
    return fields


def outcome_of(status: int, headers: requests.structures.CaseInsensitiveDict, text: str, size: int) -> Outcome:
    """Say what a complete answer to a call for `size` recipients means."""
    said = _said(text)
    reason = f"Mailgun answered {status}: {said[:LONGEST_REASON] or 'nothing'}"
    if "Mailgun Magnificent API" in said:
        # The front page of the API, with status 200: the path of the call was wrong.
        return Outcome(Answer.STOP, f"{reason} Check MAILGUN_API_URL and MAILGUN_API_DOMAIN.")
    if status == 200:
        provider_id = _json(text).get("id")
        if isinstance(provider_id, str) and provider_id.strip("<> "):
            return Outcome(Answer.ACCEPTED, provider_id=provider_id.strip("<> "))
        return Outcome(Answer.UNSURE, reason)
    if status in (420, 429):
        return Outcome(Answer.LATER, reason, wait=waiting_time(headers, said))
    if status == 400:
        return Outcome(_refusal(said, size), reason)
    if status == 413:
        return Outcome(Answer.REFUSED, reason)
    if status == 403 and size > 1 and re.search(r"not allowed to send large batches", said, re.IGNORECASE):
        return Outcome(Answer.SMALLER, reason)
    if 400 <= status < 500 and status != 408:
        # 401 key, 402 and 403 account, 404 domain; the others are not described and would meet every other call too.
        return Outcome(Answer.STOP, reason)
    return Outcome(Answer.UNSURE, reason)  # mail whose call ended in a 5xx has been seen delivered


def _refusal(said: str, size: int) -> Answer:
    """Say what a 400 means: one address, the account, the size of the batch, or the message itself."""
    if re.search(r"\bto'? parameter is not a valid address", said, re.IGNORECASE):
        return Answer.BAD_ADDRESS
    if size > 1 and re.search(r"recipients per request is allowed", said, re.IGNORECASE):
        return Answer.SMALLER  # an account on probation
    if re.search(r"domain \S+ is not allowed to send", said, re.IGNORECASE):
        return Answer.STOP  # a free or unverified account: every other message would meet the same
    return Answer.REFUSED


def waiting_time(headers: requests.structures.CaseInsensitiveDict, sentence: str) -> float:
    """Return for how many seconds a rate limit asks us to wait: from the headers, else from the sentence."""
    now = clock.now()
    told = headers.get("Retry-After", "")
    seconds = float(told) if re.fullmatch(r"\d+(\.\d+)?", told.strip()) else _until(told, now)
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if seconds is None and re.fullmatch(r"\d{1,15}", reset):  # a moment in unix milliseconds
        seconds = int(reset) / 1000 - now.timestamp()
    if seconds is None and (said := re.search(r"try again after (\d+) seconds?", sentence, re.IGNORECASE)):
        seconds = float(said[1])
    if seconds is None and (said := re.search(r"try again after (\w{3}, [\w :+-]+)", sentence, re.IGNORECASE)):
        seconds = _until(said[1], now)
    return USUAL_WAIT if seconds is None else min(max(seconds, 1.0), LONGEST_WAIT)


def _post(body: _Body) -> tuple[int, requests.structures.CaseInsensitiveDict, str]:
    """Make the call and return its status, headers and text; raise RequestException for anything less than whole."""
    limit = settings.MAIL_TIMEOUT_SECONDS
    deadline = time.monotonic() + limit
    with _session.post(
        f"{settings.MAILGUN_API_URL}/v3/{settings.MAILGUN_API_DOMAIN}/messages",
        data=body,
        auth=("api", settings.MAILGUN_API_KEY),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=(min(limit, CONNECT_SECONDS), limit),
        allow_redirects=False,  # the second request would be a second message
        stream=True,
    ) as response:
        text = b""
        # The time-out is per read: an answer that trickles in could outlast the claim it was made under. Larger pieces
        # than one byte would be waited for inside the loop's own step.
        for piece in response.iter_content(1):
            text += piece
            if len(text) > LARGEST_ANSWER or time.monotonic() > deadline:
                raise requests.ReadTimeout("The answer did not end.")
        return response.status_code, response.headers, text.decode("utf-8", "replace")


def _too_large(fields: Iterable[tuple[str, str]]) -> str:
    options = sum(len((name + value).encode()) for name, value in fields if name[:2] in ("o:", "h:", "v:", "t:"))
    message = sum(len(value.encode()) for name, value in fields if name in ("subject", "text", "html"))
    if options > LARGEST_OPTIONS:
        return f"The headers of this message are {options:,} bytes. Mailgun takes at most {LARGEST_OPTIONS:,}."
    if message > LARGEST_MESSAGE:
        return f"This message is {message:,} bytes. Mailgun takes at most {LARGEST_MESSAGE:,}."
    return ""


def _tags(tags: Iterable[str]) -> list[str]:
    plain = (one_line(tag).encode("ascii", "ignore").decode()[:LONGEST_TAG].strip() for tag in tags)
    return list(dict.fromkeys(tag for tag in plain if tag))[:MOST_TAGS]


def _said(text: str) -> str:
    words = str(_json(text).get("message") or strip_tags(text))
    return " ".join(one_line(words).replace(settings.MAILGUN_API_KEY or "\0", "(key)").split())


def _json(text: str) -> dict:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
