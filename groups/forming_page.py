"""The page in the admin on which the groups of a course run are planned and made."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from groups import forming
from groups.forms import FormingForm
from groups.plan_page import made_context, preview_context
from mooc.lib.access import require_staff
from sequence.models import Sequence

SEE, ADD = "groups.view_group", "groups.add_group"


class FormingPage:
    """A mix-in for the admin of groups: rules and preview by GET, with the state in the address; making by POST."""

    def get_urls(self) -> list:
        runs = require_staff(SEE)(require_safe(self.forming_runs_view))
        one = require_staff(SEE)(require_http_methods(["GET", "HEAD", "POST"])(self.forming_view))
        return [
            path("forming/", self.admin_site.admin_view(runs), name="groups_forming_runs"),
            path("forming/<int:number>/", self.admin_site.admin_view(one), name="groups_forming"),
            *super().get_urls(),
        ]

    def forming_runs_view(self, request: HttpRequest) -> HttpResponse:
        """List the course runs, to choose whose groups to make."""
        here = Q(groups__closed=None)
        runs = Sequence.objects.annotate(number_of_groups=Count("groups", filter=here))
        return self._shown(request, "forming_runs", _("Make groups"), runs=runs)

    def forming_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show what the rules in the address would make; a POST makes what was shown, or says why not."""
        if request.method == "POST":
            return require_staff(ADD)(self._make)(request, number)
        run = get_object_or_404(Sequence, pk=number)
        if forming.has_groups(run):
            return self._shown(request, "forming", _("Groups"), run=run, **made_context(run))
        form = FormingForm(run, request.GET)
        context: dict[str, Any] = {"run": run, "form": form}
        if form.is_valid():
            try:
                context |= preview_context(forming.preview(form.rules()))
            except ValidationError as refusal:
                form.add_error("maximum", refusal)
        return self._shown(request, "forming", _("Make groups"), **context)

    def _make(self, request: HttpRequest, number: int) -> HttpResponse:
        run = get_object_or_404(Sequence, pk=number)
        form = FormingForm(run, request.POST)
        here = reverse("admin:groups_forming", args=[run.pk])
        if not form.is_valid():
            if forming.has_groups(run):
                return HttpResponseRedirect(here)
            return self._shown(request, "forming", _("Make groups"), run=run, form=form)
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

    def _shown(self, request: HttpRequest, name: str, title: str, **context: object) -> HttpResponse:
        given = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **context}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/groups/{name}.html", given)
