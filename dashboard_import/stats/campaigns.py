"""The page of campaigns: through which links people came."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard_import.models import Campaign
from dashboard_import.stats import registry
from dashboard_import.stats.drawing import by_value, missing
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from mooc.lib.charts.bars import bars
from mooc.lib.charts.marks import Series, number

registry.page("campaigns", _("Campaigns"))
COMMON = {"page": "campaigns", "files": ("campaigns",), "tables": (Campaign,)}
NAMES = ("utm_source", "utm_campaign", "utm_medium", "utm_term", "utm_content", "domain")
COUNTS = ("enrolments", "active_learners", "upgrades_purchased")
MOST = 20  # bars; the table has more
MOST_ROWS = 200
EVERYONE = _(
    "FutureLearn counts these, and of everyone, whichever group you count. Its None means that the link said nothing; "
    "its Unknown, that nobody knows the link. Files from before 2018 have no term, no content and no upgrades."
)


def name(row: tuple) -> str:
    """Return what a campaign is called: its words that say something."""
    said = [word for word in row[: len(NAMES)] if word not in ("", "None", "Unknown")]
    return " / ".join(said) or (_now("Link unknown") if "Unknown" in row else _now("No campaign"))


def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the campaigns with most enrolments as lying bars, the other counts in the table."""
    made = []
    for one in seen:
        first = one.rows[:MOST]
        series = [Series(_now("Enrolments"), [row[-3] for row in first])]
        drawing = bars([name(row) for row in first], series, head=_now("Campaign"), missing=missing(chart, [one]))
        heads = [_now("Campaign"), _now("Enrolments"), _now("Active learners"), _now("Upgrades")]
        rows = [[name(row), *row[-3:]] for row in one.rows[:MOST_ROWS]]
        left = len(one.rows) - MOST_ROWS
        words = ngettext("One more is in the file alone.", "%(count)s more are in the file alone.", left)
        notes = [words % {"count": number(left)}] if left > 0 else []
        made.append(Figure(replace(drawing, heads=heads, rows=rows, notes=notes), one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "campaigns", **COMMON, title=_("Campaigns"), columns=(*NAMES, *COUNTS), draw=draw, shares=False, limits=EVERYONE,
    definition=_("How many people joined through each link, learned actively and bought an upgrade."),
)  # fmt: skip
def campaigns(numbers: RunNumbers) -> Rows:
    rows = sorted(numbers.tables[Campaign], key=lambda row: (-(row.enrolments or 0), row.row))
    return [tuple(getattr(row, column) for column in (*NAMES, *COUNTS)) for row in rows]


@registry.chart(
    "campaign-domains", **COMMON, title=_("Sites people came from"), columns=("value", "count"), draw=by_value(),
    limits=EVERYONE, definition=_("How many people joined from each site: the domain of the link."),
)  # fmt: skip
def domains(numbers: RunNumbers) -> Rows:
    counts: Counter[str] = Counter()
    for row in numbers.tables[Campaign]:
        counts[row.domain] += row.enrolments or 0
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
