"""Charts of single people, which all runs of a course together do not have: they lead to each run by itself."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dashboard_import.models import CourseRun
from dashboard_import.stats.pooling import Pool, Shown
from dashboard_import.stats.reading import RunNumbers
from dashboard_import.stats.registry import Chart, Figure
from mooc.lib.charts.marks import NONE, Drawing


def single_runs(chosen: Iterable[Shown]) -> list[CourseRun]:
    """Return each run once, those of a pool in its place."""
    runs = [run for one in chosen for run in (one.runs if isinstance(one, Pool) else (one,))]
    return list({run.pk: run for run in runs}.values())


def leading_to_runs(chart: Chart, pool: RunNumbers) -> Figure:
    """Show the runs of a pool as a table; each leads to its own chart."""
    rows = [[str(run), date_format(run.start, "j F Y") if run.start else NONE] for run in pool.runs]
    query = {} if pool.of == "all" else {"of": pool.of}
    links = [
        reverse("stats_page", args=[run.slug, run.number, chart.page], query=query) + f"#{chart.slug}"
        for run in pool.runs
    ]
    return Figure(Drawing("table", "", [_("Run"), _("First day")], rows, links=links), pool.name)
