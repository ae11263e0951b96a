"""What forming groups is asked, and what it answers. Plain data: nothing here knows a database."""

import math
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

MIX, SIMILAR = "mix", "similar"
KINDS = 50  # answers to one question that are told apart; the others count as one
FEWEST, MOST = 0.6, 1.4  # of the wanted size: 20 people become 12 to 28


@dataclass(frozen=True, slots=True)
class Learner:
    """One person: where they are on the clock (hours, 0 to 24), and what they answered to each question of the rules.

    `apart` is the language, or whatever else keeps people in groups of their own. An empty text is no answer.
    """

    id: Hashable
    hours: float
    answers: tuple[str, ...] = ()
    apart: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with the answers to one question: `mix` them in each group, or keep `similar` ones together."""

    key: str
    how: str


@dataclass(frozen=True)
class Options:
    """The organiser's rules. Questions come in their order; those that do not matter are left out.

    `minimum` and `maximum` follow from `target` where they are not given. Raises ValueError, in a sentence.
    """

    target: int = 20
    minimum: int = 0
    maximum: int = 0
    questions: tuple[Rule, ...] = ()
    apart: str = ""
    seed: int | str = 0
    reach: float = 3.0  # hours from the middle of a group within which somebody may join it later
    lively: int = 5  # active members that a group needs

    def __post_init__(self):
        if self.target < 1:
            raise ValueError("A group has at least one person.")
        object.__setattr__(self, "minimum", self.minimum or max(1, math.floor(self.target * FEWEST + 0.5)))
        object.__setattr__(self, "maximum", self.maximum or math.floor(self.target * MOST + 0.5))
        if self.minimum < 1:
            raise ValueError("The smallest size must be at least 1.")
        if not self.minimum <= self.target <= self.maximum:
            raise ValueError("The size must lie between the smallest and the largest.")
        if self.maximum < 2 * self.minimum - 1:
            raise ValueError(
                f"With a smallest size of {self.minimum}, the largest must be at least {2 * self.minimum - 1}. "
                "Otherwise some numbers of people cannot be divided."
            )


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """One group: its number, its people, and how many of them were active lately, where that is known."""

    number: int
    members: tuple[Learner, ...]
    apart: str = ""
    active: int = 0

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Plan:
    """Groups in the order of the clock. `stray` are people put with others as too few share their language."""

    groups: tuple[PlanGroup, ...]
    options: Options
    stray: tuple[Hashable, ...] = ()

    @property
    def too_small(self) -> bool:
        """Whether there were fewer people than the smallest size; then they are one group."""
        return any(group.size < self.options.minimum for group in self.groups)

    def placed(self) -> dict[Hashable, int]:
        """Return {person: the number of their group}."""
        return {learner.id: group.number for group in self.groups for learner in group.members}


@dataclass(frozen=True, slots=True)
class Merger:
    """Two groups that had better be one: `source` goes into `into`, so many hours away; their active members."""

    source: int
    into: int
    hours: float
    active: tuple[int, int]
    size: int


@dataclass(frozen=True)
class Moves:
    """What changes: who joins which group, which new groups are made of those who waited, who goes on waiting."""

    joins: tuple[tuple[Hashable, int], ...] = ()
    founded: tuple[PlanGroup, ...] = ()
    waiting: tuple[Hashable, ...] = ()
    mergers: tuple[Merger, ...] = ()


@dataclass(frozen=True, slots=True)
class Mixing:
    """How one question came out. For `mix`: 0 as by lot, 1 as near to the course as whole people allow.

    For `similar`: 0 as by lot, 1 everybody in a group said the same. `shares` is of the course, by answer.
    """

    key: str
    how: str
    score: float
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """The share of one answer in the course, and in nine of ten groups: from `low` to `high`."""

    answer: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Arcs:
    """How far apart on the clock people of one group are, in hours: of the widest group, and of all added up."""

    widest: float
    total: float


@dataclass(frozen=True)
class Report:
    """The numbers about a plan, the same for preview, test and audit. Hours everywhere; `life` is a chance."""

    people: int
    sizes: Counter
    arcs: Arcs
    least: Arcs
    by_lot: Arcs
    waking: float
    typical_waking: float
    life: float
    cost: float
    mixing: tuple[Mixing, ...]

    @property
    def groups(self) -> int:
        return self.sizes.total()


def common(counts: Counter) -> dict[str | None, int]:
    """Return the common answers with their counts, most frequent first; None stands for all others, if there are."""
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    found: dict[str | None, int] = dict(order[:KINDS])
    if rest := sum(count for _answer, count in order[KINDS:]):
        found[None] = rest
    return found
