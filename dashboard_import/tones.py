"""How comments sound: friendly or not, by the words in them. Added up by step while their words are counted.

Each word has a number from -4 to 4 in VADER's lexicon (Hutto and Gilbert, 2014), which is English. A comment's tone is
the sum of its words' numbers. Nothing is known of negation, irony or context.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from dashboard_import.models import CourseRun, Tally

LEXICON = Path(__file__).resolve().parent / "data" / "tone-words.csv"
LANGUAGE = "en"
TONE, SCORE, WORDS = "tone", "tone_score", "tone_words "
POSITIVE, NEUTRAL, NEGATIVE = TONES = ("positive", "neutral", "negative")
TENTHS = 10  # the lexicon's numbers have one decimal: sums are kept in tenths, and exact
MOST_WORDS = 50  # of each of the two tones, for each audience


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

    def add(self, week: int | None, step: int | None, tokens: Iterable[str], flags: Iterable[bool]) -> None:
        """Count a comment; `flags` say of which audiences its author is."""
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
