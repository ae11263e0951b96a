"""After the first day: an open place for those who come late, and a better group for those whose group fades. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from groups.clockline import apart, middle
from groups.plan import MIX, Learner, Merger, Moves, Options, Plan, PlanGroup

Barred = Mapping[Hashable, Collection[int]]
Former = Callable[[Iterable[Learner], Options], Plan]


@dataclass
class Standing:
    """One group as it fills up."""

    number: int
    hours: float
    size: int
    apart: str
    active: int
    have: list[Counter] = field(default_factory=list)

    @classmethod
    def of(cls, group: PlanGroup, options: Options) -> "Standing":
        have = [Counter(learner.answers[place] for learner in group.members) for place in range(len(options.questions))]
        hours = middle(learner.hours for learner in group.members)
        return cls(group.number, hours, group.size, group.apart, group.active, have)

    def take(self, learner: Learner) -> None:
        self.size += 1
        for had, answer in zip(self.have, learner.answers, strict=False):
            had[answer] += 1


def place(plan: Plan, newcomers: Iterable[Learner], options: Options, barred: Barred, *, former: Former) -> Moves:
    """Give each newcomer an open place in a group whose middle is near on the clock, or let them wait.

    The nearest group wins; among equals the one that lacks their answers most, then the one with fewest active
    members. Those who wait become groups, made by `former`, when they are as many as the smallest size. Nobody who
    has a place moves, and nobody comes into a group that `barred` names for them.
    """
    standing = [Standing.of(group, options) for group in plan.groups if group.members]
    shares = _shares(plan, options)
    joins, waiting = [], []
    spoken = {group.apart for group in standing}
    by_hours: dict[tuple[float, str], list[Standing]] = defaultdict(list)
    for group in standing:
        by_hours[group.hours, group.apart].append(group)
    for learner in newcomers:
        found = None
        near = sorted((apart(hours, learner.hours), hours, language) for hours, language in by_hours)
        for distance, hours, language in near:
            if distance > options.reach:
                break
            if learner.apart in spoken and language != learner.apart:
                continue
            closed = barred.get(learner.id, ())
            free = [
                group for group in by_hours[hours, language]
                if group.size < options.maximum and group.number not in closed
            ]  # fmt: skip
            if free:
                lacks = {group.number: _lack(group, learner, shares, options) for group in free}
                found = min(free, key=lambda group: (-lacks[group.number], group.active, group.number))
                break
        if found:
            found.take(learner)
            joins.append((learner.id, found.number))
        else:
            waiting.append(learner)
    if len(waiting) < options.minimum:
        return Moves(joins=tuple(joins), waiting=tuple(learner.id for learner in waiting))
    last = max((group.number for group in plan.groups), default=0)
    founded = tuple(
        PlanGroup(last + group.number, group.members, group.apart) for group in former(waiting, options).groups
    )  # fmt: skip
    return Moves(joins=tuple(joins), founded=founded)


def _shares(plan: Plan, options: Options) -> list[dict[str, float]]:
    people = [learner for group in plan.groups for learner in group.members]
    counts = [Counter(learner.answers[place] for learner in people) for place in range(len(options.questions))]
    return [{answer: number / len(people) for answer, number in count.items()} for count in counts]


def _lack(group: Standing, learner: Learner, shares: list[dict[str, float]], options: Options) -> float:
    """Return how much a group lacks the answers of somebody, or for `similar`, how much it is alike."""
    total = 0.0
    for place, (rule, answer) in enumerate(zip(options.questions, learner.answers, strict=False)):
        had = group.have[place][answer]
        lacks = shares[place].get(answer, 0.0) * (group.size + 1) - had if rule.how == MIX else had / group.size
        total += lacks / (place + 1)
    return total


def merge(plan: Plan, active: Collection[Hashable], options: Options) -> Moves:
    """Suggest for each fading group the nearest group with room, at most `options.reach` hours away.

    A group fades where fewer than `options.lively` of its members are in `active`. Room is counted in active members:
    those who have gone quiet take none. No group is in two mergers as the one that ends; the quietest end first.
    """
    lively = {
        group.number: sum(learner.id in active for learner in group.members) for group in plan.groups if group.members
    }  # fmt: skip
    standing = {group.number: Standing.of(group, options) for group in plan.groups if group.members}
    mergers: list[Merger] = []
    order = sorted(standing.values(), key=lambda group: (lively[group.number], group.size, group.number))
    for source in order:
        if source.number not in standing or lively[source.number] >= options.lively:
            continue
        near = [
            (apart(source.hours, other.hours), -lively[number], other.size, number)
            for number, other in standing.items()
            if number != source.number
            and other.apart == source.apart
            and lively[number] + lively[source.number] <= options.maximum
            and other.size + source.size <= 2 * options.maximum
        ]  # fmt: skip
        distance, _active, _size, number = min(near, default=(options.reach + 1, 0, 0, 0))
        if distance > options.reach:
            continue
        into = standing[number]
        counts = (lively[source.number], lively[number])
        del standing[source.number]
        lively[number] += lively.pop(source.number)
        into.size += source.size
        mergers.append(Merger(source.number, number, distance, counts, into.size))
    return Moves(mergers=tuple(mergers))
