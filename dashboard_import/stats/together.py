"""Where all runs of a course are one: what a chart says of it, and how charts of single people lead to each run."""

from collections.abc import Iterable, Iterator, Sequence

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dashboard_import.models import CourseRun
from dashboard_import.stats.absent import file_name, without
from dashboard_import.stats.pooling import Pool, Shown
from dashboard_import.stats.reading import BEFORE, RunNumbers
from dashboard_import.stats.registry import Chart, Figure
from mooc.lib.charts.marks import NONE, Drawing
from mooc.lib.moments import in_utc


def single_runs(chosen: Iterable[Shown]) -> list[CourseRun]:
    """Return each run once, those of a pool in its place."""
    runs = [run for one in chosen for run in (one.runs if isinstance(one, Pool) else (one,))]
    return list({run.pk: run for run in runs}.values())


def leading_to_runs(chart: Chart, pool: RunNumbers, several: bool) -> Figure:
    """Show the runs of a pool as a table; each leads to its own chart. `several` if there is more than the pool."""
    rows = [[str(run), date_format(run.start, "j F Y") if run.start else NONE] for run in pool.runs]
    query = {} if pool.of == "all" else {"of": pool.of}
    links = [
        reverse("stats_page", args=[run.slug, run.number, chart.page], query=query) + f"#{chart.slug}"
        for run in pool.runs
    ]
    return Figure(Drawing("table", "", [_("Run"), _("First day")], rows, links=links), pool.name if several else "")


def lacking(chart: Chart, numbers: Sequence[RunNumbers], drawn: Sequence[Figure]) -> Iterator[str]:
    """Yield which files single runs do not have here, where nothing in place of a drawing says so."""
    if BEFORE not in chart.files:  # the notes of its chart say so
        said = " ".join(figure.drawing.missing for figure in drawn)
        yield from (words for one in numbers if not one.is_pool and (words := without(chart, one)) not in said)


def words_about(chart: Chart, numbers: Sequence[RunNumbers]) -> Iterator[str]:
    """Yield what is special about a chart where all runs of a course are one, and which of them it knows nothing of."""
    pools = [one for one in numbers if one.is_pool]
    if pools and not chart.pools:
        yield _("This is about single people, and so about single runs. The file has each run by itself.")
    elif pools:
        yield chart.of_all_runs
        if "date" in chart.columns:
            yield _("The first day of each run is day 1.")
    for one in pools:
        ages = one.ages(chart.files)
        if len({age.date() for age in ages}) > 1:
            words = _("%(all)s: the run loaded longest ago says how old this is. The last one was loaded %(moment)s.")
            yield words % {"all": one.name, "moment": in_utc(ages[-1])}
        for kind in chart.files:
            lacking = one.lacking(kind)
            if 0 < len(lacking) < len(one.runs):
                yield _("%(all)s: not in it are runs without a file of %(kind)s: %(runs)s.") % {
                    "all": one.name, "kind": file_name(kind), "runs": ", ".join(str(run.number) for run in lacking),
                }  # fmt: skip
