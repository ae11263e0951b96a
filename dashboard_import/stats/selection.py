"""What an address asks for: which runs, of whom, in people or per cent. Nonsense is a page that does not exist."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import CourseRun, PreCourseSurvey
from dashboard_import.said_before import KEY, questions_of
from dashboard_import.stats.part import Part
from dashboard_import.stats.pooling import ALL, Pool, Shown, pool_name
from dashboard_import.stats.reading import AUDIENCES, RunNumbers, step_name, step_of
from dashboard_import.tones import OF_WORD

MOST_BESIDE = 3
RUN = re.compile(rf"(?P<slug>[-\w]{{1,200}})/(?P<number>\d{{1,8}}|{ALL})", re.ASCII)
LARGEST_NUMBER = 1_000_000
LONGEST_WORD, LONGEST_CHOICE = 40, 80
OF = {
    "all": _("everyone"),
    "learner": _("people with the role of a learner"),
    "buyers": _("people who bought a statement"),
    "full": _("people who fully participated"),
}
AS = {"people": _("people"), "percent": _("per cent")}


class AnyStep(dict[str, str]):
    """Choices of an address that have every step among them, such as `2.5`. A page offers those of its runs."""

    def __contains__(self, key: object) -> bool:
        step = step_of(key) if isinstance(key, str) else None
        return super().__contains__(key) or (step is not None and step_name(step) == key)


class AnyWord(dict[str, str]):
    """Choices of an address that have every word among them. A page offers those that its runs have kept."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and len(key) <= LONGEST_WORD and key.isprintable()


class AnyQuestion(dict[str, str]):
    """Choices of an address that have every question of a survey among them. A page offers those of its runs."""

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, str) and KEY.fullmatch(key) is not None)


@dataclass(frozen=True)
class Selection:
    """One page of statistics: its runs and pools, the first being the address's own, and how they are shown."""

    runs: list[Shown]
    page: str
    of: str = "all"
    unit: str = "people"
    options: Mapping[str, str] = field(default_factory=dict)
    at: int = 1
    part: Part = field(default_factory=Part)

    @property
    def in_percent(self) -> bool:
        return self.unit == "percent"

    @property
    def has_pools(self) -> bool:
        """Whether all runs of a course are taken together in it."""
        return any(isinstance(one, Pool) for one in self.runs)

    def alone(self, run: CourseRun, number: int | str = "") -> str:
        """Return the address of the same page of one run alone, or of what `number` says of its course."""
        return replace(self, runs=[run]).address(number=number)

    def address(self, page: str = "", chart: str = "", number: int | str = "") -> str:
        """Return the address of a page of this selection, or of one chart's CSV; `number` stands for the run's own."""
        run, *beside = self.runs
        query = [("with", f"{one.slug}/{one.number}") for one in beside]
        query += [("of", self.of)] * (self.of != "all") + [("as", self.unit)] * self.in_percent
        query += self.part.query
        if not page or page == self.page:
            query += [(name, value) for name, value in self.options.items() if value]
        where = [run.slug, number or run.number, page or self.page]
        path = reverse("stats_csv", args=[*where, chart]) if chart else reverse("stats_page", args=where)
        return f"{path}?{urlencode(query)}" if query else path


def find_runs(wanted: Sequence[tuple[str, int | str]]) -> list[Shown]:
    """Return runs by short name and number, and pools by short name and ALL, in their order. One query.

    Raises Http404 where one of them is not there.
    """
    if any(number != ALL and number > LARGEST_NUMBER for _slug, number in wanted):
        raise Http404
    tests = (Q(slug=slug) if number == ALL else Q(slug=slug, number=number) for slug, number in wanted)
    found: dict[tuple[str, int | str], Shown] = {}
    courses: dict[str, list[CourseRun]] = {}
    for run in CourseRun.objects.filter(reduce(or_, tests)).order_by("number"):
        found[run.slug, run.number] = run
        courses.setdefault(run.slug, []).append(run)
    found |= {(slug, ALL): Pool(tuple(runs)) for slug, runs in courses.items()}
    if any(one not in found for one in wanted):
        raise Http404
    return [found[one] for one in wanted]


def find_run(slug: str, number: int) -> CourseRun:
    """Return a run; Http404 where there is none."""
    (run,) = find_runs([(slug, number)])
    return run


def choice(request: HttpRequest, name: str, known: dict, default: str) -> str:
    """Return a choice of the address; Http404 for one that there is not."""
    value = request.GET.get(name) or default
    if value not in known:
        raise Http404
    return value


def page_number(request: HttpRequest) -> int:
    """Return which page of a list is asked for; Http404 for what is no number."""
    digits = request.GET.get("p") or "1"
    if not (digits.isascii() and digits.isdigit() and len(digits) < 7 and int(digits)):
        raise Http404
    return int(digits)


def selection(
    request: HttpRequest, slug: str, number: int | str, page: str, options: Mapping[str, Mapping[str, str]]
) -> Selection:
    """Read a page's address; one query. `options` are what its charts let choose. Raises Http404."""
    wanted: list[tuple[str, int | str]] = [(slug, number)]
    beside = list(filter(None, request.GET.getlist("with")))
    if len(set(beside)) > MOST_BESIDE:
        raise Http404
    for one in beside:
        found = RUN.fullmatch(one)
        if not found:
            raise Http404
        wanted.append((found["slug"], ALL if found["number"] == ALL else int(found["number"])))
    pools = [one for one in wanted if one[1] == ALL]
    if len(set(pools)) < len(pools):
        raise Http404
    runs = find_runs(list(dict.fromkeys(wanted)))
    chosen = {name: choice(request, name, known, next(iter(known))) for name, known in options.items()}
    of, unit = choice(request, "of", AUDIENCES, "all"), choice(request, "as", AS, "people")
    return Selection(runs, page, of, unit, chosen, page_number(request), Part.of(request.GET))


def offered(name: str, known: Mapping[str, str], chosen: Selection, numbers: Sequence[RunNumbers]) -> Mapping[str, str]:
    """Return the choices that a page offers: weeks of its longest run, steps with comments, words that are kept."""
    if isinstance(known, AnyStep):
        steps = {step for one in numbers for kind in ("posts", "replies") for step in one.by_step(kind)}
        names = [step_name(step) for step in sorted(steps | {step_of(chosen.options[name])} - {None})]
        return {**known, **dict(zip(names, names, strict=True))}
    if isinstance(known, AnyWord):
        return {word: word for one in numbers for word in one.by_value(OF_WORD)}
    if isinstance(known, AnyQuestion):
        asked: dict[str, str] = {}
        for survey in (survey for one in numbers for survey in one.tables[PreCourseSurvey]):
            for question in questions_of(survey.questions):
                asked.setdefault(question.key, shortened(question.text))
        return asked or {"": _("none yet")}
    longest = max(run.weeks or 0 for run in chosen.runs)
    if name != "week" or not longest:
        return known
    shown = {str(week) for week in range(1, longest + 1)} | {"all", chosen.options[name]}
    return {key: words for key, words in known.items() if key in shown}


def shortened(text: str, most: int = LONGEST_CHOICE) -> str:
    """Return at most so many letters of a text: as many as a list of choices has room for."""
    return Truncator(" ".join(text.split())).chars(most)


def choices() -> list[tuple[str, str]]:
    """Return what can be shown: each run, and before them all runs of a course that has several. One query."""
    rows = CourseRun.objects.order_by("course", "-number").values_list("slug", "number", "course")
    courses: dict[str, list[tuple[int, str]]] = {}
    for slug, number, course in rows:
        courses.setdefault(slug, []).append((number, course))
    found = []
    for slug, runs in courses.items():
        if len(runs) > 1:
            found.append((f"{slug}/{ALL}", pool_name(max(runs)[1], len(runs))))
        found += [(f"{slug}/{number}", f"{course} {number}") for number, course in runs]
    return found
