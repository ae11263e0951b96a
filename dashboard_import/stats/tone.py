"""How comments sound, on the page of comments: by step, by week, on average, and by which words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.db.models import Model, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import WordTone
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.comments import COMMONEST
from dashboard_import.stats.drawing import in_parts, step_key
from dashboard_import.stats.links import reading
from dashboard_import.stats.reading import AUDIENCES, RunNumbers, Step, step_name, step_of
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.selection import AnyWord
from dashboard_import.tones import (
    MOST_KEPT,
    MOST_WORDS,
    NEGATIVE,
    NUMBERS,
    OF_WORD,
    POSITIVE,
    SCORE,
    TENTHS,
    TONE,
    TONES,
    WORDS,
)
from mooc.lib.charts.bars import bars
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import Series

COMMON = {"page": "comments", "files": ("comments",)}
PARTS = (_("Positive"), _("Neutral"), _("Negative"))
RULE = _(
    "The words of a comment are looked up in VADER’s lexicon, and their numbers added up: above zero is positive. "
    "English alone is counted; negation and irony are not understood. One word can be chosen of the 200 that most "
    "comments have, little words left out."
)
MOST_DRAWN = 15  # words; the table has more


def chosen_word(options: Mapping[str, str]) -> str:
    """Return the word whose comments alone are counted, as words are kept; nothing for all comments."""
    return options.get("word", "").strip().lower().replace("’", "'")


def rows_of_word(options: Mapping[str, str]) -> dict[type[Model], Q]:
    """Return which rows a chosen word asks for."""
    word = chosen_word(options)
    return {WordTone: Q(word=word)} if word else {}


SUMS = {
    **COMMON, "tallies": (TONE, SCORE, OF_WORD), "base": TONE, "limits": RULE, "options": {"word": AnyWord({"": ""})},
    "chosen_rows": rows_of_word, "of_all_runs": _("With one word, they are of those runs alone that keep it."),
}  # fmt: skip


def sounded(numbers: RunNumbers) -> Iterator[tuple[Step, str, int]]:
    """Yield by step and tone how many comments there are, or how many with the chosen word; of SCORE, their sum."""
    if not chosen_word(numbers.options):
        for kind in (TONE, SCORE):
            for week, step, _day, tone, count in numbers.tallies[kind]:
                yield (week, step), tone or SCORE, count
    first = NUMBERS * list(AUDIENCES).index(numbers.of)
    for row in numbers.tables[WordTone]:
        for name, counts in row.steps.items():
            for tone, count in zip((*TONES, SCORE), counts[first : first + NUMBERS], strict=True):
                yield step_of(name), tone, count


def counted(numbers: RunNumbers, by_week: bool = False) -> Rows:
    """Return how many comments of each tone there are on each step, or in each week."""
    counts: Counter[tuple] = Counter()
    for (week, step), tone, count in sounded(numbers):
        if tone != SCORE:
            counts[week if by_week else (week, step), tone] += count
    places = sorted({place for (place, _tone), count in counts.items() if count})
    return [(str(place) if by_week else step_name(place), *(counts[place, tone] for tone in TONES)) for place in places]


def of_the_word(one: Seen) -> dict[str, str]:
    """Return what the reader is asked for where a word was chosen."""
    word = chosen_word(one.numbers.options)
    return {"q": word} if word else {}


def in_tones(head: str, place: str) -> registry.Draw:
    """Return the drawing of the three tones by `place`, step or week; a bar leads to its comments."""
    return with_word(
        in_parts(
            head, PARTS, lambda one, name: reading(one.numbers.run, **{place: name}, **of_the_word(one)),
            colours=(3, 2, 1),  # what is good is green here, as where weeks were rated
        )
    )  # fmt: skip


def with_word(draw: registry.Draw) -> registry.Draw:
    """Return a drawing that says which word was chosen, and why there is nothing where it was not kept."""

    def drawn(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        figures, word = draw(chart, seen, in_percent), chosen_word(seen[0].numbers.options)
        if not word:
            return figures
        notes = [_now("Only comments with the word “%(word)s” are counted.") % {"word": word}]
        of_each = [[one] for one in seen] if len(figures) == len(seen) else [seen]
        made = []
        for figure, runs in zip(figures, of_each, strict=True):
            absent = [words for one in runs if (words := not_kept(one, word))]
            nothing = (" ".join(absent) or figure.drawing.missing) if figure.drawing.missing else ""
            drawing = replace(figure.drawing, notes=[*notes, *absent, *figure.drawing.notes], missing=nothing)
            made.append(replace(figure, drawing=drawing))
        return made

    return drawn


def not_kept(one: Seen, word: str) -> str:
    """Say why a run has no tones of a word; nothing where it has, or where it has none of any word."""
    known = [value for _week, _step, _day, value, _count in one.numbers.tallies[OF_WORD]]
    if word in known or not one.numbers.tallies[TONE]:
        return ""
    if not known:
        return _now(
            "%(run)s was loaded before tones were kept by word. Load its comments again: import_futurelearn --again."
        ) % {"run": one.name}
    return _now("“%(word)s” is not among the %(most)s words that most comments of %(run)s have.") % {
        "word": word, "most": MOST_KEPT, "run": one.name,
    }  # fmt: skip


registry.chart(
    "tone-by-step", **SUMS, title=_("Tone by step"), columns=("step", *TONES), draw=in_tones(_("Step"), "step"),
    definition=_("How many comments on each step sound positive, neutral or negative: all, or those with one word."),
)(counted)  # fmt: skip


@registry.chart(
    "tone-by-week", **SUMS, title=_("Tone by week"), columns=("week", *TONES),
    draw=in_tones(_("Week"), "week"),
    definition=_("How many comments on the steps of each week sound positive, neutral or negative."),
)  # fmt: skip
def tone_by_week(numbers: RunNumbers) -> Rows:
    return counted(numbers, by_week=True)


def draw_scores(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the mean tone of each step as lines, those of several runs over each other."""
    means = [{row[0]: row[2] for row in one.rows} for one in seen]
    steps = sorted({step for mean in means for step in mean}, key=step_key)
    series = [
        Series(one.name, [mean.get(step) for step in steps], one.colour) for one, mean in zip(seen, means, strict=True)
    ]
    links = [reading(seen[0].numbers.run, step=step, **of_the_word(seen[0])) for step in steps]
    links = links if len(seen) == 1 else []
    return [Figure(lines(steps, series, head=_now("Step"), missing=missing(chart, seen), links=links))]


@registry.chart(
    "tone-score", **{**SUMS, "base": ""}, title=_("Mean tone by step"), shares=False,
    columns=("step", "comments", "score"), draw=with_word(draw_scores),
    definition=_("The sum of the words’ numbers of a comment, from about -4 a word to 4, and its mean on each step."),
)  # fmt: skip
def tone_score(numbers: RunNumbers) -> Rows:
    counts: Counter[Step] = Counter()
    scores: Counter[Step] = Counter()
    for step, tone, count in sounded(numbers):
        if None not in step:
            (scores if tone == SCORE else counts)[step] += count
    return [
        (step_name(step), counts[step], round(scores[step] / TENTHS / counts[step], 4))
        for step in sorted(counts)
        if counts[step]
    ]


def draw_words(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the most frequent positive words and negative ones as lying bars; each leads to the comments with it."""
    made = []
    for one in seen:
        for tone, words in ((POSITIVE, _now("positive")), (NEGATIVE, _now("negative"))):
            first = [row[1:] for row in one.rows if row[0] == tone][:MOST_DRAWN]
            series = [Series(_now("Comments"), [count for _word, count in first], one.colour)]
            drawing = bars(
                [word for word, _count in first], series, head=_now("Word"), missing=missing(chart, [one]),
                links=[reading(one.numbers.run, q=word) for word, _count in first],
            )  # fmt: skip
            made.append(Figure(drawing, f"{one.name}, {words}" if len(seen) > 1 else words))
    return made


@registry.chart(
    "tone-words", **COMMON, title=_("Words that make the tone"), columns=("tone", "word", "count"), shares=False,
    tallies=tuple(f"{WORDS}{tone}" for tone in (POSITIVE, NEGATIVE)), draw=draw_words, limits=RULE,
    of_all_runs=COMMONEST,
    definition=_("The fifty positive and the fifty negative words that most comments have."),
)  # fmt: skip
def tone_words(numbers: RunNumbers) -> Rows:
    return [
        (tone, word, count)
        for tone in (POSITIVE, NEGATIVE)
        for word, count in list(numbers.by_value(f"{WORDS}{tone}").items())[:MOST_WORDS]
    ]
