"""Course runs with their questions, and the people in them.

`groups.admin` registers the people, with their groups; `mailing.admin.courses` the runs, with a test of their welcome.
"""

from collections.abc import Iterator

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mooc.lib.admin import CourseAdmin, Downloads
from mooc.lib.csv import csv_response
from mooc.lib.moments import in_utc
from mooc.lib.text import validate_line
from sequence.admin import BaseSequenceAdmin
from sequence.models import Sequence
from signup.answers import in_words
from signup.leaving import come_back, leave
from signup.models import Question, Signup, create_signup
from signup.people_csv import SIGNUP_COLUMNS, Column, csv_rows

ADDED_BY_HAND = ("sequence", "email", "name", "timezone", "wants_group")


class QuestionFormSet(forms.BaseInlineFormSet):
    """The questions of one run: no two with one key, which the forms cannot see by themselves.

    Once people have signed up a question keeps its key: their answers are stored under it.
    """

    @cached_property
    def has_people(self) -> bool:
        return bool(self.instance.pk) and self.instance.signups.exists()

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk and self.has_people:
            form.fields["key"].disabled = True
            form.fields["key"].help_text = _("It stays as it is: people have answered under this name.")

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            key = getattr(form, "cleaned_data", {}).get("key")
            if not key or form in self.deleted_forms:
                continue
            if key in seen:
                form.add_error("key", _("Another question of this course run has this key."))
            seen.add(key)

    def save(self, commit: bool = True) -> list[Question]:
        """Save all, old keys given up first, so that two questions may swap theirs."""
        moving = [form.instance.pk for form in self.initial_forms if form in self.deleted_forms or form.has_changed()]
        Question.objects.filter(pk__in=moving).update(key=Concat(Value("~"), Cast("pk", models.CharField())))
        return super().save(commit)


class QuestionInline(admin.StackedInline):
    model = Question
    formset = QuestionFormSet
    extra = 0
    formfield_overrides = {models.TextField: {"widget": AdminTextareaWidget({"rows": 4})}}
    fields = ("label", ("key", "kind"), "choices", "help_text", ("required", "position"))


class SequenceAdmin(BaseSequenceAdmin):
    list_display = (*BaseSequenceAdmin.list_display, "people", "landing_page")
    inlines = (QuestionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sequence]:
        here = Count("signups", filter=Q(signups__left=None))
        return super().get_queryset(request).annotate(people=here)

    @admin.display(description=_("sign-ups"), ordering="people")
    def people(self, sequence: Sequence) -> str:
        address = reverse("admin:signup_signup_changelist")
        return format_html('<a href="{}?sequence__id__exact={}">{}</a>', address, sequence.pk, f"{sequence.people:,}")

    @admin.display(description=_("page"))
    def landing_page(self, sequence: Sequence) -> str:
        return format_html('<a href="{}">{}</a>', self.view_on_site(sequence), _("see it"))

    def view_on_site(self, obj: Sequence) -> str:
        return reverse("course", args=[obj.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Sequence | None = None) -> bool:
        """Nobody deletes a run that people have signed up for: their answers would go with it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.signups.exists())


class LeftFilter(admin.SimpleListFilter):
    """Those who have left stay out of the list until one asks for them."""

    title = _("left")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("yes", _("Left")), ("any", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signup]) -> QuerySet[Signup]:
        if self.value() == "any":
            return queryset
        return queryset.filter(left__isnull=self.value() != "yes")

    def choices(self, changelist) -> Iterator[dict]:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Here"),
        }
        yield from list(super().choices(changelist))[1:]


class ConfirmedFilter(admin.SimpleListFilter):
    title = _("confirmed")
    parameter_name = "confirmed"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signup]) -> QuerySet[Signup]:
        wanted = {"yes": False, "no": True}
        return queryset.filter(confirmed__isnull=wanted[self.value()]) if self.value() in wanted else queryset


class AddByHandForm(forms.ModelForm):
    """Somebody who agreed in another way than on the sign-up page; `create_signup` judges and makes the row."""

    agreed = forms.BooleanField(
        label=_("They have agreed to get this course by e-mail"),
        help_text=_("No confirmation is asked for. If you are not sure, send them the sign-up page instead."),
    )

    class Meta:
        model = Signup
        fields = ADDED_BY_HAND

    def _post_clean(self) -> None:
        """Make the row instead of checking an unsaved one, as only `create_signup` knows who was erased.

        The admin runs this in a transaction, which it takes back if anything later fails.
        """
        if self.errors:
            return
        said = {name: self.cleaned_data[name] for name in ADDED_BY_HAND}
        try:
            self.instance = create_signup(**said, confirmed=True)
        except ValidationError as refusal:
            self.add_error(None if hasattr(refusal, "error_dict") else "email", refusal)


class SignupAdmin(Downloads, CourseAdmin):
    """One person in one course run. The key, which opens their page, is shown nowhere."""

    list_display = ("email", "name", "state", "sequence", "wants_group", "signed_up")
    list_filter = ("sequence", ConfirmedFilter, LeftFilter, "wants_group", ("timezone", admin.AllValuesFieldListFilter))
    list_select_related = ("sequence",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("email", "name", "folded")
    when_empty = _("Nobody has signed up yet. Send people to the page of a course run.")
    search_help_text = _("Part of an address or a name.")
    actions = ("mark_left", "bring_back", "download")
    readonly_fields = ("sequence", "email", "state", "answered", "signed_up", "changed")
    fieldsets = (
        (None, {"fields": ("email", "sequence", "state", "name", "timezone", "wants_group")}),
        (_("Answers"), {"fields": ("answered",)}),
        (_("History"), {"fields": ("signed_up", "changed")}),
    )
    add_fieldsets = ((None, {"fields": (*ADDED_BY_HAND, "agreed")}),)

    @admin.display(description=_("state"))
    def state(self, row: Signup) -> str:
        """Say in a word where this person stands."""
        if row.left:
            return _("left")
        if row.bounced:
            return _("address bounces")
        return _("confirmed") if row.confirmed else _("not confirmed yet")

    @admin.display(description=_("signed up"), ordering="date_created")
    def signed_up(self, row: Signup) -> str:
        return in_utc(row.date_created)

    @admin.display(description=_("changed"))
    def changed(self, row: Signup) -> str:
        return in_utc(row.date_updated)

    @admin.display(description=_("answers"))
    def answered(self, row: Signup) -> str:
        """Return each answer under the words of its question, or under its key where the question is gone."""
        labels = dict(Question.objects.filter(sequence=row.sequence_id).values_list("key", "label"))
        pairs = ((labels.get(key, key), in_words(answer)) for key, answer in row.answers.items())
        return format_html_join("", "<p><strong>{}</strong><br>{}</p>", pairs) or _("No answers.")

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "name":
            field.validators = [*field.validators, validate_line]
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Signup | None = None):
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Signup | None = None):
        return self.readonly_fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Signup | None = None, change: bool = False, **kwargs):
        if obj is None:
            kwargs["form"] = AddByHandForm
        return super().get_form(request, obj, change, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Signup | None = None) -> bool:
        """People leave, or erase themselves on their page; a row deleted here could be imported again."""
        return False

    @admin.action(description=_("Mark as left: they get no more messages"), permissions=["change"])
    def mark_left(self, request: HttpRequest, queryset: QuerySet[Signup]) -> None:
        count = leave(Signup.objects.filter(pk__in=queryset.order_by().values("pk")))
        sentence = ngettext("%(count)s person has left now.", "%(count)s people have left now.", count)
        messages.success(request, sentence % {"count": f"{count:,}"})

    @admin.action(description=_("Bring back those who left"), permissions=["change"])
    def bring_back(self, request: HttpRequest, queryset: QuerySet[Signup]) -> None:
        rows = list(queryset.exclude(left=None))
        for row in rows:
            come_back(row)
        sentence = ngettext("%(count)s person is back.", "%(count)s people are back.", len(rows))
        messages.success(request, sentence % {"count": f"{len(rows):,}"})

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def download(self, request: HttpRequest, queryset: QuerySet[Signup]) -> HttpResponseBase:
        day = clock.localdate().isoformat()
        return csv_response(f"people-{day}.csv", csv_rows(queryset.select_related("sequence"), self.csv_columns()))

    def csv_columns(self) -> list[Column]:
        """Return the columns before the answers: the sign-up's own fields."""
        return SIGNUP_COLUMNS
