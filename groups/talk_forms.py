"""What members write on the group's page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from groups.posts import LONGEST_SUBJECT, LONGEST_TEXT, Preference
from mooc.lib.text import validate_line, validate_text


class PostForm(forms.Form):
    """A message to the group: a new conversation, or an answer to the post in `answer`."""

    subject = forms.CharField(
        label=_("Subject"), max_length=LONGEST_SUBJECT, required=False, validators=[validate_line]
    )  # fmt: skip
    text = forms.CharField(
        label=_("Your message"), max_length=LONGEST_TEXT, validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write something first.")},
    )  # fmt: skip
    answer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    once = forms.CharField(max_length=64, widget=forms.HiddenInput)


class MailForm(forms.Form):
    """How a member wants the group's mail."""

    mail = forms.ChoiceField(choices=Preference.Mail.choices)
    echo = forms.BooleanField(required=False)


class ReportForm(forms.Form):
    """What is wrong with a post."""

    words = forms.CharField(
        label=_("What is wrong with it?"), max_length=500, required=False, validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 3, "aria-describedby": "words_help"}),
    )  # fmt: skip

    def clean_words(self) -> Any:
        return self.cleaned_data["words"].strip()
