"""How comments sound: friendly or not, by the words in them. Added up by step while their words are counted.

Each word has a number from -4 to 4 in VADER's lexicon (Hutto and Gilbert, 2014), which is English. A comment's tone is
the sum of its words' numbers. Nothing is known of negation, irony or context.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

from dashboard_import.models import CourseRun, Tally, WordTone

LEXICON = Path(__file__).resolve().parent / "data" / "tone-words.csv"
LANGUAGE = "en"
TONE, SCORE, WORDS, OF_WORD = "tone", "tone_score", "tone_words ", "tone_of_word"
POSITIVE, NEUTRAL, NEGATIVE = TONES = ("positive", "neutral", "negative")
TENTHS = 10  # the lexicon's numbers have one decimal: sums are kept in tenths, and exact
MOST_WORDS = 50  # of each of the two tones, for each audience
MOST_KEPT = 200  # words of a run whose comments' tones are kept by step
NUMBERS = len(TONES) + 1  # of an audience in a WordTone: a count for each tone, and the sum of scores


@cache
def lexicon() -> dict[str, int]:
    """Return the tone of each word, in tenths."""
    with LEXICON.open(newline="", encoding="utf-8") as file:
        return {row["word"]: round(float(row["tone"]) * TENTHS) for row in csv.DictReader(file)}


class Tones:
    """The tones of a run's comments, counted for each audience: `audiences` names those beside everyone."""

    def __init__(self, audiences: Sequence[str]) -> None:
        self.audiences = ("everyone", *audiences)
        self.counts: dict[tuple, Counter[str]] = defaultdict(Counter)
        self.words: dict[str, dict[str, Counter[str]]] = {
            tone: {name: Counter() for name in self.audiences} for tone in (POSITIVE, NEGATIVE)
        }

    def add(self, week: int | None, step: int | None, tokens: Iterable[str], flags: Iterable[bool]) -> int:
        """Count a comment and return its score; `flags` say of which audiences its author is."""
        known = lexicon()
        found = [(token, known[token]) for token in tokens if token in known]
        score = sum(value for _token, value in found)
        tone = POSITIVE if score > 0 else NEGATIVE if score < 0 else NEUTRAL
        words = {POSITIVE: {token for token, value in found if value > 0},
                 NEGATIVE: {token for token, value in found if value < 0}}  # fmt: skip
        for name, is_one in zip(self.audiences, (True, *flags), strict=True):
            if is_one:
                self.counts[TONE, week, step, tone][name] += 1
                self.counts[SCORE, week, step, ""][name] += score
                for each, used in words.items():
                    self.words[each][name].update(used)
        return score

    def tallies(self, run: CourseRun) -> Iterator[Tally]:
        """Yield what was counted."""
        for (kind, week, step, value), counts in self.counts.items():
            yield Tally(run=run, kind=kind, week=week, step=step, value=value, **self.of(counts))
        for tone, by_audience in self.words.items():
            kept: set[str] = set()
            for counter in by_audience.values():
                kept.update(sorted(counter, key=lambda word: (-counter[word], word))[:MOST_WORDS])
            for word in sorted(kept):
                counts = {name: counter[word] for name, counter in by_audience.items()}
                yield Tally(run=run, kind=f"{WORDS}{tone}", value=word, **self.of(counts))

    def of(self, counts: dict[str, int]) -> dict[str, int]:
        """Return the count of every audience."""
        return {name: counts.get(name, 0) for name in self.audiences}


class TonesOfWords:
    """The tones of a run's comments by words in them. What is counted grows with words and steps, not with comments.

    Of the `candidates` those in most comments are kept. `audiences` names those beside everyone.
    """

    def __init__(self, candidates: Collection[str], audiences: Sequence[str]) -> None:
        self.candidates, self.audiences = frozenset(candidates), ("everyone", *audiences)
        self.steps: dict[str, dict[str, list[int]]] = defaultdict(dict)
        self.here = self.nothing()

    def nothing(self) -> dict[str, list[int]]:
        """Return the numbers of each word on a step where nothing was counted yet."""
        return defaultdict(lambda: [0] * NUMBERS * len(self.audiences))

    def add(self, score: int, words: AbstractSet[str], flags: Iterable[bool]) -> None:
        """Count a comment on the step that is read; `words` are the different ones in it."""
        tone = TONES.index(POSITIVE if score > 0 else NEGATIVE if score < 0 else NEUTRAL)
        firsts = [at * NUMBERS for at, is_one in enumerate((True, *flags)) if is_one]
        for word in words & self.candidates:
            numbers = self.here[word]
            for first in firsts:
                numbers[first + tone] += 1
                numbers[first + NUMBERS - 1] += score

    def close(self, step: str) -> None:
        """Keep what was counted: that step's comments have all been read."""
        for word, numbers in self.here.items():
            self.steps[word][step] = numbers
        self.here = self.nothing()

    def comments(self, word: str) -> list[int]:
        """Return how many comments of each audience have a word."""
        rows = self.steps[word].values()
        firsts = [at * NUMBERS for at in range(len(self.audiences))]
        return [sum(sum(row[first : first + len(TONES)]) for row in rows) for first in firsts]

    def rows(self, run: CourseRun) -> Iterator[tuple[WordTone, Tally]]:
        """Yield the words that are kept: their tones, and how many comments have them."""
        counts = {word: self.comments(word) for word in self.steps}
        for word in sorted(counts, key=lambda word: (-counts[word][0], word))[:MOST_KEPT]:
            tally = Tally(run=run, kind=OF_WORD, value=word, **dict(zip(self.audiences, counts[word], strict=True)))
            yield WordTone(run=run, word=word, steps=self.steps[word]), tally
