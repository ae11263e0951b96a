"""How comments sound, on the page of comments: by step, by week, on average, and by which words."""

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.comments import COMMONEST, on_step, on_week
from dashboard_import.stats.drawing import in_parts, missing, step_key
from dashboard_import.stats.links import reading
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.tones import MOST_WORDS, NEGATIVE, POSITIVE, SCORE, TENTHS, TONE, TONES, WORDS
from mooc.lib.charts.bars import bars
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import Series

COMMON = {"page": "comments", "files": ("comments",)}
PARTS = (_("Positive"), _("Neutral"), _("Negative"))
RULE = _(
    "The words of a comment are looked up in VADER’s lexicon, and their numbers added up: above zero is positive. "
    "English alone is counted; negation and irony are not understood."
)
SUMS = {**COMMON, "tallies": (TONE,), "base": TONE, "limits": RULE}
MOST_DRAWN = 15  # words; the table has more


def counted(numbers: RunNumbers, by_week: bool = False) -> Rows:
    """Return how many comments of each tone there are on each step, or in each week."""
    counts: Counter[tuple] = Counter()
    for week, step, _day, tone, count in numbers.tallies[TONE]:
        counts[week if by_week else (week, step), tone] += count
    places = sorted({place for (place, _tone), count in counts.items() if count})
    return [(str(place) if by_week else step_name(place), *(counts[place, tone] for tone in TONES)) for place in places]


registry.chart(
    "tone-by-step", **SUMS, title=_("Tone by step"), columns=("step", *TONES), draw=in_parts(_("Step"), PARTS, on_step),
    definition=_("How many comments on each step sound positive, neutral or negative."),
)(counted)  # fmt: skip


@registry.chart(
    "tone-by-week", **SUMS, title=_("Tone by week"), columns=("week", *TONES),
    draw=in_parts(_("Week"), PARTS, on_week),
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
    links = [on_step(seen[0], step) for step in steps] if len(seen) == 1 else []
    return [Figure(lines(steps, series, head=_now("Step"), missing=missing(chart, seen), links=links))]


@registry.chart(
    "tone-score", **{**SUMS, "tallies": (TONE, SCORE), "base": ""}, title=_("Mean tone by step"), shares=False,
    columns=("step", "comments", "score"), draw=draw_scores,
    definition=_("The sum of the words’ numbers of a comment, from about -4 a word to 4, and its mean on each step."),
)  # fmt: skip
def tone_score(numbers: RunNumbers) -> Rows:
    scores = Counter({(week, step): count for week, step, _day, _value, count in numbers.tallies[SCORE]})
    return [
        (step_name(step), count, round(scores[step] / TENTHS / count, 4))
        for step, count in numbers.by_step(TONE).items()
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
