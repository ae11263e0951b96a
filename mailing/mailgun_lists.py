"""Mailgun's own lists of addresses that it will not write to: take one address off, or put it back."""

import datetime
from email.utils import format_datetime
from urllib.parse import quote

import requests
from django.conf import settings

from mailing.models import Suppression

NAMES = {
    Suppression.Kind.BOUNCE: "bounces",
    Suppression.Kind.COMPLAINT: "complaints",
    Suppression.Kind.UNSUBSCRIBE: "unsubscribes",
}


class ListsError(Exception):
    """Mailgun did not change its list. Says why, for staff."""


def take_off(kind: str, address: str) -> None:
    """Take one address off a list; one that is not there is no error. Raises ListsError."""
    _call("DELETE", f"{NAMES[kind]}/{quote(address, safe='@')}", fine=(404,))


def put_back(address: str, since: datetime.datetime) -> None:
    """Put one address back on the list of those who unsubscribed, as of `since`. Raises ListsError."""
    _call("POST", NAMES[Suppression.Kind.UNSUBSCRIBE], {"address": address, "created_at": format_datetime(since)})


def _call(method: str, path: str, form: dict[str, str] | None = None, fine: tuple[int, ...] = ()) -> None:
    try:
        response = requests.request(
            method, f"{settings.MAILGUN_API_URL}/v3/{settings.MAILGUN_API_DOMAIN}/{path}", data=form,
            auth=("api", settings.MAILGUN_API_KEY), timeout=settings.MAIL_TIMEOUT_SECONDS, allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException as error:
        raise ListsError(f"Mailgun's lists could not be reached ({type(error).__name__}).") from None
    # A 404 says "not on the list" or "no such domain". The second also stops all sending, and says so there.
    if response.status_code == 200 and "Mailgun Magnificent API" in response.text[:200]:
        raise ListsError("MAILGUN_API_URL leads to Mailgun's front page. Leave out everything after the host name.")
    if not response.ok and response.status_code not in fine:
        raise ListsError(f"Mailgun answered {response.status_code} when asked to change a list.")
