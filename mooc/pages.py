"""Pages about the site itself, and the machine-readable health of it."""

from email.utils import parseaddr

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mooc.home import OVERDUE_SECONDS, seconds_since_last_tick
from mooc.lib.access import require_staff
from mooc.lib.admin import in_admin


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this site does, for learners and the curious."""
    return render(request, "mooc/about.html", {"organisers_address": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]})


@require_safe
def faq(request: HttpRequest) -> HttpResponse:
    """Questions and answers."""
    return render(request, "mooc/faq.html", {"organisers_address": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]})


@require_safe
@require_staff()
def statistics(request: HttpRequest) -> HttpResponse:
    """Lead staff to the statistics that they may see."""
    return in_admin(request, "mooc/statistics.html", {"title": _("Statistics")})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say whether the database answers and how many seconds ago the last tick of periodic work ended.

    200 when all is well; 503 when the database does not answer or the last tick is older than a hosting scheduler's
    three hours. Holds nothing that a stranger may not know.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        age = seconds_since_last_tick(clock.now())
    except DatabaseError:
        return JsonResponse({"database": "unreachable", "last_tick_seconds": None}, status=503)
    well = age is not None and age <= OVERDUE_SECONDS
    return JsonResponse({"database": "ok", "last_tick_seconds": age}, status=200 if well else 503)
