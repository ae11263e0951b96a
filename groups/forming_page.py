"""The page in the admin on which the groups of a course run are planned and made."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from groups import forming
from groups.clockline import stretch
from groups.formation import Plan, PlanGroup, Report, report
from groups.forms import FormingForm
from groups.measuring import spreads
from groups.models import Group
from groups.plan import MIX
from mooc.lib.charts.strip import Stretch, offset_words, strip
from sequence.models import Sequence
from signup.models import Question, Signup

SAMPLES = 3


class FormingPage:
    """A mix-in for the admin of groups: rules and preview by GET, with the state in the address; making by POST."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("forming/", view(require_safe(self.forming_runs_view)), name="groups_forming_runs"),
            path(
                "forming/<int:number>/",
                view(require_http_methods(["GET", "HEAD", "POST"])(self.forming_view)),
                name="groups_forming",
            ),
            *super().get_urls(),
        ]

    def forming_runs_view(self, request: HttpRequest) -> HttpResponse:
        """List the course runs, to choose whose groups to make."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        here = Q(groups__closed=None)
        runs = Sequence.objects.annotate(number_of_groups=Count("groups", filter=here))
        return self._shown(request, "forming_runs", _("Make groups"), runs=runs)

    def forming_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show what the rules in the address would make; a POST makes what was shown, or says why not."""
        run = get_object_or_404(Sequence, pk=number)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            if not request.user.has_perm("groups.add_group"):
                raise PermissionDenied
            return self._make(request, run)
        form = FormingForm(run, request.GET)
        context: dict[str, Any] = {"run": run, "form": form, "made": self._made(run)}
        if not context["made"] and form.is_valid():
            try:
                context |= preview_context(forming.preview(form.rules()))
            except ValidationError as refusal:
                form.add_error("maximum", refusal)
        title = _("Make groups")
        return self._shown(request, "forming", title, **context)

    def _make(self, request: HttpRequest, run: Sequence) -> HttpResponse:
        form = FormingForm(run, request.POST)
        here = reverse("admin:groups_forming", args=[run.pk])
        if not form.is_valid():
            return self._shown(request, "forming", _("Make groups"), run=run, form=form, made=self._made(run))
        try:
            count = forming.commit(form.rules(), request.POST.get("mark", ""))
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            said = request.POST.copy()
            for name in ("mark", "csrfmiddlewaretoken"):
                said.pop(name, None)
            return HttpResponseRedirect(f"{here}?{said.urlencode()}")
        sentence = ngettext("%(count)s group is made.", "%(count)s groups are made.", count)
        told = _("Each member gets a message about their group within minutes. You can move people by hand.")
        said = f"{sentence % {'count': f'{count:,}'}} {told}"
        messages.success(request, said)
        self.log_change(request, run, said)
        return HttpResponseRedirect(here)

    def _made(self, run: Sequence) -> dict[str, object] | None:
        """Return what there is once groups are made; None before."""
        here = Q(memberships__left=None, memberships__signup__left=None)
        sizes = list(
            Group.objects.open().filter(sequence=run).order_by().annotate(size=Count("memberships", filter=here))
            .values_list("size", flat=True)
        )  # fmt: skip
        if not sizes:
            return None
        waiting = forming.eligible(run, forming.rules_of(run).confirmed_only).count()
        return {"groups": len(sizes), "people": sum(sizes), "least": min(sizes), "most": max(sizes), "waiting": waiting}

    def _shown(self, request: HttpRequest, name: str, title: str, **context: object) -> HttpResponse:
        given = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/groups/{name}.html", given)


def preview_context(found: forming.Preview) -> dict[str, object]:
    """Return everything that the preview shows, by name."""
    rules, run = found.rules, found.sequence
    context: dict[str, object] = {
        "people": len(found.people),
        "told": forming.eligible(run).count(),
        "left_out": forming.left_out(run, rules.confirmed_only),
        "unknown_zones": forming.unknown_zones(run),
        "rules": rules,
        "warn_unconfirmed": not rules.proven,
        "mark": found.mark,
    }
    if not found.people:
        return context
    numbers = report(found.plan, confirmed=rules.proven)
    labels = dict(Question.objects.filter(sequence=run).values_list("key", "label"))
    return context | {
        "plan": found.plan,
        "numbers": numbers,
        "smallest": min(numbers.sizes),
        "largest": max(numbers.sizes),
        "sizes": sorted(numbers.sizes.items()),
        "strip": day_strip(found),
        "compared": compared(numbers, labels),
        "life": round(numbers.life * 100),
        "answers": answers(found, numbers, labels),
        "samples": samples(found.plan),
    }


def day_strip(found: forming.Preview) -> SafeString:
    """Return the 24-hour strip of a plan."""
    people = Counter(learner.hours for learner in found.people)
    covered = Counter(stretch(learner.hours for learner in group.members) for group in found.plan.groups)
    stretches = [Stretch(start, length, count) for (start, length), count in covered.items()]
    caption = _("Where people are on the clock, and the stretches that groups cover (with the number of groups)")
    return strip(sorted(people.items()), stretches, caption)


def compared(numbers: Report, labels: dict[str, str]) -> list[tuple[str, float, float, float]]:
    """Return [(what, this plan, by lot, the best there can be)]: hours, then how well each answer is mixed."""
    mixed = [(one.key, one.score) for one in numbers.mixing if one.how == MIX]
    return [
        (_("Widest group, in hours"), numbers.arcs.widest, numbers.by_lot.widest, numbers.least.widest),
        (_("All groups added up, in hours"), numbers.arcs.total, numbers.by_lot.total, numbers.least.total),
        *(
            (_("Mixed: %(question)s") % {"question": labels.get(key, key)}, round(score, 2), 0, 1)
            for key, score in mixed
        ),
    ]


def answers(found: forming.Preview, numbers: Report, labels: dict[str, str]) -> list[dict[str, object]]:
    """Return for each question of the rules how its answers are spread over the groups, in per cent."""
    rows = []
    for number, one in enumerate(numbers.mixing):
        lines = [
            (each.answer or _("no answer"), *(round(100 * share) for share in (each.share, each.low, each.high)))
            for each in spreads(found.plan, number)
        ]  # fmt: skip
        more = len(one.shares) - len(lines)
        rows.append({
            "label": labels.get(one.key, one.key), "mixed": one.how == MIX, "score": one.score, "lines": lines,
            "more": more,
        })  # fmt: skip
    return rows


def samples(plan: Plan) -> list[dict[str, object]]:
    """Return three groups to look at, from the beginning, the middle and the end of the line; one query."""
    last = len(plan.groups) - 1
    chosen = [plan.groups[place] for place in sorted({0, last // 2, last})][:SAMPLES]
    ids = [learner.id for group in chosen for learner in group.members]
    people = Signup.objects.in_bulk(ids)
    return [_sample(group, people) for group in chosen]


def _sample(group: PlanGroup, people: dict[int, Signup]) -> dict[str, object]:
    start, length = stretch(learner.hours for learner in group.members)
    here = [people[learner.id] for learner in group.members if learner.id in people]
    names = sorted(person.first_name for person in here if person.first_name)
    where = offset_words(start)
    if length:
        where = _("%(start)s to %(end)s") % {"start": where, "end": offset_words(start + length)}
    cities = Counter(person.timezone.rpartition("/")[2].replace("_", " ") for person in here).most_common(4)
    return {
        "number": group.number, "size": group.size, "where": where, "language": group.apart,
        "names": names, "nameless": group.size - len(names), "cities": cities,
    }  # fmt: skip
