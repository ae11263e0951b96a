"""Full addresses of our own pages, for mail and for other sites."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse

_ANY_KEY = "ANY-KEY"


def site_url(path: str = "") -> str:
    """Return `path` (beginning with a slash) as a full address of this site."""
    return f"{settings.MOOC_SCHEME}://{settings.MOOC_DOMAIN}{path}"


def page_url(view: str, *args: object) -> str:
    """Return the full address of a named page."""
    return site_url(reverse(view, args=args))


def page_urls(view: str) -> Callable[[str], str]:
    """Return a function from a key to the full address of its named page: `page_url`, for thousands of keys."""
    before, _, after = page_url(view, _ANY_KEY).rpartition(_ANY_KEY)
    return lambda key: f"{before}{key}{after}"
