"""The page of what people said when asked: who they are, why they leave, how a week was."""

from collections import Counter, defaultdict

from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.drawing import by_value, in_parts
from dashboard_import.stats.links import answering
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Rows

RATINGS = ("1", "2", "3")
GROUPS = {
    "Advancers": "work_and_study", "Explorers": "work_and_study", "Preparers": "work_and_study",
    "Fixers": "personal_life", "Flourishers": "personal_life", "Hobbyists": "leisure", "Vitalisers": "leisure",
}  # fmt: skip

registry.page("surveys", _("Surveys"))


@registry.chart(
    "archetypes", page="surveys", title=_("Archetypes"), columns=("value", "count"), tallies=("archetypes",),
    files=("archetype_survey_responses",),
    draw=by_value(link=lambda one, value: answering(one.numbers.run, "archetypes", archetype=value)),
    definition=_("How many answers named each of FutureLearn’s kinds of learner."),
    limits=_(
        "Advancers, Explorers and Preparers learn for work and study; Fixers and Flourishers for their own life; "
        "Hobbyists and Vitalisers for leisure."
    ),
)  # fmt: skip
def archetypes(numbers: RunNumbers) -> Rows:
    return list(numbers.by_value("archetypes").items())


@registry.chart(
    "archetype-groups", page="surveys", title=_("Archetypes by part of life"), columns=("value", "count"),
    tallies=("archetypes",), files=("archetype_survey_responses",),
    draw=by_value(("work_and_study", "personal_life", "leisure", "other")),
    definition=_("FutureLearn’s kinds of learner in its three groups; every other answer is Other."),
)  # fmt: skip
def archetype_groups(numbers: RunNumbers) -> Rows:
    counts: Counter[str] = Counter()
    for archetype, count in numbers.by_value("archetypes").items():
        counts[GROUPS.get(archetype, "other")] += count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@registry.chart(
    "leaving-reasons", page="surveys", title=_("Why people leave"), columns=("value", "count"),
    tallies=("leaving_reasons",), files=("leaving_survey_responses",),
    draw=by_value(link=lambda one, value: answering(one.numbers.run, "leaving", reason=value)),
    definition=_("How many answers gave each reason for leaving."),
    limits=_("A person can leave more than once, and each time counts."),
)  # fmt: skip
def leaving_reasons(numbers: RunNumbers) -> Rows:
    return list(numbers.by_value("leaving_reasons").items())


@registry.chart(
    "sentiment-by-week", page="surveys", title=_("How the weeks were"), columns=("week", "bad", "middling", "good"),
    base="sentiments", tallies=("sentiments",), files=("weekly_sentiment_survey_responses",),
    draw=in_parts(
        _("Week"), (_("Bad (1)"), _("Middling (2)"), _("Good (3)")),
        lambda one, week: answering(one.numbers.run, "weeks", week=week),
    ),
    definition=_("How many answers rated each week with 1, 2 or 3."),
    limits=_("FutureLearn does not say which end is good; we take 3 for it. Answers are nameless: of everyone alone."),
)  # fmt: skip
def sentiment_by_week(numbers: RunNumbers) -> Rows:
    weeks: dict[int, dict[str, int]] = defaultdict(dict)
    for week, _step, _day, rating, count in numbers.tallies["sentiments"]:
        if count and rating in RATINGS:
            weeks[week][rating] = count
    return [(str(week), *(weeks[week].get(rating, 0) for rating in RATINGS)) for week in sorted(weeks)]
