"""Pausing all mail from the organisers' home page, and letting it go on."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from mailing.brakes import pause_site, resume_site
from mailing.models import SitePause
from mooc.lib.access import require_staff
from mooc.lib.text import validate_line

PERMISSION = "mailing.change_sitepause"


class ReasonForm(forms.Form):
    """Why all mail is held back, for whoever finds it paused."""

    reason = forms.CharField(
        label=_("Why do you pause it?"), max_length=200, validators=[validate_line],
        help_text=_("Other organisers read this on the home page."),
        error_messages={"required": _("Say why, so that others know when to resume it.")},
    )  # fmt: skip


@require_staff(PERMISSION)
@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: HttpRequest) -> HttpResponse:
    """Ask for a reason and say what a pause means; a POST pauses all mail."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if pause_site(reason):
            _log(request.user, _("Paused all mail: %(reason)s") % {"reason": reason})
            messages.success(request, _("All mail is paused. What is on its way to the mail provider still goes."))
        else:
            messages.warning(request, _("All mail was paused already. The first reason stands."))
        return HttpResponseRedirect(reverse("admin:index"))
    context = {**admin.site.each_context(request), "title": _("Pause all mail?"), "form": form}
    return TemplateResponse(request, "admin/pause_mail.html", context)


@require_staff(PERMISSION)
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Let all mail go on."""
    if resume_site():
        _log(request.user, _("Resumed all mail."))
        messages.success(request, _("Mail goes on with the next round."))
    else:
        messages.warning(request, _("Mail was not paused."))
    return HttpResponseRedirect(reverse("admin:index"))


def _log(user: User, words: str) -> None:
    """Keep in the admin's log who did it; the row of the pause itself goes when it ends."""
    LogEntry.objects.log_actions(user.pk, [SitePause(pk=1)], CHANGE, change_message=str(words), single_object=True)
