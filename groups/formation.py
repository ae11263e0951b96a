"""Forming groups: match the clock, mix the people. Pure functions, the same for preview, test and audit.

Line up, cut, deal: people are lined up round the 24-hour clock, the line is cut where it costs least, and inside a
place of the clock each group gets its fair share of each kind of answer.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from hashlib import blake2b
from math import isinf

from groups import late
from groups.clockline import DAY, EXACT, cut_at_gap, cut_circle, hours_first, least_arcs, soft_price
from groups.dealing import Table, deal, finish
from groups.late import Barred, merge
from groups.measuring import report
from groups.plan import (
    SIMILAR,
    Arcs,
    Learner,
    Merger,
    Mixing,
    Moves,
    Options,
    Plan,
    PlanGroup,
    Report,
    Rule,
)  # fmt: skip

__all__ = [
    "Arcs", "Learner", "Merger", "Mixing", "Moves", "Options", "Plan", "PlanGroup", "Report", "Rule", "form", "merge",
    "place", "report",
]  # fmt: skip

Cell = tuple[float, tuple[str, ...]]  # a place on the clock, and the answers that stay together there


def form(learners: Iterable[Learner], options: Options) -> Plan:
    """Divide people into groups, each in exactly one, with sizes between the smallest and the largest.

    Fewer people than the smallest size make one group. The order of `learners` changes nothing; the seed does.
    People whose language fewer than the smallest size share go with the language that most share.
    """
    draw = keyed(options.seed)
    everybody = sorted(learners, key=lambda learner: draw(learner.id))
    large = len(everybody) > EXACT
    flows, stray = _flows(everybody, options.minimum)
    groups: list[PlanGroup] = []
    for apart, flow in flows:
        groups += [
            PlanGroup(len(groups) + number, members, apart)
            for number, members in enumerate(_form_one(flow, options, large), start=1)
        ]  # fmt: skip
    return Plan(tuple(groups), options, stray)


def place(plan: Plan, newcomers: Iterable[Learner], options: Options, barred: Barred | None = None) -> Moves:
    """Give each newcomer an open place at most `options.reach` hours away, or let them wait; see `late.place`.

    `barred` is {person: numbers of groups they do not go into}.
    """
    draw = keyed(options.seed)
    line = sorted(newcomers, key=lambda learner: draw(learner.id))
    return late.place(plan, line, options, barred or {}, former=form)


def keyed(seed: int | str) -> Callable[[Hashable], tuple[bytes, str]]:
    """Return the order that a seed gives: a keyed hash of a person's id, so no other order shows in the result."""
    start = blake2b(key=blake2b(str(seed).encode(), digest_size=32).digest(), digest_size=8)

    def draw(identity: Hashable) -> tuple[bytes, str]:
        text = str(identity)
        turn = start.copy()
        turn.update(text.encode())
        return turn.digest(), text

    return draw


def _flows(everybody: list[Learner], minimum: int) -> tuple[list[tuple[str, list[Learner]]], tuple[Hashable, ...]]:
    """Return [(language, its people)], the largest first, and the ids of those who are with another language."""
    by_apart: dict[str, list[Learner]] = defaultdict(list)
    for learner in everybody:
        by_apart[learner.apart].append(learner)
    order = sorted(by_apart, key=lambda apart: (-len(by_apart[apart]), apart))
    large = [apart for apart in order if len(by_apart[apart]) >= minimum]
    few = {apart for apart in order if apart not in large}
    if not few:
        return [(apart, by_apart[apart]) for apart in order], ()
    if not large:
        mixed = len(few) > 1
        return [("" if mixed else order[0], everybody)], tuple(_ids(everybody)) if mixed else ()
    host = large[0]
    with_host = [learner for learner in everybody if learner.apart == host or learner.apart in few]
    flows = [(apart, with_host if apart == host else by_apart[apart]) for apart in large]
    return flows, tuple(_ids(learner for learner in everybody if learner.apart in few))


def _ids(learners: Iterable[Learner]) -> list[Hashable]:
    return sorted((learner.id for learner in learners), key=str)


def _form_one(everybody: list[Learner], options: Options, large: bool) -> list[tuple[Learner, ...]]:
    """Return the groups of people who may all be together, in the order of the clock."""
    if len(everybody) < 2 * options.minimum:
        return [tuple(everybody)] if everybody else []
    together = _together(options)
    cells: dict[Cell, list[Learner]] = defaultdict(list)
    for learner in everybody:
        cells[learner.hours, together(learner)].append(learner)
    table = Table(everybody, options)
    seats: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for number, taken in enumerate(_seating({cell: len(people) for cell, people in cells.items()}, options, large)):
        table.open()
        for cell, count in taken.items():
            seats[cell].append((number, count))
    for cell in sorted(cells):
        deal(table, cells[cell], seats[cell])
    return finish(table)


def _together(options: Options) -> Callable[[Learner], tuple[str, ...]]:
    """Return what keeps people side by side at one place: similar answers, of questions that stand before any mix."""
    first: list[int] = []
    for number, rule in enumerate(options.questions):
        if rule.how != SIMILAR:
            break
        first.append(number)
    return lambda learner: tuple(learner.answers[number] for number in first)


def _seating(counts: dict[Cell, int], options: Options, large: bool) -> list[dict[Cell, int]]:
    """Return for each group how many people it takes from each cell, the groups in the order of the clock.

    Cells with many people fill whole groups of their own first: the rest is cut as exactly. In a `large` course no
    group is wider than the widest has to be, also where few speak a language.
    """
    whole: dict[Cell, int] = {}
    if sum(counts.values()) > EXACT:
        keep = 12 * options.maximum
        whole = {cell: max(0, (count - keep) // options.target) for cell, count in counts.items()}
    line = [
        cell for cell in sorted(counts) for _ in range(counts[cell] - whole.get(cell, 0) * options.target)
    ]  # fmt: skip
    places, low, high = [hours for hours, _answers in line], options.minimum, options.maximum
    if large:
        price = hours_first(options.target, least_arcs(places, low, high)[0])
        cut = cut_at_gap if whole else cut_circle
        cost, start, sizes = cut(places, low, high, price)
        if isinf(cost):  # no group can end at the emptiest stretch
            _cost, start, sizes = cut_circle(places, low, high, price)
    else:
        _cost, start, sizes = cut_circle(places, low, high, soft_price(options.target))
    turned = [*line[start:], *line[:start]]
    found: list[tuple[float, dict[Cell, int]]] = []
    at, zero = 0, turned[0][0]
    for size in sizes:
        cells = Counter(turned[at : at + size])
        found.append(((turned[at][0] - zero) % DAY, dict(cells)))
        at += size
    found += [((cell[0] - zero) % DAY, {cell: options.target}) for cell, number in whole.items() for _ in range(number)]
    found.sort(key=lambda group: (group[0], sorted(group[1])))
    return [cells for _start, cells in found]
