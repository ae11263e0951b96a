"""What people answered to FutureLearn's surveys, one page at a time: the answers that a bar of a chart counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import Archetype, CourseRun, LeavingResponse, WeeklySentiment
from dashboard_import.models.runs import RowOfRun
from dashboard_import.stats.lists import PER_PAGE, pager
from dashboard_import.stats.reading import step_name
from dashboard_import.stats.selection import find_run, page_number
from dashboard_import.stats.talkers import pseudonym

LONGEST = 500


@dataclass(frozen=True)
class Survey:
    """A survey: its rows, when each was given, what an address may choose by, the heads and cells of its table."""

    title: str
    model: type[RowOfRun]
    moment: str
    choices: Mapping[str, str]
    heads: tuple[str, ...]
    cells: Callable[[RowOfRun], tuple]
    with_words: str = ""  # the field without which an answer says nothing


@dataclass(frozen=True)
class Asked:
    """One page of answers: the survey, the run, what was chosen, the cells of each answer, where the page stands.

    `is_hidden` says that there are too few answers to be shown.
    """

    survey: Survey
    run: CourseRun
    chosen: Mapping[str, str]
    rows: list[tuple]
    place: Mapping[str, int]
    is_hidden: bool


def day(row: RowOfRun, field: str) -> str:
    """Return the day of a moment, or nothing."""
    moment = getattr(row, field)
    return date_format(moment, "j M Y") if moment else ""


def leaving(row: LeavingResponse) -> tuple:
    """Return the cells of somebody who left."""
    last = "" if row.week is None or row.step is None else step_name((row.week, row.step))
    return day(row, "left_at"), row.leaving_reason, last, pseudonym(row.learner_id) if row.learner_id else ""


def archetype(row: Archetype) -> tuple:
    """Return the cells of an answer to the question what kind of learner somebody is."""
    return day(row, "responded_at"), row.archetype, pseudonym(row.learner_id) if row.learner_id else ""


def week(row: WeeklySentiment) -> tuple:
    """Return the cells of what somebody said of a week."""
    return day(row, "responded_at"), row.week_number, row.experience_rating, row.reason


SURVEYS = {
    "leaving": Survey(
        _("Why people left"), LeavingResponse, "left_at", {"reason": "leaving_reason"},
        (_("Left"), _("Reason"), _("Last step completed"), _("Person")), leaving,
    ),
    "archetypes": Survey(
        _("Archetypes of people"), Archetype, "responded_at", {"archetype": "archetype"},
        (_("Answered"), _("Archetype"), _("Person")), archetype,
    ),
    "weeks": Survey(
        _("What people said of the weeks"), WeeklySentiment, "responded_at",
        {"week": "week_number", "rating": "experience_rating"},
        (_("Answered"), _("Week"), _("Rating"), _("In their words")), week, "reason",
    ),
}  # fmt: skip


def chosen(request: HttpRequest, survey: Survey) -> dict[str, str]:
    """Return what an address chooses by; Http404 for what no answer can be."""
    found = {name: request.GET.get(name, "") for name in survey.choices}
    for name, value in found.items():
        is_number = survey.model._meta.get_field(survey.choices[name]).get_internal_type() == "SmallIntegerField"
        is_count = value.isascii() and value.isdigit() and len(value) < 5
        if "\0" in value or len(value) > LONGEST or (is_number and value and not is_count):
            raise Http404
    return {name: value for name, value in found.items() if value}


def answers(request: HttpRequest, slug: str, number: int, name: str) -> Asked:
    """Return the page of answers that an address asks for, the newest first; three queries. Raises Http404."""
    if name not in SURVEYS:
        raise Http404
    survey, at = SURVEYS[name], page_number(request)
    wanted, run = chosen(request, survey), find_run(slug, number)
    rows: QuerySet[RowOfRun] = survey.model.objects.filter(
        run=run, **{survey.choices[choice]: value for choice, value in wanted.items()}
    )
    if survey.with_words:
        rows = rows.exclude(**{survey.with_words: ""})
    count = rows.count()
    if at > 1 and (at - 1) * PER_PAGE >= count:
        raise Http404
    is_hidden = 0 < count < settings.STATISTICS_HIDE_BELOW
    shown = (
        []
        if is_hidden
        else rows.order_by(F(survey.moment).desc(nulls_last=True), "-row")[(at - 1) * PER_PAGE : at * PER_PAGE]
    )
    return Asked(survey, run, wanted, [survey.cells(row) for row in shown], pager(at, count), is_hidden)
