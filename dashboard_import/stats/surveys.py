"""The page of what learners said when asked: who they are, why they leave, how a week was."""

from collections import Counter

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.drawing import by_value
from dashboard_import.stats.parts import in_parts
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Rows, Seen
from mooc.lib.charts.marks import number

registry.page("surveys", _("Surveys"))
WHO = {"page": "surveys", "files": ("archetype_survey_responses",), "tallies": ("archetype",)}
ARCHETYPES = ("Advancers", "Explorers", "Preparers", "Fixers", "Flourishers", "Hobbyists", "Vitalisers", "Other")
GROUPS = {
    "Advancers": "work_and_study", "Explorers": "work_and_study", "Preparers": "work_and_study",
    "Fixers": "personal_life", "Flourishers": "personal_life", "Hobbyists": "leisure", "Vitalisers": "leisure",
}  # fmt: skip
ONCE_ASKED = _("Few people answer, and those who do are no fair sample. Runs from before 2018 were not asked.")


@registry.chart(
    "archetypes", **WHO, title=_("Archetypes"), columns=("value", "count"), draw=by_value(ARCHETYPES),
    definition=_("How many answers put the learner with each of FutureLearn’s archetypes."), limits=ONCE_ASKED,
)  # fmt: skip
def archetypes(numbers: RunNumbers) -> Rows:
    return list(numbers.by_value("archetype").items())


@registry.chart(
    "archetype-groups", **WHO, title=_("Archetypes by part of life"), columns=("value", "count"),
    draw=by_value(("work_and_study", "personal_life", "leisure", "other")),
    definition=_(
        "FutureLearn’s three groups. Work and study: Advancers, Explorers, Preparers. Personal life: Fixers, "
        "Flourishers. Leisure: Hobbyists, Vitalisers. Every other answer is Other."
    ),
    limits=ONCE_ASKED,
)  # fmt: skip
def archetype_groups(numbers: RunNumbers) -> Rows:
    counts: Counter[str] = Counter()
    for archetype, count in numbers.by_value("archetype").items():
        counts[GROUPS.get(archetype, "other")] += count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@registry.chart(
    "leaving-reasons", page="surveys", files=("leaving_survey_responses",), tallies=("leaving_reason",),
    title=_("Why people leave"), columns=("value", "count"), draw=by_value(),
    definition=_("How many answers gave each reason to leave."),
    limits=_("A person who leaves twice may answer twice. Few of those who leave answer."),
)  # fmt: skip
def leaving_reasons(numbers: RunNumbers) -> Rows:
    return list(numbers.by_value("leaving_reason").items())


def rating(wanted: str) -> object:
    """Return what counts one rating of a row of `week,bad,neutral,good,other`."""
    return lambda row: row[RATINGS.index(wanted) + 1]


RATINGS = ("bad", "neutral", "good", "other")


def answers(one: Seen) -> list[str]:
    """Say how many answers there are."""
    count = sum(cell for row in one.rows for cell in row[1:] if cell)
    return [_now("%(run)s: %(count)s answers.") % {"run": one.name, "count": number(count)}] if count else []


@registry.chart(
    "sentiment-by-week", page="surveys", files=("weekly_sentiment_survey_responses",), tallies=("sentiment",),
    title=_("How each week was"), columns=("week", *RATINGS), shares=False,
    draw=in_parts(
        _("Week"),
        {_("Bad"): rating("bad"), _("Neutral"): rating("neutral"), _("Good"): rating("good"),
         _("Another answer"): rating("other")},
        lambda row: row[0], answers,
    ),
    definition=_("How many answers called each week of the course bad (1), neutral (2) or good (3)."),
    limits=_(
        "FutureLearn nowhere says that 1 is bad and 3 is good: we take it so. "
        "Nobody says who they are, so these numbers are of everyone alone."
    ),
)  # fmt: skip
def sentiment_by_week(numbers: RunNumbers) -> Rows:
    weeks: dict[int | None, list[int]] = {}
    for week, _step, _day, value, count in numbers.tallies["sentiment"]:
        place = ("1", "2", "3").index(value) if value in ("1", "2", "3") else 3
        weeks.setdefault(week, [0] * len(RATINGS))[place] += count
    known = sorted((week is None, week or 0, counts) for week, counts in weeks.items())
    return [("" if nameless else str(week), *counts) for nameless, week, counts in known if any(counts)]
