"""Full addresses of our own pages, for mail and for other sites."""

from django.conf import settings
from django.urls import reverse


def site_url(path: str = "") -> str:
    """Return `path` (beginning with a slash) as a full address of this site."""
    return f"{settings.MOOC_SCHEME}://{settings.MOOC_DOMAIN}{path}"


def page_url(view: str, *args: object) -> str:
    """Return the full address of a named page."""
    return site_url(reverse(view, args=args))
