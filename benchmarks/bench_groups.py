"""Groups at five sizes of a course: hours beside the provable least and beside chance, mixing, and time."""

import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.servers import manage, postgres, production
from benchmarks.table import Row
from groups.formation import Learner, Options, Rule, form, report

SIZES = (300, 1000, 14_000, 100_000, 1_000_000)
SECONDS = {14_000: 0.5, 1_000_000: 15.0}  # of a processor
MIXED = {1000: 0.6, 14_000: 0.85, 100_000: 0.85, 1_000_000: 0.85}
GIGABYTES = 1.0  # of all: the people, their groups and Python itself
SMALL, COURSES = 1000, 10  # of a small course chance decides who lives where: so many are averaged
LEAST = 0.25  # hours: where the least is nothing, a quarter of an hour stands for it
# Shares of learners by time zone as courses in English have them: offsets of summer, hours east of UTC modulo 24.
ZONES = {
    0: 2, 1: 16, 2: 13, 3: 7, 3.5: 1, 4: 1.5, 5: 3, 5.5: 14, 5.75: 0.4, 6: 1.5, 7: 2, 8: 5, 9: 1.5, 9.5: 0.2, 10: 2,
    12: 0.6, 14: 0.1, 17: 6, 18: 2.5, 19: 7, 20: 12, 21: 4, 21.5: 0.1,
}  # fmt: skip
ANSWERS = (
    {"never": 50, "a little": 30, "often": 15, "for a living": 5},
    {"work": 40, "study": 30, "fun": 20, "other": 10},
    {"on my own": 65, "with others": 35},
)
COURSE = 14_000  # people, whose groups are made on a real database


def people(count: int, course: int = 0) -> list[Learner]:
    """Return the so many invented learners of a course, the same each time."""
    draw = random.Random(count + course)
    places = draw.choices(list(ZONES), list(ZONES.values()), k=count)
    said = zip(*(draw.choices(list(kinds), list(kinds.values()), k=count) for kinds in ANSWERS), strict=True)
    return [
        Learner(number, float(hours), answers) for number, (hours, answers) in enumerate(zip(places, said, strict=True))
    ]


def measured(work: Callable) -> tuple[object, float]:
    """Return what `work` returns and how many seconds of the processor it took: others use this machine as well."""
    began = time.process_time()
    done = work()
    return done, time.process_time() - began


def run() -> list[Row]:
    """Return the figures of each size, then those of the page and of the commit at 14,000 people."""
    return [*(row for count in SIZES for row in plan(count)), *page_and_commit()]


def plan(count: int) -> list[Row]:
    """Return the figures of one course."""
    options = Options(questions=tuple(Rule(f"question {number}", "mix") for number in range(1, len(ANSWERS) + 1)))
    learners = people(count)
    made, seconds = measured(lambda: form(learners, options))
    numbers = report(made)
    sizes = numbers.sizes
    if not options.minimum <= min(sizes) <= max(sizes) <= options.maximum:
        raise RuntimeError(f"Groups of {min(sizes)} to {max(sizes)} people.")
    name = f"{count:,} people"
    large = count >= COURSE
    rows = [
        Row(f"{name}: groups", numbers.groups, count / options.target, "groups"),
        Row(f"{name}: smallest", min(sizes), options.minimum, "people", at_least=1),
        Row(f"{name}: largest", max(sizes), options.maximum, "people", at_most=1),
        Row(f"{name}: widest, beside the least", numbers.arcs.widest or LEAST, numbers.least.widest or LEAST, "hours",
            at_most=1 if large else None),
        Row(f"{name}: all hours, beside the least", numbers.arcs.total or LEAST, numbers.least.total or LEAST, "hours",
            at_most=1.3 if large else None),
        Row(f"{name}: all hours, beside chance", numbers.arcs.total, numbers.by_lot.total, "hours", at_most=0.1),
    ]  # fmt: skip
    scores = [[one.score for one in numbers.mixing]]
    if count <= SMALL:
        others = (form(people(count, course), options) for course in range(1, COURSES))
        scores += [[one.score for one in report(other).mixing] for other in others]
    rows += [
        Row(f"{name}: mixing of {rule.key}", statistics.fmean(each), 1, "of the best", at_least=MIXED.get(count))
        for rule, each in zip(options.questions, zip(*scores, strict=True), strict=True)
    ]  # fmt: skip
    rows.append(Row(f"{name}: time", seconds, SECONDS.get(count, seconds), "CPU s", at_most=1))
    if count == max(SIZES):
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        rows.append(Row(f"{name}: memory", used, GIGABYTES, "GB", at_most=1))
    return rows


def page_and_commit() -> list[Row]:
    """Return the server's time for the preview page, and for making the groups, on PostgreSQL."""
    with postgres() as address, tempfile.TemporaryDirectory() as folder:
        environment = production(address)
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "collectstatic", "--noinput", "--verbosity=0")
        said = Path(folder, "seconds.json")
        program = f"from benchmarks.forming_course import measure; measure({COURSE}, {str(said)!r})"
        manage(environment, "shell", "--verbosity=0", "-c", program)
        seconds = json.loads(said.read_text())
    return [
        Row(f"{COURSE:,} people: preview page", seconds["page"], 1.0, "s", at_most=1),
        Row(f"{COURSE:,} people: groups made", seconds["commit"], 10.0, "s", at_most=1),
    ]
