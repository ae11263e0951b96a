"""Invented institutions, courses and runs: what stands still while learners come and go. All from one seed."""

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from dashboard_import.generating.layouts import Layout
from dashboard_import.generating.moments import DAY, EPOCH

TOPICS = (
    "Welcome", "What do you expect?", "A short history", "Meet the team", "First principles", "A closer look",
    "The other side", "In your own words", "A case from Wales", "Numbers, and what they hide", "Try it yourself",
    "What went wrong", "Who pays?", "A conversation", "Looking ahead", "Sources", "A walk outside", "Three mistakes",
    "The hard part", "Small experiments", "Asking better questions", "Tools",
)  # fmt: skip
# The share of each type of step among those in the middle of a week, as counted on a real course of 62 steps.
TYPES = ("article",) * 9 + ("video",) * 6 + ("discussion",) * 4 + ("exercise",)


@dataclass(frozen=True)
class Step:
    """A step of a course; `questions` says how many answers a learner gives there."""

    week: int
    number: int
    title: str
    type: str
    questions: int = 0

    @property
    def name(self) -> str:
        return f"{self.week}.{self.number}"


@dataclass(frozen=True)
class Course:
    institution: str
    title: str
    slug: str
    weeks: int
    steps: tuple[Step, ...]

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """How many steps there are up to the end of each week; the first entry, 0, stands for before the course."""
        return tuple(sum(step.week <= week for step in self.steps) for week in range(self.weeks + 1))


@dataclass(frozen=True)
class Run:
    """One run of a course. `joiners` is the number of people who joined; `step_rows`, where given, is exact.

    `quirks` are names of writing.QUIRKS. Nothing in the data is younger than `today`.
    """

    course: Course
    number: int
    start: datetime.date
    today: datetime.date
    joiners: int
    seed: str
    layout: Layout
    step_rows: int | None = None
    quirks: frozenset[str] = field(default_factory=frozenset)

    @property
    def end(self) -> datetime.date:
        """The day after the last: the start and the weeks, as the old tool counted."""
        return self.start + datetime.timedelta(weeks=self.course.weeks)

    @property
    def status(self) -> str:
        if self.today < self.start:
            return "upcoming"
        return "finished" if self.end <= self.today else "in progress"

    @property
    def name(self) -> str:
        return f"{self.course.slug}-{self.number}"

    @cached_property
    def begins(self) -> int:
        """The moment the run starts, in seconds of Unix time; likewise `closes` for the end of the data."""
        return seconds(self.start)

    @cached_property
    def closes(self) -> int:
        return seconds(self.today)

    def random(self, *what: object) -> Random:
        """Return the random numbers for one thing: always the same for the same names."""
        return Random("/".join(map(str, (self.seed, self.course.slug, self.number, *what))))  # noqa: S311


def seconds(day: datetime.date) -> int:
    """Return midnight UTC of a day in seconds of Unix time."""
    return (day.toordinal() - EPOCH) * DAY


def slug_of(title: str) -> str:
    """Return the title as FutureLearn would write it into an address."""
    kept = "".join(mark if mark.isascii() and mark.isalnum() else " " for mark in title.lower().replace("’", ""))
    return "-".join(kept.split())


def make_course(seed: str, institution: str, title: str, weeks: int, steps_per_week: int = 21) -> Course:
    """Return a course with a welcome, a quiz a week, an assignment in its middle and a test at its end."""
    chance = Random(f"{seed}/{title}")  # noqa: S311
    steps = []
    for week in range(1, weeks + 1):
        last = steps_per_week if week < weeks else max(steps_per_week - 2, 5)
        for number in range(1, last + 1):
            kind, questions = chance.choice(TYPES), 0
            if number == last - 1:
                kind, questions = ("test", 10) if week == weeks else ("quiz", 5)
            elif number == 1:
                kind = "video"
            elif number == 2 and week == 1:
                kind = "discussion"
            elif week == (weeks + 1) // 2 and number in (last - 3, last - 2):
                kind = "assignment" if number == last - 3 else "review"
            steps.append(Step(week, number, chance.choice(TOPICS), kind, questions))
    return Course(institution, title, slug_of(title), weeks, tuple(steps))
