"""What an address asks for: which runs, of whom, in people or per cent. Nonsense is a page that does not exist."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import CourseRun
from dashboard_import.stats.reading import AUDIENCES

MOST_BESIDE = 3
RUN = re.compile(r"(?P<slug>[-\w]{1,200})/(?P<number>\d{1,8})", re.ASCII)
LARGEST_NUMBER = 1_000_000
OF = {
    "all": _("everyone"),
    "learner": _("people with the role of a learner"),
    "buyers": _("people who bought a statement"),
    "full": _("people who fully participated"),
}
AS = {"people": _("people"), "percent": _("per cent")}


@dataclass(frozen=True)
class Selection:
    """One page of statistics: its runs, the first being the address's own, and how they are shown."""

    runs: list[CourseRun]
    page: str
    of: str = "all"
    unit: str = "people"

    @property
    def in_percent(self) -> bool:
        return self.unit == "percent"

    def address(self, page: str = "", chart: str = "") -> str:
        """Return the address of a page of this selection, or of one chart's CSV."""
        run, *beside = self.runs
        query = [("with", f"{one.slug}/{one.number}") for one in beside]
        query += [("of", self.of)] * (self.of != "all") + [("as", self.unit)] * self.in_percent
        where = [run.slug, run.number, page or self.page]
        path = reverse("stats_csv", args=[*where, chart]) if chart else reverse("stats_page", args=where)
        return f"{path}?{urlencode(query)}" if query else path


def find_run(slug: str, number: int) -> CourseRun:
    """Return a run; Http404 where there is none."""
    run = CourseRun.objects.filter(slug=slug, number=number).first() if number <= LARGEST_NUMBER else None
    if run is None:
        raise Http404
    return run


def choice(request: HttpRequest, name: str, known: dict, default: str) -> str:
    """Return a choice of the address; Http404 for one that there is not."""
    value = request.GET.get(name) or default
    if value not in known:
        raise Http404
    return value


def selection(request: HttpRequest, slug: str, number: int, page: str) -> Selection:
    """Read a page's address; one query for each run. Raises Http404."""
    runs = [find_run(slug, number)]
    beside = list(dict.fromkeys(filter(None, request.GET.getlist("with"))))
    if len(beside) > MOST_BESIDE:
        raise Http404
    for one in beside:
        found = RUN.fullmatch(one)
        if not found:
            raise Http404
        run = find_run(found["slug"], int(found["number"]))
        if run not in runs:
            runs.append(run)
    return Selection(runs, page, choice(request, "of", AUDIENCES, "all"), choice(request, "as", AS, "people"))
