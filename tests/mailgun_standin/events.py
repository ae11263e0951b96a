"""The event log and GET /v3/{domain}/events: filters, pages, and how it comes late or not at all."""

import base64
import bisect
import json
import random
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tests.mailgun_standin import answers
from tests.mailgun_standin.answers import Answer, RefusedError, as_json, said
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.shapes import event, number_to_id
from tests.mailgun_standin.truth import Copy, fold

MOST = 300
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a copy at a unix time. `number` counts within its day, and its id with it."""

    time: float
    order: int
    number: int
    seed: int
    name: str
    copy: Copy
    details: dict

    @property
    def place(self) -> tuple[float, int]:
        return self.time, self.order

    def as_json(self, *, lower: bool = False) -> dict:
        """Return it as Mailgun writes it; `lower` with the address in small letters."""
        copy = self.copy
        return event(
            self.name,
            event_id=number_to_id(self.number, self.seed),
            timestamp=self.time,
            recipient=fold(copy.address) if lower else copy.address,
            message_id=copy.message_id,
            variables=copy.variables,
            tags=copy.message.tags,
            sender=copy.message.sender,
            subject=copy.subject,
            **self.details,
        )


@dataclass
class Manners:
    """How the events answer.

    `delay`: seconds until an event can be seen, and up to `spread` more, different for each. `status`: answer every
    query with this error (500, 403), or each with the chance `fail_rate`. `loop`: the next page is the same page.
    `next_base`: the start of the address of next pages, instead of our own. `lower`: addresses in small letters.
    """

    delay: float = 0.0
    spread: float = 0.0
    status: int = 0
    fail_rate: float = 0.0
    loop: bool = False
    next_base: str = ""
    lower: bool = False


class Events:
    """All events in the order of their times."""

    def __init__(self, clock: Callable[[], float], seed: int) -> None:
        self.manners = Manners()
        self._clock, self._seed = clock, seed
        self._all: list[Event] = []
        self._by_message: defaultdict[str, list[Event]] = defaultdict(list)
        self._numbers: defaultdict[int, int] = defaultdict(int)
        self._queries = 0
        self._lock = threading.Lock()

    def accepted(self, copies: Iterable[Copy]) -> list[Event]:
        """Note that copies were accepted, at the moment of their acceptance."""
        return [self.add("accepted", copy, copy.time) for copy in copies]

    def add(self, name: str, copy: Copy, moment: float | None = None, **details: object) -> Event:
        """Note that something happened to a copy, by default now; `details` as in shapes.py."""
        with self._lock:
            moment = self._clock() if moment is None else moment
            day = int(moment // DAY)
            self._numbers[day] += 1
            made = Event(moment, len(self._all), self._numbers[day], self._seed, name, copy, details)
            for events in (self._all, self._by_message[copy.message_id]):
                # Nearly always the last one. Only a clock that was put back makes a place before it.
                if events and events[-1].place > made.place:
                    bisect.insort(events, made, key=lambda other: other.place)
                else:
                    events.append(made)
        return made

    def everything(self, name: str = "") -> list[Event]:
        """Return all events, or those of one name, whether they can be seen yet or not."""
        with self._lock:
            return [made for made in self._all if name in ("", made.name)]

    def get(self, request: Request, page: str = "") -> Answer:
        """Answer a query, or one of its later pages."""
        manners = self.manners
        with self._lock:
            self._queries += 1
            failing = random.Random(f"{self._seed}/events/{self._queries}").random() < manners.fail_rate
        if manners.status or failing:
            return _error(manners.status or 500)
        asked = json.loads(base64.urlsafe_b64decode(page)) if page else {"query": request.query, "after": None}
        ascending, low, high = _range(asked["query"])
        limit = max(1, min(int(_one(asked["query"], "limit") or MOST), MOST))
        after = tuple(asked["after"]) if asked["after"] else None
        found = []
        for made in self._candidates(asked["query"], ascending):
            if after and (made.place <= after if ascending else made.place >= after):
                continue
            if low <= made.time <= high and self._visible(made) and _fits(made, asked["query"]):
                found.append(made)
                if len(found) == limit:
                    break
        here = page or _token(asked)
        last = found[-1].place if found else after
        following = here if manners.loop else _token(asked | {"after": last})
        start = f"{manners.next_base or request.base}{request.path.partition('/events')[0]}/events/"
        first = _token(asked | {"after": None})
        paging = {"first": first, "previous": first, "next": following, "last": following}
        return as_json(
            {
                "items": [made.as_json(lower=manners.lower) for made in found],
                "paging": {name: start + token for name, token in paging.items()},
            }
        )

    def _candidates(self, query: dict[str, list[str]], ascending: bool) -> Iterable[Event]:
        wanted = _one(query, "message-id")
        with self._lock:
            # With angle brackets the filter does nothing, and other people's events come back.
            found = list(self._by_message.get(wanted, ()) if wanted and "<" not in wanted else self._all)
        return found if ascending else reversed(found)

    def _visible(self, made: Event) -> bool:
        late = self.manners.delay
        if self.manners.spread:
            late += self.manners.spread * zlib.crc32(f"{self._seed}/{made.order}".encode()) / 2**32
        return made.time + late <= self._clock()


def _error(status: int) -> Answer:
    words = {401: "Forbidden", 403: "Forbidden", 500: "Internal Server Error"}.get(status, "Error")
    return answers.plain(words, status) if status in (401, 403) else said(words, status)


def _fits(made: Event, query: dict[str, list[str]]) -> bool:
    named = _one(query, "event")
    if named and made.name not in named.split(" OR "):
        return False
    recipient = _one(query, "recipient")
    if recipient and fold(recipient) != fold(made.copy.address):
        return False
    tags = _one(query, "tags")
    return not tags or bool(set(tags.split(" OR ")) & set(made.copy.message.tags))


def _range(query: dict[str, list[str]]) -> tuple[bool, float, float]:
    """Return whether the earliest come first, and between which unix times."""
    begin, end = _moment(query, "begin"), _moment(query, "end")
    told = _one(query, "ascending").lower()
    if begin is not None and end is None and not told:
        raise RefusedError(said("ascending must be given where begin is and end is not", 400))
    ascending = told in ("yes", "true") if told else begin is not None and begin <= end
    if begin is not None and end is not None:
        return ascending, min(begin, end), max(begin, end)
    low, high = (begin, end) if ascending else (end, begin)
    return ascending, float("-inf") if low is None else low, float("inf") if high is None else high


def _moment(query: dict[str, list[str]], name: str) -> float | None:
    text = _one(query, name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError as error:
        raise RefusedError(said(f"{name} is neither a unix time nor a date", 400)) from error


def _one(query: dict[str, list[str]], name: str) -> str:
    return query.get(name, [""])[0]


def _token(asked: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(asked).encode()).decode()
