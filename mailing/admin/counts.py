"""What became of an e-mail, as a part of its page that renews itself while the e-mail is being sent."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone as clock
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailing import check_in, stats
from mailing.audience import audience_size
from mailing.models import Delivery, Email
from mailing.scheduling import people_in_words

Status, State = Delivery.Status, Email.State
TO_COME = (Status.QUEUED, Status.SENDING)


def standing_of(email: Email) -> dict[str, object]:
    """Return what `admin/mailing/email/standing.html` shows of an e-mail, by name."""
    lines = stats.lines_of(email)
    counts = {status: sum(line.count for line in lines if line.status == status) for status in Status}
    due = email.state == State.SCHEDULED and email.scheduled_for <= clock.now()
    # The buttons of the page belong to one of these: where it changes, the page is asked for anew.
    shown = [email.state, "paused" if email.paused else "", "unsure" if counts[Status.UNSURE] else ""]
    return {
        "original": email,
        "lines": lines,
        "total": sum(counts.values()),
        "missing": sum(count for status, count in counts.items() if status not in stats.ARRIVED),
        "to_come": sum(counts[status] for status in TO_COME),
        "doubled": stats.doubled_of(email),
        "check_ins": check_in.counts_of(email),
        "people": people_in_words(audience_size(email)) if email.can_change else "",
        "moving": (email.state == State.SENDING and not email.paused) or due,
        "shown": " ".join(filter(None, shown)),
    }


class CountsAdmin:
    """A mix-in for the admin of e-mails: the counts of one, alone."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(require_safe(never_cache(self.counts_view)))
        return [path("<int:number>/counts/", view, name="mailing_email_counts"), *super().get_urls()]

    def counts_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show where one e-mail stands now, without a page around it."""
        email = Email.objects.filter(pk=number).first()
        if email is None or not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(request, "admin/mailing/email/standing.html", standing_of(email))
