"""Email: what staff wrote. Delivery: one message to one address. Batch: one call to the provider. Tick: one run."""

import datetime
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField

from mailing.provider_lists import ListMember, ProviderList
from mailing.replies import Answer, Reply, SavedAnswer
from mooc.lib.moments import read
from mooc.lib.richtext import EXTENSIONS
from sequence.models import Sequence
from signup.models import Signup

__all__ = [
    "Answer", "Batch", "CheckIn", "Delivery", "Email", "Event", "ListMember", "ModeratorNotice", "OutboxMessage",
    "ProviderList", "Reply", "SavedAnswer", "SeenToken", "SitePause", "Suppression", "Tick", "create_email",
    "refuse_past",
]  # fmt: skip


class Email(models.Model):
    """One message of a course, written by staff for an audience."""

    class Audience(models.TextChoices):
        INDIVIDUALS = "individuals", _("everyone in the course")
        GROUPS = "groups", _("members of groups")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        MISSED = "missed", _("missed")
        TEST = "test", _("test message")

    OPEN_STATES = (State.DRAFT, State.SCHEDULED, State.MISSED)

    sequence = models.ForeignKey(Sequence, models.PROTECT, related_name="emails", verbose_name=_("course run"))
    subject = models.CharField(_("subject"), max_length=200)
    html = ProseEditorField(_("text"), extensions=EXTENSIONS, sanitize=True)
    text = models.TextField(
        _("plain text"), blank=True,
        help_text=_("For mail programs that show no formatting. Empty: made from the text above."),
    )  # fmt: skip
    tags = models.JSONField(_("tags"), default=list, blank=True)
    audience = models.CharField(_("to"), max_length=12, choices=Audience, default=Audience.INDIVIDUALS)
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT)
    paused = models.DateTimeField(_("paused"), null=True, editable=False)
    resumed = models.DateTimeField(null=True, editable=False)  # after it had stopped itself: a person has seen the harm
    problem = models.TextField(_("what is wrong with it"), blank=True, editable=False)
    frozen_html = models.TextField(blank=True, editable=False)  # the whole page as it left, merge tags in place
    frozen_text = models.TextField(blank=True, editable=False)
    frozen_at = models.DateTimeField(_("sending began"), null=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    date_created = models.DateTimeField(_("made"), auto_now_add=True)
    date_updated = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("e-mail")
        ordering = ["-scheduled_for", "-pk"]
        indexes = [models.Index("scheduled_for", condition=Q(state="scheduled"), name="email_due")]

    def __str__(self) -> str:
        return self.subject

    @property
    def can_change(self) -> bool:
        """Whether it may still be edited or deleted: nothing of it has left."""
        return self.state in self.OPEN_STATES


class Batch(models.Model):
    """One call to the provider: which deliveries it carried, under which Message-Id, and what came of it."""

    class Outcome(models.TextChoices):
        HELD = "held", _("about to go")  # the call has not begun: it is certain that nothing of it was sent
        DROPPED = "dropped", _("not made")
        OPEN = "open", _("on its way")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", _("back in the queue")
        SPLIT = "split", _("split in two")
        TOO_MANY = "too many", _("split, as it was too large")
        REFUSED = "refused", _("refused")
        UNSURE = "unsure", _("no clear answer")
        SETTLED = "settled", _("settled afterwards")

    bundle = models.CharField(max_length=80)
    transport = models.CharField(_("by"), max_length=12)
    message_id = models.CharField(max_length=200, unique=True)  # without angle brackets
    size = models.PositiveIntegerField(_("recipients"))
    claimed = models.DateTimeField(_("begun"))
    lease_until = models.DateTimeField()
    finished = models.DateTimeField(_("finished"), null=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.OPEN)
    error = models.TextField(_("what was said"), blank=True)
    asked = models.DateTimeField(_("asked about"), null=True)  # when we last asked the provider what became of it
    doubt = models.TextField(_("why it is still unsure"), blank=True)

    class Meta:
        verbose_name = _("batch handed to the mail provider")
        verbose_name_plural = _("batches handed to the mail provider")
        indexes = [
            models.Index("lease_until", condition=Q(outcome="open"), name="batch_open"),
            models.Index("lease_until", condition=Q(outcome="held"), name="batch_held"),
            models.Index("lease_until", condition=Q(outcome="unsure"), name="batch_unsure"),
            models.Index("claimed", condition=Q(outcome="accepted"), name="batch_accepted"),
            models.Index("finished", condition=Q(outcome="too many"), name="batch_too_many"),
        ]

    def __str__(self) -> str:
        return self.message_id


class Delivery(models.Model):
    """One message to one address: the promise we keep. `mailing.delivery` alone writes `status`."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("on its way to the provider")
        ACCEPTED = "accepted", _("accepted by the provider")
        DEFERRED = "deferred", _("delayed by the mailbox")
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("bounced")
        COMPLAINED = "complained", _("reported as spam")
        FAILED = "failed", _("failed")
        UNSURE = "unsure", _("no clear answer")
        SKIPPED = "skipped", _("not sent")

    class Kind(models.IntegerChoices):
        """What kind of message, and which goes first: the smaller number."""

        CONFIRM = 10, _("confirmation")
        LINK = 11, _("link")
        TEST = 12, _("test message")
        CONTROL = 13, _("control message")
        ANSWER = 14, _("answer to a message not passed on")
        WRITTEN = 15, _("an organiser’s answer")
        MODERATION = 16, _("posts that wait for a moderator")
        WELCOME = 20, _("welcome")
        ASK = 24, _("“still in?”")
        INTRO = 25, _("introduction to a group")
        NEWS = 26, _("news of a group")
        LEFT_OUT = 27, _("not in a group yet")
        WAITING = 28, _("waiting for another group")
        POST = 30, _("group post")
        DIGEST = 40, _("digest")
        EMAIL = 50, _("course message")

    key = models.CharField(max_length=100)
    address = models.CharField(_("address"), max_length=254)
    signup = models.ForeignKey(Signup, models.SET_NULL, null=True, related_name="deliveries", verbose_name=_("sign-up"))
    email = models.ForeignKey(
        Email, models.CASCADE, null=True, related_name="deliveries", verbose_name=_("e-mail"),
        db_index=False,  # `delivery_counts` begins with it
    )  # fmt: skip
    kind = models.PositiveSmallIntegerField(_("kind"), choices=Kind)
    bundle = models.CharField(max_length=80)  # deliveries of one bundle have one content and may share a provider call
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    not_before = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="deliveries")
    doubled = models.DateTimeField(_("perhaps sent twice"), null=True)
    queued_at = models.DateTimeField(_("queued"), default=clock.now)
    changed_at = models.DateTimeField(_("changed"), default=clock.now)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint("key", "address", name="promised_once")]
        indexes = [
            models.Index("kind", "id", condition=Q(status="queued"), name="delivery_next"),
            models.Index("bundle", "id", condition=Q(status="queued"), name="delivery_of_bundle"),
            models.Index("email", "status", name="delivery_counts"),
            models.Index("status", "changed_at", condition=Q(status__in=("failed", "unsure")), name="delivery_trouble"),
        ]

    def __str__(self) -> str:
        return f"{self.key} to {self.address}"


class Event(models.Model):
    """One thing the provider told us, kept whole. Its ids are unique only within a day."""

    uid = models.CharField(max_length=200)
    day = models.DateField()
    kind = models.CharField(_("what"), max_length=30)
    happened = models.DateTimeField(_("when"))
    received = models.DateTimeField(_("received"), default=clock.now)
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="events")
    address = models.CharField(_("address"), max_length=254, blank=True)
    message_id = models.CharField(max_length=300, blank=True)
    machine = models.BooleanField(_("by a machine"), default=False)
    url = models.TextField(_("link"), blank=True)
    payload = models.JSONField()
    whole = models.BooleanField(default=True, db_default=True)  # the payload is still there

    class Meta:
        verbose_name = _("event")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint("uid", "day", name="event_once")]
        indexes = [
            models.Index("kind", "happened", name="event_kind_time"),
            models.Index("received", condition=Q(whole=True), name="event_to_trim"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"


class SeenToken(models.Model):
    """The token of one signed call of the provider: a second call with it is a replay."""

    token = models.CharField(max_length=100, unique=True)
    seen = models.DateTimeField(default=clock.now, db_index=True)

    def __str__(self) -> str:
        return self.token


class Suppression(models.Model):
    """An address that must not be written to, whoever signs it up, until it is lifted."""

    class Kind(models.TextChoices):
        BOUNCE = "bounce", _("bounced")
        COMPLAINT = "complaint", _("reported as spam")
        UNSUBSCRIBE = "unsubscribe", _("unsubscribed at the provider")

    folded = models.CharField(_("address"), max_length=508)
    kind = models.CharField(_("why"), max_length=11, choices=Kind)
    since = models.DateTimeField(_("since"))
    lifted = models.DateTimeField(_("lifted"), null=True, blank=True)
    removed = models.DateTimeField(null=True)  # when the provider's own entry was taken out, for good or to try
    tried = models.DateTimeField(null=True)  # when the provider last refused to change it
    trouble = models.TextField(_("what the provider said"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("address that gets no mail")
        verbose_name_plural = _("addresses that get no mail")
        constraints = [models.UniqueConstraint("folded", "kind", name="suppressed_once")]
        indexes = [
            models.Index("tried", condition=Q(lifted__isnull=False, removed=None), name="suppression_to_remove"),
            models.Index("removed", condition=Q(lifted=None, removed__isnull=False), name="suppression_on_trial"),
        ]

    def __str__(self) -> str:
        return f"{self.folded}: {self.get_kind_display()}"


class SitePause(models.Model):
    """While a row stands here, nothing is sent to anybody."""

    since = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("pause of all mail")
        verbose_name_plural = _("pauses of all mail")

    def __str__(self) -> str:
        return f"paused since {self.since:%Y-%m-%d %H:%M}"


class ModeratorNotice(models.Model):
    """One row: the last message that told the organisers of posts that wait for a moderator."""

    number = models.PositiveIntegerField(default=0)
    settled = models.DateTimeField(null=True)  # since when nothing has waited: what waits next begins anew

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The key and the bundle of that message in the ledger."""
        return f"moderation:{self.number}"


class OutboxMessage(models.Model):
    """A message that the local outbox kept instead of sending it, whole, as a mail program would get it."""

    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True)
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=998)
    raw = models.BinaryField()
    made = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.subject


class CheckIn(models.Model):
    """What somebody said to “How is it going?” in one e-mail, the last time they said it."""

    class Answer(models.TextChoices):
        ON_TRACK = "on-track", _("on track")
        BEHIND = "behind", _("behind")
        STUCK = "stuck", _("stuck")

    signup = models.ForeignKey(Signup, models.CASCADE, related_name="check_ins")
    email = models.ForeignKey(Email, models.CASCADE, related_name="check_ins")
    answer = models.CharField(_("answer"), max_length=8, choices=Answer)
    said = models.DateTimeField(_("said"))

    class Meta:
        verbose_name = _("check-in")
        constraints = [models.UniqueConstraint("email", "signup", name="check_in_once")]
        indexes = [models.Index("said", name="check_in_time")]

    def __str__(self) -> str:
        return f"{self.signup}: {self.answer}"


class Tick(models.Model):
    """The last run of one periodic command."""

    command = models.CharField(max_length=40, unique=True)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.command


def create_email(
    sequence: Sequence,
    subject: str,
    html: str,
    *,
    audience: str = Email.Audience.INDIVIDUALS,
    tags: Iterable[str] = (),
    scheduled_for: datetime.datetime | None = None,
) -> Email:
    """Make an e-mail and return it: a draft, or scheduled where a time is given.

    A time without a zone is read in the sequence's zone; a past one is refused, and so are bad values, with
    ValidationError.
    """
    when = scheduled_for
    if when is not None:
        when = read(when, sequence.zone)
        refuse_past(when)
    made = Email(
        sequence=sequence, subject=subject, html=html, audience=audience, tags=list(tags), scheduled_for=when,
        state=Email.State.SCHEDULED if when else Email.State.DRAFT,
    )  # fmt: skip
    made.full_clean()
    made.save()
    return made


def refuse_past(when: datetime.datetime) -> None:
    """Raise ValidationError where `when` has passed."""
    if when <= clock.now():
        raise ValidationError({"scheduled_for": _("This time has passed. Choose a later one, or send it now.")})
