"""Comments: threads one reply deep, with the marks that break careless readers."""

from collections.abc import Iterator
from itertools import count
from random import Random

from dashboard_import.generating.course import DAY, Run
from dashboard_import.generating.journey import Journey, journey
from dashboard_import.generating.moments import stamp
from dashboard_import.generating.people import learner_id, staff_count

OPENINGS = (
    "I had never thought of it that way.", "Hello from Windhoek!", "This step was hard for me", "Thank you, Ann.",
    "I don’t agree with the second example.", "My grandmother used to say the same", "Where can I read more?",
    "At work we do the opposite", "What a good video.", "I’m new here", "Could somebody explain the last table?",
    "Привет из Киева", "这一步很有意思", "Loved the walk outside 🙂",
)  # fmt: skip
MIDDLES = (
    "It took me three tries to see why", "and I wonder who pays for it", "because nobody asked us",
    "We had a case like it in 2009", "my neighbour keeps bees, by the way", "the numbers hide more than they show",
    "see https://example.org/a?b=1&c=2", "it’s a matter of trust, not of locks", "I will try it on Sunday",
)  # fmt: skip
ODDITIES = (
    'As he said: "trust, but verify". Did he?', '{"name": "a\\nb", "path": "C:\\\\Users\\\\me"}', "=1+1 is still 2",
    "First,\nsecond,\nthird.", "A list, with commas, and\n\nan empty line", "Only \\ and / and '",
    "<b>bold?</b> & more",    "+44 20 7946 0000", "NA", "null",
)  # fmt: skip
NAMELESS = 0.0008
REPLIES = (0, 0, 0, 0, 0, 1, 1, 1, 2, 4)  # to a post, drawn evenly


def comments(run: Run) -> Iterator[tuple]:
    """id, author_id, parent_id … moderated. A parent stands before its replies and is never a reply itself."""
    ids = count(1_000_000 + run.number * 3_000_000, 7)
    staff = staff_count(run)
    for index in range(run.joiners):
        way = journey(run, index)
        if not way.social and not (index < staff and way.visits):
            continue
        chance = run.random("talk", index)
        for _ in range(1 + int(chance.expovariate(0.55))):
            yield from _thread(run, index, way, chance, ids)


def _thread(run: Run, index: int, way: Journey, chance: Random, ids: Iterator[int]) -> Iterator[tuple]:
    visit = chance.choice(way.visits)
    step, moment = visit.step, visit.first + chance.randint(30, 1_500)
    if moment >= run.closes:
        return
    post = next(ids)
    yield _comment(run, chance, post, index, "", step, moment)
    repliers = chance.choice(REPLIES)
    others = [index if chance.random() < 0.3 else _somebody(run, chance) for _ in range(repliers)]
    for other in others:
        moment += 60 + int(chance.expovariate(1 / (0.7 * DAY)))
        if moment >= run.closes:
            return
        yield _comment(run, chance, next(ids), other, post, step, moment)


def _somebody(run: Run, chance: Random) -> int:
    """Return a joiner who writes, often one of the course's own people."""
    if chance.random() < 0.2:
        return chance.randrange(staff_count(run))
    for _ in range(30):
        index = chance.randrange(run.joiners)
        if journey(run, index).social:
            return index
    return 0


def _comment(run: Run, chance: Random, key: int, index: int, parent: object, step: object, moment: int) -> tuple:
    reported = chance.random() < 0.004
    hidden = reported and chance.random() < 0.5
    return (
        key, "" if chance.random() < NAMELESS else learner_id(run, index), parent, step.name, step.week, step.number,
        text(chance), stamp(moment), int(chance.expovariate(0.8)), stamp(moment + 3_600) if reported else "",
        "Spam / off-topic / duplicate" if reported else "", ("hidden" if hidden else "approved") if reported else "",
        stamp(moment + 7_200) if hidden else "",
    )  # fmt: skip


def text(chance: Random) -> str:
    """Return what somebody might write, one time in eight something awkward for a reader of CSV."""
    if chance.random() < 0.125:
        return chance.choice(ODDITIES)
    parts = [chance.choice(OPENINGS), *(chance.choice(MIDDLES) for _ in range(int(chance.expovariate(0.4))))]
    return ("\n" if chance.random() < 0.3 else " ").join(parts)[:1_200]
