"""Who signs in at FutureLearn: from the settings, or from the `config.json` of the old tool."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

LARGEST = 64_000  # bytes


class NoCredentialsError(Exception):
    """There is nobody to sign in as. The text says what to do, and never what was read."""


@dataclass(frozen=True)
class Credentials:
    username: str = field(repr=False)
    password: str = field(repr=False)


def from_settings() -> Credentials:
    """Return FUTURELEARN_USERNAME and FUTURELEARN_PASSWORD; both are needed."""
    if not (settings.FUTURELEARN_USERNAME and settings.FUTURELEARN_PASSWORD):
        raise NoCredentialsError(
            "Set FUTURELEARN_USERNAME and FUTURELEARN_PASSWORD, or name the old tool's file with --config. "
            "To load files that are here already, use --from."
        )
    return Credentials(settings.FUTURELEARN_USERNAME, settings.FUTURELEARN_PASSWORD)


def from_config(path: Path) -> Credentials:
    """Return `username` and `password` of a JSON file; what else stands in it is not looked at."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(LARGEST))
    except OSError as error:
        raise NoCredentialsError(f"{path.name} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise NoCredentialsError(f"{path.name} is no JSON file.") from None
    found = [said.get(name) for name in ("username", "password")] if isinstance(said, dict) else []
    if not found or not all(isinstance(value, str) and value.strip() for value in found):
        raise NoCredentialsError(f"{path.name} has no username and password in it.")
    return Credentials(found[0].strip(), found[1])
