"""FutureLearn's own words, said for people. Files keep the words as they are."""

from django.utils.translation import gettext_lazy as _

from mooc.lib.charts.world import country_name

UNKNOWN = ("Unknown", "--", "")
SAID = {
    "Unknown": _("Did not say"),
    "--": _("Not detected"),
    "": _("Nothing"),
    "nonbinary": _("Non-binary"),
    "<18": _("Under 18"),
    ">65": _("Over 65"),
    "it_and_information_services": _("IT and information services"),
    "marketing_advertising_and_pr": _("Marketing, advertising and PR"),
    "tv": _("TV"),
    "north_america": _("North America"),
    "south_america": _("South America"),
    "recruitment_and_pr": _("Recruitment and PR"),
    "accountancy_banking_and_finance": _("Accountancy, banking and finance"),
    "hospitality_tourism_and_sport": _("Hospitality, tourism and sport"),
}
AGES = ("<18", "18-25", "26-35", "36-45", "46-55", "56-65", ">65")
EDUCATION = (
    "less_than_secondary", "secondary", "tertiary", "apprenticeship", "professional", "university_degree",
    "university_masters", "university_doctorate",
)  # fmt: skip
HDI = ("Very High", "High", "Medium", "Low")


def label(value: str) -> str:
    """Return a word of FutureLearn's as people say it: `working_full_time` is `Working full time`."""
    if value in SAID:
        return str(SAID[value])
    if "-" in value and value[0].isdigit():
        return value.replace("-", "–")
    return value.replace("_", " ")[:1].upper() + value.replace("_", " ")[1:]


def country(value: str) -> str:
    """Return the name of a country by its alpha-2 code; `NA` is Namibia."""
    return label(value) if value in UNKNOWN else country_name(value)
