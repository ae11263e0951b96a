"""Pages of FutureLearn statistics, for staff who may see them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from dashboard_import.admin import MAY_LOAD
from dashboard_import.stats import pages, runs_table
from dashboard_import.stats.days import day_of_run
from dashboard_import.stats.drawing import first_day, say_of
from dashboard_import.stats.hiding import hiding_words
from dashboard_import.stats.overview import MEASURES
from dashboard_import.stats.part import ready
from dashboard_import.stats.pooling import ALL
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import PAGES, Chart, Seen
from dashboard_import.stats.selection import AS, MOST_BESIDE, OF, Selection, choices, offered, selection
from dashboard_import.stats.together import lacking, leading_to_runs, single_runs, words_about
from mooc.lib.access import require_staff
from mooc.lib.admin import in_admin
from mooc.lib.charts.figure import figure
from mooc.lib.csv import csv_response

PERMISSION = "dashboard_import.see_statistics"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTION_NAMES = {"x": _("across"), "y": _("up"), "week": _("week"), "talker": _("kind"), "question": _("question")}
SHARED_OPTIONS = {"step": _("Words and threads: step"), "word": _("Tone: only with the word")}
# What a hundred per cent are, by the kind of Tally that a chart's shares are of.
BASES = {
    "joiners": _("Per cent are of all joiners."),
    "learners": _("Per cent are of all learners."), "quiz_attempts": _("Per cent are of all answers."),
    "sentiments": _("Per cent are of all answers."), "tone": _("Per cent are of all comments."),
    "peer_assignments": _("Per cent are of all assignments."),
}  # fmt: skip
FACT_NAMES = {"course": "Course", "run": "Run", "start": "First day", "weeks": "Weeks", "institution": "Institution"}


@require_safe
@require_staff(PERMISSION)
@gzip_page
def runs(request: HttpRequest) -> HttpResponse:
    """All runs with their totals."""
    asked = runs_table.wanted(request.GET)
    rows = runs_table.all_runs(asked)
    several = len({row.run.institution for row in rows}) > 1
    columns = [column for column in runs_table.COLUMNS if several or column != "institution"]
    names = {**FACT_NAMES, **{measure: words[1] for measure, words in MEASURES.items()}}
    heads = [
        {
            "name": names[column],
            "number": column not in ("course", "institution", "start"),
            "sorted": {column: "ascending", f"-{column}": "descending"}.get(asked.sort or "-start", ""),
            "address": "?" + urlencode({**asked.query, "sort": column if asked.sort == f"-{column}" else f"-{column}"}),
        }
        for column in columns
    ]
    of_course = runs_table.of_several_runs()
    context = {
        "title": "FutureLearn", "hidden": hiding_words(), "all": ALL, "asked": asked, "heads": heads,
        "rows": [
            (row.run, [(column, row.cell(column)) for column in columns], of_course.get(row.run.slug)) for row in rows
        ],
        "added": runs_table.added(rows), "facts": len(columns) - len(MEASURES),
        "limits": [
            (column, names[column], asked.least.get(column, ""), asked.most.get(column, ""))
            for column in runs_table.LIMITED
        ],
        "query": urlencode({**asked.query, **({"sort": asked.sort} if asked.sort else {})}),
    }  # fmt: skip
    return in_admin(request, "dashboard_import/runs.html", context)


@require_safe
@require_staff(PERMISSION)
def runs_csv(request: HttpRequest) -> HttpResponse:
    """The table of all runs as CSV."""
    rows = runs_table.all_runs(runs_table.wanted(request.GET))
    return csv_response("futurelearn-runs.csv", [runs_table.COLUMNS, *(row.cells for row in rows)])


@require_safe
@require_staff(PERMISSION)
def runs_xlsx(request: HttpRequest) -> HttpResponse:
    """The table of all runs for Excel."""
    rows = runs_table.all_runs(runs_table.wanted(request.GET))
    response = HttpResponse(runs_table.workbook(rows), content_type=XLSX)
    response["Content-Disposition"] = 'attachment; filename="futurelearn-runs.xlsx"'
    return response


@require_safe
@require_staff(PERMISSION)
@gzip_page
def page(request: HttpRequest, slug: str, number: int | str, page: str) -> HttpResponse:
    """One page of charts of a run, or of all runs of a course, and of up to three more beside it."""
    if page not in PAGES:
        raise Http404
    charts = PAGES[page].charts.values()
    options = {name: known for chart in charts for name, known in chart.options.items()}
    chosen = selection(request, slug, number, page, options)
    numbers = pages.numbers(chosen.runs, charts, chosen.of, chosen.options, chosen.at)
    figures = [drawn for chart in charts for drawn in figures_of(request, chart, numbers, chosen)]
    others = [(key, words) for key, words in choices() if key != f"{slug}/{number}"]
    together = chosen.alone(chosen.runs[0], ALL) if len(numbers) == 1 and f"{slug}/{ALL}" in dict(others) else ""
    context = {
        "title": f"{chosen.runs[0]}: {PAGES[page].title}", "chosen": chosen, "page": PAGES[page], "figures": figures,
        "tabs": [(one, chosen.address(one.slug)) for one in PAGES.values()], "of": OF, "units": AS,
        "hidden": hiding_words(), "counted": "" if chosen.of == "all" else OF[chosen.of],
        "others": others, "together": together,
        "shown": [(one, [(run, chosen.alone(run)) for run in one.runs] if one.is_pool else []) for one in numbers],
        "options": [
            (name, offered(name, known, chosen, numbers), option_name(name, charts), chosen.options[name])
            for name, known in options.items()
        ],
        "by_day": any(chart.day_at is not None for chart in charts), "ends": chosen.part.fields(chosen.runs),
        "parts": [
            (words, replace(chosen, part=part).address(), part.fields(chosen.runs) == chosen.part.fields(chosen.runs))
            for words, part in ready(chosen.runs)
        ],
        "beside": [f"{run.slug}/{run.number}" for run in chosen.runs[1:]], "places": range(MOST_BESIDE),
    }  # fmt: skip
    return in_admin(request, "dashboard_import/page.html", context)


def option_name(name: str, charts: Iterable[Chart]) -> str:
    """Return what a choice is called: after the chart that has it, where it is one chart's."""
    return (
        SHARED_OPTIONS.get(name)
        or f"{next(chart.title for chart in charts if name in chart.options)}: {OPTION_NAMES[name]}"
    )


def hundred(chart: Chart) -> str:
    """Say what a hundred per cent of a chart are, where its rows do not."""
    if chart.base:
        return BASES[chart.base]
    if "of" in chart.columns:
        return ""
    answers, whole = _("Per cent are of those who gave an answer."), _("Per cent are of all of them together.")
    return answers if chart.page in ("demographics", "surveys") else whole


def figures_of(request: HttpRequest, chart: Chart, numbers: Sequence[RunNumbers], chosen: Selection) -> Iterator[str]:
    """Yield the figures of one chart: one for all runs, or one for each. The first says what all of them are."""
    in_percent = chosen.in_percent and chart.shares
    shown = [one for one in numbers if chart.pools or not one.is_pool]
    limits = (chart.limits, hundred(chart) if in_percent else "") if shown else ()
    zoomed = chosen.part.words(chosen.runs) if chart.day_at is not None and not chosen.part.is_whole else ""
    made = chart.draw(chart, pages.seen(chart, shown, chosen.part), chosen.in_percent) if shown else []
    about = (chart.definition, *limits, *words_about(chart, numbers), *lacking(chart, shown, made), zoomed)
    made += [leading_to_runs(chart, one, len(numbers) > 1) for one in numbers if one.is_pool and not chart.pools]
    for at, drawn in enumerate(made, start=1):
        yield figure(
            drawn.drawing, slug=chart.slug if at == 1 else f"{chart.slug}-{at}",
            title=f"{chart.title}: {drawn.of}" if drawn.of else str(chart.title),
            definition=" ".join(str(words) for words in about if words) if at == 1 else "",
            as_of=max(filter(None, (one.as_of(chart.files) for one in numbers)), default=None),
            csv=chosen.address(chart=chart.slug), say=say_of(in_percent),
        )  # fmt: skip
        if drawn.pager:
            yield render_to_string("dashboard_import/pager.html", drawn.pager, request)
        if drawn.upload and request.user.has_perm(MAY_LOAD):
            yield format_html('<p class="stats-lead"><a href="{}">{}</a></p>', *drawn.upload)


@require_safe
@require_staff(PERMISSION)
def chart_csv(request: HttpRequest, slug: str, number: int | str, page: str, chart: str) -> HttpResponse:
    """One chart's numbers: the columns that it has, with the run before them and days of the run for several runs."""
    found = PAGES[page].charts.get(chart) if page in PAGES else None
    if found is None:
        raise Http404
    chosen = selection(request, slug, number, page, found.options)
    runs = chosen.runs if found.pools else single_runs(chosen.runs)
    seen = pages.seen(found, pages.numbers(runs, [found], chosen.of, chosen.options), chosen.part)
    rows = list(csv_rows(found, seen, chosen))
    marked = any(isinstance(cell, str) and not cell.isascii() for row in rows for cell in row)
    part = chosen.part.suffix if found.day_at is not None else ""
    return csv_response(f"{slug[:80]}-{number}-{chart}{part}.csv", rows, marked=marked)


def csv_rows(chart: Chart, seen: list[Seen], chosen: Selection) -> Iterator[tuple]:
    """Yield the header and the rows of a CSV. Hidden numbers are empty, and so is the share of who gave no answer.

    Days of the run stand for dates where one line has several runs, and where all runs of a course are one.
    """
    several = len(seen) > 1 or (not chart.pools and chosen.has_pools)
    percent = chosen.in_percent and chart.shares and "percent" not in chart.columns
    days = (several and chart.columns == ("date", "count")) or any(one.numbers.in_days for one in seen)
    columns = tuple("day" if days and name == "date" else name for name in chart.columns)
    numbers = chart.columns[chart.labels :] if percent else ()
    shares = [f"{name}_percent" for name in numbers] if len(numbers) > 1 else ["percent"] * percent
    yield (*["run"] * several, *columns, *shares)
    for one in seen:
        start = first_day(one) if days else None
        for row in one.rows:
            cells = tuple(day_of_run(cell, start) if isinstance(cell, date) else cell for cell in row) if start else row
            shown = [one.shown(cell, percent=True) for cell in row[chart.labels :]] if percent else []
            counts = chart.base or pages.is_known(row)
            rounded = [round(share, 2) if counts and share is not None else None for share in shown]
            yield (*[one.numbers.path] * several, *cells, *rounded)


@require_safe
@require_staff(PERMISSION)
@gzip_page
def definitions(request: HttpRequest) -> HttpResponse:
    """What every number means, its rule, its source and its limits."""
    measures = [(measure, *words[:3]) for measure, words in MEASURES.items()]
    context = {"title": "Definitions", "pages": PAGES.values(), "measures": measures, "runs": reverse("stats_runs")}
    context["hidden"] = hiding_words()
    return in_admin(request, "dashboard_import/definitions.html", context)
