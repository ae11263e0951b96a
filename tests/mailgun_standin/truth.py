"""The ground truth: which copy was accepted for whom, and when. Nothing a client is told can change it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.mailgun_standin.expansion import expand

Pair = tuple[str, str]  # address in lower case, key


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was posted, before anything in it is filled. The id has no angle brackets.

    `values` are the recipient variables by address; None: it was no batch, and everybody sees `everyone`.
    """

    message_id: str
    sender: str
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    variables: Mapping[str, str]
    options: Mapping[str, list[str]]
    values: Mapping[str, Mapping[str, object]] | None
    everyone: tuple[str, ...]

    @property
    def tags(self) -> list[str]:
        """The tags, as events carry them."""
        return self.options.get("o:tag", [])

    def filled(self, text: str, address: str, name: str = "") -> str:
        """Return a text of the message as `address` gets it."""
        return expand(text, address, name, (self.values or {}).get(address, {}))


@dataclass(frozen=True, slots=True)
class Copy:
    """One message accepted for one recipient at a unix time; its texts are filled when they are read.

    `suppressed` names the suppression list it was held back by; `routed` says that a route of ours took the address
    and the variables were lost.
    """

    message: Message
    address: str
    name: str
    time: float
    suppressed: str = ""
    routed: bool = False

    def filled(self, text: str) -> str:
        """Return a text of the message as this copy holds it."""
        return text if self.routed else self.message.filled(text, self.address, self.name)

    @property
    def message_id(self) -> str:
        return self.message.message_id

    @property
    def subject(self) -> str:
        return self.filled(self.message.subject)

    @property
    def text(self) -> str:
        return self.filled(self.message.text)

    @property
    def html(self) -> str:
        return self.filled(self.message.html)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, self.filled(value)) for name, value in self.message.headers]

    @property
    def variables(self) -> dict[str, str]:
        return {name: self.filled(value) for name, value in self.message.variables.items()}

    @property
    def sees(self) -> tuple[str, ...]:
        """The addresses in the To of this copy: one, unless the call was no batch."""
        return self.message.everyone if self.message.values is None else (self.address,)


@dataclass
class Call:
    """One POST of a message: what was asked and what really came of it. `status` is 0 where no answer went out."""

    number: int
    time: float
    message_id: str = ""
    size: int = 0
    accepted: int = 0
    fault: str = ""
    status: int = 0


def by_delivery(copy: Copy) -> str:
    """Return what tells two promises to one address apart: the delivery's id in `v:d`."""
    return copy.filled(copy.message.variables.get("d", ""))


@dataclass
class Truth:
    """All accepted copies. `lean` keeps only how many there are of each address and `v:d`, for a million of them."""

    lean: bool = False
    key: Callable[[Copy], str] = by_delivery
    calls: list[Call] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    _copies: dict[str, list[Copy]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: int = 0

    def begin(self, now: float) -> Call:
        """Number a new call."""
        with self._lock:
            self._last += 1
            call = Call(self._last, now)
            self.calls.append(call)
        return call

    def refused(self, now: float) -> None:
        """Use up a number for a call that nobody will hear."""
        self.begin(now).fault = "refuse"

    @property
    def next_number(self) -> int:
        """The number that the next call will have."""
        return self._last + 1

    def saw(self, request: str) -> None:
        """Count a request, such as "GET events"."""
        with self._lock:
            self.requests[request] += 1

    def accept(self, call: Call, copies: list[Copy]) -> None:
        """Commit: from this moment these copies are accepted."""
        with self._lock:
            call.accepted += len(copies)
            for copy in copies:
                if self.lean:
                    joined = _joined(copy.address, self.key(copy))
                    self._counts[joined] = self._counts.get(joined, 0) + 1
                else:
                    self._copies.setdefault(fold(copy.address), []).append(copy)

    def everything(self) -> list[Copy]:
        """Return all accepted copies in the order of acceptance; none when lean."""
        with self._lock:
            found = [copy for copies in self._copies.values() for copy in copies]
        return sorted(found, key=lambda copy: copy.time)

    def copies(self, address: str, key: str | None = None) -> list[Copy]:
        """Return the copies accepted for an address, of one key only where it is given; none when lean."""
        with self._lock:
            found = list(self._copies.get(fold(address), ()))
        return [copy for copy in found if key is None or self.key(copy) == key]

    def totals(self) -> tuple[int, int]:
        """Return how many copies were accepted, and how many different (address, key)."""
        counts = self._counted()
        return sum(counts.values()), len(counts)

    def doubled(self) -> dict[Pair, int]:
        """Return which (address, key) were accepted more than once, with how often."""
        return {_pair(joined): number for joined, number in self._counted().items() if number > 1}

    def missing(self, expected: Iterable[Pair]) -> set[Pair]:
        """Return which expected (address, key) were never accepted."""
        counts = self._counted()
        return {(fold(address), key) for address, key in expected if _joined(address, key) not in counts}

    def unexpected(self, expected: Iterable[Pair]) -> set[Pair]:
        """Return which (address, key) were accepted although nobody expected them."""
        wanted = {_joined(address, key) for address, key in expected}
        return {_pair(joined) for joined in self._counted() if joined not in wanted}

    def _counted(self) -> dict[str, int]:
        # One string for each pair: a million tuples would take six times the memory.
        if self.lean:
            with self._lock:
                return self._counts.copy()
        return Counter(_joined(copy.address, self.key(copy)) for copy in self.everything())

    def exposed(self) -> list[Copy]:
        """Return the copies whose reader sees other people's addresses."""
        return [copy for copy in self.everything() if len(copy.sees) > 1]

    def faults(self) -> Counter[str]:
        """Return how often each kind of fault struck."""
        return Counter(call.fault for call in list(self.calls) if call.fault)


def fold(address: str) -> str:
    """Return an address as it is compared."""
    return address.lower()


def _joined(address: str, key: str) -> str:
    return f"{fold(address)}\n{key}"


def _pair(joined: str) -> Pair:
    address, _, key = joined.partition("\n")
    return address, key
