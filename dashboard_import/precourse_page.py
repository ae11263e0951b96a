"""The page of the survey before a run: upload it, and read its answers beside the comments of step 1.2."""

from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from dashboard_import import precourse
from dashboard_import.admin import MAY_LOAD
from dashboard_import.models import CourseRun, PreCourseSurvey
from dashboard_import.precourse import Chosen
from dashboard_import.stats.links import reading
from dashboard_import.stats.lists import PER_PAGE
from dashboard_import.stats.selection import find_run, page_number
from dashboard_import.tables import UnreadableError
from dashboard_import.views import PERMISSION
from mooc.lib.access import require_staff
from mooc.lib.admin import in_admin
from mooc.lib.csv import csv_response
from mooc.lib.moments import in_utc
from mooc.lib.uploads import LimitedFile

MOST_BYTES = 20_000_000
HEADS = ("learner", "date", "comment")


class SurveyForm(forms.Form):
    """The file of a survey."""

    file = forms.FileField(
        label=_("File"), max_length=200, widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text=_(
            "A CSV or an Excel workbook with two rows of names, as survey tools give it. "
            "The column partner_export_id says who answered."
        ),
    )  # fmt: skip

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".xlsx", ".xls")):
            raise forms.ValidationError(_("Choose a file whose name ends in .csv or .xlsx."))
        with file.open("rb") as stream:
            try:
                self.answers = precourse.read(stream)
            except UnreadableError as error:
                raise forms.ValidationError(str(error)) from None
        return file


@csrf_exempt  # until the handler that takes the file is in place: the check itself reads the form
@require_http_methods(["GET", "HEAD", "POST"])
@require_staff(PERMISSION)
def survey(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Show the survey; take another one from who may load files."""
    if request.method == "POST" and not request.user.has_perm(MAY_LOAD):
        raise PermissionDenied
    taken = LimitedFile(request, MOST_BYTES)
    request.upload_handlers = [taken]

    def page(request: HttpRequest) -> HttpResponse:
        return answered(request, find_run(slug, number), taken)

    return csrf_protect(page)(request)


def answered(request: HttpRequest, run: CourseRun, taken: LimitedFile) -> HttpResponse:
    """Keep the file that was sent, or show what is kept."""
    form = SurveyForm(request.POST, request.FILES) if request.method == "POST" else SurveyForm()
    if form.is_valid():
        precourse.store(run, form.cleaned_data["file"].name, request.user.get_username(), form.answers)
        count = len(form.answers.by_learner)
        words = _now("The survey is here, with the answers of %(count)s people.")
        messages.success(request, words % {"count": f"{count:,}"})
        return redirect("stats_precourse", run.slug, run.number)
    if taken.too_large:
        words = _now("The file is larger than %(megabytes)s MB.") % {"megabytes": MOST_BYTES // 1_000_000}
        form.errors["file"] = form.error_class([words])
    kept = PreCourseSurvey.objects.filter(run=run).first()
    context = {
        "title": _now("%(run)s: survey before the run") % {"run": run}, "run": run, "form": form, "kept": kept,
        "may_load": request.user.has_perm(MAY_LOAD),
        "back": reverse("stats_page", args=[run.slug, run.number, "surveys"]), "megabytes": MOST_BYTES // 1_000_000,
    }  # fmt: skip
    if kept:
        whose = asked_for(request, kept)
        is_hidden = few(kept, whose)
        pages = Paginator([] if is_hidden else precourse.comments(kept, whose), PER_PAGE)
        at = page_number(request)
        if at > pages.num_pages:
            raise Http404
        shown = pages.page(at)
        context |= {
            "all": pages.count, "said": whose, "is_hidden": is_hidden,
            "heads": [*(label.capitalize() for label in HEADS), *precourse.heads(kept)],
            "rows": [
                {"name": name, "link": reading(run, who=name), "cells": [in_utc(moment) if moment else "", *cells]}
                for name, moment, *cells in precourse.joined(kept, list(shown.object_list))
            ],
            "first": shown.start_index(),
            "last": shown.end_index(), "newer": at - 1, "older": at + 1 if shown.has_next() else 0,
        }  # fmt: skip
    return in_admin(request, "dashboard_import/precourse.html", context)


def asked_for(request: HttpRequest, kept: PreCourseSurvey) -> Chosen | None:
    """Return whose answers an address asks for, None for all; Http404 for what nobody was asked."""
    try:
        return precourse.chosen(kept, request.GET)
    except ValueError:
        raise Http404 from None


def few(kept: PreCourseSurvey, whose: Chosen | None) -> bool:
    """Say whether so few people answered so that nobody may know who. One query, where small numbers are hidden."""
    least = settings.STATISTICS_HIDE_BELOW
    return whose is not None and least > 1 and 0 < precourse.people(kept, whose)[:least].count() < least


@require_safe
@require_staff(PERMISSION)
def survey_csv(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """The answers of all who commented on step 1.2, as CSV."""
    run = find_run(slug, number)
    kept = PreCourseSurvey.objects.filter(run=run).first()
    if kept is None:
        raise Http404
    whose = asked_for(request, kept)
    written = [] if few(kept, whose) else list(precourse.comments(kept, whose))

    def rows() -> Iterator[tuple]:
        yield (*HEADS, *precourse.heads(kept))
        for name, moment, *cells in precourse.joined(kept, written):
            yield (name, f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "", *cells)

    return csv_response(f"{slug[:80]}-{number}-pre-course.csv", rows())
