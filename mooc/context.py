"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's title and whether the local outbox is in use."""
    return {"site_title": settings.MOOC_TITLE, "uses_outbox": settings.MAIL_TRANSPORT == "outbox"}
