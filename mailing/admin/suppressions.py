"""Addresses that get no mail, and the button that lifts a bounce or a complaint."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from mailing.keeping_step import TRIAL, has_lists
from mailing.models import Suppression
from mailing.suppressing import LIFTED_BY_STAFF, is_erased, lift
from mooc.lib.admin import CourseAdmin, ReadOnly
from mooc.lib.moments import in_utc

Kind = Suppression.Kind


class StandingFilter(admin.SimpleListFilter):
    title = _("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("stands", _("Gets no mail")), ("lifted", _("Lifted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> QuerySet[Suppression]:
        wanted = {"stands": True, "lifted": False}
        return queryset.filter(lifted__isnull=wanted[self.value()]) if self.value() in wanted else queryset


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, CourseAdmin):
    """One address and one reason. A person lifts a bounce or a complaint, each on its own page."""

    list_display = ("who", "kind", "since_when", "now")
    list_filter = (StandingFilter, "kind")
    list_per_page = 50
    ordering = ("-since", "-pk")
    search_fields = ("folded",)
    search_help_text = _("Part of an address, in small letters.")
    when_empty = _("Nobody is left out. Addresses that bounce or report mail as spam will stand here.")
    show_full_result_count = False
    actions = None
    fields = readonly_fields = ("who", "kind", "since_when", "now")

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(require_POST(self.lift_view))
        return [path("<int:number>/lift/", view, name="mailing_suppression_lift"), *super().get_urls()]

    @admin.display(description=_("address"), ordering="folded")
    def who(self, row: Suppression) -> str:
        return _("somebody who was erased") if is_erased(row) else row.folded

    @admin.display(description=_("since"), ordering="since")
    def since_when(self, row: Suppression) -> str:
        return in_utc(row.since)

    @admin.display(description=_("now"))
    def now(self, row: Suppression) -> str:
        """Say in words what stands, here and at the provider."""
        if row.lifted:
            said = _("Lifted on %(day)s.") % {"day": in_utc(row.lifted)}
            waits = has_lists() and not row.removed
            return (
                f"{said} {_('The worker has yet to take it out at the mail provider.')} {row.trouble}"
                if waits
                else said
            )
        if row.removed:
            said = _("Signed up again. If nobody confirms by %(day)s, it counts again at the mail provider.")
            return said % {"day": in_utc(row.removed + TRIAL)}
        return f"{_('Gets no mail.')} {row.trouble}".strip()

    def render_change_form(self, request: HttpRequest, context: dict, *args, **kwargs) -> TemplateResponse:
        row = context["original"]
        may = row.lifted is None and row.kind in LIFTED_BY_STAFF and not is_erased(row)
        context |= {"may_lift": may and self._may(request), "is_complaint": row.kind == Kind.COMPLAINT}
        context |= {"by_own_will": row.lifted is None and row.kind == Kind.UNSUBSCRIBE}
        return super().render_change_form(request, context, *args, **kwargs)

    def _may(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mailing.change_suppression")

    def lift_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Lift one bounce or complaint and say what follows from it."""
        row = Suppression.objects.filter(pk=number).first()
        if row is None or not self._may(request):
            raise PermissionDenied
        if lift(row):
            said = _("Lifted. This address gets mail again.")
            if row.kind == Kind.COMPLAINT:
                said = _("Lifted. This person left with their complaint: they get mail once they sign up again.")
            messages.success(request, said)
            self.log_change(request, row, str(said))
        else:
            messages.error(request, _("There is nothing to lift here."))
        return HttpResponseRedirect(reverse("admin:mailing_suppression_change", args=[row.pk]))
