"""Course runs in the admin. Registered in `signup.admin`, which adds their questions and their people."""

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone as clock
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from mooc.lib.admin import CourseAdmin
from sequence.models import Sequence


class BaseSequenceAdmin(CourseAdmin):
    """One dated run of a course: its dates, its landing page and its welcome."""

    list_display = ("__str__", "signup_state", "start_date", "end_date", "timezone")
    search_fields = ("title",)
    actions = None
    when_empty = _("There is no course run yet. Add one: its page takes sign-ups as soon as you save.")
    fieldsets = (
        (None, {"fields": ("title", ("start_date", "end_date"), "timezone")}),
        (
            _("Sign-up page"),
            {"fields": (("signup_open_date", "signup_close_date"), "description", "mail_plan", "confirm_addresses")},
        ),
        (_("Welcome message"), {"fields": ("welcome_subject", "welcome_html")}),
        (_("Groups"), {"fields": ("ask_still_in_on", "leave_silent_out", "group_prompt", "post_copies")}),
    )

    @admin.display(description=_("sign-up"))
    def signup_state(self, sequence: Sequence) -> str:
        """Say in words whether people can sign up."""
        now = clock.now()
        if sequence.is_open(now):
            return _("open until %(day)s") % {"day": date_format(sequence.signup_close_date, "j F Y")}
        if now < sequence.closes_at:
            return _("opens on %(day)s") % {"day": date_format(sequence.signup_open_date, "j F Y")}
        return _("closed")

    def save_model(self, request: HttpRequest, obj: Sequence, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for sentence in obj.warnings():
            messages.warning(request, sentence)
