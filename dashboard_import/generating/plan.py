"""Which courses and runs there are, from a seed and a few numbers."""

import datetime
from dataclasses import replace

from dashboard_import.generating.activity import joiners_for
from dashboard_import.generating.course import Run, make_course
from dashboard_import.generating.layouts import LAYOUTS

INSTITUTION = "University of Northumbria Sands"
TITLES = (
    "Cyber Security: Safety at Home", "Bread, from Field to Table", "The Mind is Flat", "Reading a Landscape",
    "Big Data, Small Decisions", "Hadrian’s Wall", "Ageing Well", "Weather Made Clear", "Music as Biology",
    "Slow Cities",
)  # fmt: skip


def make_runs(
    seed: object = 1,
    *,
    courses: int = 1,
    runs: int = 1,
    joiners: int = 500,
    step_rows: int | None = None,
    weeks: int = 3,
    layout: str = "mixed",
    institution: str = INSTITUTION,
    today: datetime.date = datetime.date(2026, 9, 1),
    quirks: frozenset[str] = frozenset(),
) -> list[Run]:
    """Return `runs` runs, spread evenly over `courses` courses: the same for the same arguments, on any machine.

    With the layout "mixed" each run of a course is one era younger than the one before it. The last run of each
    course is in progress on `today`, the others are over. `step_rows` wins over `joiners`.
    """
    made = []
    for index in range(courses):
        title = TITLES[index % len(TITLES)] + (f" {index // len(TITLES) + 1}" if index >= len(TITLES) else "")
        course = make_course(str(seed), institution, title, weeks)
        count = runs // courses + (index < runs % courses)
        for number in range(1, count + 1):
            age = count - number
            start = today - datetime.timedelta(days=max(weeks * 7 - 10, 7) if age == 0 else (weeks * 7 + 70) * age + 7)
            eras = tuple(LAYOUTS)
            era = eras[max(len(eras) - 1 - age, 0)] if layout == "mixed" else layout
            start -= datetime.timedelta(days=start.weekday())  # courses start on a Monday
            size = max(1, round(joiners / (1 + 0.15 * (number - 1))))  # the first run draws most people
            run = Run(course, number, start, today, size, str(seed), LAYOUTS[era], step_rows, quirks)
            made.append(run if step_rows is None else replace(run, joiners=joiners_for(run, step_rows)))
    return made
