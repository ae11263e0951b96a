"""Dealing: people at one place of the clock go to its groups so that each group mirrors the course."""

from collections import Counter
from collections.abc import Sequence
from heapq import nlargest, nsmallest
from itertools import combinations, groupby

from groups.plan import MIX, Learner, Options, common

BATCH = 6  # groups dealt to together: enough to even out, few enough to look at each for each person
LOOKED_AT = 3  # kinds of people of either group that are considered for an exchange
ROUNDS = 4  # of exchanges between the groups of a batch
LARGE = 50_000  # people above whom one round will do: their places of the clock are evened out already

Kind = tuple[str, ...]


class Table:
    """The groups being filled: how many of each answer each has, and how many the whole course would give it.

    Answers are numbered through all questions. Those that are not among the common ones count as one.
    """

    def __init__(self, learners: Sequence[Learner], options: Options):
        self.kinds: dict[Kind, tuple[int, ...]] = {}
        self.shares: list[float] = []
        self.weights: list[float] = []
        self.rank: dict[Kind, tuple] = {}
        numbers: list[dict[str, int]] = []
        for place, rule in enumerate(options.questions):
            counts = common(Counter(learner.answers[place] for learner in learners))
            numbers.append({answer: len(self.shares) + number for number, answer in enumerate(counts)})
            self.shares += [count / len(learners) for count in counts.values()]
            # What is to be alike counts the other way: there a group wants more of what it has.
            self.weights += [(1 if rule.how == MIX else -1) / (place + 1)] * len(counts)
        for kind in {learner.answers for learner in learners}:
            found = [known.get(answer, known.get(None, 0)) for known, answer in zip(numbers, kind, strict=False)]
            self.kinds[kind] = tuple(found)
            self.rank[kind] = (*((self.shares[number], number) for number in found), kind)
        self.rounds = ROUNDS if len(learners) <= LARGE else 1
        self.members: list[list[Learner]] = []
        self.have: list[list[int]] = []
        self.sizes: list[int] = []
        self.batches: list[_Batch] = []

    def open(self) -> None:
        """Put one more group on the table."""
        self.members.append([])
        self.have.append([0] * len(self.shares))
        self.sizes.append(0)

    def count(self, group: int, kind: Kind, change: int) -> None:
        have = self.have[group]
        self.sizes[group] += change
        for number in self.kinds[kind]:
            have[number] += change

    def lack(self, group: int, kind: Kind, size: int) -> float:
        """Return how much a group that is to have `size` people lacks this kind; the first question counts most."""
        have = self.have[group]
        return sum([(self.shares[number] * size - have[number]) * self.weights[number] for number in self.kinds[kind]])


def deal(table: Table, people: Sequence[Learner], seats: Sequence[tuple[int, int]]) -> None:
    """Deal `people`, in their keyed order, to groups with so many seats for them each; the seats add up."""
    if len(seats) == 1:
        for learner in people:
            table.count(seats[0][0], learner.answers, 1)
        table.members[seats[0][0]] += people
        return
    line = sorted(people, key=lambda learner: table.rank[learner.answers])
    batches = [seats[start : start + BATCH] for start in range(0, len(seats), BATCH)]
    order = []
    for number, batch in enumerate(batches):
        total = sum(places for _group, places in batch)
        order += [((turn + 0.5) / total, number) for turn in range(total)]
    order.sort()
    shares: list[list[Learner]] = [[] for _ in batches]
    for learner, (_turn, number) in zip(line, order, strict=True):
        shares[number].append(learner)
    for batch, share in zip(batches, shares, strict=True):
        dealt = _Batch(table, batch)
        dealt.deal(share)
        table.batches.append(dealt)


def finish(table: Table) -> list[tuple[Learner, ...]]:
    """Return the groups, once more evened out: some have people of several places, of which the last were unknown."""
    for _ in range(table.rounds - 1):
        if not sum([batch.even_out() for batch in table.batches]):
            break
    for batch in table.batches:
        batch.seat()
    return [tuple(members) for members in table.members]


class _Batch:
    """A few groups that share the people of one place."""

    def __init__(self, table: Table, seats: Sequence[tuple[int, int]]):
        self.table = table
        self.seats = seats
        self.left = dict(seats)
        self.due = {group: table.sizes[group] + places for group, places in seats}
        self.held: dict[int, dict[Kind, list[Learner]]] = {group: {} for group, _places in seats}

    def deal(self, line: Sequence[Learner]) -> None:
        """Deal kind by kind: each group its whole share, the odd ones where they are most lacking. Then exchange."""
        for kind, learners in groupby(line, key=lambda learner: learner.answers):
            same = list(learners)
            number = len(same)
            for group, places in self.seats:
                if share := min(number * places // len(line), self.left[group]):
                    self._give(group, kind, [same.pop() for _ in range(share)])
            while same:
                open_groups = [group for group, left in self.left.items() if left]
                lacks = {group: self.table.lack(group, kind, self.due[group]) for group in open_groups}
                for group in nlargest(len(same), open_groups, key=lacks.__getitem__):
                    self._give(group, kind, [same.pop()])
        for _ in range(self.table.rounds):
            if not self.even_out():
                break

    def even_out(self) -> int:
        """Let each two groups exchange two people where that helps; return how many did."""
        return sum([self._exchange(one, other) for one, other in combinations(self.held, 2)])

    def seat(self) -> None:
        """Put everybody who was dealt here into their group."""
        for group, kinds in self.held.items():
            for learners in kinds.values():
                self.table.members[group] += learners

    def _give(self, group: int, kind: Kind, learners: list[Learner]) -> None:
        self.held[group].setdefault(kind, []).extend(learners)
        self.left[group] -= len(learners)
        self.table.count(group, kind, len(learners))

    def _exchange(self, one: int, other: int) -> bool:
        """Let one person of each group change places where both groups then mirror the course better; say if so.

        With d the difference of what the two groups have too much of, the sum of squares falls where
        d(given) - d(taken) > 2, added up with their weights over the questions in which the two people differ.
        """
        table = self.table
        extra = table.sizes[one] - table.sizes[other]
        differs = [
            (mine - theirs - share * extra) * weight
            for mine, theirs, share, weight in zip(
                table.have[one], table.have[other], table.shares, table.weights, strict=True
            )
        ]  # fmt: skip
        worth = {
            kind: sum([differs[number] for number in table.kinds[kind]])
            for kind in (*self.held[one], *self.held[other])
        }  # fmt: skip
        gain, given, taken = 1e-9, None, None
        least = nsmallest(LOOKED_AT, self.held[other], key=worth.__getitem__)
        for give in nlargest(LOOKED_AT, self.held[one], key=worth.__getitem__):
            for take in least:
                found = worth[give] - worth[take]
                for mine, theirs in zip(table.kinds[give], table.kinds[take], strict=True):
                    if mine != theirs:
                        found -= 2 * table.weights[mine]
                if found > gain:
                    gain, given, taken = found, give, take
        if given is None or taken is None:
            return False
        self._move(given, one, other)
        self._move(taken, other, one)
        return True

    def _move(self, kind: Kind, source: int, into: int) -> None:
        learner = self.held[source][kind].pop()
        if not self.held[source][kind]:
            del self.held[source][kind]
        self.held[into].setdefault(kind, []).append(learner)
        self.table.count(source, kind, -1)
        self.table.count(into, kind, 1)
