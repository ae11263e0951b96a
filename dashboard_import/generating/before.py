"""A survey of one's own before a run, as a survey tool gives it: two rows of names, and what some joiners answered.

No part of the files that FutureLearn gives. The later a run, the more it asks.
"""

import csv
import io
from collections.abc import Iterator
from random import Random

from dashboard_import.generating.course import Run
from dashboard_import.generating.people import Choice, learner_id

ANSWERS = 0.4  # of the joiners
FOUND = Choice.of(
    {"An e-mail from FutureLearn": 34, "A search engine": 22, "A friend or colleague": 15, "Social media": 12,
     "My university": 9, "": 8}
)  # fmt: skip
ELSEWHERE = ("A poster", "=the newspaper", "I walked past the library", "On the <b>radio</b>", "a podcast", "A poster")
HOPES = {
    "To learn something new": 0.8, "To do better at my work": 0.4, "To prepare for further study": 0.25,
    "To meet people who like the same": 0.2, "To try how learning online works": 0.3,
}  # fmt: skip
METHODS = ("Reading articles", "Watching videos", "Taking quizzes", "Talking with other learners", "Listening to audio")
LIKES = Choice.of({"Strongly dislike": 4, "Dislike": 9, "Like": 40, "Strongly like": 35, "Don’t know": 12})
SUBJECTS = ("History", "Health", "Computing", "Business", "Languages", "Nature")
COURSES = Choice.of({"None": 30, "One": 22, "2 to 5": 33, "More than 5": 15})
PLACES = {"At home": 0.9, "At work": 0.25, "On the way": 0.2, "In a library": 0.07}
BEGINNINGS = ("I want to", "My sister told me to", "It is time to", "I never dared to", "Now I can")
ENDS = ("understand the news", "start again", "keep my data safe", "learn with others", "find better work")
OPEN = "Open-Ended Response"


def names(run: Run) -> tuple[list[str], list[str]]:
    """Return the two rows of names."""
    asked: list[tuple[str, list[str]]] = [
        ("Respondent ID", [""]), ("partner_export_id", [""]),
        ("How did you find this course?", ["Response", "Other (please specify)"]),
        ("What do you hope to get from it?", [*HOPES, "Other (please specify)"]),
        ("How do you like to learn?", list(METHODS)),
        ("Which subjects interest you?", list(SUBJECTS)),
        ("How many online courses have you taken?", ["Response"]),
        ("Where will you learn?", list(PLACES)),
    ]  # fmt: skip
    if run.number > 1:
        asked.append(("What made you come?", [OPEN]))
    first = [cell for question, parts in asked for cell in [question, *[""] * (len(parts) - 1)]]
    return first, [part for _question, parts in asked for part in parts]


def rows(run: Run) -> Iterator[list[str]]:
    """Yield what each of those joiners answered who did."""
    for index in range(run.joiners):
        chance = run.random("before", index)
        if chance.random() < ANSWERS:
            yield [f"{70_000_000 + 7 * index}", learner_id(run, index), *answers(run, chance)]


def answers(run: Run, chance: Random) -> list[str]:
    """Return one person's cells; nobody has to answer anything."""
    found = FOUND.draw(chance)
    cells = [found, "" if found else chance.choice(ELSEWHERE)]
    cells += [hope if chance.random() < share else "" for hope, share in HOPES.items()]
    cells.append(f"{chance.choice(ENDS)}, {chance.randint(1, 99)}" if chance.random() < 0.1 else "")
    has_likes = chance.random() < 0.93
    cells += [LIKES.draw(chance) if has_likes and chance.random() < 0.97 else "" for _method in METHODS]
    cells += ["x" if chance.random() < 0.35 else "" for _subject in SUBJECTS]
    cells.append(COURSES.draw(chance) if chance.random() < 0.95 else "")
    cells += [place if chance.random() < share else "" for place, share in PLACES.items()]
    if run.number > 1:
        words = f"{chance.choice(BEGINNINGS)} {chance.choice(ENDS)}"
        cells.append(chance.choice((words, f"{words}.", f"{words} {chance.randint(1, 9)}", "")))
    return cells


def survey(run: Run) -> bytes:
    """Return the file."""
    text = io.StringIO()
    csv.writer(text).writerows([*names(run), *rows(run)])
    return text.getvalue().encode()
