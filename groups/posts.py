"""Post: one message to a group. Attachment. What members ask for: Preference, Mute, Report. Refusal: not passed on."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from mooc.lib.addresses import LONGEST_FOLDED
from mooc.lib.keys import new_key
from signup.models import Signup

LONGEST_TEXT = 50_000  # characters of one post
LONGEST_SUBJECT = 200


def new_message_id() -> str:
    """Return a Message-Id of ours that no provider changes, without angle brackets."""
    return f"post.{new_key()}@{settings.EMAIL_DOMAIN}"


class Post(models.Model):
    """One message to a group, kept once however it came. Without an author it is by the organisers."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        HELD = "held", _("waits for a moderator")
        REMOVED = "removed", _("removed")

    class Source(models.TextChoices):
        MAIL = "mail", _("by mail")
        PAGE = "page", _("on the page")

    group = models.ForeignKey("groups.Group", models.CASCADE, related_name="posts", verbose_name=_("group"))
    author = models.ForeignKey(Signup, models.CASCADE, null=True, related_name="posts", verbose_name=_("written by"))
    thread = models.ForeignKey("self", models.SET_NULL, null=True, related_name="answers")  # null: it begins one
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    message_id = models.CharField(max_length=300, unique=True, default=new_message_id, editable=False)
    origin = models.CharField(max_length=64, editable=False)  # what it is known by if it comes again
    subject = models.CharField(_("subject"), max_length=LONGEST_SUBJECT, blank=True)
    text = models.TextField(_("text"))
    left_out = models.JSONField(_("left out"), default=list, blank=True)  # sentences about attachments
    source = models.CharField(_("came"), max_length=4, choices=Source)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.SHOWN)
    why = models.CharField(_("why it waits"), max_length=300, blank=True)
    made = models.DateTimeField(_("written"), default=clock.now)
    shown = models.DateTimeField(_("shown since"), null=True, editable=False)
    queued = models.DateTimeField(null=True, editable=False)  # when it was written into the ledger

    class Meta:
        verbose_name = _("post")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint("group", "origin", name="post_once")]
        indexes = [
            models.Index("id", condition=Q(queued=None, state="shown"), name="post_to_queue"),
            models.Index("group", "made", name="post_of_group"),
            models.Index("group", "shown", name="post_of_digest"),
            models.Index("id", condition=Q(state="held"), name="post_held"),
        ]
        permissions = [("moderate_post", "Can show, hold and remove posts of groups")]

    def __str__(self) -> str:
        return self.subject or self.text[:60]

    @property
    def is_shown(self) -> bool:
        return self.state == self.State.SHOWN


class Attachment(models.Model):
    """A picture that came with a post. It is looked at and cleaned before it is kept, and served to members only."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=20)  # such as image/png, as its own bytes say
    content = models.BinaryField()
    size = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """How somebody wants the mail of their group. No row: each message, none of their own."""

    class Mail(models.TextChoices):
        EACH = "each", _("each message as it comes")
        DAILY = "daily", _("one message a day")
        NONE = "none", _("no mail, only the page")

    signup = models.OneToOneField(Signup, models.CASCADE, related_name="preference")
    mail = models.CharField(max_length=5, choices=Mail, default=Mail.EACH)
    echo = models.BooleanField(default=False)  # their own posts come back to them
    digest_from = models.DateTimeField(null=True)  # posts up to here were in a digest, or came one by one
    digest_next = models.DateTimeField(null=True)  # when the next digest is due; null unless `mail` is daily

    class Meta:
        indexes = [models.Index("digest_next", condition=Q(mail="daily"), name="digest_due")]

    def __str__(self) -> str:
        return f"{self.signup}: {self.get_mail_display()}"


class Mute(models.Model):
    """Somebody does not want to read somebody else."""

    by = models.ForeignKey(Signup, models.CASCADE, related_name="mutes")
    muted = models.ForeignKey(Signup, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("by", "muted", name="muted_once")]

    def __str__(self) -> str:
        return f"{self.by} mutes {self.muted}"


class Report(models.Model):
    """A member asks the organisers to look at a post."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="reports")
    by = models.ForeignKey(Signup, models.CASCADE, related_name="+")
    words = models.CharField(_("what is wrong"), max_length=500, blank=True)
    made = models.DateTimeField(_("reported"), default=clock.now)
    settled = models.DateTimeField(_("looked at"), null=True)

    class Meta:
        verbose_name = _("report")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint("post", "by", name="reported_once")]

    def __str__(self) -> str:
        return f"{self.post}: {self.words}"


class Refusal(models.Model):
    """A message to a group that was not passed on: from whom, why, and whether its sender gets an answer."""

    class Reason(models.TextChoices):
        STRANGER = "stranger", _("not a member")
        FORMER = "former", _("no longer a member")
        ENDED = "ended", _("the course or the group has ended")
        UNSUBSCRIBE = "unsubscribe", _("asked to stop")
        LARGE = "large", _("too large")
        MANY = "many", _("too many messages")
        EMPTY = "empty", _("nothing to read in it")
        SEALED = "sealed", _("encrypted")
        AUTOMATIC = "automatic", _("an automatic answer")
        BOUNCE = "bounce", _("a report about a delivery")
        LIST = "list", _("from a mailing list")
        LOOP = "loop", _("our own mail come back")
        FORGED = "forged", _("its sender cannot be trusted")
        UNREADABLE = "unreadable", _("no message")

    group = models.ForeignKey("groups.Group", models.CASCADE, related_name="refusals", verbose_name=_("to"))
    address = models.CharField(_("from"), max_length=254, blank=True)
    folded = models.CharField(max_length=LONGEST_FOLDED, blank=True)
    signup = models.ForeignKey(Signup, models.CASCADE, null=True, related_name="+")  # of a current member
    reason = models.CharField(_("why"), max_length=12, choices=Reason)
    made = models.DateTimeField(_("came"), default=clock.now)
    answer = models.BooleanField(_("gets an answer"), default=False)
    queued = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("message not passed on")
        verbose_name_plural = _("messages not passed on")
        ordering = ["-pk"]
        indexes = [
            models.Index("folded", "made", name="refusal_of_address"),
            models.Index("id", condition=Q(answer=True, queued=None), name="refusal_to_answer"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_reason_display()}"
