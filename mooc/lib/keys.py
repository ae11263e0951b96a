"""Keys that nobody can guess."""

import re
import secrets

KEY = re.compile(r"[A-Za-z0-9_-]+")


def new_key() -> str:
    """Return 192 random bits as 32 characters that are safe in an address."""
    return secrets.token_urlsafe(24)


def is_key(text: str) -> bool:
    """Say whether `text` could be a key. Nothing else is looked for: PostgreSQL fails on a NUL in an address."""
    return KEY.fullmatch(text) is not None
