"""What people answered before the run, on the page of surveys: one question of one's own survey at a time."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard_import.models import CourseRun, PreCourseSurvey
from dashboard_import.said_before import OTHER, SEPARATOR, Question, kind_of, questions_of
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import in_parts, say_of
from dashboard_import.stats.links import answering_before
from dashboard_import.stats.pooling import Shown
from dashboard_import.stats.reading import BEFORE, RunNumbers
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.selection import AnyQuestion, shortened
from dashboard_import.stats.together import single_runs
from mooc.lib.charts.bars import bars
from mooc.lib.charts.marks import SERIES, Series, number

LONGEST_TITLE = 200
MOST_DRAWN = 20  # answers; the table has more
# Where usual answers stand on their scales; what is on none, at the end.
SCALES = (
    ("strongly dislike", "dislike", "neither like nor dislike", "like", "strongly like"),
    ("dislike a lot", "dislike a little", "neutral", "like a little", "like a lot"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("very dissatisfied", "dissatisfied", "neither", "satisfied", "very satisfied"),
    ("not at all", "a little", "somewhat", "mostly", "completely"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("no", "", "maybe", "", "yes"),
)
PLACES = {words: place for scale in SCALES for place, words in enumerate(scale) if words}
AT_THE_END = {"don't know", "do not know", "not sure", "unsure", "no opinion", "not applicable", "n/a", OTHER}


def asked(numbers: RunNumbers) -> Question | None:
    """Return the chosen question as the first of the runs that asked it has it."""
    surveys = (questions_of(survey.questions) for survey in numbers.tables[PreCourseSurvey])
    return next((one for each in surveys for one in each if one.key == numbers.options["question"]), None)


def settled(runs: Sequence[Shown], options: Mapping[str, str]) -> dict[str, str]:
    """Return the first question of these runs where none was chosen. One query."""
    if options["question"]:
        return {}
    order = [run.pk for run in single_runs(runs)]
    surveys = dict(PreCourseSurvey.objects.filter(run__in=order).values_list("run", "questions"))
    keys = (question.key for run in order for question in questions_of(surveys.get(run, [])))
    return {"question": next(keys, "")}


def tallies_of(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kind of Tally of the chosen question."""
    return (kind_of(options["question"]),) if options["question"] else ()


def whole(numbers: RunNumbers) -> int:
    """Return how many people answered the chosen question at all."""
    rows = numbers.tallies[kind_of(numbers.options["question"])]
    return sum(count for *_place, value, count in rows if not value)


def is_matrix(cells: Sequence[tuple[str, str]]) -> bool:
    """Say whether several parts of a question were answered, each with one of several answers."""
    return len({part for part, answer in cells if part and answer}) > 1


def in_order(counts: Mapping[str, int]) -> list[str]:
    """Return answers as they stand on their scale, or by the number they begin with, else the most frequent first."""
    plain = {answer: answer.lower().replace("’", "'") for answer in counts}
    known = [words for words in plain.values() if words not in AT_THE_END]
    begins = {answer: re.match(r"\d{1,9}", words) for answer, words in plain.items()}

    def place(answer: str) -> tuple:
        words, order = plain[answer], (-counts[answer], answer)
        if words in AT_THE_END:
            return 1, 0, *order
        if all(one in PLACES for one in known):
            return 0, PLACES[words], *order
        if all(begins[one] for one in counts if plain[one] not in AT_THE_END):
            return 0, int(begins[answer][0]), *order
        return 0, 0, *order

    return sorted(counts, key=place)


def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw one choice and several as lying bars, those of all runs beside each other; parts by answers, run by run."""
    lacking = next((one.numbers.runs[-1] for one in seen if BEFORE not in one.numbers.loaded), None)
    cells = [row[1:3] for one in seen for row in one.rows]
    figures = by_part(chart, seen, in_percent) if is_matrix(cells) else [by_answer(chart, seen, in_percent)]
    first = next((found for one in seen if (found := asked(one.numbers))), None)
    question = shortened(first.text, LONGEST_TITLE) if first else ""
    made = []
    for figure, runs in zip(figures, [[one] for one in seen] if len(figures) > 1 else [seen], strict=True):
        absent = [words for one in runs if (words := nothing(one))]
        drawing = replace(
            figure.drawing, notes=[*figure.drawing.notes, *(nothing(one) or answered(one) for one in runs)],
            missing=figure.drawing.missing and (" ".join(absent) or missing(chart, [])),
        )  # fmt: skip
        made.append(replace(figure, drawing=drawing, of=", ".join(filter(None, [question, figure.of]))))
    return [*made[:-1], replace(made[-1], upload=uploading(lacking) if lacking else ())]


def uploading(run: CourseRun) -> tuple[str, str]:
    """Return where the survey before a run is uploaded, and the words of a link to it."""
    return answering_before(run), _now("Upload the survey before %(run)s") % {"run": run}


def answered(one: Seen) -> str:
    """Say how many people answered the question."""
    people = None if 0 < one.base < settings.STATISTICS_HIDE_BELOW else one.base
    words = ngettext("%(run)s: %(count)s person answered it.", "%(run)s: %(count)s people answered it.", people or 0)
    return words % {"run": one.name, "count": number(people)}


def nothing(one: Seen) -> str:
    """Say why a run has no answers here; nothing where it has some."""
    numbers = one.numbers
    if BEFORE not in numbers.loaded:
        return _now("No survey before %(run)s was uploaded yet.") % {"run": one.name}
    question = asked(numbers)
    if question is None:
        return _now("The survey before %(run)s does not ask this.") % {"run": one.name}
    if not numbers.tallies[kind_of(question.key)]:
        return _now(
            "The survey before %(run)s was uploaded before answers were counted. Upload it again, "
            "or load the enrolments again: import_futurelearn --again."
        ) % {"run": one.name}
    return ""


def leading(one: Seen, part: str, answer: str = "") -> str:
    """Return the address of what those people wrote; nothing where it is not known who they are."""
    if answer == OTHER:
        return ""
    chosen = {"question": one.numbers.options["question"], "part": part, "answer": answer}
    return answering_before(one.numbers.run, **{name: words for name, words in chosen.items() if words})


def by_answer(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> Figure:
    """Draw answers as lying bars, most frequent of the first run first; each leads to those who gave it there."""
    seen = [one for one in seen if not nothing(one)] or seen
    counts = [{row[1:3]: row[3] for row in one.rows} for one in seen]
    cells = sorted(dict.fromkeys(cell for count in counts for cell in count), key=lambda cell: cell[1] == OTHER)
    labels = [_now("All other answers") if answer == OTHER else answer or part for part, answer in cells]
    series = [
        Series(one.name, [one.shown(count.get(cell, 0), percent=in_percent) for cell in cells], one.colour)
        for one, count in zip(seen, counts, strict=True)
    ]
    links = [leading(seen[0], *cell) if cell in counts[0] else "" for cell in cells]
    first = [replace(one, values=one.values[:MOST_DRAWN]) for one in series]
    drawing = bars(
        labels[:MOST_DRAWN], first, head=_now("Answer"), missing=missing(chart, seen), links=links[:MOST_DRAWN],
        say=say_of(in_percent),
    )  # fmt: skip
    rows = [[label, *(one.values[at] for one in series)] for at, label in enumerate(labels)]
    left = len(cells) - MOST_DRAWN
    words = ngettext("One more is in the table alone.", "%(count)s more are in the table alone.", left)
    notes = [words % {"count": number(left)}] if left > 0 else []
    return Figure(replace(drawing, rows=rows, links=links, notes=notes))


def by_part(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the parts of a question as lying bars of their answers; each leads to those who answered that part."""
    sums: Counter[str] = Counter()
    for one in seen:
        for _question, _part, answer, count in one.rows:
            sums[answer] += count or 0
    answers = in_order(sums)
    first = answers if len(answers) <= SERIES else answers[: SERIES - 1]
    names = [answer or _now("Wrote something") for answer in first]
    if len(first) < len(answers):
        names.append(_now("All other answers"))
    whole_question = _now("The whole question")  # of a run that asked it without parts
    pivoted = []
    for one in seen:
        parts = dict.fromkeys(part for _question, part, _answer, _count in one.rows)
        counts = {(part, answer): count for _question, part, answer, count in one.rows}
        rows = []
        for part in parts:
            label = part or whole_question
            numbers = [counts.get((part, answer), 0) for answer in answers]
            rest = numbers[len(first) :]
            rows.append((label, *numbers[: len(first)], *([None if None in rest else sum(rest)] if rest else [])))
        pivoted.append(replace(one, rows=rows))

    def link(one: Seen, label: str) -> str:
        return leading(one, "" if label == whole_question else label)

    return in_parts(_now("Part"), names, link, lying=True)(chart, pivoted, in_percent)


@registry.chart(
    "pre-course", page="surveys", title=_("Survey before the run"), columns=("question", "part", "answer", "count"),
    files=(BEFORE,), tables=(PreCourseSurvey,), options={"question": AnyQuestion({"": _("the first question")})},
    settled=settled, chosen_tallies=tallies_of, whole=whole, draw=draw,
    definition=_("How many people gave each answer to one question of your own survey, uploaded here."),
    limits=_(
        "Where people could tick several answers, each counts. Parts of a question that share at most 15 answers "
        "are counted answer by answer. Where a part has words of people’s own, we count how many wrote some. "
        "Rare answers are counted together: those of one person alone where answers differ much, and all beyond the "
        "50 commonest. Names, addresses and times beside the answers are not counted."
    ),
    of_all_runs=_("A question is the same in two runs if it has the same words there."),
)  # fmt: skip
def pre_course(numbers: RunNumbers) -> Rows:
    question = asked(numbers)
    if question is None:
        return []
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[str, int] = {}
    for column, _step, _day, value, count in numbers.tallies[kind_of(question.key)]:
        part, separator, answer = value.partition(SEPARATOR)
        if separator and count:
            counts[part, answer] += count
            places[part] = min(column or 0, places.get(part, column or 0))
    answers: Counter[str] = Counter()
    for (_part, answer), count in counts.items():
        answers[answer] += count
    order = {answer: at for at, answer in enumerate(in_order(answers))}
    matrix = is_matrix([*counts])

    def place(cell: tuple[str, str]) -> tuple:
        return (places[cell[0]], order[cell[1]]) if matrix else (cell[1] == OTHER, -counts[cell], cell)

    return [(question.text, *cell, counts[cell]) for cell in sorted(counts, key=place)]
