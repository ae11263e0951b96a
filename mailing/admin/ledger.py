"""Who got what: the ledger, to read."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailing.models import Batch, Delivery, Email
from mooc.lib.admin import CourseAdmin, ReadOnly
from mooc.lib.moments import in_utc


class EmailFilter(admin.RelatedFieldListFilter):
    """The e-mails of the courses, without test messages."""

    def field_choices(self, field, request: HttpRequest, model_admin) -> list[tuple[int, str]]:
        return field.get_choices(include_blank=False, limit_choices_to=~Q(state=Email.State.TEST))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, CourseAdmin):
    """One message to one address, and what became of it."""

    list_display = ("address", "what", "status", "reason", "changed")
    list_filter = ("status", "kind", ("email", EmailFilter))
    list_select_related = ("email",)
    list_per_page = 50
    ordering = ("-pk",)
    search_fields = ("address",)
    when_empty = _("No message has been queued yet. Each stands here as soon as it is due, with what became of it.")
    search_help_text = _("Part of an address.")
    show_full_result_count = False
    actions = None
    fields = ("address", "what", "status", "reason", "attempts", "queued", "changed", "batch")
    readonly_fields = ("what", "queued", "changed")

    @admin.display(description=_("message"), ordering="kind")
    def what(self, delivery: Delivery) -> str:
        """Say which message it is: the subject of an e-mail, the kind of any other."""
        kind = delivery.get_kind_display()
        if delivery.email is None:
            return kind
        return delivery.email.subject if delivery.kind == Delivery.Kind.EMAIL else f"{kind}: {delivery.email.subject}"

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
