"""The form in which an organiser answers what a learner wrote."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mailing.content import values_of
from mailing.merge import fill
from mailing.models import Delivery, Reply, SavedAnswer
from mailing.reply_letters import LONGEST_ANSWER
from mooc.lib.text import validate_line, validate_text


class AnswerForm(forms.Form):
    """An answer, perhaps begun with a saved one, perhaps kept as one."""

    saved = forms.ModelChoiceField(
        SavedAnswer.objects.all(), label=_("Saved answer"), required=False, empty_label=_("Choose one")
    )
    text = forms.CharField(
        label=_("Your answer"), max_length=LONGEST_ANSWER, validators=[validate_text],
        widget=forms.Textarea({"rows": 10}), error_messages={"required": _("Write an answer.")},
    )  # fmt: skip
    keep_as = forms.CharField(
        label=_("Keep this text under a name, to use it again"), max_length=100, required=False,
        validators=[validate_line],
    )  # fmt: skip
    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean_keep_as(self) -> str:
        title = self.cleaned_data["keep_as"]
        if title and SavedAnswer.objects.filter(title__iexact=title).exists():
            raise ValidationError(_("A saved answer has this name. Choose another."))
        return title


def with_saved(typed: str, saved: SavedAnswer, reply: Reply) -> str:
    """Return what was typed with a saved answer put below it, its merge tags filled for who wrote the reply."""
    person = reply.signup
    row = Delivery(signup=person, kind=Delivery.Kind.EMAIL, address=reply.address)
    # Nobody is behind a stranger's values but the example of a test message: the fallbacks stand for them.
    values = values_of(row) if person else dict.fromkeys(values_of(row), "")
    return "\n\n".join(part for part in (typed.rstrip(), fill(saved.text, values, html=False).strip()) if part)
