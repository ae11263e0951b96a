"""The names of answers."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
# What a message may say about anybody, besides the answers to questions.
VARIABLES = (
    "name", "first_name", "course", "group_name", "group_address", "check_in", "my_page_url", "unsubscribe_url"
)  # fmt: skip
FORM_FIELDS = ("email", "name", "timezone", "wants_group", "sequence", "website", "csrfmiddlewaretoken")
LINKS = ("confirm_url", "one_click_url", "still_in_url", "on_track_url", "behind_url", "stuck_url")
ABOUT_GROUPS = ("group_members", "group_made", "old_group_name", "newcomers")  # only in messages of ours
# What templates ask of a form by name: a field of that name would answer instead.
FORM_WORDS = ("asked", "errors", "hidden_fields", "honeypot", "non_field_errors", "visible_fields")
TAKEN = frozenset((*VARIABLES, *FORM_FIELDS, *LINKS, *ABOUT_GROUPS, *FORM_WORDS, "key"))


def validate_key(key: str) -> None:
    """Raise ValidationError unless `key` can name an answer: small letters, digits, underscores, not a taken name."""
    if not KEY.match(key):
        raise ValidationError(_("Use small letters, digits and underscores, beginning with a letter."))
    if key in TAKEN:
        raise ValidationError(_("This name is taken. Choose another, such as my_%(key)s."), params={"key": key})
