"""Staff pages of groups that live: the board of a course run, and joining two of its groups."""

from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from groups.merging import begins, hours_between, mark_of, merge_groups, suggestions
from groups.models import Group, Membership
from mailing.activity import activity_of
from mailing.group_letters import in_words
from mooc.health import WORDS, Board, board_of
from mooc.lib.access import require_staff
from mooc.lib.admin import in_admin
from mooc.lib.csv import csv_response
from mooc.lib.moments import in_words_beside_utc
from sequence.models import Sequence

SEE, CHANGE_GROUPS = "groups.view_group", "groups.change_group"


def _page(request: HttpRequest, template: str, title: str, **context: object) -> HttpResponse:
    return in_admin(request, template, {"title": title, **context})


@require_safe
@require_staff(SEE)
def runs(request: HttpRequest) -> HttpResponse:
    """List the course runs that have groups."""
    here = Q(groups__closed=None)
    found = Sequence.objects.filter(groups__isnull=False).annotate(number=Count("groups", filter=here))
    return _page(request, "mooc/health_runs.html", _("How the groups are"), runs=found)


@require_safe
@require_staff(SEE)
def board(request: HttpRequest, number: int) -> HttpResponse:
    """Show the groups of a course run, sorted as the address says."""
    run = get_object_or_404(Sequence, pk=number)
    sort = request.GET.get("sort", "")
    found = board_of(run, sort)
    return _page(
        request, "mooc/health.html", _("How the groups are"), run=run, board=found, sort=sort,
        heads=list(_heads(found, sort)),
        states=[(state, WORDS[state], found.states[state], found.meaning(state)) for state in found.possible],
        joined=Group.objects.filter(sequence=run, merged_into__isnull=False).select_related("merged_into"),
        now=in_words_beside_utc(clock.now(), run.zone),
    )  # fmt: skip


def _heads(found: Board, sort: str) -> Iterator[tuple[str, str, str]]:
    """Yield (words, what a press sorts by, how it is sorted now) for each column."""
    for name, (words, _value) in found.columns.items():
        standing = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
        first = name if name in ("group", "state", "first_reply") else f"-{name}"
        other = first.removeprefix("-") if first.startswith("-") else f"-{name}"
        yield words, other if sort == first else first, standing


@require_safe
@require_staff(SEE)
def board_csv(request: HttpRequest, number: int) -> HttpResponseBase:
    """Download the board as it is sorted."""
    run = get_object_or_404(Sequence, pk=number)
    found = board_of(run, request.GET.get("sort", ""))
    head = ["group", "address", *(name for name in found.columns if name != "group")]
    rows = (
        [row.group.name, row.group.address, *(_cell(row, name) for name in found.columns if name != "group")]
        for row in found.rows
    )
    return csv_response(f"groups-{run.pk}-{clock.localdate()}.csv", [head, *rows])


def _cell(row: object, name: str) -> object:
    """Return one number of a row; a duration in hours, nothing where nothing is known."""
    value = getattr(row, name)
    if name == "first_reply":
        return "" if value is None else round(value.total_seconds() / 3600, 2)
    return "" if value is None else str(value) if name == "state" else value


class PairForm(forms.Form):
    """Two open groups of one course run."""

    source = forms.ModelChoiceField(Group.objects.none(), label=gettext_lazy("Join"), to_field_name="number")
    into = forms.ModelChoiceField(Group.objects.none(), label=gettext_lazy("with"), to_field_name="number")

    def __init__(self, run: Sequence, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.queryset = Group.objects.open().filter(sequence=run)

    def clean(self) -> dict:
        said = super().clean()
        if said.get("source") and said.get("source") == said.get("into"):
            raise ValidationError(_("Choose two different groups."))
        return said


@require_safe
@require_staff(CHANGE_GROUPS)
def merging(request: HttpRequest, number: int) -> HttpResponse:
    """Show which groups had better be joined and why, and let two be chosen by hand."""
    run = get_object_or_404(Sequence, pk=number)
    form = PairForm(run, request.GET or None)
    if request.GET and form.is_valid():
        pair = [form.cleaned_data[name].number for name in ("source", "into")]
        return HttpResponseRedirect(reverse("groups_merge", args=[run.pk, *pair]))
    found = activity_of(run)
    return _page(
        request, "mooc/merging.html", _("Groups that had better be joined"), run=run, form=form, activity=found,
        suggestions=suggestions(run, found.active), known=bool(found.active), early=clock.now() < begins(run),
        begins=in_words_beside_utc(begins(run), run.zone),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require_staff(CHANGE_GROUPS)
def merge(request: HttpRequest, number: int, source: int, into: int) -> HttpResponse:
    """Show what joining two groups would do; a POST does it."""
    run = get_object_or_404(Sequence, pk=number)
    one = get_object_or_404(Group, sequence=run, number=source)
    other = get_object_or_404(Group, sequence=run, number=into)
    if request.method == "POST":
        try:
            moved = _merge(request, one, other)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, moved)
            return HttpResponseRedirect(reverse("groups_merging", args=[run.pk]))
    found = activity_of(run)
    parts = [_part(group, found.active) for group in (one, other)]
    context = {"run": run, "activity": found, "source": one, "into": other, "parts": parts, "mark": mark_of(one, other)}
    context |= {"size": sum(part["size"] for part in parts), "active": sum(part["active"] for part in parts)}
    context["hours"] = hours_between(one, other)
    context["closed"] = one.closed or other.closed or one == other
    title = _("Join %(source)s with %(into)s?") % {"source": one.name, "into": other.name}
    return _page(request, "mooc/merge.html", title, **context)


@transaction.atomic
def _merge(request: HttpRequest, source: Group, into: Group) -> str:
    moved = merge_groups(source, into, request.POST.get("mark", ""))
    said = ngettext(
        "%(source)s is part of %(into)s now: %(count)s person moved. Both groups are told.",
        "%(source)s is part of %(into)s now: %(count)s people moved. Both groups are told.", moved,
    ) % {"source": source.name, "into": into.name, "count": f"{moved:,}"}  # fmt: skip
    LogEntry.objects.log_actions(request.user.pk, [source], CHANGE, change_message=said, single_object=True)
    return said


def _part(group: Group, active: frozenset[int]) -> dict[str, object]:
    here = [member.signup for member in Membership.objects.current().filter(group=group).select_related("signup")]
    alive = sum(person.pk in active for person in here)
    return {"group": group, "size": len(here), "active": alive, "names": in_words(here)}
