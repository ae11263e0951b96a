"""The page of campaigns: through which links people came."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard_import.models import Campaign
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import say_of
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.words import UNKNOWN
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
        series = [Series(_now("Enrolments"), [row[-3] for row in first], one.colour)]
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
    of_all_runs=_("A link is the same in two runs if all its words are the same."),
    definition=_("How many people joined through each link, learned actively and bought an upgrade."),
)  # fmt: skip
def campaigns(numbers: RunNumbers) -> Rows:
    rows = sorted(numbers.tables[Campaign], key=lambda row: (-(row.enrolments or 0), row.row))
    listed = [tuple(getattr(row, column) for column in (*NAMES, *COUNTS)) for row in rows]
    return added_up(listed) if numbers.is_pool else listed


def added_up(rows: Rows) -> Rows:
    """Return the campaigns of several runs, each once, those with most enrolments first; what none knows stays so."""
    found: dict[tuple, list[tuple]] = {}
    for row in rows:
        found.setdefault(row[: len(NAMES)], []).append(row[len(NAMES) :])
    made = [
        (*words, *(sum(known) if (known := [one for one in counts if one is not None]) else None
                   for counts in zip(*several, strict=True)))
        for words, several in found.items()
    ]  # fmt: skip
    return sorted(made, key=lambda row: (-(row[len(NAMES)] or 0), row[: len(NAMES)]))


def draw_domains(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the sites of all runs as lying bars beside each other, those most people of the first came from before."""
    counts = [dict(one.rows) for one in seen]
    sites = list(dict.fromkeys(site for count in counts for site in count))[:MOST]
    series = [
        Series(
            one.name,
            [
                None if in_percent and site in UNKNOWN else one.shown(count.get(site, 0), percent=in_percent)
                for site in sites
            ],
            one.colour,
        )
        for one, count in zip(seen, counts, strict=True)
    ]
    said = {"None": _now("The link says none"), "Unknown": _now("Site unknown"), "": _now("Nothing")}
    names = [str(said.get(site, site)) for site in sites]
    return [Figure(bars(names, series, head=_now("Site"), missing=missing(chart, seen), say=say_of(in_percent)))]


@registry.chart(
    "campaign-domains", **COMMON, title=_("Sites people came from"), columns=("value", "count"), draw=draw_domains,
    limits=EVERYONE, definition=_("How many people joined from each site: the domain of the link."),
)  # fmt: skip
def domains(numbers: RunNumbers) -> Rows:
    counts: Counter[str] = Counter()
    for row in numbers.tables[Campaign]:
        counts[row.domain] += row.enrolments or 0
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
