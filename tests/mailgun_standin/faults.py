"""What goes wrong, and when: by a plan drawn from a seed, or by rules that a test sets."""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# Before the message can get in: nothing is listening; the connection is reset while the body is still being sent.
DOOR = ("refuse", "reset-early")
# The call is read whole and nothing is accepted.
BEFORE = (
    "reset-before", "hang-before", "500-before", "502-before",
    "limit-seconds", "limit-date", "limit-reset", "limit-sentence", "limit-sentence-date",
    "401", "402", "403", "403-unverified", "403-large-batches", "404", "413", "magnificent", "probation",
    "free-account",
)  # fmt: skip
# The answer is lost or spoilt. What was sent is accepted (if nothing was wrong with it).
LOST = ("reset-after", "hang-after", "cut-after", "500-after", "502-after")
# Accepted, and the answer does not say so; `partial-reset` accepts some, `late-commit` says 500 and accepts later.
AFTER = (*LOST, "empty-after", "json-cut-after", "noid-after", "partial-reset", "late-commit")
KINDS = (*DOOR, *BEFORE, *AFTER)
# What may happen to any call without a person having to put things right.
PASSING = (
    *DOOR, "reset-before", "hang-before", "500-before", "502-before",
    "limit-seconds", "limit-date", "limit-reset", "limit-sentence", "limit-sentence-date", *AFTER,
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    `seconds`: how long it hangs, the waiting time a rate limit asks for, after which a late commit happens, for how
    long nothing listens. `status` is that of a rate limit, 420 or 429. `share` of a batch is accepted in part.
    """

    kind: str
    seconds: float = 2.0
    status: int = 429
    share: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault {self.kind!r}. There are: {', '.join(KINDS)}.")


@dataclass
class Rule:
    """A fault for the calls that fit: of `least` recipients or more, with this address, these words in the subject.

    The first `skip` fitting calls pass, then it strikes `times` times (None: until it is taken away).
    """

    fault: Fault
    times: int | None = 1
    skip: int = 0
    address: str = ""
    subject: str = ""
    least: int = 0

    def __post_init__(self) -> None:
        if self.fault.kind == "refuse":
            raise ValueError("A rule cannot refuse a connection, as it meets only calls that come in. Use refuse().")

    @property
    def looks_inside(self) -> bool:
        """Whether the call has to be read to know if the rule fits."""
        return bool(self.address or self.subject or self.least)

    def fits(self, addresses: set[str], subject: str) -> bool:
        """Say whether a call to these addresses (lower case) with this subject is meant."""
        return (
            len(addresses) >= self.least
            and (not self.address or self.address.lower() in addresses)
            and self.subject in subject
        )


@dataclass(frozen=True)
class Step:
    """What the plan holds for one call: a fault or none, and seconds of latency before and after accepting."""

    fault: Fault | None = None
    before: float = 0.0
    after: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Faults drawn from a seed: that of call number n depends on the seed and on n alone.

    `rate` is the share of calls that go wrong, `weights` says how often each kind is drawn, `latency` is the range
    in seconds that is added to each call, `hang`, `wait`, `late` and `refuse` the longest seconds of such faults.
    """

    seed: int = 1
    rate: float = 0.0
    weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(PASSING, 1.0))
    latency: tuple[float, float] = (0.0, 0.0)
    hang: float = 3.0
    wait: float = 2.0
    late: float = 0.5
    refuse: float = 0.3

    def __post_init__(self) -> None:
        if unknown := set(self.weights) - set(KINDS):
            raise ValueError(f"There is no fault {unknown.pop()!r}. There are: {', '.join(KINDS)}.")

    def step(self, number: int) -> Step:
        """Return what the plan holds for call `number`, counted from 1."""
        draw = random.Random(f"{self.seed}/{number}")
        latency = draw.uniform(*self.latency)
        split = draw.random()
        fault = None
        if self.weights and draw.random() < self.rate:
            [kind] = draw.choices(list(self.weights), list(self.weights.values()))
            fault = self._fault(kind, draw)
        return Step(fault, latency * split, latency * (1 - split))

    def _fault(self, kind: str, draw: random.Random) -> Fault:
        longest = self.wait
        if kind.startswith("hang"):
            return Fault(kind, self.hang)
        if kind in ("late-commit", "refuse"):
            longest = self.late if kind == "late-commit" else self.refuse
        return Fault(kind, draw.uniform(0.2, 1) * longest, draw.choice((420, 429)), draw.random())


class Faults:
    """The rules and the plan together. A rule that fits goes before the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> Rule:
        """Add a rule behind the others."""
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Take all rules and the plan away. Latency stays."""
        with self._lock:
            self.rules.clear()
            self.plan = replace(self.plan, rate=0.0)

    def at_the_door(self, number: int) -> Fault | None:
        """Return the fault that strikes call `number` before its body is read, if any."""
        if fault := self._ruled(DOOR, None, ""):
            return fault
        planned = self.plan.step(number).fault
        return planned if planned and planned.kind in DOOR else None

    def inside(self, number: int, addresses: set[str] | None, subject: str = "") -> Fault | None:
        """Return the fault for a call that has been read; `addresses` is None where it could not be understood."""
        if fault := self._ruled((*BEFORE, *AFTER), addresses, subject):
            return fault
        planned = self.plan.step(number).fault
        return planned if planned and planned.kind not in DOOR else None

    def _ruled(self, kinds: tuple[str, ...], addresses: set[str] | None, subject: str) -> Fault | None:
        with self._lock:
            for rule in self.rules:
                if rule.fault.kind not in kinds or (addresses is None and rule.looks_inside):
                    continue
                if not rule.fits(addresses or set(), subject):
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                    if not rule.times:
                        self.rules.remove(rule)
                return rule.fault
        return None
