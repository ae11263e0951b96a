"""Reply: what somebody wrote to the organisers. Answer: what they write back. SavedAnswer: a text to begin one with."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from mooc.lib.addresses import LONGEST_FOLDED
from mooc.lib.text import validate_line, validate_text
from signup.models import Signup

LONGEST_TEXT = 50_000  # characters
LONGEST_SUBJECT = 200


class Reply(models.Model):
    """One message that came by mail to the organisers' address, kept once, with the message of ours it answers."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for you")
        DONE = "done", _("done")

    address = models.EmailField(_("from"), max_length=254)
    folded = models.CharField(max_length=LONGEST_FOLDED, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    signup = models.ForeignKey(Signup, models.SET_NULL, null=True, related_name="replies", verbose_name=_("person"))
    email = models.ForeignKey(
        "mailing.Email", models.SET_NULL, null=True, related_name="replies", verbose_name=_("answers")
    )
    kind = models.PositiveSmallIntegerField(null=True, editable=False)  # of what it answers (Delivery.Kind), if known
    earlier = models.ForeignKey("self", models.SET_NULL, null=True, related_name="later")  # the conversation's first
    message_id = models.CharField(max_length=300, blank=True, editable=False)  # theirs, without angle brackets
    origin = models.CharField(max_length=64, unique=True, editable=False)  # what it is known by if it comes again
    subject = models.CharField(_("subject"), max_length=LONGEST_SUBJECT, blank=True)
    text = models.TextField(_("text"), blank=True)
    left_out = models.JSONField(_("left out"), default=list, blank=True)  # sentences about what was not kept
    guessed = models.BooleanField(default=False)  # nothing in it names the message: it is the last one they got
    doubtful = models.BooleanField(_("sender not proven"), default=False)
    state = models.CharField(_("state"), max_length=4, choices=State, default=State.OPEN)
    note = models.CharField(_("note"), max_length=300, blank=True)
    made = models.DateTimeField(_("came"), default=clock.now)

    class Meta:
        verbose_name = _("answer from a learner")
        verbose_name_plural = _("answers from learners")
        ordering = ["-pk"]
        permissions = [("answer_reply", "Can answer what learners write to the organisers")]
        indexes = [
            models.Index("email", "id", condition=Q(state="open"), name="reply_open"),
            models.Index("folded", "made", name="reply_of_address"),
            models.Index("made", name="reply_age"),
        ]

    def __str__(self) -> str:
        return self.subject or self.text[:60] or self.address


class Answer(models.Model):
    """What an organiser wrote back to one reply. Its delivery has the key `answer:<id>`."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="answers")
    once = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # of the form: pressed twice, sent once
    text = models.TextField(_("text"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made = models.DateTimeField(_("written"), default=clock.now)

    class Meta:
        verbose_name = _("answer")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]


class SavedAnswer(models.Model):
    """A text that organisers keep, to begin an answer with. Merge tags in it are filled when it is put in."""

    title = models.CharField(_("name"), max_length=100, unique=True, validators=[validate_line])
    text = models.TextField(
        _("text"), max_length=LONGEST_TEXT, validators=[validate_text],
        help_text=_("{{ first_name|there }} and other tags of e-mails are filled in when you choose this text."),
    )  # fmt: skip
    date_updated = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("saved answer")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
