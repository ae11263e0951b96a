"""E-mails in the admin: the list, and the page to write or read one."""

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, F, Q, QuerySet, When
from django.forms.widgets import Script
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from mailing import settling, stats
from mailing.admin.counts import CountsAdmin, standing_of
from mailing.admin.deciding import DecidingAdmin
from mailing.admin.verbs import VerbsAdmin, written
from mailing.forms import EmailForm, variables_of
from mailing.models import Delivery, Email
from mailing.render import text_of
from mooc.lib.moments import in_words_beside_utc

State = Email.State


class EmailList(ChangeList):
    """The e-mails on one page of the list, with their counts; test messages stay out."""

    def get_queryset(self, request: HttpRequest, exclude_parameters=None) -> QuerySet[Email]:
        return super().get_queryset(request, exclude_parameters).exclude(state=State.TEST)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        counts = stats.counts_of(self.result_list)
        for email in self.result_list:
            email.counts = counts[email.pk]


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [(state.value, state.label) for state in State if state != State.TEST]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Email]) -> QuerySet[Email]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Email)
class EmailAdmin(CountsAdmin, DecidingAdmin, VerbsAdmin):
    """Write, test, schedule, send, copy, delete. What has been sent is only shown, and copied."""

    form = EmailForm
    list_display = ("subject", "state", "when", "became", "sequence", "audience")
    list_filter = ("sequence", StateFilter)
    list_select_related = ("sequence",)
    list_per_page = 50
    when_empty = _("Nothing is written yet. Add an e-mail: it stays a draft until you schedule it.")
    search_fields = ("subject",)
    show_full_result_count = False
    actions = None
    radio_fields = {"audience": admin.VERTICAL}
    readonly_fields = ("variables", "went_to", "when", "body", "plain", "tag_words")
    fieldsets = (
        (None, {"fields": ("sequence", "audience", "subject", "html", "variables")}),
        (_("Plain text"), {"fields": ("text",), "classes": ("collapse",)}),
        (_("When"), {"fields": ("scheduled_for",)}),
        (_("Tags"), {"fields": ("tags",), "classes": ("collapse",)}),
    )
    shown_fieldsets = (
        (None, {"fields": ("subject", "body", "sequence", "went_to", "when", "tag_words")}),
        (_("Plain text"), {"fields": ("plain",), "classes": ("collapse",)}),
    )

    class Media:
        js = (Script("mooc/compose.js", defer=True), Script("mooc/live.js", defer=True))

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return EmailList

    def get_ordering(self, request: HttpRequest) -> tuple:
        return (Case(When(~Q(state=State.DRAFT), F("scheduled_for"))).desc(nulls_first=True), "-pk")

    @admin.display(description=_("when"), ordering="scheduled_for")
    def when(self, email: Email) -> str:
        """Say when it goes or went, in the course run's zone with UTC beside it."""
        moment = email.frozen_at or email.scheduled_for
        if email.state == State.DRAFT or moment is None:
            return _("not scheduled")
        return in_words_beside_utc(moment, email.sequence.zone)

    @admin.display(description=_("what became of it"))
    def became(self, email: Email) -> str:
        """Return the counts by state, such as `1,380 delivered, 12 bounced`."""
        return ", ".join(f"{email.counts[each]:,} {each.label}" for each in Delivery.Status if email.counts[each])

    # The page of one e-mail

    def get_fieldsets(self, request: HttpRequest, obj: Email | None = None):
        writable = obj is None or self.has_change_permission(request, obj)
        return self.fieldsets if writable else self.shown_fieldsets

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Email | None:
        """Fetch the row; where it may be written, lock it, so that it cannot become due while it is saved."""
        found = super().get_object(request, object_id, from_field)
        if found and request.method == "POST":
            return Email.objects.select_for_update(of=("self",)).select_related("sequence").get(pk=found.pk)
        return found

    def get_form(self, request: HttpRequest, obj: Email | None = None, change: bool = False, **kwargs):
        if obj and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Email | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.can_change)

    def has_delete_permission(self, request: HttpRequest, obj: Email | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.can_change)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        """Begin with the newest course run, which is the one that staff write for."""
        newest = EmailForm.base_fields["sequence"].queryset.first()
        return {"sequence": newest, **super().get_changeform_initial_data(request)}

    @admin.display(description=_("variables"))
    def variables(self, email: Email) -> str:
        """List what may be written in double braces, and what each becomes."""
        pairs = variables_of(email.sequence if email.sequence_id else None)
        rows = format_html_join("", "<dt><code>{{{{ {} }}}}</code></dt><dd>{}</dd>", pairs)
        note = _("Write %(example)s to say “there” where a name is missing.") % {"example": "{{ first_name|there }}"}
        more = "" if email.sequence_id else _("The key of each question becomes the person’s answer.")
        return format_html('<dl class="variables">{}</dl><p>{} {}</p>', rows, note, more)

    @admin.display(description=_("to"))
    def went_to(self, email: Email) -> str:
        return email.get_audience_display()

    @admin.display(description=_("tags"))
    def tag_words(self, email: Email) -> str:
        return ", ".join(email.tags) or _("none")

    @admin.display(description=_("text"))
    def body(self, email: Email) -> str:
        return written(email)

    @admin.display(description=_("plain text"))
    def plain(self, email: Email) -> str:
        return format_html('<pre class="written">{}</pre>', email.frozen_text or email.text or text_of(email.html))

    def render_change_form(self, request: HttpRequest, context: dict, *args, **kwargs) -> TemplateResponse:
        email, fields = context["original"], context["adminform"].form.fields
        if "test_address" in fields:
            fields["test_address"].initial = request.user.email
        if email:
            unsure = settling.unsure_batches(email)
            context |= {"unsure": unsure, "unsure_count": sum(batch.count for batch in unsure)}
            context |= standing_of(email) | {"reactions": stats.reactions_of(email) if email.frozen_at else {}}
        return super().render_change_form(request, context, *args, **kwargs)
