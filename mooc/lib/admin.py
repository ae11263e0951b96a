"""What pages of the admin share: the rich text editor under our policy, zones, days, read-only lists."""

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from js_asset import Media

from mooc.lib.zone_select import ZoneSelect


def in_admin(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Return a page of ours in the frame of the administration: the site's name, who is logged in, the way out."""
    return render(request, template, {**admin.site.each_context(request), **context})


class DayInput(forms.DateInput):
    """The browser's own field for a day: it shows the reader's own order of day and month."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class CourseAdmin(admin.ModelAdmin):
    """An admin for organisers: days and zones are picked, and a rich text editor may stand on the page."""

    formfield_overrides = {models.DateField: {"widget": DayInput}}
    when_empty = ""  # what to do next, shown where the list has no row at all

    class Media:
        css = {"all": ("mooc/home.css",)}
        js = ("mooc/editor.js",)

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "timezone":
            kwargs["widget"] = ZoneSelect()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        context = {"title": capfirst(self.opts.verbose_name_plural), "when_empty": self.when_empty}
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: dict, *args, **kwargs) -> TemplateResponse:
        # The editor's import map is an inline script: the policy runs it only with this page's nonce.
        context["media"] = Media.from_media(context["media"], nonce=request.csp_nonce)
        return super().render_change_form(request, context, *args, **kwargs)


class Downloads:
    """A mix-in for an admin whose list can be downloaded as CSV, at `csv/` beside the list."""

    def download(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponseBase:
        """Return the rows of a query set as CSV."""
        raise NotImplementedError

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        return [path("csv/", self.admin_site.admin_view(self.csv_view), name=name), *super().get_urls()]

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """Download every row that the list would show under the same filters, on all its pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            # As the list does with a filter that makes no sense.
            return HttpResponseRedirect(f"../?{ERROR_FLAG}=1")
        return self.download(request, changelist.get_queryset(request))


class ReadOnly:
    """A mix-in for an admin or an inline through which nothing is added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
