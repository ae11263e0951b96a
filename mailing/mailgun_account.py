"""What the Mailgun account knows of our domain, and what we set there: webhooks and the route of incoming mail."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

import requests
from django.conf import settings

from mooc.lib.env import is_loopback

REGIONS = {"US": "https://api.mailgun.net", "EU": "https://api.eu.mailgun.net"}
WEBHOOKS = (
    "accepted", "delivered", "opened", "clicked", "unsubscribed", "complained", "permanent_fail", "temporary_fail",
)  # fmt: skip
MOST_URLS = 3  # of one webhook
EVENTS_PATH, INBOUND_PATH = "/hooks/mailgun/events/", "/hooks/mailgun/inbound/mime"
PAGE = 100  # routes
ROUTE = "Mail to the groups of the course"
INBOX_ROUTE = "Answers to the organisers of the course"


class AccountError(Exception):
    """Mailgun did not do what we asked for. Says why, and what a person can do."""


class UnknownError(AccountError):
    """Mailgun does not know the key or the domain. In another region it may."""


@dataclass(frozen=True)
class Domain:
    """The sending domain as Mailgun sees it. `records` are the entries it asks for: type, name and value of each."""

    state: str
    records: tuple[tuple[str, str, str], ...]

    @property
    def selectors(self) -> list[str]:
        """The DKIM selectors, such as `pic` of `pic._domainkey.mail.example.org`."""
        parts = (name.partition("._domainkey.") for _type, name, _value in self.records)
        return list(dict.fromkeys(first for first, mark, _rest in parts if mark))

    def value(self, kind: str, name: str) -> str:
        """Return what Mailgun wants to stand at `name`, or ""."""
        return next((value for one, at, value in self.records if (one, at) == (kind, name)), "")


def find_domain() -> Domain:
    """Return our sending domain; raises AccountError, which names the right region where the domain is there."""
    try:
        return _domain_at(settings.MAILGUN_API_URL)
    except UnknownError:
        for region, url in REGIONS.items():
            if url != settings.MAILGUN_API_URL and settings.MAILGUN_API_URL in REGIONS.values() and _is_at(url):
                raise AccountError(
                    f"{settings.MAILGUN_API_DOMAIN} is in Mailgun's {region} region. Set MAILGUN_API_URL={url}"
                ) from None
        raise


def _is_at(url: str) -> bool:
    try:
        _domain_at(url)
    except AccountError:
        return False  # the error of the region that is set is told instead
    return True


def _domain_at(url: str) -> Domain:
    found = _call("GET", f"/v4/domains/{settings.MAILGUN_API_DOMAIN}", url=url)
    about = found.get("domain")
    if not isinstance(about, dict):
        raise AccountError("Mailgun's answer says nothing about the domain. Check MAILGUN_API_URL.")
    listed = [*(found.get("sending_dns_records") or []), *(found.get("receiving_dns_records") or [])]
    records = (
        (str(one.get("record_type")), str(one.get("name") or settings.MAILGUN_API_DOMAIN), str(one.get("value")))
        for one in listed
        if isinstance(one, dict)
    )
    return Domain(str(about.get("state")), tuple(records))


def trouble_with(domain: Domain) -> str:
    """Return what keeps the domain from sending, and what to do, or ""."""
    if domain.state == "active":
        return ""
    if domain.state == "unverified":
        return (
            f"Mailgun has not verified {settings.MAILGUN_API_DOMAIN} yet. `manage.py check_domain` says what to add. "
            "Then press Verify on the domain's page at Mailgun."
        )
    return f"Mailgun calls {settings.MAILGUN_API_DOMAIN} {domain.state}. Ask Mailgun's support why."


def set_webhooks() -> list[str]:
    """Have Mailgun tell us what becomes of our mail; return a line for each webhook. Raises AccountError.

    Addresses of other programs stay. An address of ours from an earlier MOOC_DOMAIN is replaced.
    """
    ours, at = _public(EVENTS_PATH), f"/v3/domains/{settings.MAILGUN_API_DOMAIN}/webhooks"
    found = _call("GET", at).get("webhooks")
    present = {name: _urls(one) for name, one in found.items()} if isinstance(found, dict) else {}
    return [_set_webhook(at, name, present.get(name, []), ours) for name in WEBHOOKS]


def _set_webhook(at: str, name: str, present: list[str], ours: str) -> str:
    wanted = [url for url in present if not url.endswith(EVENTS_PATH)] + [ours]
    if sorted(wanted) == sorted(present):
        return f"webhook {name}: nothing changed"
    if len(wanted) > MOST_URLS:
        raise AccountError(
            f"The webhook {name} has {len(present)} addresses already, and Mailgun takes {MOST_URLS}. "
            "Remove one of them at Mailgun."
        )
    if present:
        _call("PUT", f"{at}/{name}", {"url": wanted})
        return f"webhook {name}: updated to {' and '.join(wanted)}"
    _call("POST", at, {"id": name, "url": wanted})
    return f"webhook {name}: made, to {ours}"


def _urls(webhook: Any) -> list[str]:
    """Return the addresses of a webhook, in the present form of the answer or in the older one with a single `url`."""
    if not isinstance(webhook, dict):
        return []
    urls = webhook.get("urls") or [webhook.get("url")]
    return [url for url in urls if isinstance(url, str) and url]


def set_route() -> str:
    """Have Mailgun hand us the mail to groups; return a line that says what was done. Raises AccountError."""
    return _set_route(f"group-.*@{settings.EMAIL_DOMAIN}", ROUTE)


def set_inbox_route() -> str:
    """Have Mailgun hand us the mail to the organisers; return a line that says what was done. Raises AccountError."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = address.rpartition("@")[2].lower()
    if domain not in (settings.EMAIL_DOMAIN.lower(), settings.MAILGUN_API_DOMAIN.lower()):
        raise AccountError(
            f"Mail to {address} does not come to Mailgun. Let the mail server of {domain} hand a copy to "
            "`manage.py receive_mail`, or set DEFAULT_FROM_EMAIL to an address of your domain at Mailgun."
        )
    return _set_route(re.escape(address), INBOX_ROUTE)


def _set_route(recipient: str, description: str) -> str:
    expression = f'match_recipient("{recipient}")'
    actions = [f'forward("{_public(INBOUND_PATH)}")']
    ours = next((route for route in _routes() if route.get("expression") == expression), None)
    if ours is None:
        _call("POST", "/v3/routes", {
            "priority": "0", "description": description, "expression": expression, "action": actions,
        })  # fmt: skip
        return f"route {expression}: made, {actions[0]}"
    # Whoever sends the organisers' mail to a mailbox as well keeps that.
    others = [action for action in ours.get("actions") or [] if INBOUND_PATH not in action]
    if ours.get("actions") == [*actions, *others] or ours.get("actions") == [*others, *actions]:
        return f"route {expression}: nothing changed"
    _call("PUT", f"/v3/routes/{ours['id']}", {"action": [*actions, *others]})
    return f"route {expression}: updated, {actions[0]}"


def _routes() -> list[dict[str, Any]]:
    """Return all routes of the account, other domains' too."""
    found: list[dict[str, Any]] = []
    while True:
        answer = _call("GET", f"/v3/routes?skip={len(found)}&limit={PAGE}")
        items = [one for one in answer.get("items") or [] if isinstance(one, dict)]
        found += items
        if len(items) < PAGE:
            return found


def _public(path: str) -> str:
    """Return the full address of a page of ours that Mailgun calls; raises AccountError where it cannot."""
    if is_loopback(settings.MOOC_DOMAIN):
        raise AccountError(
            f"Mailgun cannot reach {settings.MOOC_DOMAIN}. Set MOOC_DOMAIN to the site's public name, such as "
            "course.example.org, and run this on the site itself."
        )
    return f"https://{settings.MOOC_DOMAIN}{path}"


def _call(method: str, path: str, form: dict[str, Any] | None = None, url: str = "") -> dict[str, Any]:
    """Make one call to the account and return its answer; raises AccountError."""
    if not settings.MAILGUN_API_KEY:
        raise AccountError("MAILGUN_API_KEY is missing. Set it to an API key of your Mailgun account.")
    try:
        response = requests.request(
            method, f"{url or settings.MAILGUN_API_URL}{path}", data=form, auth=("api", settings.MAILGUN_API_KEY),
            timeout=settings.MAIL_TIMEOUT_SECONDS, allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException as error:
        raise AccountError(
            f"Mailgun could not be reached ({type(error).__name__}). Check MAILGUN_API_URL, then try again."
        ) from None
    if "Mailgun Magnificent API" in response.text[:200]:
        raise AccountError("MAILGUN_API_URL leads to Mailgun's front page. Leave out everything after the host name.")
    if response.status_code in (401, 403):
        raise UnknownError(
            "Mailgun refused the key. MAILGUN_API_KEY must be an API key of the account, not the sending key of a "
            "domain, and MAILGUN_API_URL must be the account's region."
        )
    if response.status_code == 404 and path.startswith(("/v3/domains", "/v4/domains")):
        raise UnknownError(
            f"Mailgun knows no domain {settings.MAILGUN_API_DOMAIN} in this account. Add it at Mailgun, or set "
            "MAILGUN_API_DOMAIN to the domain that stands there."
        )
    try:
        answer = response.json()
    except ValueError:
        answer = {}
    if not response.ok or not isinstance(answer, dict):
        words = answer.get("message") if isinstance(answer, dict) else ""
        raise AccountError(f"Mailgun answered {response.status_code} to {method} {path}: {words or 'no reason given'}")
    return answer
