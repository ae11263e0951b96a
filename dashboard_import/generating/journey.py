"""What one joiner does in one run: comes, reads week by week, drops out somewhere, leaves, buys.

The shares follow what FutureLearn says of itself and what real files show: half of the joiners ever open a step, four
of five of those mark one as complete, 22-24 % of the learners take part fully, 12 % of the joiners leave.
"""

import math
from random import Random
from typing import NamedTuple

from dashboard_import.generating.course import DAY, Run, Step

LEARNERS = 0.52  # of the joiners open a step
ACTIVE = 0.82  # of the learners mark one as complete
SOCIAL = 0.38  # of the learners write something
LEAVERS = 0.115  # of the joiners
BEFORE = 0.72  # of the joiners come before the start
STAYS = (0.52, 0.74, 0.84, 0.9, 0.93)  # goes on to the next week, after the first, the second and so on
COMPLETES = 0.95  # of the steps that an active learner opens
SKIPS = 0.03  # of the steps before the last one that was opened


class Visit(NamedTuple):
    step: Step
    first: int  # seconds of Unix time
    completed: int | None


class Journey(NamedTuple):
    """Moments are in seconds of Unix time, None where something did not happen."""

    enrolled: int
    unenrolled: int | None
    fully: int | None
    bought: int | None
    social: bool
    visits: list[Visit]


def journey(run: Run, index: int) -> Journey:
    """Return what joiner `index` did before the data ends."""
    chance = run.random("joiner", index)
    enrolled = _enrolled(run, chance)
    visits: list[Visit] = []
    if chance.random() < LEARNERS or index < 3:
        visits = _visits(run, chance, max(enrolled, run.begins))
    leaves = chance.random() < LEAVERS
    last = visits[-1].first if visits else enrolled
    # Some leave a course years after it ended.
    unenrolled = last + int(chance.expovariate(1 / (9 * DAY if chance.random() < 0.8 else 400 * DAY))) + 60
    fully = _fully(run, visits)
    buys = chance.random() < (0.11 if fully else 0.004)
    bought = (fully or last) + int(chance.expovariate(1 / (3 * DAY))) + 90
    return Journey(
        enrolled,
        unenrolled if leaves and unenrolled < run.closes else None,
        fully,
        bought if buys and bought < run.closes else None,
        bool(visits) and chance.random() < SOCIAL,
        visits,
    )


def _enrolled(run: Run, chance: Random) -> int:
    """Most come in the weeks before the start and in the first one, then ever fewer; nobody after the data ends."""
    first = run.begins - 120 * DAY
    last = min(run.closes, run.begins + (run.course.weeks * 7 + 60) * DAY) - 1
    start, share = min(run.begins, last), chance.random()
    if chance.random() >= BEFORE and last > start:
        return start + away(share, 12 * DAY, last - start)
    return start - away(share, 24 * DAY, max(start - first, 0))


def away(share: float, mean: int, most: int) -> int:
    """Return how far from 0 to `most` the given share of people is, the nearer the more: an exponential law cut off."""
    return int(-mean * math.log(1 - share * (1 - math.exp(-most / mean))))


def _visits(run: Run, chance: Random, moment: int) -> list[Visit]:
    steps, completes = run.course.steps, COMPLETES if chance.random() < ACTIVE else 0.0
    reach = _reach(run, chance)
    visits: list[Visit] = []
    week, left = 0, 0
    for step in steps[:reach]:
        if step.week != week:
            week = step.week
            opens = run.begins + 7 * DAY * (week - 1)
            moment = max(moment, opens) + int(chance.expovariate(1 / (1.6 * DAY)))
            left = chance.randint(3, 14)
        elif left == 0:  # the next sitting
            moment += int(chance.expovariate(1 / DAY)) + 3_600
            left = chance.randint(3, 14)
        left -= 1
        moment += 20 + int(chance.random() * 500)
        if moment >= run.closes:
            break
        if visits and chance.random() < SKIPS:
            continue
        done = moment + 15 + int(chance.random() * 700) if chance.random() < completes else None
        visits.append(Visit(step, moment, done if done and done < run.closes else None))
    return visits


def _reach(run: Run, chance: Random) -> int:
    """Return how many steps from the first on somebody comes to."""
    week = 1
    while week < run.course.weeks and chance.random() < STAYS[min(week - 1, len(STAYS) - 1)]:
        week += 1
    before, end = run.course.ends[week - 1 : week + 1]
    if week == run.course.weeks and chance.random() < 0.85:
        return end
    return before + 1 + int((end - before) * chance.random() ** 1.3)


def _fully(run: Run, visits: list[Visit]) -> int | None:
    """More than half of the steps and all tests, as FutureLearn says."""
    done = [visit for visit in visits if visit.completed]
    tests = sum(step.type == "test" for step in run.course.steps)
    if len(done) * 2 <= len(run.course.steps) or sum(visit.step.type == "test" for visit in done) < tests:
        return None
    return max(visit.completed for visit in done)
