"""What text from outside we store as it is, and what we refuse beside its field."""

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Control characters but tab and line breaks; halves of pairs; and marks that turn the direction of the text after
# them, also of ours (Unicode UAX 9: embeddings, overrides, isolates).
REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
LINE_END = re.compile("[\n\r\u2028\u2029]")


def validate_text(text: str) -> None:
    """Raise ValidationError on characters that a database, a header or a page cannot carry safely."""
    if found := REFUSED.search(text):
        raise ValidationError(
            _("This text holds an invisible character (U+%(code)s) that we cannot store. Type it again."),
            params={"code": f"{ord(found[0]):04X}"},
        )


def validate_line(text: str) -> None:
    """Raise ValidationError as `validate_text` does, and on line breaks."""
    validate_text(text)
    if LINE_END.search(text):
        raise ValidationError(_("Write this on one line."))


def texts_in(value: object) -> Iterator[str]:
    """Yield every text in a JSON value, the keys of objects included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts_in(key)
            yield from texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_in(part)
