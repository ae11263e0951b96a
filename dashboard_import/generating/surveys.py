"""What learners answer when they are asked: why they leave, who they are, how the week was; and reviews of peers."""

from collections.abc import Iterator
from itertools import count
from random import Random

from dashboard_import.generating.course import DAY, Run, Step
from dashboard_import.generating.journey import Journey, journey
from dashboard_import.generating.moments import stamp
from dashboard_import.generating.people import Choice, learner_id
from dashboard_import.generating.talk import text

REASONS = Choice.of(
    {
        "I don’t have enough time": 35,
        "The course required more time than I realised": 12,
        "The course wasn’t what I expected": 14,
        "The course was too easy": 4,
        "The course was too hard": 9,
        "The course won’t help me reach my goals": 7,
        "I prefer not to say": 8,
        "Other": 11,
    }
)
ARCHETYPES = Choice(
    Advancers=18, Explorers=17, Preparers=9, Fixers=8, Flourishers=12, Hobbyists=14, Vitalisers=15, Other=7
)
WEEKLY = ("", "", "Clear and well paced", "Too much to read,\r\nbut good", "I liked\nthe walk", 'The "quiz" was odd')
ASSIGNED, REVIEWED = "assignment", "review"


def leaving(run: Run) -> Iterator[tuple]:
    """id, learner_id, left_at, leaving_reason, last_completed_step… One in forty leaves twice."""
    ids = count(80_000 + run.number * 40_000, 3)
    for index, way in _journeys(run):
        chance = run.random("leaving", index)
        if not way.unenrolled or chance.random() > 0.4:
            continue
        done = [visit for visit in way.visits if visit.completed and visit.completed < way.unenrolled]
        last = max(done, key=lambda visit: visit.completed) if done else None
        where = (stamp(last.completed), last.step.name, last.step.week, last.step.number) if last else ("",) * 4
        for earlier in [5 * DAY, 0] if chance.random() < 0.025 else [0]:
            moment = max(way.unenrolled - earlier, way.enrolled)
            yield (next(ids), learner_id(run, index), stamp(moment), REASONS.draw(chance), *where)


def archetypes(run: Run) -> Iterator[tuple]:
    """id, learner_id, responded_at, archetype."""
    ids = count(300_000 + run.number * 200_000, 2)
    for index, way in _journeys(run):
        chance = run.random("archetype", index)
        if way.visits and chance.random() < 0.17:
            moment = way.visits[0].first + 120
            if moment < run.closes:
                yield next(ids), learner_id(run, index), stamp(moment), ARCHETYPES.draw(chance)


def sentiments(run: Run) -> Iterator[tuple]:
    """id, responded_at, week_number, experience_rating, reason. Nobody says who they are."""
    ids = count(500_000 + run.number * 300_000, 5)
    for index, way in _journeys(run):
        chance = run.random("sentiment", index)
        last = {visit.step.week: visit.completed for visit in way.visits if visit.completed}
        for week, moment in last.items():
            if chance.random() < 0.09 and moment + 40 < run.closes:
                rating = chance.choice((1, 2, 2, 3, 3, 3, 3, 3, 3))
                yield next(ids), stamp(moment + 40), week, rating, chance.choice(WEEKLY)


def post_course(run: Run) -> Iterator[tuple]:
    """id, learner_id, responded_at, overall_rating, met_expectations, would_recommend."""
    for number, (index, moment, chance) in enumerate(_leavers_of_the_last_week(run), 1):
        answers = chance.choice(("Better than expected", "As expected", "Worse than expected")), chance.randint(5, 10)
        yield number, learner_id(run, index), stamp(moment), chance.choice((3, 4, 4, 5, 5)), *answers


def free_text(run: Run) -> Iterator[tuple]:
    """id, learner_id, responded_at, question, response."""
    for number, (index, moment, chance) in enumerate(_leavers_of_the_last_week(run), 1):
        yield number, learner_id(run, index), stamp(moment), "What will you do differently now?", text(chance)


def assignments(run: Run) -> Iterator[tuple]:
    """id, step, week_number, step_number, author_id, text, first_viewed_at, submitted_at, moderated, review_count."""
    for index, key, step, first, sent, reviewers in _handed_in(run):
        chance = run.random("assignment text", index)
        paragraphs = "\n\n".join(text(chance) for _ in range(3))
        removed = stamp(sent + DAY) if chance.random() < 0.004 and sent + DAY < run.closes else ""
        yield (
            key, step.name, step.week, step.number, learner_id(run, index), paragraphs, stamp(first), stamp(sent),
            removed, len(reviewers),
        )  # fmt: skip


def reviews(run: Run) -> Iterator[tuple]:
    """id, step, week_number, step_number, reviewer_id, assignment_id, guideline_…_feedback, created_at."""
    steps = [step for step in run.course.steps if step.type == REVIEWED]
    ids = count(40_000 + run.number * 50_000, 3)
    for index, key, _step, _first, sent, reviewers in _handed_in(run):
        chance = run.random("review text", index)
        for reviewer in reviewers:
            moment = sent + 3_600 + int(chance.expovariate(1 / (2 * DAY)))
            made = text(chance), text(chance), text(chance) if chance.random() < 0.8 else ""
            step = steps[0]
            yield (
                next(ids), step.name, step.week, step.number, learner_id(run, reviewer), key, *made,
                stamp(min(moment, run.closes - 1)),
            )  # fmt: skip


def _handed_in(run: Run) -> Iterator[tuple[int, int, Step, int, int, list[int]]]:
    """Yield joiner, id, step, first view, submission and reviewers of each assignment handed in."""
    ids = count(20_000 + run.number * 50_000)
    for index, way in _journeys(run):
        for visit in way.visits:
            if visit.step.type == ASSIGNED and visit.completed:
                chance = run.random("assignment", index)
                others = {chance.randrange(run.joiners) for _ in range(chance.choice((0, 1, 1, 2, 3)))} - {index}
                able = sorted(other for other in others if any(_reviews(step) for step in journey(run, other).visits))
                yield index, next(ids), visit.step, visit.first, visit.completed, able


def _reviews(visit: object) -> bool:
    return visit.step.type == REVIEWED and bool(visit.completed)


def _journeys(run: Run) -> Iterator[tuple[int, Journey]]:
    return ((index, journey(run, index)) for index in range(run.joiners))


def _leavers_of_the_last_week(run: Run) -> Iterator[tuple[int, int, Random]]:
    for index, way in _journeys(run):
        if way.visits and way.visits[-1].step.week == run.course.weeks:
            chance = run.random("post-course", index)
            moment = way.visits[-1].first + DAY
            if chance.random() < 0.25 and moment < run.closes:
                yield index, moment, chance
