"""Why a chart has nothing to draw, in words that say what can be done about it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashboard_import.stats.hiding import hiding_words
from dashboard_import.stats.reading import BEFORE, RunNumbers
from dashboard_import.stats.registry import Chart, Seen
from dashboard_import.stats.selection import OF
from dashboard_import.stats.words import UNKNOWN

KINDS = {
    "enrolments": gettext_lazy("enrolments"), "step_activity": gettext_lazy("step activity"),
    "comments": gettext_lazy("comments"), "question_response": gettext_lazy("quiz answers"),
    "archetype_survey_responses": gettext_lazy("the archetype survey"),
    "leaving_survey_responses": gettext_lazy("the leaving survey"),
    "weekly_sentiment_survey_responses": gettext_lazy("the weekly survey"),
    "country_subdivisions": gettext_lazy("regions"), BEFORE: gettext_lazy("the survey before the run"),
}  # fmt: skip


def file_name(kind: str) -> str:
    """Return what a kind of file is called."""
    return str(KINDS.get(kind, kind.replace("_", " ")))


def missing(chart: Chart, seen: Sequence[Seen]) -> str:
    """Say why there is nothing to draw, and what the reader can do."""
    if lacking := [words for one in seen if (words := without(chart, one.numbers))]:
        return " ".join(lacking)
    if not seen:
        return nothing_chosen()
    if any(one.days for one in seen):
        return _("Nothing of this is in this part of the time. Choose a longer one, or the whole time.")
    return undrawn(seen) or uncounted(chart, seen)


def without(chart: Chart, numbers: RunNumbers) -> str:
    """Say which files of a chart a run does not have here; nothing where it has all of them."""
    kinds = [file_name(kind) for kind in chart.files if kind not in numbers.loaded]
    if not kinds:
        return ""
    return _("%(run)s has no file of %(kinds)s here.") % {"run": numbers.name, "kinds": ", ".join(kinds)}


def nothing_chosen() -> str:
    """Say that there is nothing for what an address chooses."""
    return _("There is nothing of this for what is chosen above. Choose something else there.")


def undrawn(seen: Sequence[Seen]) -> str:
    """Say why numbers that there are cannot be drawn; nothing where there are none."""
    rows = [row for one in seen for row in one.rows]
    if hiding_words() and any(not any(isinstance(cell, int | float) for cell in row) for row in rows):
        return _("The numbers here are too small to be shown.")
    counted = [row for row in rows if any(isinstance(cell, int | float) and cell for cell in row)]
    if counted and all(row[0] in UNKNOWN for row in counted):
        return _("Nobody who is counted here gave an answer. The file says how many did not.")
    if counted and not any(one.base for one in seen):
        return _("There is nobody here whose share this could be. Choose people under “Shown in”.")
    return ""


def uncounted(chart: Chart, seen: Sequence[Seen]) -> str:
    """Say why nothing was counted: by the chosen group, by what else was chosen, or as the file has nothing."""
    numbers = seen[0].numbers
    if numbers.of != "all" and any(has_of_others(chart, one) for one in seen):
        return _("There is nothing here of %(group)s. Choose “everyone” under “Count” to see all.") % {
            "group": OF[numbers.of],
        }  # fmt: skip
    if any(numbers.options.get(name) != next(iter(known)) for name, known in chart.options.items()):
        return nothing_chosen()
    words = ngettext(
        "The file of %(kinds)s of %(runs)s is loaded, and nothing of this is in it.",
        "The files of %(kinds)s of %(runs)s are loaded, and nothing of this is in them.",
        len(chart.files) * len(seen),
    ) % {"kinds": ", ".join(map(file_name, chart.files)), "runs": ", ".join(one.name for one in seen)}
    return f"{words} {_('If there should be something by now, load a newer file.')}"


def has_of_others(chart: Chart, one: Seen) -> bool:
    """Say whether there is something for the chart, of people who are not in the chosen group."""
    numbers = one.numbers
    kinds = {*chart.tallies, *chart.chosen_tallies(numbers.options)} - {chart.base}
    tables = {*chart.tables, *chart.chosen_rows(numbers.options)}
    return any(numbers.tallies.get(kind) for kind in kinds) or any(numbers.tables.get(table) for table in tables)
