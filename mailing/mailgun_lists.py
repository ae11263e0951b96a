"""Mailgun's lists: of addresses that it will not write to, and the mailing lists that it keeps for us."""

import datetime
import json
from collections.abc import Sequence as Many
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from django.conf import settings

from mailing.models import Suppression

NAMES = {
    Suppression.Kind.BOUNCE: "bounces",
    Suppression.Kind.COMPLAINT: "complaints",
    Suppression.Kind.UNSUBSCRIBE: "unsubscribes",
}
MOST_A_CALL = 1000  # members
AT_ONCE = 100  # members; of more in one call Mailgun takes note and adds them later


class ListsError(Exception):
    """Mailgun did not change its list. Says why, for staff."""


class RefusedError(ListsError):
    """Mailgun found something wrong in what it was asked to do, and did nothing of it."""


@dataclass(frozen=True)
class Page:
    """One page of a list's members: each (address, whether it is subscribed); `following` is "" after the last."""

    members: list[tuple[str, bool]]
    following: str


def take_off(kind: str, address: str) -> None:
    """Take one address off a list; one that is not there is no error. Raises ListsError."""
    _call("DELETE", f"{_suppressed(kind)}/{quote(address, safe='@')}", fine=(404,))


def put_back(address: str, since: datetime.datetime) -> None:
    """Put one address back on the list of those who unsubscribed, as of `since`. Raises ListsError."""
    form = {"address": address, "created_at": format_datetime(since)}
    _call("POST", _suppressed(Suppression.Kind.UNSUBSCRIBE), form)


def make_list(address: str, name: str, *, members_write: bool) -> bool:
    """Make a mailing list; False where it was there, and now has this name and these rights. Raises ListsError."""
    about = {
        "name": name,
        "access_level": "members" if members_write else "readonly",
        "reply_preference": "list" if members_write else "sender",
    }
    try:
        _call("POST", "lists", {"address": address, **about})
    except RefusedError:
        # Mailgun says "Duplicate object", in words that may change: if there is no such list, this fails in turn.
        _call("PUT", _list(address), about)
        return False
    return True


def drop_list(address: str) -> None:
    """Remove a mailing list with its members; one that is not there is no error. Raises ListsError."""
    _call("DELETE", _list(address), fine=(404,))


def add_members(address: str, members: Many[str]) -> bool:
    """Put up to 1,000 addresses on a list, and return whether they are there now: many are added later.

    Those on it become subscribed, so ask only for addresses that are not. Raises ListsError; RefusedError where none
    was added.
    """
    # Mailgun subscribes whoever comes without a word about it. It is said all the same.
    given = [{"address": one, "subscribed": True} for one in members]
    answer = _call("POST", f"{_list(address)}/members.json", {"members": json.dumps(given), "upsert": "yes"})
    return len(given) <= AT_ONCE and "task-id" not in answer


def remove_member(address: str, member: str) -> None:
    """Take one address off a mailing list; one that is not there is no error. Raises ListsError."""
    _call("DELETE", f"{_list(address)}/members/{quote(member, safe='@')}", fine=(404,))


def members_page(address: str, cursor: str = "") -> Page:
    """Return one page of a list's members: the first, or the one that `following` of another named."""
    # A plain GET of the members gives 100 and never more: only the pages lead to the end.
    answer = _call("GET", f"{_list(address)}/members/pages?limit=100", url=cursor)
    items, paging = answer.get("items"), answer.get("paging")
    if not isinstance(items, list):
        raise ListsError("Mailgun's answer has no members in it.")
    if not items:
        return Page([], "")
    following = paging.get("next") if isinstance(paging, dict) else None
    # The next page is an address that the answer chooses: our key goes to no other host.
    if not isinstance(following, str) or urlsplit(following)[:2] != urlsplit(settings.MAILGUN_API_URL)[:2]:
        raise ListsError("Mailgun's members lead to no next page, or to another host.")
    if following == cursor:
        raise ListsError("Mailgun's members lead in a circle.")
    found = [one for one in items if isinstance(one, dict) and isinstance(one.get("address"), str)]
    return Page([(one["address"], one.get("subscribed") is not False) for one in found], following)


def _suppressed(kind: str) -> str:
    return f"{settings.MAILGUN_API_DOMAIN}/{NAMES[kind]}"


def _list(address: str) -> str:
    return f"lists/{quote(address, safe='@')}"


def _call(
    method: str, path: str, form: dict[str, str] | None = None, fine: tuple[int, ...] = (), url: str = ""
) -> dict[str, Any]:
    """Make one call, to `url` if given, and return its answer where that is an object. Raises ListsError."""
    try:
        response = requests.request(
            method, url or f"{settings.MAILGUN_API_URL}/v3/{path}", data=form,
            auth=("api", settings.MAILGUN_API_KEY), timeout=settings.MAIL_TIMEOUT_SECONDS, allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException as error:
        raise ListsError(f"Mailgun's lists could not be reached ({type(error).__name__}).") from None
    # A 404 says "not on the list" or "no such domain". The second also stops all sending, and says so there.
    if response.status_code == 200 and "Mailgun Magnificent API" in response.text[:200]:
        raise ListsError("MAILGUN_API_URL leads to Mailgun's front page. Leave out everything after the host name.")
    if not response.ok and response.status_code not in fine:
        refused = response.status_code == 400
        said = f"Mailgun answered {response.status_code} when asked to change a list."
        raise (RefusedError if refused else ListsError)(said)
    try:
        answer = response.json()
    except ValueError:
        answer = {}
    return answer if isinstance(answer, dict) else {}
