"""What text from outside we store as it is, and what we refuse beside its field."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Marks that turn the direction of the text after them, also of ours (Unicode UAX 9: embeddings, overrides, isolates).
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_MARKS = frozenset("\t\n\r")
LINE_ENDS = frozenset("\n\r\u2028\u2029")


def validate_text(text: str) -> None:
    """Raise ValidationError on characters that a database, a header or a page cannot carry safely."""
    for mark in text:
        if mark in LINE_MARKS or mark in "\u2028\u2029":
            continue
        if mark in TURNING or unicodedata.category(mark) in ("Cc", "Cs"):
            raise ValidationError(
                _("This text holds an invisible character (U+%(code)s) that we cannot store. Type it again."),
                params={"code": f"{ord(mark):04X}"},
            )


def validate_line(text: str) -> None:
    """Raise ValidationError as `validate_text` does, and on line breaks."""
    validate_text(text)
    if LINE_ENDS.intersection(text):
        raise ValidationError(_("Write this on one line."))
