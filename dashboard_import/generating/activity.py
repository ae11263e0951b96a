"""Enrolments, step activity and answers to quizzes, row by row in flat memory."""

from collections.abc import Iterator
from itertools import islice
from random import Random

from dashboard_import.generating.course import Run, Step
from dashboard_import.generating.journey import journey
from dashboard_import.generating.moments import stamp
from dashboard_import.generating.people import learner_id, person, staff_count

TRIES = 4
NAMELESS = 0.0021  # of the answers have no learner (measured: 955 of some 450,000)
DOUBLED = (
    0.0003  # of the answers stand there twice, alike in every column (more than the 18 measured: small data has some)
)
WITHOUT_ENROLMENT = 2  # learners of a run with the quirk "strangers" act in it and are not enrolled


def enrolments(run: Run) -> Iterator[tuple]:
    """learner_id … detected_country, one row a joiner, in the order of coming."""
    staff = staff_count(run)
    hidden = WITHOUT_ENROLMENT if "strangers" in run.quirks else 0
    for index in range(run.joiners - hidden):
        way, who = journey(run, index), person(run, index)
        yield (
            learner_id(run, index), stamp(way.enrolled), stamp(way.unenrolled),
            "organisation_admin" if index < staff else "learner", stamp(way.fully), stamp(way.bought), *who[:6],
            who.detected,
        )  # fmt: skip


def step_activity(run: Run) -> Iterator[tuple]:
    """learner_id, step, week_number, step_number, first_visited_at, last_completed_at; unique by learner and step."""
    return islice(_step_activity(run), run.step_rows)


def _step_activity(run: Run) -> Iterator[tuple]:
    names = {step: (step.name, step.week, step.number) for step in run.course.steps}
    for index in range(run.joiners):
        visits = journey(run, index).visits
        who = learner_id(run, index) if visits else ""
        for step, first, completed in visits:
            yield (who, *names[step], stamp(first), stamp(completed))


def joiners_for(run: Run, rows: int) -> int:
    """Return how many joiners make a little more than `rows` rows of step activity."""
    sample = 1_000
    made = sum(len(journey(run, index).visits) for index in range(sample))
    return int(rows / max(made / sample, 0.1) * 1.1) + 50


def question_response(run: Run) -> Iterator[tuple]:
    """learner_id … correct, one row a try. No key: rows may repeat, some have no learner."""
    quizzes = frozenset(step for step in run.course.steps if step.questions)
    for index in range(run.joiners):
        visits = journey(run, index).visits
        chance = run.random("quiz", index) if visits else None
        for visit in visits:
            if visit.completed and visit.step in quizzes:
                yield from _tries(run, visit.step, visit.completed, learner_id(run, index), chance)


def _tries(run: Run, step: Step, moment: int, learner: str, chance: Random) -> Iterator[tuple]:
    for question in range(1, step.questions + 1):
        hard = 0.35 + 0.06 * ((step.week * 7 + question * 3) % 10)
        many = (step.number + question) % 5 == 0
        for attempt in range(1 if step.type == "test" else TRIES):
            correct = chance.random() < hard + 0.2 * attempt
            choices = sorted(chance.sample("1234", 3 if correct else 2)) if many else [chance.choice("1234")]
            row = (
                "" if chance.random() < NAMELESS else learner, f"{step.name}.{question}", "MultipleChoice", step.week,
                step.number, question, ",".join(choices), "",
                stamp(moment - 400 + question * 30 + attempt * 9), "true" if correct else "false",
            )  # fmt: skip
            yield row
            if chance.random() < DOUBLED:
                yield row
            if correct:
                break
