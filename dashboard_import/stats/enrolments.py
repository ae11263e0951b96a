"""The page of who joined, left and bought, day by day."""

from django.utils.translation import gettext_lazy as _

from dashboard_import.stats import registry
from dashboard_import.stats.drawing import by_day
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Rows

registry.page("enrolments", _("Enrolments"))
common = {
    "page": "enrolments",
    "columns": ("date", "count"),
    "files": ("enrolments",),
    "base": "joiners",
    "draw": by_day,
}
DAYS = _("Days are those of UTC.")


@registry.chart(
    "enrolments-per-day", **common, title=_("Joiners by day"), tallies=("enrolled_at", "joiners"), limits=DAYS,
    definition=_("How many people joined the run on each day: rows of enrolments by the day of enrolled_at."),
)  # fmt: skip
def enrolments_per_day(numbers: RunNumbers) -> Rows:
    return list(numbers.by_day("enrolled_at").items())


@registry.chart(
    "unenrolments-per-day", **common, title=_("Leavers by day"), tallies=("unenrolled_at", "joiners"),
    limits=_("People can leave years after the run. Days are those of UTC."),
    definition=_("How many people left the run on each day: rows of enrolments by the day of unenrolled_at."),
)  # fmt: skip
def unenrolments_per_day(numbers: RunNumbers) -> Rows:
    return list(numbers.by_day("unenrolled_at").items())


@registry.chart(
    "full-participation-per-day", **common, title=_("Full participation by day"),
    tallies=("fully_participated_at", "joiners"), limits=DAYS,
    definition=_(
        "How many people reached full participation on each day: rows of enrolments by the day of "
        "fully_participated_at. FutureLearn says who participated fully: most steps and all assessments."
    ),
)  # fmt: skip
def full_participation_per_day(numbers: RunNumbers) -> Rows:
    return list(numbers.by_day("fully_participated_at").items())


@registry.chart(
    "statements-per-day", **common, title=_("Statements bought by day"), tallies=("purchased_statement_at", "joiners"),
    limits=_("In later runs this is likely to hold upgrades as well. Days are those of UTC."),
    definition=_(
        "How many people bought a statement on each day: rows of enrolments by the day of purchased_statement_at."
    ),
)  # fmt: skip
def statements_per_day(numbers: RunNumbers) -> Rows:
    return list(numbers.by_day("purchased_statement_at").items())
