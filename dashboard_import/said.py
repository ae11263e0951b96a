"""The words that people used, counted at each load: for a run, for each week, for each step.

What counts is how many comments a word is in, not how often. Words of a course's language that say nothing are left
out; the language is the one whose such words the comments have most of.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from heapq import nlargest
from operator import itemgetter

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from dashboard_import.models import Comment, CourseRun, Enrolment, Tally, WordTone
from dashboard_import.rollups import rollup
from dashboard_import.stats.stop_words import STOP_WORDS
from dashboard_import.tones import LANGUAGE, TONE, Tones, TonesOfWords

BATCH = 2_000
MOST_KEPT = 100  # words of the run and of a week, for each audience
MOST_COUNTED = 100_000  # different words of one of them while they are counted; then the rarest are forgotten
SHORTEST, LONGEST = 2, 40
# A word: letters of any script, with apostrophes inside it. Addresses are no words.
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MOST_ON_STEP, MOST_OF_EACH = 50, 10  # words of a step; of each where all steps stand in one table
RUN, WEEK, STEP, STEPS = "words", "words in week ", "words on step ", "words by step"
SAMPLE = 5_000  # comments that tell the language, and which words may be the commonest
CANDIDATES = 400  # commonest words of the sample
ROLES = {
    "learners": Q(role="learner"),
    "buyers": Q(purchased_statement_at__isnull=False),
    "participants": Q(fully_participated_at__isnull=False),
}


def tokens_of(text: str) -> list[str]:
    """Return the words of a text in lower case, in its order."""
    return [word.lower().replace("’", "'") for word in WORD.findall(ADDRESS.sub(" ", text))]


def words_of(text: str) -> set[str]:
    """Return the different words of a text that are neither very short nor very long."""
    return kept(tokens_of(text))


def kept(tokens: Iterable[str]) -> set[str]:
    """Return the different ones among words that are neither very short nor very long."""
    return {word for word in tokens if SHORTEST <= len(word) <= LONGEST}


def sample(run: CourseRun) -> Counter[str]:
    """Return in how many of some comments each word is; they are taken evenly from all of the run's."""
    rows = Comment.objects.filter(run=run)
    every = -(-rows.count() // SAMPLE) or 1
    texts = rows.annotate(place=F("row") % every).filter(place=0).values_list("text", flat=True)
    return Counter(word for text in texts.iterator(chunk_size=BATCH) for word in words_of(text))


def language(frequent: Counter[str]) -> str:
    """Return the language whose little words most comments have; English where there are none."""
    used = {code: sum(frequent[word] for word in silent) for code, silent in STOP_WORDS.items()}
    return max(used, key=lambda code: used[code])


class Counts:
    """How many comments of each audience have each word, at one place of the course."""

    def __init__(self) -> None:
        self.by_audience = [Counter() for _ in range(1 + len(ROLES))]

    def add(self, words: Collection[str], flags: Iterable[bool]) -> None:
        for counter, is_one in zip(self.by_audience, (True, *flags), strict=True):
            if is_one:
                counter.update(words)
        if len(self.by_audience[0]) > MOST_COUNTED:
            kept = {word for word, _count in self.by_audience[0].most_common(MOST_COUNTED // 2)}
            self.by_audience = [
                Counter({word: one[word] for word in one.keys() & kept}) for one in self.by_audience
            ]  # fmt: skip

    def tallies(self, run: CourseRun, kind: str, week: int | None, step: int | None, most: int) -> Iterator[Tally]:
        """Yield the words that are among the first of one audience or more, each with the count of every audience."""
        kept: set[str] = set()
        for counter in self.by_audience:
            kept.update(sorted(counter, key=lambda word: (-counter[word], word))[:most])
        for word in sorted(kept):
            everyone, *others = (counter[word] for counter in self.by_audience)
            counts = dict(zip(ROLES, others, strict=True))
            yield Tally(run=run, kind=kind, week=week, step=step, value=word, everyone=everyone, **counts)


def written(run: CourseRun) -> QuerySet:
    """Return the comments with which audiences their authors are of, in the order of the course."""
    mine = Enrolment.objects.filter(run=run, learner_id=OuterRef("author_id"))
    flags = {name: Exists(mine.filter(test)) for name, test in ROLES.items()}
    return Comment.objects.filter(run=run).order_by("week", "step").values_list("week", "step", "text", *flags.values())


@rollup("enrolments", "comments")
def words(run: CourseRun) -> None:
    """Count the words of comments in one pass in the order of the course: of steps, one is kept at a time.

    The tone of comments in English is counted in the same pass, in all and by their words.
    """
    Tally.objects.filter(run=run).filter(Q(kind__startswith=RUN) | Q(kind__startswith=TONE)).delete()
    WordTone.objects.filter(run=run).delete()
    frequent = sample(run)
    spoken = language(frequent)
    silent, tones = STOP_WORDS[spoken], Tones(list(ROLES)) if spoken == LANGUAGE else None
    said = ((word, count) for word, count in frequent.items() if word not in silent)
    by_word = TonesOfWords([word for word, _count in nlargest(CANDIDATES, said, key=itemgetter(1))], list(ROLES))
    everywhere, in_week, on_step = Counts(), Counts(), Counts()
    at: tuple[int | None, int | None] = (None, None)

    def close(week: int | None, step: int | None) -> None:
        nonlocal in_week, on_step
        if None not in at and (week, step) != at:
            for kind, most in ((f"{STEP}{at[0]}.{at[1]}", MOST_ON_STEP), (STEPS, MOST_OF_EACH)):
                Tally.objects.bulk_create(on_step.tallies(run, kind, *at, most), batch_size=BATCH)
            by_word.close(f"{at[0]}.{at[1]}")
        if (week, step) != at:
            on_step = Counts()
        if at[0] is not None and week != at[0]:
            Tally.objects.bulk_create(in_week.tallies(run, f"{WEEK}{at[0]}", at[0], None, MOST_KEPT), batch_size=BATCH)
        if week != at[0]:
            in_week = Counts()

    for week, step, text, *flags in written(run).iterator(chunk_size=BATCH):
        close(week, step)
        at = (week, step)
        tokens = tokens_of(text)
        told = kept(tokens) - silent
        if tones:
            by_word.add(tones.add(week, step, tokens, flags), told, flags)
        for counts in (everywhere, in_week, on_step):
            counts.add(told, flags)
    close(None, None)
    Tally.objects.bulk_create(everywhere.tallies(run, RUN, None, None, MOST_KEPT), batch_size=BATCH)
    if tones:
        Tally.objects.bulk_create(tones.tallies(run), batch_size=BATCH)
        kept_words = list(by_word.rows(run))
        WordTone.objects.bulk_create([row for row, _count in kept_words], batch_size=BATCH)
        Tally.objects.bulk_create([count for _row, count in kept_words], batch_size=BATCH)
