"""Course runs in the admin, with what only the mail room knows about their welcome: warnings, and a test."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mailing.forms import welcome_warnings
from mailing.scheduling import send_welcome_test
from sequence.models import Sequence
from signup.admin import SequenceAdmin


@admin.register(Sequence)
class WelcomingSequenceAdmin(SequenceAdmin):
    """A course run whose welcome is looked at when it is saved, and can be tried on one address."""

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in welcome_warnings(form.instance):
            messages.warning(request, _("Welcome message: %(warning)s") % {"warning": sentence})

    def response_add(self, request: HttpRequest, obj: Sequence, post_url_continue=None) -> HttpResponse:
        return self._tested(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Sequence) -> HttpResponse:
        return self._tested(request, obj) or super().response_change(request, obj)

    def _tested(self, request: HttpRequest, sequence: Sequence) -> HttpResponse | None:
        """Send the saved welcome to the address typed, and come back to the page; None where another button did it."""
        if "_test_welcome" not in request.POST:
            return None
        try:
            made = send_welcome_test(sequence, request.POST.get("test_address", ""), request.user)
        except ValidationError as refusal:
            messages.error(request, _("Saved, but no test was sent: %(why)s") % {"why": " ".join(refusal.messages)})
        else:
            to = made.deliveries.get().address
            messages.success(request, _("Saved. A test of the welcome is on its way to %(to)s.") % {"to": to})
        return HttpResponseRedirect(reverse("admin:sequence_sequence_change", args=[sequence.pk]))

    def render_change_form(self, request: HttpRequest, context: dict, *args, **kwargs) -> TemplateResponse:
        context["test_address"] = request.POST.get("test_address", request.user.email)
        return super().render_change_form(request, context, *args, **kwargs)
