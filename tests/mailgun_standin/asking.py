"""How the tests of the stand-in ask it, as a bare client would."""

import json
import time
from collections.abc import Callable, Iterable

import requests

from tests.mailgun_standin.standin import StandIn

DOMAIN = "mail.example.org"
PEOPLE = [f"learner{number}@example.org" for number in range(6)]
FORM = {"from": "Team <team@example.org>", "subject": "Week 1", "text": "Hello"}


def call(mailgun: StandIn, method: str, path: str, key: str = "", **more: object) -> requests.Response:
    """Make one request, with the account's key unless another is given."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, mailgun.url + path, auth=("api", key or mailgun.key), timeout=5, **more)


def get(mailgun: StandIn, path: str, **query: object) -> requests.Response:
    """Get a page."""
    return call(mailgun, "GET", path, params=query)


def follow(mailgun: StandIn, address: str) -> requests.Response:
    """Get the page that an answer names."""
    return get(mailgun, address.removeprefix(mailgun.url))


def post(mailgun: StandIn, to: object = PEOPLE, values: str | None = "{}", **fields: object) -> requests.Response:
    """Post a message; `values` None leaves the recipient variables out."""
    data = FORM | {"to": to} | ({"recipient-variables": values} if values is not None else {}) | fields
    return call(mailgun, "POST", f"/v3/{DOMAIN}/messages", data=data)


def send(mailgun: StandIn, people: Iterable[str] = PEOPLE, message_id: str = "abc@mail.example.org") -> None:
    """Post a message as the project does: each copy has the place of its reader as delivery id."""
    values = {one: {"d": str(number)} for number, one in enumerate(people)}
    fields = {"h:Message-Id": f"<{message_id}>", "v:d": "%recipient.d%", "o:tag": "week-1"}
    assert post(mailgun, list(people), json.dumps(values), **fields).status_code == 200


def events(mailgun: StandIn, **query: object) -> list[dict]:
    """Return all events of a query, page by page."""
    answer = get(mailgun, f"/v3/{DOMAIN}/events", **query).json()
    found = []
    while answer["items"]:
        found += answer["items"]
        answer = follow(mailgun, answer["paging"]["next"]).json()
    return found


def names(found: list[dict]) -> list[tuple[str, str]]:
    """Return what happened to whom."""
    return [(one["event"], one["recipient"]) for one in found]


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait a few seconds for something to become true and say whether it did."""
    end = time.monotonic() + 3
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
