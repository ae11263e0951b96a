"""The page on which staff read what people answered to FutureLearn's surveys."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from dashboard_import.stats.answers import answers
from dashboard_import.views import PERMISSION
from mooc.lib.access import require_staff
from mooc.lib.admin import in_admin


@require_safe
@require_staff(PERMISSION)
@gzip_page
def read(request: HttpRequest, slug: str, number: int, survey: str) -> HttpResponse:
    """One page of a survey's answers as the address wants them."""
    asked = answers(request, slug, number, survey)
    context = {
        "title": _("%(run)s: %(survey)s") % {"run": asked.run, "survey": asked.survey.title.lower()}, "asked": asked,
        "back": reverse("stats_page", args=[slug, number, "surveys"]), **asked.place,
        "everything": reverse("stats_answers", args=[slug, number, survey]),
    }  # fmt: skip
    return in_admin(request, "dashboard_import/answers.html", context)
