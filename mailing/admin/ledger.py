"""Who got what: the ledger, to read and to download."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from mailing.missing import TWICE, csv_rows, message_of, why
from mailing.models import Batch, Delivery, Email
from mailing.stats import ARRIVED
from mooc.lib.admin import CourseAdmin, Downloads, ReadOnly
from mooc.lib.csv import csv_response
from mooc.lib.moments import in_utc


class EmailFilter(admin.RelatedFieldListFilter):
    """The e-mails of the courses, without test messages."""

    def field_choices(self, field, request: HttpRequest, model_admin) -> list[tuple[int, str]]:
        return field.get_choices(include_blank=False, limit_choices_to=~Q(state=Email.State.TEST))


class ArrivedFilter(admin.SimpleListFilter):
    """Who did not get it: everybody but those who have it as far as anybody can tell."""

    title = _("got it")
    parameter_name = "got"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("no", _("No, or not yet")), ("yes", _("Yes")), ("twice", _("Perhaps twice"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = {"no": ~Q(status__in=ARRIVED), "yes": Q(status__in=ARRIVED), "twice": Q(doubled__isnull=False)}
        return queryset.filter(chosen[self.value()]) if self.value() in chosen else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, Downloads, CourseAdmin):
    """One message to one address, and what became of it."""

    list_display = ("address", "what", "status", "why", "changed")
    list_filter = (ArrivedFilter, "status", "kind", ("email", EmailFilter))
    list_select_related = ("email",)
    list_per_page = 50
    ordering = ("-pk",)
    search_fields = ("address",)
    when_empty = _("No message has been queued yet. Each stands here as soon as it is due, with what became of it.")
    search_help_text = _("Part of an address.")
    show_full_result_count = False
    actions = None
    fields = ("address", "what", "status", "why", "twice", "attempts", "queued", "changed", "batch")
    readonly_fields = ("what", "why", "twice", "queued", "changed")

    def get_fields(self, request: HttpRequest, obj: Delivery | None = None) -> list[str]:
        return [name for name in self.fields if name != "twice" or (obj and obj.doubled)]

    @admin.display(description=_("why"))
    def why(self, delivery: Delivery) -> str:
        return " ".join(filter(None, [why(delivery), str(TWICE) if delivery.doubled else ""]))

    @admin.display(description=_("perhaps twice"))
    def twice(self, delivery: Delivery) -> str:
        """Say what is known of a second copy, and since when."""
        return f"{in_utc(delivery.doubled)}. {TWICE}"

    def download(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponseBase:
        return csv_response(f"deliveries-{clock.localdate().isoformat()}.csv", csv_rows(queryset))

    @admin.display(description=_("message"), ordering="kind")
    def what(self, delivery: Delivery) -> str:
        return message_of(delivery)

    @admin.display(description=_("queued"))
    def queued(self, delivery: Delivery) -> str:
        return in_utc(delivery.queued_at)

    @admin.display(description=_("changed"))
    def changed(self, delivery: Delivery) -> str:
        return in_utc(delivery.changed_at)


@admin.register(Batch)
class BatchAdmin(ReadOnly, CourseAdmin):
    """One call to the provider, kept for the day something went wrong."""

    list_display = ("begun", "transport", "size", "outcome", "error")
    list_filter = ("outcome", "transport")
    ordering = ("-pk",)
    search_fields = ("message_id", "error")
    when_empty = _("No mail has been handed over yet.")
    show_full_result_count = False
    actions = None
    fields = ("message_id", "transport", "size", "begun", "outcome", "error")
    readonly_fields = ("begun",)

    @admin.display(description=_("begun"), ordering="pk")
    def begun(self, batch: Batch) -> str:
        return in_utc(batch.claimed)
