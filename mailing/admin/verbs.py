"""The buttons of an e-mail's page. Each is a POST that calls one verb and says what changed, or why it was refused."""

import re
from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from mailing import scheduling
from mailing.audience import audience_size
from mailing.forms import EmailForm, warnings_about
from mailing.models import Email
from mailing.render import sanitised
from mooc.lib.admin import CourseAdmin
from mooc.lib.moments import in_words_beside_utc

State = Email.State
_FILLED_LINK = re.compile(r' href="\{\{[^"]*"')  # the sanitiser writes attributes in double quotes
TESTED = ("sequence", "subject", "html", "text", "test_address")  # what a test message is made of


def written(email: Email) -> str:
    """Return the text of an e-mail as it stands on a page of the admin.

    A link that is filled for each reader leads nowhere here, so it is none.
    """
    return format_html('<div class="written">{}</div>', mark_safe(_FILLED_LINK.sub("", sanitised(email.html))))


class VerbsAdmin(CourseAdmin):
    """Save, schedule, unschedule, send now, copy, delete, test."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/copy/", view(require_POST(self.copy_view)), name="mailing_email_copy"),
            path(
                "<int:number>/send-now/",
                view(require_http_methods(["GET", "HEAD", "POST"])(self.send_now_view)),
                name="mailing_email_send_now",
            ),
            *super().get_urls(),
        ]

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        if request.method == "POST" and "_test" in request.POST:
            with transaction.atomic():
                return self.test_view(request, object_id, form_url)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Email, form: EmailForm, change: bool) -> None:
        obj.problem = ""
        super().save_model(request, obj, form, change)
        for sentence in warnings_about(obj):
            messages.warning(request, sentence)

    def delete_model(self, request: HttpRequest, obj: Email) -> None:
        scheduling.delete(obj)

    def response_add(self, request: HttpRequest, obj: Email, post_url_continue=None) -> HttpResponse:
        return self._after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Email) -> HttpResponse:
        return self._after_saving(request, obj)

    def _after_saving(self, request: HttpRequest, email: Email) -> HttpResponse:
        """Do what the pressed button says beyond saving."""
        asked = request.POST.keys() & {"_schedule", "_unschedule", "_send_now"}
        if asked and not self.has_change_permission(request, email):
            raise PermissionDenied
        if "_send_now" in asked:
            return HttpResponseRedirect(reverse("admin:mailing_email_send_now", args=[email.pk]))
        if "_copy" in request.POST:
            return self._copied(request, email)
        if "_schedule" in asked:
            self._try(request, lambda: scheduling.schedule(email, email.scheduled_for), self._scheduled)
        elif "_unschedule" in asked:
            said = _("“%(subject)s” is a draft again. It will not be sent until you schedule it.")
            self._try(request, lambda: scheduling.unschedule(email), lambda row: said % {"subject": row.subject})
        elif email.state == State.SCHEDULED:
            messages.success(request, self._scheduled(email))
        else:
            messages.success(request, _("Saved. It is not scheduled: nothing is sent until you say so."))
        return self._to_page(request, email)

    def _scheduled(self, email: Email) -> str:
        words = in_words_beside_utc(email.scheduled_for, email.sequence.zone)
        said = _("“%(subject)s” goes out on %(when)s. Until then you can change or unschedule it.")
        return said % {"subject": email.subject, "when": words}

    def _try(self, request: HttpRequest, verb: Callable[[], Email], said: Callable[[Email], str]) -> bool:
        """Do one verb, show what it changed or why it was refused, and return whether it was done."""
        try:
            row = verb()
        except ValidationError as refusal:
            for sentence in refusal.messages:
                messages.error(request, sentence)
            return False
        messages.success(request, said(row))
        self.log_change(request, row, str(said(row)))
        return True

    def _to_page(self, request: HttpRequest, email: Email) -> HttpResponse:
        if self.has_view_or_change_permission(request, email):
            return HttpResponseRedirect(reverse("admin:mailing_email_change", args=[email.pk]))
        return HttpResponseRedirect(reverse("admin:index"))

    def _copied(self, request: HttpRequest, email: Email) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = scheduling.copy(email)
        self.log_addition(request, made, str(_("Copied.")))
        messages.success(request, _("This is the copy, a new draft. The original stays as it is."))
        return self._to_page(request, made)

    @transaction.atomic
    def copy_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Make a new draft from any message, also a sent one."""
        email = self.get_object(request, str(number))
        if email is None or not self.has_view_or_change_permission(request, email):
            raise PermissionDenied
        return self._copied(request, email)

    @transaction.atomic
    def send_now_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show to how many people it goes and what it says; a POST sends it."""
        email = self.get_object(request, str(number))
        if email is None or not super().has_change_permission(request, email):
            raise PermissionDenied
        if request.method == "POST":
            said = _("“%(subject)s” is on its way. The counts below show what became of it.")
            typed = request.POST.get("number", "").strip().replace(",", "")
            count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
            if self._try(
                request, lambda: scheduling.send_now(email, count), lambda row: said % {"subject": row.subject}
            ):
                return self._to_page(request, email)
        if not email.can_change:
            return self._to_page(request, email)
        size = audience_size(email)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send “%(subject)s” now?") % {"subject": email.subject},
            "original": email,
            "opts": self.opts,
            "size": size,
            "people": scheduling.people_in_words(size),
            "must_type": size > scheduling.TYPED_ABOVE,
            "warnings": warnings_about(email),
            "body": written(email),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/mailing/email/send_now.html", context)

    def test_view(self, request: HttpRequest, object_id: str | None, form_url: str) -> HttpResponse:
        """Send the text as it stands in the form to one address, save nothing of it, and show the form again."""
        email = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, email) if object_id else self.has_add_permission(request)
        if not may or (object_id and email is None):
            raise PermissionDenied
        fieldsets = self.get_fieldsets(request, email)
        form_class = self.get_form(request, email, change=bool(email), fields=flatten_fieldsets(fieldsets))
        form = form_class(request.POST, instance=email)
        sent_to = self._send_test(request, form)
        readonly = self.get_readonly_fields(request, email)
        adminform = helpers.AdminForm(form, list(fieldsets), {}, readonly, model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change %s") % self.opts.verbose_name if email else _("Add %s") % self.opts.verbose_name,
            "subtitle": email and str(email),
            "adminform": adminform,
            "object_id": object_id,
            "original": email,
            "is_popup": False,
            "to_field": None,
            "media": self.media + adminform.media,
            "inline_admin_formsets": [],
            "errors": helpers.AdminErrorList(form, []),
            "preserved_filters": self.get_preserved_filters(request),
            "test_sent_to": sent_to,
            "test_errors": [f"{form[name].label}: {error}" for name in TESTED for error in form.errors.get(name, [])],
        }
        return self.render_change_form(
            request, context, add=email is None, change=bool(email), obj=email, form_url=form_url
        )

    def _send_test(self, request: HttpRequest, form: EmailForm) -> str:
        """Return the address that a test is on its way to; "" where the form says why not."""
        form.full_clean()
        if not form.cleaned_data.get("test_address") and "test_address" not in form.errors:
            form.add_error("test_address", _("Type the address to send the test to."))
        if form.errors.keys() & set(TESTED):
            return ""
        said = {name: form.cleaned_data[name] for name in ("sequence", "subject", "html", "text")}
        try:
            made = scheduling.send_test(**said, address=form.cleaned_data["test_address"], by_user=request.user)
        except ValidationError as refusal:
            form.add_error("test_address", refusal.messages)
            return ""
        return made.deliveries.get().address
