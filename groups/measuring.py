"""What a plan is worth: sizes, arcs, answers and life, beside the provable least and beside a division by lot."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from math import comb, floor

from groups.clockline import arc, least_arcs, soft_price
from groups.plan import MIX, Arcs, Learner, Mixing, Options, Plan, PlanGroup, Report, Rule, Spread

AWAKE = 16.0  # hours of a day, from seven to eleven
ACTIVE = 0.475  # of confirmed people in the second week, as measured on FutureLearn (0.42 to 0.53)
ACTIVE_UNCONFIRMED = 0.17  # the same of people who never showed that they are there


def report(plan: Plan, *, confirmed: bool = True) -> Report:
    """Return the numbers of a plan. `confirmed` says whether everybody in it has confirmed; it changes `life` only."""
    groups, options = plan.groups, plan.options
    arcs = [arc(learner.hours for learner in group.members) for group in groups]
    price = soft_price(options.target)
    everybody = [learner for group in groups for learner in group.members]
    waking = sorted(max(0.0, AWAKE - hours) for hours in arcs) or [AWAKE]
    chance = ACTIVE if confirmed else ACTIVE_UNCONFIRMED
    sizes = Counter(group.size for group in groups)
    return Report(
        people=len(everybody),
        sizes=sizes,
        arcs=Arcs(max(arcs, default=0.0), sum(arcs)),
        least=_least(groups, options),
        by_lot=_by_lot(groups, options),
        waking=waking[0],
        typical_waking=waking[len(waking) // 2],
        life=sum(alive(size, chance, options.lively) * count for size, count in sizes.items()) / max(1, len(groups)),
        cost=sum(price(group.size, hours) for group, hours in zip(groups, arcs, strict=True)),
        mixing=tuple(mixing(groups, everybody, number, rule) for number, rule in enumerate(options.questions)),
    )


@lru_cache(maxsize=1024)
def alive(size: int, chance: float, lively: int) -> float:
    """Return how likely it is that of `size` people at least `lively` are active, each with this chance."""
    return 1 - sum(comb(size, few) * chance**few * (1 - chance) ** (size - few) for few in range(min(lively, size + 1)))


def _least(groups: Sequence[PlanGroup], options: Options) -> Arcs:
    """Return the least arcs that any division has which keeps the same people apart."""
    flows: dict[str, list[float]] = defaultdict(list)
    for group in groups:
        flows[group.apart] += [learner.hours for learner in group.members]
    found = [least_arcs(sorted(places), options.minimum, options.maximum) for places in flows.values()]
    return Arcs(max((widest for widest, _total in found), default=0.0), sum(total for _widest, total in found))


def _by_lot(groups: Sequence[PlanGroup], options: Options) -> Arcs:
    """Return the arcs of groups of the same sizes, drawn by lot; the seed draws it."""
    places = [learner.hours for group in groups for learner in sorted(group.members, key=lambda one: str(one.id))]
    random.Random(f"lot {options.seed}").shuffle(places)  # noqa: S311  (a comparison, no secret)
    arcs, at = [], 0
    for group in groups:
        arcs.append(arc(places[at : at + group.size]))
        at += group.size
    return Arcs(max(arcs, default=0.0), sum(arcs))


def mixing(groups: Sequence[PlanGroup], everybody: Sequence[Learner], number: int, rule: Rule) -> Mixing:
    """Return how question `number` of the rules came out over all groups."""
    counts = Counter(learner.answers[number] for learner in everybody)
    people = len(everybody)
    shares = {answer: count / people for answer, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))}
    tables = [Counter(learner.answers[number] for learner in group.members) for group in groups]
    score = _mixed(tables, counts, people) if rule.how == MIX else _alike(tables, counts, people)
    return Mixing(rule.key, rule.how, score, shares)


def spreads(plan: Plan, number: int, most: int = 8) -> list[Spread]:
    """Return how the commonest answers to question `number` are spread over the groups."""
    tables = [Counter(learner.answers[number] for learner in group.members) for group in plan.groups]
    counts = sum(tables, Counter())
    found = []
    for answer, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:most]:
        shares = sorted(table[answer] / table.total() for table in tables)
        cut = len(shares) // 20
        found.append(Spread(answer, count / counts.total(), shares[cut], shares[-1 - cut]))
    return found


def _mixed(tables: list[Counter], counts: Counter, people: int) -> float:
    """Return 1 where each group mirrors the course as near as whole people allow, 0 as expected by lot.

    The distance is the sum of squares between what a group has and its share; by lot it is that of a hypergeometric
    draw, and at the least that of the largest remainder.
    """
    shares = {answer: count / people for answer, count in counts.items()}
    spread = sum(share * (1 - share) for share in shares.values())
    ours = least = lot = 0.0
    least_at: dict[int, float] = {}
    for table in tables:
        size = table.total()
        ours += sum((table[answer] - share * size) ** 2 for answer, share in shares.items())
        if size not in least_at:
            least_at[size] = sum(
                (number - shares[answer] * size) ** 2 for answer, number in largest_remainder(shares, size).items()
            )  # fmt: skip
        least += least_at[size]
        lot += size * spread * (people - size) / max(1, people - 1)
    return 1.0 if lot - least < 1e-9 else (lot - ours) / (lot - least)


def _alike(tables: list[Counter], counts: Counter, people: int) -> float:
    """Return 1 where all in a group gave one answer, 0 where two members agree as often as any two people."""
    pairs = sum(table.total() * (table.total() - 1) for table in tables)
    same = sum(number * (number - 1) for table in tables for number in table.values())
    anywhere = sum(number * (number - 1) for number in counts.values()) / max(1, people * (people - 1))
    return 1.0 if not pairs or anywhere >= 1 else (same / pairs - anywhere) / (1 - anywhere)


def largest_remainder(shares: dict[str, float], size: int) -> dict[str, int]:
    """Return whole numbers that add up to `size` and are nearest to the shares (Hamilton's method)."""
    given = {answer: floor(share * size + 1e-9) for answer, share in shares.items()}
    rest = sorted(shares, key=lambda answer: (given[answer] - shares[answer] * size, answer))
    for answer in rest[: size - sum(given.values())]:
        given[answer] += 1
    return given
