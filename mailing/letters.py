"""What is handed to a transport, and what it answers. No database, no HTTP."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Letter:
    """One message for many people. `{{ name }}` and `{{ name|fallback }}` are merge tags, filled per recipient.

    `html` is a finished page with its CSS inlined; `headers` are extra ones (List-Id, List-Unsubscribe and so on)
    and may hold merge tags.
    """

    sender: str
    subject: str
    text: str
    html: str
    reply_to: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    tracking: bool = False


@dataclass(frozen=True)
class Recipient:
    """One address with the values of its merge tags, as plain text. `delivery` is the delivery's id."""

    delivery: int
    address: str
    values: dict[str, str]


class Answer(StrEnum):
    """What became of a call, by what the caller must do next."""

    ACCEPTED = "accepted"  # the provider has it
    LATER = "later"  # not sent, try again after `wait` seconds
    SMALLER = "smaller"  # not sent, try again with fewer recipients
    BAD_ADDRESS = "bad address"  # not sent, one address among them is malformed
    REFUSED = "refused"  # not sent and never will be: a person must look
    STOP = "stop"  # not sent, and nothing else would be either: key, domain, account
    UNSURE = "unsure"  # nobody can tell whether it was sent


@dataclass(frozen=True)
class Outcome:
    """The answer to one call, with the provider's words in `reason` (never a key or a password).

    Where recipients were answered one by one, `each` holds {delivery id: its own outcome}. Those who are not named
    there share the answer of the call.
    """

    answer: Answer
    reason: str = ""
    wait: float = 0.0
    provider_id: str = ""
    each: Mapping[int, "Outcome"] = field(default_factory=dict, hash=False)

    def tally(self, size: int) -> Counter[Answer]:
        """Return how many of the `size` recipients of the call got which answer."""
        found = Counter(one.answer for one in self.each.values())
        found[self.answer] += size - len(self.each)
        return found


@dataclass(frozen=True)
class Progress:
    """How a transport that serves people one by one asks and tells as it goes.

    `may_begin` says whether there is time for one more. `answered` writes down the outcome of one delivery and must
    have returned before the next is begun with: what a dead worker left unwritten was then at most one message.
    """

    may_begin: Callable[[], bool] = lambda: True
    answered: Callable[[int, Outcome], None] = lambda _delivery, _outcome: None
