"""How what learners did hangs together: comments by how far they got, any two of eight measures, how far people came.

All is made of the sums by learner (`learner_sums`), and so of a row a learner, not of the rows of the files.
"""

# ruff: noqa: S608  (the SQL is our own)
from itertools import combinations, combinations_with_replacement

from django.db import connection

from dashboard_import.audiences import AUDIENCES, joined
from dashboard_import.models import Comment, CourseRun, LearnerSum, Moments, PeerAssignment, QuizResponse
from dashboard_import.rollups import gathered, rollup
from dashboard_import.tallies import NO_DAY, NO_STEP, at_once, refill, steps_of, sums, unpivoted
from mooc.lib.charts.scales import nice_step

SUMS = LearnerSum._meta.db_table
# In whole per cent: of the run's steps, of a person's answers, of the run's questions. The others are counts.
SHARES = ("steps", "correct", "wrong", "questions")
MEASURES = ("steps", "comments", "replies", "likes", "answers", "correct", "wrong", "questions")
ONLY_ANSWERED = ("correct", "wrong")  # are known of those who answered anything
CLASSES, SHARE_WIDTH = 20, 5  # of a measure on a drawing: at most so many; so many per cent each
AT_ONCE = 7  # pairs of measures that one statement counts
PEOPLE, IN_CLASSES = "futurelearn_people", "futurelearn_classes"
SOURCES = (
    "enrolments", "step_activity", "comments", "question_response", "peer_review_assignments", "course_overview",
)  # fmt: skip
# How far those who joined came: who did the first of these, who of them did the second, and so on.
FUNNEL = {
    "funnel_steps": "enrolled = 1 AND completed >= 5",
    "funnel_comments": "comments >= 5",
    "funnel_assignment": "handed_in = 1 OR %(assignments)s = 0",  # where nobody hands in any it is no condition
    "funnel_completion": "completed * 100 >= %(steps)s * 95",
}


def whole_percent(part: str, whole: str) -> str:
    """Return SQL for a share in whole per cent, halves up; NULL where there is no whole."""
    return f"CASE WHEN {whole} > 0 THEN (200 * {part} + {whole}) / (2 * {whole}) END"


def people() -> str:
    """Return a SELECT of a row for each person who did anything, with the measures; it needs `wholes`."""
    names = ("completed", "comments", "replies", "likes", "answers", "correct", "questions")
    added = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in names)
    measures = {
        "steps": f"coalesce({whole_percent('t.completed', '%(steps)s')}, 0)",
        **{name: f"t.{name}" for name in ("comments", "replies", "likes", "answers")},
        "correct": whole_percent("t.correct", "t.answers"),
        "wrong": whole_percent("(t.answers - t.correct)", "t.answers"),
        "questions": f"coalesce({whole_percent('t.questions', '%(questions)s')}, 0)",
    }
    columns = ", ".join(f"{sql} AS {name}" for name, sql in measures.items())
    flags = ", ".join(f"coalesce({sql}, 0) AS {name}" for name, sql in AUDIENCES.items())
    authors = f"SELECT author_id FROM {PeerAssignment._meta.db_table} WHERE run_id = %(run)s"
    return (
        "WITH t AS (SELECT learner_id, max(CASE WHEN kind = 'step_activity' THEN 1 ELSE 0 END) AS visited,"
        f" {added} FROM {SUMS} WHERE run_id = %(run)s GROUP BY learner_id)"
        f" SELECT t.visited, t.completed, CASE WHEN t.learner_id IN ({authors}) THEN 1 ELSE 0 END AS handed_in,"
        " CASE WHEN e.learner_id IS NULL THEN 0 ELSE 1 END AS enrolled,"
        f" {columns}, {flags} FROM t {joined('t.learner_id')}"
    )


def classes(widths: dict[str, int]) -> str:
    """Return a SELECT of the classes of all measures that people of PEOPLE are in, and how many are in each of them."""
    columns = ", ".join(f"{name} / {width} * {width} AS {name}" for name, width in widths.items())
    return (
        f"SELECT answers > 0 AS answered, {columns}, {weighted('1')} FROM {PEOPLE}"
        f" GROUP BY {', '.join(map(str, range(1, len(widths) + 2)))}"
    )


def wholes(run: CourseRun) -> dict[str, int]:
    """Return what shares are of: how many steps and questions the run has."""
    questions = QuizResponse.objects.filter(run=run).values("quiz_question").distinct().count()
    return {"steps": steps_of(run), "questions": questions}


def weighted(count: str) -> str:
    """Return SQL that adds up `count` for each audience."""
    return ", ".join(f"coalesce(sum({name} * {count}), 0) AS {name}" for name in AUDIENCES)


def funnel(run: CourseRun, steps: int) -> None:
    """Count the people of PEOPLE who came through each condition of FUNNEL, where those before it held; in one pass."""
    tests = [f"({test})" for test in FUNNEL.values()]
    conditions = {kind: " AND ".join(tests[: at + 1]) for at, kind in enumerate(FUNNEL)}
    counts = at_once(conditions, {name: name for name in AUDIENCES})
    refill(
        run, list(FUNNEL), *(unpivoted(kind, "counts") for kind in FUNNEL),
        common=f"WITH counts AS MATERIALIZED (SELECT {counts} FROM {PEOPLE})",
        steps=steps, assignments=int(PeerAssignment.objects.filter(run=run).exists()),
    )  # fmt: skip


@rollup(*SOURCES)
def together(run: CourseRun) -> None:
    """Count learners and comments by how far the learners got; learners by classes of any two measures."""
    percent, known = f"CAST(steps / {SHARE_WIDTH} * {SHARE_WIDTH} AS varchar(6))", wholes(run)
    with gathered(PEOPLE, people(), {"run": run.pk, **known}):
        funnel(run, known["steps"])
        for kind, count in (("completion_learners", "1"), ("completion_comments", "comments")):
            refill(
                run, [kind],
                f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, {percent} AS value, {weighted(count)} FROM {PEOPLE}"
                f" WHERE visited = 1 GROUP BY {percent}",
            )  # fmt: skip
        with gathered(IN_CLASSES, classes(moments(run))):
            # A few at once: SQLite keeps what it sorts in memory until a statement ends.
            pairs = [*combinations(MEASURES, 2)]
            for some in (pairs[at : at + AT_ONCE] for at in range(0, len(pairs), AT_ONCE)):
                refill(run, [points_of(x, y) for x, y in some], *(points(x, y) for x, y in some))


def points(x: str, y: str) -> str:
    """Return a SELECT that counts learners by classes of two measures."""
    pair = " || ' ' || ".join(f"CAST({name} AS varchar(20))" for name in (x, y))
    answered = " WHERE answered" if x in ONLY_ANSWERED or y in ONLY_ANSWERED else ""
    return (
        f"SELECT '{points_of(x, y)}' AS kind, {NO_STEP}, {NO_DAY}, {pair} AS value, {weighted('1')}"
        f" FROM {IN_CLASSES}{answered} GROUP BY {pair}"
    )


def points_of(x: str, y: str) -> str:
    """Return the kind of Tally with the classes of two measures, `x` standing before `y` in MEASURES."""
    return f"points {x} {y}"


def width_of(measure: str, most: int) -> int:
    """Return how many values of a measure are one class on a drawing, where its largest is `most`."""
    return SHARE_WIDTH if measure in SHARES else int(nice_step(most, CLASSES, whole=True))


def product(x: str, y: str) -> str:
    """Return SQL for two measures of a person multiplied. Of all of them likes alone can have a square over 64 bits."""
    return f"CAST({x} AS numeric) * {y}" if x == y == "likes" else f"{x} * {y}"


def moments(run: CourseRun) -> dict[str, int]:
    """Add up measures and their products over groups of PEOPLE; return the width of each measure's classes."""
    products = [*combinations_with_replacement(MEASURES, 2)]
    columns = [
        *(f"sum({name})" for name in MEASURES), *(f"sum({product(x, y)})" for x, y in products),
        *(f"max({name})" for name in MEASURES),
    ]  # fmt: skip
    flags = ["learners", "buyers", "participants", "CASE WHEN answers > 0 THEN 1 ELSE 0 END"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(flags)}, count(*), {', '.join(columns)} FROM {PEOPLE} GROUP BY 1, 2, 3, 4")
        rows = cursor.fetchall()
    names = [*MEASURES, *map("*".join, products)]
    made, most = [], dict.fromkeys(MEASURES, 0)
    for learner, buyer, participant, answered, count, *numbers in rows:
        added = {name: int(number or 0) for name, number in zip(names, numbers, strict=False)}
        largest = {name: int(number or 0) for name, number in zip(MEASURES, numbers[len(names) :], strict=True)}
        most = {name: max(most[name], largest[name]) for name in MEASURES}
        made.append(
            Moments(
                run=run, learner=bool(learner), buyer=bool(buyer), participant=bool(participant),
                answered=bool(answered), count=count, sums=added, most=largest,
            )
        )  # fmt: skip
    Moments.objects.filter(run=run).delete()
    Moments.objects.bulk_create(made)
    return {name: width_of(name, most[name]) for name in MEASURES}


@rollup("enrolments", "comments")
def written(run: CourseRun) -> None:
    """Count posts and replies, those without an author too."""
    table = Comment._meta.db_table
    refill(
        run, ["written_posts", "written_replies"],
        *(
            f"SELECT '{kind}' AS kind, {NO_STEP}, {NO_DAY}, '' AS value, {sums()} FROM {table} c"
            f" {joined('c.author_id')} WHERE c.run_id = %(run)s AND c.parent_id {test}"
            for kind, test in (("written_posts", "IS NULL"), ("written_replies", "IS NOT NULL"))
        ),
    )  # fmt: skip
