"""The page on which staff read what people wrote."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from dashboard_import.stats import reader
from dashboard_import.views import PERMISSION
from mooc.lib.access import require_staff
from mooc.lib.admin import in_admin
from mooc.lib.csv import csv_response


@require_safe
@require_staff(PERMISSION)
@gzip_page
def read(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One page of comments as the address wants them, or one thread."""
    wanted = reader.wanted(request, slug, number)
    rows = reader.found(wanted)
    paged = wanted.thread is None
    more = paged and len(rows) > reader.PER_PAGE
    context = {
        "title": _("%(run)s: what people wrote") % {"run": wanted.run}, "run": wanted.run, "wanted": wanted,
        "comments": reader.shown(wanted.run, rows[: reader.PER_PAGE] if paged else rows),
        "before": wanted.at - 1 if paged else 0, "after": wanted.at + 1 if more and wanted.at < reader.LAST_PAGE else 0,
        "by": reader.BY, "kinds": reader.KIND, "lacks_types": not rows and reader.lacks_types(wanted),
        "talk": [
            ("type", _("Kind of comment"), reader.TYPE, wanted.type),
            ("talker", _("Kind of person"), reader.TALKER, wanted.talker),
            ("threaded", _("Thread"), reader.THREADED, wanted.threaded),
            ("helped", _("Team"), reader.HELPED, wanted.helped),
        ],
        "numbers": [
            ("likes", _("With so many likes"), wanted.likes),
            ("replies", _("Posts with so many replies"), wanted.replies),
        ],
        "back": reverse("stats_page", args=[slug, number, "comments"]),
        "file": reverse("stats_comments_csv", args=[slug, number]), "query": request.GET.urlencode(),
        "everything": reverse("stats_comments", args=[slug, number]),
    }  # fmt: skip
    return in_admin(request, "dashboard_import/comments.html", context)


@require_safe
@require_staff(PERMISSION)
def read_csv(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """All comments that the address wants, as CSV."""
    return csv_response(f"{slug[:80]}-{number}-comments.csv", reader.as_rows(reader.wanted(request, slug, number)))
