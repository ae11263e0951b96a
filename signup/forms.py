"""The sign-up form of one sequence, made from its questions."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooc.lib.addresses import clean_address
from mooc.lib.text import validate_line, validate_text
from mooc.lib.zone_select import ZoneSelect
from mooc.lib.zones import validate_zone
from sequence.models import Sequence
from signup.models import Question

SHORT, LONG = 300, 5_000
TOO_LONG = _("This is too long: %(show_value)s characters. At most %(limit_value)s fit.")
NO = frozenset(("false", "0", "no", "off", ""))


class YesUnlessNo(forms.CheckboxInput):
    """A checkbox that means yes where it is absent and no where it says so: `false`.

    Browsers send nothing for an empty box, so the page sends a hidden `false` before it; the last value counts.
    """

    template_name = "signup/yes_unless_no.html"

    def value_from_datadict(self, data, files, name: str) -> bool:
        given = data.getlist(name) if hasattr(data, "getlist") else [data[name]] if name in data else []
        return not given or str(given[-1]).strip().lower() not in NO


class AddressField(forms.CharField):
    """One e-mail address, as `mooc.lib.addresses` takes it."""

    widget = forms.EmailInput

    def __init__(self, **kwargs):
        super().__init__(label=_("Your e-mail address"), **kwargs)
        self.widget.attrs.update(autocomplete="email", autocapitalize="none", spellcheck="false")
        self.error_messages["required"] = _("Enter your e-mail address.")

    def clean(self, value: str) -> str:
        return clean_address(super().clean(value))


class AddressForm(forms.Form):
    """One address, to send a link to."""

    email = AddressField()


class PersonForm(forms.Form):
    """What one person says about themselves. `form_class` adds the questions of a course."""

    course: Sequence | None = None
    questions: tuple[Question, ...] = ()

    name = forms.CharField(
        label=_("Your name"), required=False, max_length=100, validators=[validate_line],
        help_text=_("So that messages can greet you. Your group sees it too."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}), error_messages={"max_length": TOO_LONG},
    )  # fmt: skip
    timezone = forms.CharField(
        label=_("Your time zone"), required=False, validators=[validate_zone], widget=ZoneSelect,
        help_text=_("We use it to put you in a group whose days overlap with yours."),
    )  # fmt: skip
    wants_group = forms.BooleanField(
        label=_("Put me in a small group of learners"), required=False, widget=YesUnlessNo, initial=True,
        help_text=_("Groups talk by e-mail. Leave the box empty to take the course on your own."),
    )  # fmt: skip

    def asked(self) -> list[forms.BoundField]:
        """The fields to show, in order."""
        return [field for field in self.visible_fields() if field.name != "website"]

    def said(self) -> dict[str, Any]:
        """Return what a valid form said, as `Signup.take` wants it.

        What is absent says nothing, and neither does an unanswered question: an older answer stays.
        """
        clean = self.cleaned_data
        answers = {question.key: clean[question.key] for question in self.questions}
        said = {
            "name": clean["name"],
            "timezone": clean["timezone"],
            "answers": {key: answer for key, answer in answers.items() if answer not in ("", [], None)},
        }
        return {**said, "wants_group": clean["wants_group"]} if "wants_group" in self.data else said


class SignupForm(PersonForm):
    """The form on the landing page: who you are, the questions, and a field that people never see."""

    email = AddressField(help_text=_("The course comes to this address. Other learners do not see it."))
    website = forms.CharField(
        required=False, label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off", "aria-hidden": "true"}),
    )  # fmt: skip

    @property
    def honeypot(self) -> forms.BoundField:
        return self["website"]

    @property
    def is_trap(self) -> bool:
        """Whether the field that people never see was filled in."""
        return bool(self.cleaned_data.get("website"))


class SharedFields(dict):
    """Fields that all forms of a class share: nothing changes them, and copying them costs more than checking."""

    def __deepcopy__(self, memo: dict) -> dict:
        return dict(self)


def form_class(
    base: type[PersonForm], course: Sequence | None, questions: Iterable[Question], *, guess: bool = False
) -> type[PersonForm]:
    """Return the form of one course: `base` with its questions; the group is asked last. Made once, used often."""
    questions = tuple(questions)
    fields: dict[str, Any] = {question.key: field_of(question) for question in questions}
    zone = deepcopy(base.base_fields["timezone"])
    zone.initial = course.timezone if course else "UTC"
    # page.js selects the browser's own zone where nobody has chosen one yet.
    zone.widget = ZoneSelect({"data-guess": ""} if guess else None)
    fields["timezone"] = zone
    if course and issubclass(base, SignupForm):
        fields["sequence"] = forms.CharField(required=False, initial=str(course.pk), widget=forms.HiddenInput)
    order = ["email", "name", "timezone", *(question.key for question in questions), "wants_group"]
    made = type(base.__name__, (base,), {"course": course, "questions": questions, "field_order": order})
    # Not as attributes of the class: the key of a question may be the name of one, such as `prefix`.
    made.base_fields = SharedFields({**base.base_fields, **fields})
    for asked in made.base_fields.values():
        asked.label, asked.help_text = str(asked.label), str(asked.help_text)  # translated once
    return made


def field_of(question: Question) -> forms.Field:
    """Return the form field that asks one question."""
    shared: dict[str, Any] = {
        "label": question.label, "help_text": question.help_text, "required": question.required,
        "error_messages": {
            "required": _("Choose an answer.") if question.is_choice else _("Answer this question."),
            "invalid_choice": _("Choose among the answers that stand here."),
            "max_length": TOO_LONG,
        },
    }  # fmt: skip
    options = [(option, option) for option in question.options()]
    match question.kind:
        case Question.Kind.LONG:
            return forms.CharField(
                max_length=LONG, validators=[validate_text], widget=forms.Textarea(attrs={"rows": 4}), **shared
            )
        case Question.Kind.ONE if len(options) > 7:
            return forms.ChoiceField(choices=[("", ""), *options], **shared)
        case Question.Kind.ONE:
            return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **shared)
        case Question.Kind.MANY:
            return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **shared)
        case Question.Kind.YES:
            return forms.TypedChoiceField(
                choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda said: said == "yes", empty_value=None,
                widget=forms.RadioSelect, **shared,
            )  # fmt: skip
        case _:
            return forms.CharField(max_length=SHORT, validators=[validate_line], **shared)


def longest_answer(question: Question) -> int:
    """Return how many characters an answer to a question has at most, as a message shows it."""
    match question.kind:
        case Question.Kind.LONG:
            return LONG
        case Question.Kind.ONE:
            return max(map(len, question.options()), default=0)
        case Question.Kind.MANY:
            return len(", ".join(question.options()))
        case Question.Kind.YES:
            return max(len(_("Yes")), len(_("No")))
        case _:
            return SHORT
