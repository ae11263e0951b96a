"""Read settings from the environment strictly: a value that cannot be read stops the start by name."""

import math
import re
from collections.abc import Mapping
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
HOST_PATTERN = re.compile(r"\*|\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")
ADDRESS = re.compile(r"[^\s@:/<>,;]+@[^\s@:/<>,;]+")


def is_loopback(host: str) -> bool:
    """Say whether `host` (a name or address, with or without a port) is this machine."""
    return (urlsplit(f"//{host}").hostname or "") in LOOPBACK


def shown(value: str) -> str:
    """Return `value` as a message may repeat it: not where a password could stand in it, as in user:password@host."""
    return "not readable" if ":" in value and "@" in value else repr(value)


class Env:
    """A reader over a mapping of strings, usually `os.environ`. An empty value counts as absent."""

    def __init__(self, values: Mapping[str, str]):
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        """Return the value without surrounding spaces; refuse line breaks and NUL."""
        value = self.values.get(name, "").strip()
        if any(mark in value for mark in "\r\n\0"):
            raise ImproperlyConfigured(f"{name} must be a single line of text.")
        return value or default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes/no value: 1, true, yes, on or 0, false, no, off in any case."""
        value = self.text(name).lower()
        if not value:
            return default
        if value in TRUE or value in FALSE:
            return value in TRUE
        raise ImproperlyConfigured(f"{name} is {value!r}. Write true or false.")

    def number(self, name: str, default: float, *, least: float = 0, most: float = math.inf) -> float:
        """Return a number between `least` and `most`; decimals are allowed."""
        value = self.text(name)
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not least <= number <= most or math.isinf(number):
            limits = f"of at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
            raise ImproperlyConfigured(f"{name} is {value!r}. Write a number {limits}.")
        return number

    def whole(self, name: str, default: int, *, least: int = 0, most: float = math.inf) -> int:
        """Return a whole number between `least` and `most`."""
        number = self.number(name, default, least=least, most=most)
        if number != int(number):
            raise ImproperlyConfigured(f"{name} is {self.text(name)!r}. Write a whole number.")
        return int(number)

    def words(self, name: str) -> list[str]:
        """Return a comma-separated list without empty entries."""
        return [word for part in self.text(name).split(",") if (word := part.strip())]

    def choice(self, name: str, allowed: tuple[str, ...], default: str = "") -> str:
        """Return one of `allowed`, written in any case."""
        value = self.text(name, default).lower()
        if value and value not in allowed:
            raise ImproperlyConfigured(f"{name} is {value!r}. Write one of: {', '.join(allowed)}.")
        return value

    def host(self, name: str, default: str = "") -> str:
        """Return `host` or `host:port`, without a scheme or a path."""
        value = self.text(name, default)
        if not value:
            return value
        try:
            parts = urlsplit(f"//{value}")
            good = parts.netloc == value and parts.hostname and not parts.username and " " not in value
            _ = parts.port
        except ValueError:
            good = False
        if not good:
            raise ImproperlyConfigured(
                f"{name} is {shown(value)}. Write a host name such as course.example.org, no https://."
            )
        return value

    def hosts(self, name: str) -> list[str]:
        """Return a list of host names without ports; `.example.org` stands for all below it, `*` for any."""
        found = self.words(name)
        for host in found:
            if not HOST_PATTERN.fullmatch(host):
                raise ImproperlyConfigured(
                    f"{name} has {shown(host)} in it. Write host names such as course.example.org only."
                )
        return found

    def domain(self, name: str, default: str = "") -> str:
        """Return a mail domain: letters, digits, dots and hyphens."""
        value = self.text(name, default).lower()
        if value and not all(part and part.replace("-", "").isalnum() for part in value.split(".")):
            raise ImproperlyConfigured(f"{name} is {shown(value)}. Write a domain such as mail.example.org.")
        return value

    def slug(self, name: str) -> str:
        """Return a short name as it stands in addresses: small letters, digits and hyphens."""
        value = self.text(name)
        if value and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", value):
            raise ImproperlyConfigured(
                f"{name} is {shown(value)}. Write the short name in addresses, such as open-university."
            )
        return value

    def url(self, name: str, default: str) -> str:
        """Return an https address without a closing slash; http is allowed on loopback only."""
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc))
            _ = parts.port
        except ValueError:
            safe = False
        if not safe or not parts.hostname:
            raise ImproperlyConfigured(f"{name} must start with https:// (http:// only for this machine itself).")
        return value

    def mailbox(self, name: str, default: str = "") -> str:
        """Return an address, bare or as `Name <address>`."""
        value = self.text(name, default)
        address = parseaddr(value)[1]
        if value and not (ADDRESS.fullmatch(address) and (value == address or value.endswith(f"<{address}>"))):
            raise ImproperlyConfigured(
                f"{name} is {shown(value)}. Write an address such as Course team <team@example.org>."
            )
        return value
