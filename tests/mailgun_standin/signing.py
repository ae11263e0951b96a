"""Webhook bodies as Mailgun signs them, and as others would like us to believe."""

import hashlib
import hmac
import secrets
import time

Body = dict[str, dict]


def signature(key: str, timestamp: str, token: str) -> str:
    """Return the hex HMAC-SHA256 of timestamp and token, as Mailgun makes it. The event itself is not signed."""
    return hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()


def stamp(key: str, *, at: float | None = None, token: str = "") -> dict[str, str]:
    """Return timestamp, token and signature of the unix time `at`, by default now with a new token."""
    timestamp, token = str(int(time.time() if at is None else at)), token or secrets.token_hex(25)
    return {"timestamp": timestamp, "token": token, "signature": signature(key, timestamp, token)}


def signed(event: dict, key: str, *, at: float | None = None, token: str = "") -> Body:
    """Return the body of a webhook that carries `event`, with a right signature."""
    return {"signature": stamp(key, at=at, token=token), "event-data": event}


def stale(event: dict, key: str, *, hours: float = 24.0) -> Body:
    """Return a rightly signed body that is `hours` old."""
    return signed(event, key, at=time.time() - hours * 3600)


def forged(event: dict) -> Body:
    """Return a body signed with another key."""
    return signed(event, secrets.token_hex(16))
