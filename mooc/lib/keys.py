"""Keys that nobody can guess."""

import secrets


def new_key() -> str:
    """Return 192 random bits as 32 characters that are safe in an address."""
    return secrets.token_urlsafe(24)
