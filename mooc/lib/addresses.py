"""E-mail addresses: what we accept, and when two spellings are the same mailbox."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # RFC 5321 4.5.3.1.3, less the angle brackets


def clean_address(text: str) -> str:
    """Return `text` as an address that a mail provider takes, in the spelling given.

    Raises ValidationError in words. Looser than nothing here: one bad address makes Mailgun refuse a whole batch of
    a thousand, so quoted local parts, address literals and domains without a dot are refused at the door. Addresses
    in other scripts are accepted; their domain is looked at in its ASCII form (RFC 5890).
    """
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        raise ValidationError(_("Enter your e-mail address."), code="required")
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise ValidationError(_("This address is too long. An address has at most 254 characters."))
    try:
        found = validate_email(text, check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        raise ValidationError(
            _("This does not look like an e-mail address. It should look like name@example.org.")
        ) from None
    return found.normalized


def fold(address: str) -> str:
    """Return the form in which two spellings of one mailbox are equal: case and Unicode composition ignored.

    RFC 5321 lets a host tell `Bob@` from `bob@`; no mailbox provider does, and people do not.
    """
    return unicodedata.normalize("NFKC", address.strip()).casefold()
