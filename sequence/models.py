"""Sequence: one dated run of a course."""

import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField

from mooc.lib.richtext import EXTENSIONS
from mooc.lib.text import validate_line, validate_text
from mooc.lib.zones import validate_zone, zone

DEFAULT_LENGTH = datetime.timedelta(weeks=6)
ASKING_HOUR = datetime.time(9)
LONGEST_WELCOME = 40_000  # bytes; with all that belongs to a message it stays under what Gmail cuts off
LINES = ("title", "mail_plan", "welcome_subject")
TEXTS = ("description", "welcome_html", "group_prompt")


class SequenceQuerySet(models.QuerySet["Sequence"]):
    def open_for_signup(self, now: datetime.datetime | None = None) -> list["Sequence"]:
        """Return the sequences that take sign-ups at `now`, first start first.

        Each closes when its closing day ends in its own zone, so the database narrows by date and Python decides.
        """
        now = now or clock.now()
        day = datetime.timedelta(days=1)
        near = self.filter(signup_close_date__gte=now.date() - day).order_by("start_date", "pk")
        return [sequence for sequence in near if sequence.is_open(now)]


class Sequence(models.Model):
    """One dated run of a course. Its dates are whole days in its own time zone."""

    class PostCopies(models.TextChoices):
        """What of the talk in groups comes to the organisers' address."""

        EACH = "each", _("each message as it comes")
        DAILY = "daily", _("one message a day with all of them")
        NONE = "none", _("nothing: they are read on the groups’ pages")

    title = models.CharField(
        _("title"), max_length=200, blank=True, help_text=_("What learners see. Empty: the title of the site.")
    )
    start_date = models.DateField(_("starts on"))
    end_date = models.DateField(_("ends on"), help_text=_("The last day of the course."))
    signup_open_date = models.DateField(
        _("sign-up opens on"), null=True, blank=True, help_text=_("Empty: it is open as soon as you save.")
    )
    signup_close_date = models.DateField(
        _("sign-up closes on"), help_text=_("The last day on which people can sign up, until midnight.")
    )
    timezone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_zone],
        help_text=_("Where midnight is. For example Europe/London."),
    )  # fmt: skip
    description = ProseEditorField(
        _("landing text"), blank=True, extensions=EXTENSIONS, sanitize=True,
        help_text=_("What the course is. It stands above the sign-up form."),
    )  # fmt: skip
    mail_plan = models.CharField(
        _("what mail will come"), max_length=300, blank=True,
        help_text=_("One sentence for the sign-up page, such as: Two messages a week for six weeks."),
    )  # fmt: skip
    confirm_addresses = models.BooleanField(
        _("confirm addresses"), default=True,
        help_text=_("People press a link in a first message before anything else is sent. Leave this on, unless all "
                    "sign-ups come from a list of people who have already agreed."),
    )  # fmt: skip
    welcome_subject = models.CharField(_("subject of the welcome"), max_length=200, blank=True)
    welcome_html = ProseEditorField(
        _("welcome text"), blank=True, extensions=EXTENSIONS, sanitize=True,
        help_text=_("Sent once, after the address is confirmed. Empty: a short standard welcome."),
    )  # fmt: skip
    ask_still_in_on = models.DateField(
        _("ask “still in?” on"), null=True, blank=True,
        help_text=_("On this day at 9:00 everyone who wants a group gets a message with one button. Choose a day some "
                    "days before you make groups. Empty: nobody is asked."),
    )  # fmt: skip
    leave_silent_out = models.BooleanField(
        _("leave silent people out of groups"), default=False,
        help_text=_("Only those who pressed the button come into groups. The others are told that they can still join "
                    "by one press."),
    )  # fmt: skip
    group_prompt = ProseEditorField(
        _("first prompt for groups"), blank=True, extensions=EXTENSIONS, sanitize=True,
        help_text=_("Stands in the message that introduces a group: a first small thing to write to each other."),
    )  # fmt: skip
    post_copies = models.CharField(
        _("what groups write comes to you as"), max_length=5, choices=PostCopies, default=PostCopies.EACH,
        db_default=PostCopies.EACH,
        help_text=_("At the address of the course team. Many groups write much. The one message comes at seven in the "
                    "morning."),
    )  # fmt: skip
    copied_to = models.DateTimeField(null=True, editable=False)  # posts up to here were in such a message
    date_created = models.DateTimeField(_("made"), auto_now_add=True)
    date_updated = models.DateTimeField(_("changed"), auto_now=True)

    objects = SequenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("course run")
        verbose_name_plural = _("course runs")
        ordering = ["-start_date", "-pk"]

    def __str__(self) -> str:
        return f"{self.title or _('Course')} ({self.start_date:%-d %B %Y})"

    @property
    def zone(self) -> datetime.tzinfo:
        return zone(self.timezone)

    @property
    def starts_at(self) -> datetime.datetime:
        """The first moment of the first day."""
        return datetime.datetime.combine(self.start_date, datetime.time(), self.zone)

    @property
    def opens_at(self) -> datetime.datetime | None:
        """The first moment of the day sign-up opens; None where it always was."""
        return self.signup_open_date and datetime.datetime.combine(self.signup_open_date, datetime.time(), self.zone)

    @property
    def closes_at(self) -> datetime.datetime:
        """The midnight that ends the closing day."""
        next_day = later(self.signup_close_date, datetime.timedelta(days=1))
        return datetime.datetime.combine(next_day, datetime.time(), self.zone)

    @property
    def asks_still_in_at(self) -> datetime.datetime | None:
        """The moment from which people are asked whether they are still in; None where nobody is."""
        day = self.ask_still_in_on
        return day and datetime.datetime.combine(day, ASKING_HOUR, self.zone)

    def is_open(self, now: datetime.datetime | None = None) -> bool:
        """Say whether people can sign up at `now`."""
        now = now or clock.now()
        return now < self.closes_at and (self.opens_at is None or now >= self.opens_at)

    def clean(self) -> None:
        wrong: dict[str, list] = {}
        for names, validate in ((LINES, validate_line), (TEXTS, validate_text)):
            for name in names:
                try:
                    validate(getattr(self, name))
                except ValidationError as error:
                    wrong[name] = error.error_list
        if len(self.welcome_html.encode()) > LONGEST_WELCOME:
            wrong["welcome_html"] = [_("This welcome is too long for a message. Link to a page with the rest.")]
        if len(self.group_prompt.encode()) > LONGEST_WELCOME:
            wrong["group_prompt"] = [_("This prompt is too long for a message. Link to a page with the rest.")]
        if self.signup_close_date and self.end_date and self.signup_close_date > self.end_date:
            wrong["signup_close_date"] = [_("Sign-up cannot close after the course has ended.")]
        if wrong:
            raise ValidationError(wrong)

    def warnings(self, now: datetime.datetime | None = None) -> list[str]:
        """Return sentences about dates that are allowed but unusual."""
        today = (now or clock.now()).astimezone(self.zone).date()
        found = []
        if self.signup_close_date < today:
            found.append(_("The closing day is in the past: nobody can sign up."))
        if self.start_date < today:
            found.append(_("The first day is in the past."))
        if self.end_date < self.start_date:
            found.append(_("The last day is before the first."))
        if self.ask_still_in_on and self.ask_still_in_on < today <= self.start_date:
            found.append(_("The day to ask “still in?” has passed: nobody is asked any more."))
        if self.leave_silent_out and not self.ask_still_in_on:
            found.append(_("Nobody is asked “still in?”, so nobody counts as silent."))
        if self.signup_open_date and self.signup_open_date > self.signup_close_date:
            found.append(_("Sign-up closes before it opens: nobody can sign up."))
        return [str(sentence) for sentence in found]


def later(day: datetime.date, length: datetime.timedelta) -> datetime.date:
    """Return the day that lies `length` after `day`, or the last day there is (31 December 9999)."""
    return day + length if length <= datetime.date.max - day else datetime.date.max


def as_date(moment: datetime.date | datetime.datetime, timezone: str) -> datetime.date:
    """Return the day of `moment` in the zone; a datetime without a zone is read in that zone."""
    if not isinstance(moment, datetime.datetime):
        return moment
    return moment.astimezone(zone(timezone)).date() if clock.is_aware(moment) else moment.date()


def create_sequence(
    start_date: datetime.date | datetime.datetime,
    signup_close_date: datetime.date | datetime.datetime,
    title: str = "",
    timezone: str = "UTC",
    end_date: datetime.date | datetime.datetime | None = None,
) -> Sequence:
    """Make a sequence and return it.

    Dates or datetimes; a datetime without a zone is read in `timezone`. Past dates are allowed. The end, where not
    given, is six weeks after the start, or the closing day if that is later. Raises ValidationError on an unknown
    zone or a sign-up that closes after the end.
    """
    validate_zone(timezone)
    start, close = as_date(start_date, timezone), as_date(signup_close_date, timezone)
    end = as_date(end_date, timezone) if end_date else max(later(start, DEFAULT_LENGTH), close)
    made = Sequence(title=title, start_date=start, signup_close_date=close, end_date=end, timezone=timezone)
    made.full_clean()
    made.save()
    return made


def current_sequence(now: datetime.datetime | None = None) -> Sequence | None:
    """Return the sequence that a visitor would join at `now`: among the open ones, the first to start; or None."""
    found = Sequence.objects.open_for_signup(now)
    return found[0] if found else None


def title_of(sequence: Sequence | None) -> str:
    """Return what learners see as the name of a course; the site's own title where it has none."""
    return (sequence.title if sequence else "") or settings.MOOC_TITLE
