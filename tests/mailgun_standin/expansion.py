"""Mailgun's own variables in a message: filled once, never looked into again, never escaped."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(
    r"%(?:recipient\.([^%\s]+)"
    r"|(recipient(?:_email|_name|_fname|_lname)?|(?:tag_|mailing_list_)?unsubscribe_url|unsubscribe_email))%"
)


def expand(text: str, address: str, name: str, values: Mapping[str, object]) -> str:
    """Return `text` as one recipient gets it. A key without a value stays as it is (guess)."""
    if "%" not in text:
        return text

    def filled(match: re.Match[str]) -> str:
        if match[1] is not None:
            return str(values[match[1]]) if match[1] in values else match[0]
        return _general(match[2], address, name)

    return _VARIABLE.sub(filled, text)


def _general(variable: str, address: str, name: str) -> str:
    first, _, last = name.partition(" ")
    return {
        "recipient": f"{name} <{address}>" if name else address,
        "recipient_email": address,
        "recipient_name": name,
        "recipient_fname": first,
        "recipient_lname": last,
        "unsubscribe_email": "u+stand-in@mailgun.invalid",
    }.get(variable, f"https://mailgun.invalid/{variable}/{address}")
