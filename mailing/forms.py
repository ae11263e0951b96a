"""The form in which staff write an e-mail."""

import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mailing import merge
from mailing.content import finish_email, finish_welcome
from mailing.models import Email
from mailing.render import LARGEST_HTML, text_of
from mailing.scheduling import check_time
from mooc.lib.moments import comes_twice, in_words_beside_utc, read
from mooc.lib.text import validate_line, validate_text
from sequence.models import Sequence
from signup.forms import longest_answer
from signup.keys import VARIABLES

MOST_TAGS, LONGEST_TAG = 3, 40  # Mailgun takes more of neither for certain
WHAT_EACH_GIVES = {
    "name": _("the person’s whole name"),
    "first_name": _("the first word of the name"),
    "course": _("the title of the course"),
    "group_name": _("the name of the person’s group"),
    "group_address": _("the address that reaches the group"),
    "check_in": _("“How is it going?” with three links: on track, behind, stuck"),
    "my_page_url": _("the link to the person’s own page"),
    "unsubscribe_url": _("the link that stops all mail; every message ends with it anyway"),
}


def variables_of(sequence: Sequence | None) -> list[tuple[str, str]]:
    """Return every merge variable of a course run with what it gives: the fixed ones, then its questions."""
    questions = sequence.questions.values_list("key", "label") if sequence else ()
    asked = [(key, _("the answer to “%(question)s”") % {"question": label}) for key, label in questions]
    return [(name, WHAT_EACH_GIVES[name]) for name in VARIABLES] + asked


def warnings_about(email: Email) -> list[str]:
    """Return sentences about an e-mail that may be saved but would not arrive as it was meant."""
    found = _unknown_variables(email.sequence, email.subject, email.html, email.text)
    try:
        done = finish_email(email)
    except ValidationError as refusal:
        return found + refusal.messages
    return found + _too_long_for_some(done.html, email.sequence)


def welcome_warnings(sequence: Sequence) -> list[str]:
    """Return sentences about a course's own welcome that may be saved but would not arrive as it was meant."""
    found = _unknown_variables(sequence, sequence.welcome_subject, sequence.welcome_html)
    try:
        _subject, done = finish_welcome(sequence)
    except ValidationError as refusal:
        return found + refusal.messages
    return found + _too_long_for_some(done.html, sequence)


def _unknown_variables(sequence: Sequence, *parts: str) -> list[str]:
    known = {name for name, _gives in variables_of(sequence)}
    unknown = dict.fromkeys(name for part in parts for name in merge.unknown(part, known))
    sentence = _("{{ %(name)s }} is not a variable of this course. It would arrive as you typed it.")
    return [str(sentence % {"name": name}) for name in unknown]


def _too_long_for_some(html: str, sequence: Sequence) -> list[str]:
    """Return a warning where the longest answers that people may give make a finished message too long for Gmail."""
    longest = {question.key: longest_answer(question) for question in sequence.questions.all()}
    filled = len(merge.fill(html, {key: "x" * length for key, length in longest.items()}, html=True).encode())
    if filled <= LARGEST_HTML:
        return []
    said = _(
        "With the longest answers that people may have given, this message is %(size)s bytes of HTML. Gmail cuts a "
        "message off after %(most)s bytes. Shorten it, or leave long answers out."
    )
    return [said % {"size": f"{filled:,}", "most": f"{LARGEST_HTML:,}"}]


class CourseSelect(forms.Select):
    """The list of course runs; each option carries its time zone for the page's script."""

    def create_option(self, name, value, label, selected, index, subindex=None, attrs=None) -> dict:
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        if value:
            option["attrs"]["data-zone"] = value.instance.timezone
        return option


class CourseField(forms.ModelChoiceField):
    """One course run, with its time zone beside it."""

    widget = CourseSelect

    def label_from_instance(self, sequence: Sequence) -> str:
        return f"{sequence}, {sequence.timezone}"


class TagsField(forms.CharField):
    """Up to three words with commas between them, kept as a list."""

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: str) -> list[str]:
        tags = list(dict.fromkeys(word for part in super().clean(value).split(",") if (word := part.strip())))
        if len(tags) > MOST_TAGS:
            raise ValidationError(_("Write at most three tags."))
        for tag in tags:
            if len(tag) > LONGEST_TAG or not (tag.isascii() and tag.isprintable()):
                raise ValidationError(_("A tag is short: unaccented letters, digits, spaces and hyphens."))
        return tags

    def has_changed(self, initial, data) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class WallTimeField(forms.SplitDateTimeField):
    """A day and a time as a clock on the wall shows them: a datetime without a zone."""

    widget = forms.SplitDateTimeWidget(
        date_attrs={"type": "date", "aria-label": _("Day")},
        date_format="%Y-%m-%d",
        time_attrs={"type": "time", "aria-label": _("Time")},
        time_format="%H:%M",
    )

    def compress(self, parts: list) -> datetime.datetime | None:
        if not parts or parts == [None, None]:
            return None
        day, time = parts
        if day in self.empty_values or time in self.empty_values:
            raise ValidationError(_("Choose both the date and the time."))
        return datetime.datetime.combine(day, time)


class EmailForm(forms.ModelForm):
    """One e-mail as staff type it: the time in the course run's zone, the plain text as it would be derived."""

    sequence = CourseField(label=_("Course run"), queryset=Sequence.objects.all())
    tags = TagsField(
        label=_("Tags"), required=False, max_length=200,
        help_text=_("Words with commas between them, to find this message by in reports. At most three."),
    )  # fmt: skip
    scheduled_for = WallTimeField(label=_("Send on"), required=False)
    test_address = forms.CharField(label=_("Address"), required=False, max_length=254)

    class Meta:
        model = Email
        fields = ("sequence", "subject", "html", "text", "tags", "audience", "scheduled_for")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.derived = same_lines(text_of(self.instance.html)) if self.instance.html else ""
        when = self.instance.scheduled_for
        if self.instance.pk:
            self.initial["text"] = self.instance.text or self.derived
        if when:
            self.initial["scheduled_for"] = when.astimezone(self.instance.sequence.zone).replace(tzinfo=None)
        self.fields["scheduled_for"].help_text = self._about_time(when)
        self.fields["text"].help_text = _(
            "For mail programs that show no formatting. It is made anew from the text above, until you change it here. "
            "Empty it to have it made again."
        )
        self.fields["test_address"].widget = forms.EmailInput(attrs={"autocomplete": "email"})

    def _about_time(self, when: datetime.datetime | None) -> str:
        if when is None:
            return _("In the time zone of the course run.")
        sentence = in_words_beside_utc(when, self.instance.sequence.zone)
        if comes_twice(self.initial["scheduled_for"], self.instance.sequence.zone):
            sentence += ". " + str(_("Clocks go back that night and show this time twice; the first is meant."))
        return sentence

    def clean_subject(self) -> str:
        validate_line(self.cleaned_data["subject"])
        return self.cleaned_data["subject"]

    def clean_html(self) -> str:
        """Return what was written; an editor in which nothing was typed still sends an empty paragraph."""
        validate_text(self.cleaned_data["html"])
        if not text_of(self.cleaned_data["html"]):
            raise ValidationError(_("Write the text of the message."))
        return self.cleaned_data["html"]

    def clean_text(self) -> str:
        """Return what was written by hand; "" where the box still holds what we derived."""
        validate_text(self.cleaned_data["text"])
        text = same_lines(self.cleaned_data["text"])
        return "" if text in (self.derived, same_lines(text_of(self.cleaned_data.get("html", "")))) else text

    def clean(self) -> dict:
        said = super().clean()
        try:
            said["scheduled_for"] = self._time(said)
        except ValidationError as refusal:
            self.add_error("scheduled_for", refusal.messages)
        return said

    def _time(self, said: dict) -> datetime.datetime | None:
        """Return the time as UTC; one that is asked for now must be to come, one that stood there may have passed."""
        wall, sequence = said.get("scheduled_for"), said.get("sequence")
        if self.errors.keys() & {"scheduled_for", "sequence"}:
            return None
        when = wall and read(wall, sequence.zone)
        scheduled = self.instance.state == Email.State.SCHEDULED and "_unschedule" not in self.data
        if scheduled and when is None:
            raise ValidationError(_("This message is scheduled. Choose a time, or unschedule it."))
        if "_schedule" in self.data or (when and {"scheduled_for", "sequence"} & set(self.changed_data)):
            check_time(when)
        return when


def same_lines(text: str) -> str:
    """Return `text` with one kind of line break, without spaces around it: browsers send another kind."""
    return "\n".join(text.splitlines()).strip()
