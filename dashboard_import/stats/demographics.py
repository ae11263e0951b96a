"""The page of who the people are: what they said of themselves when they joined."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.drawing import by_value, on_the_map
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Rows
from dashboard_import.stats.words import AGES, EDUCATION, HDI, country

# The peer's table of the levels of the United Nations Development Programme, by alpha-2 code (mooc-dashboard, 2018).
LEVELS = Path(__file__).resolve().parent.parent / "data" / "hdi-levels.csv"
VALUES = {"page": "demographics", "columns": ("value", "count"), "files": ("enrolments",)}
SELF_SAID = _("People say this of themselves, and most say nothing. FutureLearn writes Unknown then.")

registry.page("demographics", _("Demographics"))


def register(slug: str, kind: str, title: str, definition: str, draw: registry.Draw, limits: str = SELF_SAID) -> None:
    """Register a chart of one column of the enrolments."""

    @registry.chart(slug, **VALUES, title=title, definition=definition, limits=limits, tallies=(kind,), draw=draw)
    def rows(numbers: RunNumbers) -> Rows:
        return list(numbers.by_value(kind).items())


@cache
def levels() -> dict[str, str]:
    """Return the level of human development of countries, by alpha-2 code."""
    with LEVELS.open(newline="", encoding="utf-8") as file:
        return {row["country"]: row["level"] for row in csv.DictReader(file)}


register(
    "gender", "gender", _("Gender"), _("How many joiners gave each answer to the question of gender."),
    by_value(("female", "male", "nonbinary", "other")),
)  # fmt: skip
register("age", "age_range", _("Age"), _("How many joiners are of each age, as they said."), by_value(AGES))
register(
    "education", "highest_education_level", _("Education"),
    _("How many joiners have each level of education as their highest, as they said."), by_value(EDUCATION),
)  # fmt: skip
register(
    "employment-status", "employment_status", _("Employment"),
    _("How many joiners are in each kind of employment, as they said."), by_value(),
)  # fmt: skip
register(
    "employment-area", "employment_area", _("Area of work"),
    _("How many joiners work in each area, as they said."), by_value(),
)  # fmt: skip
register(
    "country", "country", _("Country"), _("How many joiners come from each country, as they said."),
    on_the_map(country), _("People say this of themselves, and most say nothing. NA is Namibia."),
)  # fmt: skip
register(
    "detected-country", "detected_country", _("Country, as detected"),
    _("How many joiners come from each country, as FutureLearn guessed from their network."), on_the_map(country),
    _("FutureLearn writes -- where it could not tell. Files from before 2017 do not have it. NA is Namibia."),
)  # fmt: skip


@registry.chart(
    "hdi", **VALUES, title=_("Human development"), tallies=("country",), draw=by_value(HDI),
    definition=_("How many joiners come from countries of each level of human development, by the country they said."),
    limits=_("Levels are those of the UN Development Programme, as the old dashboard had them in 2018."),
)  # fmt: skip
def hdi(numbers: RunNumbers) -> Rows:
    counts: Counter[str] = Counter()
    for code, count in numbers.by_value("country").items():
        counts[levels().get(code, "Unknown")] += count
    return sorted(counts.items(), key=lambda item: [*HDI, "Unknown"].index(item[0]))


register_regions = registry.chart(
    "subdivisions", **{**VALUES, "files": ("country_subdivisions",)}, title=_("Regions"), tallies=("subdivisions",),
    draw=by_value(), definition=_("How many joiners come from each region of a country, as FutureLearn counts them."),
    limits=_("FutureLearn counts everyone and does not say who they are. Choose “everyone” under “Count” to see them."),
)  # fmt: skip


@register_regions
def subdivisions(numbers: RunNumbers) -> Rows:
    return list(numbers.by_value("subdivisions").items())
