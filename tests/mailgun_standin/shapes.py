"""Events as Mailgun writes them, one function per part. Pure."""

import base64
import hashlib
from collections.abc import Iterable, Mapping

NAMES = ("accepted", "delivered", "failed", "opened", "clicked", "unsubscribed", "complained", "rejected", "stored")
# Why a recipient on a suppression list does not get a message: code, reason, words.
SUPPRESSED = {
    "bounces": (605, "suppress-bounce", "Not delivering to previously bounced address"),
    "unsubscribes": (606, "suppress-unsubscribe", "Not delivering to unsubscribed address"),
    "complaints": (607, "suppress-complaint", "Not delivering to a user who marked your messages as spam"),
}


def event(
    name: str,
    *,
    event_id: str,
    timestamp: float,
    recipient: str,
    message_id: str,
    variables: Mapping[str, str] | None = None,
    tags: Iterable[str] = (),
    sender: str = "team@example.org",
    subject: str = "",
    **details: object,
) -> dict:
    """Return one event; `details` are those of its name, as in the functions below. `message_id` has no brackets."""
    if name not in NAMES:
        raise ValueError(f"There is no event {name!r}. There are: {', '.join(NAMES)}.")
    found = {
        "event": name,
        "id": event_id,
        "timestamp": timestamp,
        "log-level": {"failed": "error", "rejected": "warn"}.get(name, "info"),
        "recipient": recipient,
        "recipient-domain": recipient.rpartition("@")[2],
        "tags": list(tags),
        "campaigns": [],
        "user-variables": dict(variables or {}),
        "message": {
            "headers": {"message-id": message_id, "from": sender, "to": recipient, "subject": subject},
            "attachments": [],
            "size": 4096,
        },
    }
    found |= _DETAILS[name](**details)
    if name == "rejected":  # the one event that says nothing of a recipient
        del found["recipient"], found["recipient-domain"]
    return found


def number_to_id(number: int, seed: int) -> str:
    """Return an event id that looks like Mailgun's."""
    return base64.urlsafe_b64encode(hashlib.md5(f"{seed}/{number}".encode()).digest()).decode()[:22]


def _accepted() -> dict:
    return {"method": "HTTP", "originating-ip": "192.0.2.1", "flags": _flags()}


def _delivered(code: int = 250, text: str = "OK") -> dict:
    status = {"code": code, "message": text, "description": "", "attempt-no": 1, "session-seconds": 0.4, "tls": True}
    return {"delivery-status": status, "envelope": {"transport": "smtp"}, "flags": _flags()}


def _failed(
    severity: str = "permanent",
    reason: str = "bounce",
    code: int = 550,
    text: str = "5.1.1 The email account that you tried to reach does not exist",
    *,
    status: bool = True,
) -> dict:
    """Without `status` its delivery-status is null, as it sometimes is."""
    details = {"code": code, "message": text, "description": text, "attempt-no": 1}
    if severity == "temporary":
        details["retry-seconds"] = 600
    return {"severity": severity, "reason": reason, "delivery-status": details if status else None, "flags": _flags()}


def _opened(bot: str = "", ip: str = "192.0.2.2") -> dict:
    client = {
        "client-type": "browser", "client-os": "Linux", "device-type": "desktop", "client-name": "Firefox",
        "user-agent": "Mozilla/5.0", "bot": bot,
    }  # fmt: skip
    return {"ip": ip, "geolocation": {"country": "DE", "region": "Unknown", "city": "Unknown"}, "client-info": client}


def _clicked(url: str = "https://example.org/", bot: str = "", ip: str = "192.0.2.2") -> dict:
    return {"url": url, **_opened(bot, ip)}


def _complained() -> dict:
    return {"flags": {"is-test-mode": False}}


def _rejected(reason: str = "Sandbox subdomains are for test purposes only.") -> dict:
    return {"reject": {"reason": reason, "description": ""}, "flags": _flags()}


def _stored(url: str = "https://mailgun.invalid/storage/1") -> dict:
    return {"storage": {"url": url, "key": url.rpartition("/")[2]}, "flags": _flags()}


def _flags() -> dict:
    return {"is-routed": False, "is-authenticated": True, "is-system-test": False, "is-test-mode": False}


_DETAILS = {
    "accepted": _accepted,
    "delivered": _delivered,
    "failed": _failed,
    "opened": _opened,
    "clicked": _clicked,
    "unsubscribed": _opened,
    "complained": _complained,
    "rejected": _rejected,
    "stored": _stored,
}
