"""The names of answers."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
# What a message may say about anybody, besides the answers to questions.
VARIABLES = ("name", "first_name", "course", "group_name", "group_address", "my_page_url", "unsubscribe_url")
FORM_FIELDS = ("email", "name", "timezone", "wants_group", "sequence", "website", "csrfmiddlewaretoken")
LINKS = ("confirm_url", "one_click_url")
# What templates ask of a form by name: a field of that name would answer instead.
FORM_WORDS = ("asked", "errors", "hidden_fields", "honeypot", "non_field_errors", "visible_fields")
TAKEN = frozenset((*VARIABLES, *FORM_FIELDS, *LINKS, *FORM_WORDS, "key"))


def validate_key(key: str) -> None:
    """Raise ValidationError unless `key` can name an answer: small letters, digits, underscores, not a taken name."""
    if not KEY.match(key):
        raise ValidationError(_("Use small letters, digits and underscores, beginning with a letter."))
    if key in TAKEN:
        raise ValidationError(_("This name is taken. Choose another, such as my_%(key)s."), params={"key": key})
