"""The rules for the groups of a course run as a form: all of its state stands in the address of the page."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from groups.forming import rules_of
from groups.models import LARGEST, FormingRules
from groups.plan import MIX, SIMILAR, Options
from mooc.lib.text import validate_line
from sequence.models import Sequence
from signup.models import Question

IGNORE = ""


class FormingForm(forms.Form):
    """What an organiser decides; `rules` returns it as a row."""

    target = forms.IntegerField(label=_("People in a group"), min_value=1, max_value=LARGEST)
    minimum = forms.IntegerField(label=_("At least"), min_value=1, max_value=LARGEST, required=False)
    maximum = forms.IntegerField(
        label=_("At most"), min_value=1, max_value=2 * LARGEST, required=False,
        help_text=_("Empty: from six tenths to fourteen tenths of the size."),
    )  # fmt: skip
    apart = forms.ChoiceField(
        label=_("Groups of their own by"), required=False,
        help_text=_("For languages. If few share an answer, they go with the answer that most gave. "
                    "This question is not mixed then."),
    )  # fmt: skip
    people = forms.ChoiceField(
        label=_("Who is in"), choices=[("confirmed", _("Only people who confirmed")), ("all", _("Everybody"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    seed = forms.CharField(
        label=_("Seed"), max_length=40, validators=[validate_line],
        help_text=_("The same seed makes the same groups. Another one shuffles who is with whom."),
    )  # fmt: skip

    def __init__(self, sequence: Sequence, said: Any = None):
        self.sequence = sequence
        self.remembered = rules_of(sequence)
        self.questions = [
            question for question in Question.objects.filter(sequence=sequence) if question.is_choice
        ]  # fmt: skip
        super().__init__(said or self._initial())
        labels = {one.key: one.label for one in self.questions}
        if self.remembered.apart:
            # A script may have taken answers to a key that no question of the form has.
            labels.setdefault(self.remembered.apart, self.remembered.apart)
        self.fields["apart"].choices = [("", _("nothing")), *labels.items()]
        hows = [(IGNORE, _("does not matter")), (MIX, _("mix")), (SIMILAR, _("keep together"))]
        for question in self.questions:
            self.fields[f"how_{question.pk}"] = forms.ChoiceField(label=question.label, choices=hows, required=False)
            self.fields[f"place_{question.pk}"] = forms.IntegerField(
                label=_("Rank"), min_value=1, max_value=99, required=False
            )

    def _initial(self) -> dict[str, Any]:
        rules = self.remembered
        said = {
            "target": rules.target, "minimum": rules.minimum, "maximum": rules.maximum, "apart": rules.apart,
            "people": "confirmed" if rules.confirmed_only else "all", "seed": rules.seed,
        }  # fmt: skip
        hows = {key: (how, place) for place, (key, how) in enumerate(rules.questions, start=1)}
        for question in self.questions:
            how, place = hows.get(question.key, (IGNORE, ""))
            said |= {f"how_{question.pk}": how, f"place_{question.pk}": place}
        return said

    def question_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the two fields of each question."""
        return [(self[f"how_{one.pk}"], self[f"place_{one.pk}"]) for one in self.questions]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not self.errors:
            try:
                self.options = Options(said["target"], said["minimum"] or 0, said["maximum"] or 0)
            except ValueError as error:
                raise ValidationError(str(error)) from None
        return said

    def rules(self) -> FormingRules:
        """Return the rules of a valid form, unsaved."""
        said = self.cleaned_data
        asked = [
            (said[f"place_{one.pk}"] or 99, place, one.key, said[f"how_{one.pk}"])
            for place, one in enumerate(self.questions) if said[f"how_{one.pk}"]
        ]  # fmt: skip
        return FormingRules(
            sequence=self.sequence, target=self.options.target, minimum=self.options.minimum,
            maximum=self.options.maximum, questions=[[key, how] for _rank, _place, key, how in sorted(asked)],
            apart=said["apart"], confirmed_only=said["people"] == "confirmed", seed=said["seed"],
        )  # fmt: skip
