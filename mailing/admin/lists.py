"""Mailing lists at the provider: whether each is in step, and what the provider said."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailing.models import ProviderList
from mooc.lib.admin import CourseAdmin, ReadOnly
from mooc.lib.moments import in_utc


@admin.register(ProviderList)
class ProviderListAdmin(ReadOnly, CourseAdmin):
    list_display = ("address", "of", "people", "awaited", "made_at", "read_at", "trouble")
    list_select_related = ("group", "sequence")
    search_fields = ("address", "group__name")
    actions = None
    when_empty = _("There is none. With GROUP_DISCUSSION=lists each group and each course run has one at Mailgun.")
    fields = readonly_fields = ("address", "of", "people", "awaited", "made_at", "read_at", "trouble")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderList]:
        known, awaited = Q(members__seen__isnull=False), Q(members__seen=None, members__pk__isnull=False)
        return super().get_queryset(request).annotate(
            known=Count("members", filter=known), awaited=Count("members", filter=awaited)
        )  # fmt: skip

    @admin.display(description=_("of"))
    def of(self, row: ProviderList) -> str:
        return str(row.group or row.sequence or "")

    @admin.display(description=_("addresses on it"), ordering="known")
    def people(self, row: ProviderList) -> str:
        return f"{row.known:,}"

    @admin.display(description=_("still being added"), ordering="awaited")
    def awaited(self, row: ProviderList) -> str:
        return f"{row.awaited:,}" if row.awaited else ""

    @admin.display(description=_("made at the provider"))
    def made_at(self, row: ProviderList) -> str:
        return in_utc(row.made) if row.made else ""

    @admin.display(description=_("last read to its end"))
    def read_at(self, row: ProviderList) -> str:
        return in_utc(row.checked) if row.checked else ""
