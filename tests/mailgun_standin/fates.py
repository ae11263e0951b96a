"""What becomes of an accepted copy: delivered, bounced, opened and so on, drawn from a seed for each copy."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, fields

from tests.mailgun_standin.shapes import SUPPRESSED
from tests.mailgun_standin.truth import Copy

Happening = tuple[float, str, dict]  # seconds after the one before, name of the event, details
LINK = "https://example.org/"


@dataclass
class Fates:
    """The share of copies that each thing happens to; each within `wait` seconds of the one before.

    `failed` bounce for good, `deferred` once fail for now, the rest of `delivered` arrive. Of those, the shares
    `opened` (of these `machine` by a program), `clicked`, `unsubscribed` and `complained`.
    """

    delivered: float = 0.0
    failed: float = 0.0
    deferred: float = 0.0
    opened: float = 0.0
    machine: float = 0.0
    clicked: float = 0.0
    unsubscribed: float = 0.0
    complained: float = 0.0
    wait: float = 0.1

    @property
    def anything(self) -> bool:
        """Whether anything happens to anybody."""
        return any(getattr(self, one.name) for one in fields(self) if one.name != "wait")

    def of(self, copy: Copy, seed: int) -> Iterator[Happening]:
        """Yield what happens to one copy, in order: the same for the same seed, message and address."""
        if copy.suppressed:
            code, reason, text = SUPPRESSED[copy.suppressed]
            yield 0.0, "failed", {"severity": "permanent", "reason": reason, "code": code, "text": text}
            return
        draw = random.Random(f"{seed}/{copy.message_id}/{copy.address}")
        fate = draw.random()
        if fate < self.failed:
            yield draw.uniform(0, self.wait), "failed", {}
            return
        if draw.random() < self.deferred:
            text = "4.2.2 The mailbox is full"
            details = {"severity": "temporary", "reason": "generic", "code": 452, "text": text}
            yield draw.uniform(0, self.wait), "failed", details
        if fate >= self.failed + self.delivered:
            return
        yield draw.uniform(0, self.wait), "delivered", {}
        for name, share in (
            ("opened", self.opened),
            ("clicked", self.clicked),
            ("unsubscribed", self.unsubscribed),
            ("complained", self.complained),
        ):
            if draw.random() < share:
                bot = "gmail" if name == "opened" and draw.random() < self.machine else ""
                details = {"opened": {"bot": bot}, "clicked": {"url": LINK}}.get(name, {})
                yield draw.uniform(0, self.wait), name, details
