"""What a person decides about an e-mail that is being sent: pause, resume, and what to do with unclear answers."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mailing import brakes, settling
from mailing.mailgun_events import EventsError
from mailing.models import Email


class DecidingAdmin:
    """A mix-in for the admin of e-mails: one POST for each decision."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("<int:number>/decide/<str:verb>/", view, name="mailing_email_decide"), *super().get_urls()]

    def decide_view(self, request: HttpRequest, number: int, verb: str) -> HttpResponse:
        """Do one decision and say what it changed, or why it was refused."""
        email = Email.objects.filter(pk=number).first()
        if email is None or not request.user.has_perm("mailing.change_email"):
            raise PermissionDenied
        decisions = {
            "pause": self._pause, "resume": self._resume, "ask-again": self._ask_again,
            "treat-as-sent": self._treat_as_sent, "send-again": self._send_again,
        }  # fmt: skip
        if verb not in decisions:
            raise PermissionDenied
        try:
            said = decisions[verb](email, request)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        except EventsError as trouble:
            messages.error(request, str(trouble))
        else:
            messages.success(request, said)
            self.log_change(request, email, said)
        return HttpResponseRedirect(reverse("admin:mailing_email_change", args=[email.pk]))

    def _pause(self, email: Email, request: HttpRequest) -> str:
        if not brakes.pause(email):
            raise ValidationError(_("There is nothing to pause: it is not being sent."))
        return _("Paused. What has not left stays here until you resume it.")

    def _resume(self, email: Email, request: HttpRequest) -> str:
        if not brakes.resume(email):
            raise ValidationError(_("It is not paused."))
        return _("It goes on.")

    def _ask_again(self, email: Email, request: HttpRequest) -> str:
        settled = settling.ask_again(email)
        if not settled:
            return _("The provider was asked and knows nothing new.")
        said = ngettext("%(count)s message is settled.", "%(count)s messages are settled.", settled)
        return said % {"count": f"{settled:,}"}

    def _treat_as_sent(self, email: Email, request: HttpRequest) -> str:
        done = settling.treat_as_sent(email)
        said = ngettext("%(count)s message counts as sent.", "%(count)s messages count as sent.", done)
        return said % {"count": f"{done:,}"}

    def _send_again(self, email: Email, request: HttpRequest) -> str:
        typed = request.POST.get("number", "").strip().replace(",", "")
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
        done = settling.send_again(email, number)
        said = ngettext("%(count)s message is on its way again.", "%(count)s messages are on their way again.", done)
        return said % {"count": f"{done:,}"}
