"""What people answered to a survey before a run: who said what to each question, counted for each group of people.

Made anew when a survey is stored, and when enrolments are loaded, as those say of which groups people are. Answers are
read twice: to know which ones to count, and to count them. So memory does not grow with the people.
"""

# ruff: noqa: S608  (the SQL is our own)
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.text import slugify

from dashboard_import.audiences import AUDIENCES, joined
from dashboard_import.journeys import FLAGS, Of
from dashboard_import.models import CourseRun, PreCourseAnswer, PreCourseSurvey, Tally
from dashboard_import.rollups import rollup

KIND, SEPARATOR = "pre_course ", "\x1f"
KEY = re.compile(r"[a-z0-9_-]{1,20}-[0-9a-f]{6}")
OTHER = "(other answers)"  # what stands for answers that are not counted one by one
MOST_ANSWERS, MOST_OWN, FEW_OWN, MOST_SHARED = 50, 20, 5, 15
MOST_KNOWN = 1_000  # different answers to a column while they are looked at; then the rarest are forgotten
LONGEST_PART, LONGEST_ANSWER = 140, 350  # both with all that is between them fit into Tally.value
BATCH = 500
MARKS = {"x", "1", "true", "yes", "y", "selected", "checked"}
NO_MARKS = {"0", "false", "no", "n", "not selected", "unselected", "unchecked"}
# What survey tools write beside the answers. It was not asked, and says who somebody is.
NOT_ASKED = {
    "respondent_id", "collector_id", "response_id", "responseid", "recipientemail", "recipientfirstname",
    "recipientlastname", "start_date", "startdate", "end_date", "enddate", "recordeddate", "timestamp", "ip_address",
    "ipaddress", "email_address", "e_mail_address", "email", "e_mail", "first_name", "last_name", "full_name",
    "surname", "name", "phone", "phone_number", "custom_data",
    "custom_data_1", "date_created", "date_modified", "locationlatitude", "locationlongitude",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A question of a survey: its columns by their places, each with the part it asks for, all of them different."""

    key: str
    text: str
    columns: Mapping[int, str]

    @property
    def has_parts(self) -> bool:
        """Whether each column asks for a part of it, and none for the whole."""
        return len(self.columns) > 1 and "" not in self.columns.values()


def key_of(text: str) -> str:
    """Return what a question is known by in every run: letters of it for people, and a hash of all of it."""
    words = " ".join(text.split()).lower()
    digest = hashlib.blake2b(words.encode(), digest_size=3).hexdigest()
    return f"{slugify(words)[:20].strip('-_') or 'question'}-{digest}"


def kind_of(key: str) -> str:
    """Return the kind of Tally that has a question's answers. The value "" is how many people answered it at all."""
    return f"{KIND}{key}"


def says_who(text: str) -> bool:
    """Say whether a column is what survey tools write beside the answers, or asks who somebody is: `Your e-mail:`."""
    name = re.sub(r"\W+", "_", text.lower()).strip("_")
    return name.removeprefix("what_is_").removeprefix("your_") in NOT_ASKED


def questions_of(pairs: Sequence[Sequence[str]]) -> list[Question]:
    """Return the questions of `PreCourseSurvey.questions` in their order, without what nobody was asked."""
    texts: dict[str, str] = {}
    columns: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for place, (text, part) in enumerate(pairs):
        if not says_who(text):
            texts.setdefault(key_of(text), text)
            columns[key_of(text)].append((place, part))
    return [Question(key, text, named(columns[key])) for key, text in texts.items()]


def named(columns: Sequence[tuple[int, str]]) -> dict[int, str]:
    """Return the columns of a question with parts that differ; where several have none, each has its number."""
    is_numbered = sum(not part for _place, part in columns) > 1
    found: dict[int, str] = {}
    for at, (place, part) in enumerate(columns, start=1):
        name = part.replace(SEPARATOR, " ")[:LONGEST_PART] or (f"{at}" if is_numbered else "")
        again, used = 1, set(found.values())
        while (words := name if again == 1 else f"{name} ({again})") in used:
            again += 1
        found[place] = words
    return found


@rollup("enrolments")
def count(run: CourseRun) -> None:
    """Count the answers to a run's survey. One query where there is none."""
    if not PreCourseSurvey.objects.filter(run=run).exists():
        return
    hold(run)
    survey = PreCourseSurvey.objects.get(run=run)
    asked = questions_of(survey.questions)
    known = answers_of(survey)
    chosen: dict[int, set[str]] = {}
    for question in asked:
        for place in by_answer(question, known):
            chosen[place] = counted_alone(known[place], is_scale=question.has_parts)
    Tally.objects.filter(run=run, kind__startswith=KIND).delete()
    Tally.objects.bulk_create(tallies(survey, asked, chosen), batch_size=BATCH)


def hold(run: CourseRun) -> None:
    """Let nobody else count the answers of this run before the end of the transaction."""
    CourseRun.objects.select_for_update(no_key=True).get(pk=run.pk)


def batches(survey: PreCourseSurvey) -> Iterator[tuple[Of, list[tuple[str, ...]]]]:
    """Yield of which groups some people are, and their answers column by column; each text at most so long."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT a.answers, {FLAGS} FROM {PreCourseAnswer._meta.db_table} a {joined('a.learner_id')}"
            " WHERE a.survey_id = %(survey)s",
            {"run": survey.run_id, "survey": survey.pk},
        )
        while rows := cursor.fetchmany(BATCH):
            of_groups: dict[Of, list[list[str]]] = defaultdict(list)
            for answers, *flags in rows:
                of_groups[tuple(flags)].append([text[:LONGEST_ANSWER] for text in json.loads(answers)])
            for flags, some in of_groups.items():
                yield flags, list(zip(*some, strict=True))


def answers_of(survey: PreCourseSurvey) -> list[Counter[str]]:
    """Return how many people gave each answer to each column; of very many different ones the commonest are kept."""
    found: list[Counter[str]] = [Counter() for _column in survey.questions]
    for _flags, columns in batches(survey):
        for counter, texts in zip(found, columns, strict=True):
            counter.update(filter(None, texts))
            if len(counter) > MOST_KNOWN:
                commonest = counter.most_common(MOST_KNOWN // 2)
                counter.clear()
                counter.update(dict(commonest))
    return found


def by_answer(question: Question, known: Sequence[Collection[str]]) -> set[int]:
    """Return the columns of which each answer is counted. Of the others it is counted who answered anything.

    Those others are choices that people ticked, and what they wrote in their own words.
    """
    if not question.has_parts:  # one choice, and perhaps beside it something like "Other (please specify)"
        return {place for place, part in question.columns.items() if not part or len(question.columns) == 1}
    filled = {place: {*known[place]} for place in question.columns if known[place]}
    ticked = {
        place for place, answers in filled.items()
        if all(answer == question.columns[place] or answer.lower() in MARKS for answer in answers)
    }  # fmt: skip
    in_columns = Counter(answer for answers in filled.values() for answer in answers)
    shared = {
        place for place, answers in filled.items()
        if {answer.lower() for answer in answers} <= MARKS | NO_MARKS or any(in_columns[one] > 1 for one in answers)
    }  # fmt: skip
    if ticked and not shared - ticked:
        return set()
    scale = {place for place, answers in filled.items() if len(answers) <= MOST_SHARED}
    different = {answer for place in scale for answer in filled[place]}
    return scale if len(different) <= MOST_SHARED else set()


def counted_alone(counts: Counter[str], *, is_scale: bool) -> set[str]:
    """Return the answers to a column that are counted one by one: the commonest, and nobody's own words.

    Where answers differ much, as those to a scale do not, what one person alone said is that person's own words.
    """
    differ = len(counts) > FEW_OWN and 2 * len(counts) > counts.total() and not is_scale
    own = 1 if differ or len(counts) > MOST_OWN else 0
    order = sorted(counts, key=lambda answer: (-counts[answer], answer))
    return {answer for answer in order[:MOST_ANSWERS] if counts[answer] > own}


def tallies(survey: PreCourseSurvey, asked: Sequence[Question], chosen: Mapping[int, set[str]]) -> Iterator[Tally]:
    """Yield how many people of each group answered each question, each part of it, and with each chosen answer."""
    sums: dict[tuple[str, int | None, str], list[int]] = defaultdict(lambda: [0] * len(AUDIENCES))

    def add(question: Question, place: int | None, value: str, people: int, flags: Of) -> None:
        row = sums[question.key, place, value]
        for at, is_one in enumerate(flags):
            row[at] += people * is_one

    for question in asked:
        add(question, None, "", 0, ())
    for flags, columns in batches(survey):
        for question in asked:
            people = sum(map(any, zip(*(columns[place] for place in question.columns), strict=True)))
            add(question, None, "", people, flags)
            for place, part in question.columns.items():
                for answer, people in counted(columns[place], chosen.get(place)).items():
                    add(question, place, f"{part}{SEPARATOR}{answer}", people, flags)
    for (key, place, value), row in sums.items():
        if any(row) or not value:
            counts = dict(zip(AUDIENCES, row, strict=True))
            yield Tally(run_id=survey.run_id, kind=kind_of(key), week=place, value=value, **counts)


def counted(texts: Sequence[str], chosen: Collection[str] | None) -> Counter[str]:
    """Return how many people gave each chosen answer, and any other; where None is chosen, how many gave one, as ""."""
    if chosen is None:
        return Counter({"": sum(map(bool, texts))})
    counts: Counter[str] = Counter()
    for answer, people in Counter(filter(None, texts)).items():
        counts[answer if answer in chosen else OTHER] += people
    return counts
