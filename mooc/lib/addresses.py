"""E-mail addresses: what we accept, and when two spellings are the same mailbox."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
LONGEST_FOLDED = 2 * LONGEST  # some letters become many when they are folded


def clean_address(text: str) -> str:
    """Return `text` as an address that a mail provider takes, in the spelling given.

    Raises ValidationError in words. Looser than nothing here: one bad address makes Mailgun refuse a whole batch of
    a thousand, so quoted local parts, address literals and domains without a dot are refused at the door. Addresses
    in other scripts are accepted; their domain is looked at in its ASCII form (RFC 5890).
    """
    text = text.strip()
    if not text:
        raise ValidationError(_("Enter your e-mail address."), code="required")
    too_long = ValidationError(_("This address is too long. An address has at most 254 characters."))
    # Looked at first: to normalize a megabyte of accents takes a quarter of an hour.
    if len(text) > LONGEST:
        raise too_long
    text = unicodedata.normalize("NFC", text)
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise too_long
    try:
        found = validate_email(text, check_deliverability=False, strict=True).normalized
    except (EmailNotValidError, UnicodeError):
        raise ValidationError(
            _("This does not look like an e-mail address. It should look like name@example.org.")
        ) from None
    if len(fold(found)) > LONGEST_FOLDED:
        raise too_long
    return found


def fold(address: str) -> str:
    """Return the form in which two spellings of one mailbox are equal: case and Unicode composition ignored.

    RFC 5321 lets a host tell `Bob@` from `bob@`; no mailbox provider does, and people do not. Of the domain only the
    case is ignored: `weiß.example` and `weiss.example` may belong to two people (RFC 5894, section 7.2).
    """
    if address.isascii():
        return address.strip().lower()  # what the rest comes to, and most addresses are such
    name, at, domain = address.strip().rpartition("@")
    return unicodedata.normalize("NFKC", name).casefold() + at + unicodedata.normalize("NFC", domain).lower()
