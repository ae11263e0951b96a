"""Mailgun's lists, asked for page by page: events, and addresses it will not write to."""

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

MOST_PAGES = 5_000  # of 300 events; a provider that answers the same page for ever must not keep us for ever
PAGE = 300


class EventsError(Exception):
    """The events could not be asked for, or the answer cannot be trusted. Says why, for staff."""


def events(begin: datetime.datetime, end: datetime.datetime | None = None, **filters: str) -> Iterator[dict[str, Any]]:
    """Yield the events between two moments, oldest first, to the last page; raise EventsError.

    `message_id` comes without angle brackets: with them Mailgun answers with events of other messages. Absence in
    what is yielded proves something only when the end was reached without an error.
    """
    asked = {"begin": f"{begin.timestamp():.3f}", "ascending": "yes", "limit": str(PAGE)}
    if end:
        asked["end"] = f"{end.timestamp():.3f}"
    asked |= {name.replace("_", "-"): value for name, value in filters.items()}
    return _pages("events", asked)


def listed(name: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a suppression list: `bounces`, `complaints` or `unsubscribes`; raise EventsError."""
    return _pages(name, {"limit": "1000"})


def _pages(name: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Follow `paging.next` until an empty page, as Mailgun describes it."""
    url: str = f"{settings.MAILGUN_API_URL}/v3/{settings.MAILGUN_API_DOMAIN}/{name}"
    seen: set[str] = set()
    with requests.Session() as session:
        session.auth = ("api", settings.MAILGUN_API_KEY)
        while True:
            answer = _page(session, url, None if seen else asked)
            items = answer.get("items")
            if not isinstance(items, list):
                raise EventsError("Mailgun's answer has no list in it.")
            if not items:
                return
            yield from (item for item in items if isinstance(item, dict))
            seen.add(url)
            url = _next(answer, seen)


def _page(session: requests.Session, url: str, asked: dict[str, str] | None) -> dict[str, Any]:
    try:
        response = session.get(url, params=asked, timeout=settings.MAIL_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise EventsError(f"Mailgun's lists could not be reached ({type(error).__name__}).") from None
    if response.status_code != 200:
        raise EventsError(f"Mailgun answered {response.status_code} when asked for a list.")
    try:
        answer = response.json()
    except ValueError:
        raise EventsError("Mailgun's list of events could not be read.") from None
    if not isinstance(answer, dict):
        raise EventsError("Mailgun's list of events could not be read.")
    return answer


def _next(answer: dict[str, Any], seen: set[str]) -> str:
    paging = answer.get("paging")
    url = paging.get("next") if isinstance(paging, dict) else None
    # The next page is an address that the answer chooses: our key goes to no other host.
    if not isinstance(url, str) or urlsplit(url)[:2] != urlsplit(settings.MAILGUN_API_URL)[:2]:
        raise EventsError("Mailgun's list of events leads to no next page, or to another host.")
    if url in seen or len(seen) >= MOST_PAGES:
        raise EventsError("Mailgun's list of events leads in a circle.")
    return url
