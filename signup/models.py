"""Question: one extra question on a form. Signup: one person in one sequence, or waiting for the next."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from mooc.lib.addresses import LONGEST, clean_address, fold
from mooc.lib.digests import digest
from mooc.lib.keys import is_key, new_key
from mooc.lib.text import texts_in, validate_line, validate_text
from mooc.lib.zones import validate_zone, zone
from sequence.models import Sequence
from signup.keys import validate_key


class FoldedAddressField(models.CharField):
    """The folded form of another field's address, filled in when the row is written."""

    def __init__(self, *args, source: str = "email", **kwargs):
        self.source = source
        super().__init__(*args, **kwargs)

    def pre_save(self, instance: models.Model, add: bool) -> str:
        value = fold(getattr(instance, self.source))
        setattr(instance, self.attname, value)
        return value


class Question(models.Model):
    """One extra question on a sequence's form. The answer is stored under its key."""

    class Kind(models.TextChoices):
        TEXT = "text", _("short text")
        LONG = "long", _("long text")
        ONE = "one", _("one of several")
        MANY = "many", _("any of several")
        YES = "yes", _("yes or no")

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="questions", verbose_name=_("course run"))
    label = models.CharField(_("question"), max_length=300)
    key = models.CharField(
        _("key"), max_length=40, validators=[validate_key],
        help_text=_("A short name for lists and messages, such as goal. {{ goal }} in a message becomes the answer."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=4, choices=Kind, default=Kind.TEXT)
    choices = models.TextField(_("choices"), blank=True, help_text=_("One on each line."))
    required = models.BooleanField(_("required"), default=False)
    help_text = models.CharField(_("help"), max_length=300, blank=True, help_text=_("Stands under the question."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("question")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint("sequence", "key", name="question_key_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def is_choice(self) -> bool:
        """Whether it is answered by choosing."""
        return self.kind in (self.Kind.ONE, self.Kind.MANY, self.Kind.YES)

    def options(self) -> list[str]:
        """Return the choices, without empty lines and repeats."""
        return list(dict.fromkeys(line.strip() for line in self.choices.splitlines() if line.strip()))

    def clean(self) -> None:
        if self.kind in (self.Kind.ONE, self.Kind.MANY) and len(self.options()) < 2:
            raise ValidationError({"choices": _("Write at least two choices, one on each line.")})


class SignupQuerySet(models.QuerySet["Signup"]):
    def live(self) -> "SignupQuerySet":
        """Those who have not left."""
        return self.filter(left=None)

    def active(self) -> "SignupQuerySet":
        """Those who may be sent course mail: confirmed, not left, not bounced."""
        return self.filter(confirmed__isnull=False, left=None, bounced=None)

    def of_address(self, address: str) -> "SignupQuerySet":
        """Every row of one mailbox, in any spelling."""
        return self.filter(folded=fold(address))

    def of_key(self, key: str) -> "SignupQuerySet":
        """The row that a key from an address opens, if there is one."""
        return self.filter(key=key) if is_key(key) else self.none()


class Signup(models.Model):
    """One person in one sequence. Without a sequence: on the waiting list for the next one."""

    sequence = models.ForeignKey(
        Sequence, models.CASCADE, null=True, blank=True, related_name="signups", verbose_name=_("course run"),
        help_text=_("Empty: waiting for the next one."), db_index=False,  # the constraint below has it first
    )  # fmt: skip
    email = models.EmailField(_("e-mail"), max_length=LONGEST)
    folded = FoldedAddressField(max_length=LONGEST * 2, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    wants_group = models.BooleanField(_("wants a group"), default=True)
    key = models.CharField(_("key"), max_length=64, unique=True, default=new_key, editable=False)
    asked = models.DateTimeField(null=True, editable=False)  # a confirmation is wanted that is not queued yet
    aside = models.JSONField(default=dict, editable=False)  # said without proof about somebody confirmed, see `join`
    confirmed = models.DateTimeField(_("confirmed"), null=True, blank=True)
    first_confirmed = models.DateTimeField(null=True, editable=False)
    left = models.DateTimeField(_("left"), null=True, blank=True)
    bounced = models.DateTimeField(_("bounced"), null=True, blank=True)
    waited = models.DateTimeField(_("came from the waiting list"), null=True, editable=False)
    welcomed = models.DateTimeField(_("welcomed"), null=True, editable=False)
    date_created = models.DateTimeField(_("signed up"), auto_now_add=True, db_index=True)
    date_updated = models.DateTimeField(_("changed"), auto_now=True)

    objects = SignupQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-up")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint("sequence", "folded", name="signup_once_a_sequence"),
            models.UniqueConstraint("folded", condition=Q(sequence=None), name="signup_once_waiting"),
        ]
        indexes = [
            models.Index("folded", name="signup_by_address"),
            models.Index("id", condition=Q(asked__isnull=False), name="signup_to_ask"),
            models.Index(
                "sequence", condition=Q(welcomed=None, left=None, confirmed__isnull=False), name="signup_to_welcome"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def zone(self):
        return zone(self.timezone)

    @property
    def first_name(self) -> str:
        """The first word of the name, as it was typed."""
        return self.name.split()[0] if self.name.split() else ""

    def take(self, said: dict[str, Any]) -> None:
        """Take over what a form said, without saving: `name`, `timezone`, `wants_group`, `answers`.

        What is absent stays. New answers are added and the same keys overwritten. An empty name says nothing.
        """
        self.name = said.get("name") or self.name
        self.timezone = said.get("timezone") or self.timezone
        self.wants_group = said.get("wants_group", self.wants_group)
        self.answers = {**self.answers, **said.get("answers", {})}

    def put_aside(self, said: dict[str, Any]) -> None:
        """Keep what a form said until a link is pressed, without saving; newer answers overwrite older ones."""
        answers = {**self.aside.get("answers", {}), **said.get("answers", {})}
        self.aside = {**self.aside, **said, "answers": answers}


class LinkRequest(models.Model):
    """A message with a link: asked for and not yet mailed, or mailed, or used."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm"
        UNSUBSCRIBE = "unsubscribe"

    kind = models.CharField(max_length=12, choices=Kind)
    signup = models.ForeignKey(Signup, models.CASCADE, related_name="link_requests")
    key = models.CharField(max_length=64, unique=True, default=new_key, editable=False)
    made = models.DateTimeField(auto_now_add=True)
    mailed = models.DateTimeField(null=True)
    used = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("id", condition=Q(mailed=None), name="link_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ErasedAddressQuerySet(models.QuerySet["ErasedAddress"]):
    def of(self, address: str) -> "ErasedAddressQuerySet":
        return self.filter(digest=digest("erased", fold(address)))


class ErasedAddress(models.Model):
    """Somebody was erased. The keyed hash keeps the address out of imports without keeping the address."""

    digest = models.CharField(max_length=64, unique=True)
    erased = models.DateTimeField(auto_now_add=True)

    objects = ErasedAddressQuerySet.as_manager()

    def __str__(self) -> str:
        return f"erased {self.erased:%Y-%m-%d}"


class Visitor(models.Model):
    """How many sign-ups one network has sent since `since`; the network stands here as a keyed hash."""

    digest = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} since {self.since:%Y-%m-%d %H:%M}"


def create_signup(
    sequence: Sequence | None,
    email: str,
    *,
    name: str = "",
    timezone: str = "UTC",
    answers: dict[str, Any] | None = None,
    wants_group: bool = True,
    confirmed: bool = False,
) -> Signup:
    """Make or update the sign-up of one person from a script, and return it.

    For people who have already agreed: nothing is asked and nothing kept aside. A second call merges the answers
    (keys that no Question has are kept) and brings back somebody who had left. Raises ValidationError on a bad
    address, zone or name, on answers that are no JSON object, and on an address whose owner asked to be erased.
    """
    address = clean_address(email)
    _check_said(name, answers or {})
    if ErasedAddress.objects.of(address).exists():
        raise ValidationError(_("The owner of this address asked to be erased. Only they can sign up again."))
    said = {"name": name, "timezone": timezone, "wants_group": wants_group, "answers": answers or {}}
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                found = Signup.objects.select_for_update().of_address(address).filter(sequence=sequence).first()
                row = found or Signup(sequence=sequence, email=address)
                row.take(said)
                row.left = None
                if confirmed and not row.confirmed:
                    row.confirmed = clock.now()
                    row.first_confirmed = row.first_confirmed or row.confirmed
                row.full_clean(validate_unique=False, validate_constraints=False)
                row.save()
                return row
        except IntegrityError:
            # Another process made the same person between our look and our write: now the look finds them.
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def _check_said(name: str, answers: dict[str, Any]) -> None:
    """Raise ValidationError on what forms refuse and a database could not store."""
    try:
        validate_line(name)
    except ValidationError as error:
        raise ValidationError({"name": error.error_list}) from None
    try:
        json.dumps(answers, allow_nan=False)
        for text in texts_in(answers):
            validate_text(text)
    except (TypeError, ValueError):
        raise ValidationError({"answers": _("Answers must be values of JSON.")}) from None
    except ValidationError as error:
        raise ValidationError({"answers": error.error_list}) from None
    if not isinstance(answers, dict):
        raise ValidationError({"answers": _("Answers must stand under keys.")})
