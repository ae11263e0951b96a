"""Group: a small set of sign-ups with an address. Membership: one sign-up in it. News, StillIn: facts to be told."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from groups.plan import Options, Rule
from groups.posts import Attachment, Mute, Post, Preference, Refusal, Report
from sequence.models import Sequence
from signup.models import Signup

__all__ = [
    "LARGEST", "Attachment", "FormingRules", "Group", "Membership", "Mute", "News", "Post", "Preference", "Refusal",
    "Report", "StillIn", "add_member", "create_group",
]  # fmt: skip
LARGEST = 10_000  # people wanted in a group


class GroupQuerySet(models.QuerySet["Group"]):
    def open(self) -> "GroupQuerySet":
        """Groups that people may be put into: neither closed nor joined with another."""
        return self.filter(closed=None)


class Group(models.Model):
    """A small set of people of one sequence. Its address is made once and never changes."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="groups", verbose_name=_("course run"))
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=100)
    address = models.EmailField(_("address"), max_length=254, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    introduced = models.DateTimeField(_("introduced"), null=True, editable=False)  # its first members were told
    closed = models.DateTimeField(_("closed"), null=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="merged", verbose_name=_("joined with")
    )  # what is written to its address reaches that group; never a group that was itself joined with another
    date_created = models.DateTimeField(_("made"), auto_now_add=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        ordering = ["sequence", "number"]
        constraints = [models.UniqueConstraint("sequence", "number", name="group_number_once")]

    def __str__(self) -> str:
        return self.name


class News(models.Model):
    """Something about a group that its members are told: who has come, or which group has joined it."""

    class Kind(models.TextChoices):
        NEWCOMERS = "newcomers", _("newcomers")
        MERGED = "merged", _("another group joined")

    group = models.ForeignKey(Group, models.CASCADE, related_name="news")
    kind = models.CharField(max_length=9, choices=Kind)
    day = models.DateField()  # in UTC
    made = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "day", condition=Q(kind="newcomers"), name="newcomers_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_kind_display()}, {self.day}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> "MembershipQuerySet":
        """Members who have left neither the group nor the course."""
        return self.filter(left=None, signup__left=None)


class Membership(models.Model):
    """One sign-up in one group, until it leaves."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships", verbose_name=_("group"))
    signup = models.ForeignKey(Signup, models.CASCADE, related_name="memberships", verbose_name=_("sign-up"))
    joined = models.DateTimeField(_("joined"), auto_now_add=True)
    left = models.DateTimeField(_("left"), null=True, blank=True)
    told = models.DateTimeField(_("told"), null=True, editable=False)  # the member has been introduced to the group
    news = models.ForeignKey(News, models.SET_NULL, null=True, editable=False, related_name="people")  # told the others
    came_from = models.ForeignKey(Group, models.SET_NULL, null=True, editable=False, related_name="gone")
    asked_other = models.DateTimeField(_("asked for another group"), null=True, editable=False)
    waits = models.DateTimeField(null=True, editable=False)  # since when, for another place: this group was closed
    told_waits = models.DateTimeField(null=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.UniqueConstraint("group", "signup", name="member_once"),
            models.UniqueConstraint("signup", condition=Q(left=None), name="one_group_at_a_time"),
        ]
        indexes = [
            models.Index("group", condition=Q(told=None, left=None), name="member_to_tell"),
            models.Index("group", "joined", condition=Q(news=None, left=None), name="member_to_announce"),
            models.Index("signup", condition=Q(waits__isnull=False, told_waits=None), name="member_who_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.signup} in {self.group}"


class StillIn(models.Model):
    """A person was asked before forming whether they are still in. Whoever has not answered is silent."""

    signup = models.OneToOneField(Signup, models.CASCADE, related_name="still_in", primary_key=True)
    asked = models.DateTimeField(_("asked"), default=clock.now)
    yes = models.DateTimeField(_("said yes"), null=True)
    told = models.DateTimeField(_("told that they are left out"), null=True)

    def __str__(self) -> str:
        return f"{self.signup}: {'yes' if self.yes else 'no answer'}"


class FormingRules(models.Model):
    """How an organiser wants the groups of one course run made: kept for the next look, and for late-comers."""

    sequence = models.OneToOneField(Sequence, models.CASCADE, related_name="forming_rules", primary_key=True)
    target = models.PositiveSmallIntegerField(default=20, validators=[MaxValueValidator(LARGEST)])
    minimum = models.PositiveSmallIntegerField(default=12)
    maximum = models.PositiveSmallIntegerField(default=28, validators=[MaxValueValidator(2 * LARGEST)])
    questions = models.JSONField(default=list)  # [[key, "mix" or "similar"], ...] in the organiser's order
    apart = models.CharField(max_length=40, blank=True)  # key of the question whose answers stay in groups of their own
    confirmed_only = models.BooleanField(default=True)
    seed = models.CharField(max_length=40, default="1")
    date_updated = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("rules for groups")

    def __str__(self) -> str:
        return f"{self.sequence}: {self.minimum} to {self.maximum}"

    @property
    def proven(self) -> bool:
        """Whether everybody in these groups has shown that they read their mail."""
        return self.confirmed_only and self.sequence.confirm_addresses

    def options(self) -> Options:
        """Return the rules as the pure functions take them; what keeps people apart cannot be mixed besides."""
        questions = tuple(Rule(key, how) for key, how in self.questions if key != self.apart)
        return Options(self.target, self.minimum, self.maximum, questions, self.apart, self.seed)


def create_group(sequence: Sequence, number: int, name: str = "", description: str = "") -> Group:
    """Make group `number` of a sequence, with the address group-<sequence>-<n>@EMAIL_DOMAIN."""
    group = new_group(sequence, number)
    group.name, group.description = name or group.name, description
    group.save()
    return group


def new_group(sequence: Sequence, number: int) -> Group:
    """Return an unsaved group with its name and address."""
    name = _("Group %(number)s") % {"number": number}
    return Group(
        sequence=sequence, number=number, name=name, address=f"group-{sequence.pk}-{number}@{settings.EMAIL_DOMAIN}"
    )


def add_member(group: Group, signup: Signup) -> Membership:
    """Put a sign-up into a group and return the membership; a second time changes nothing, a leaver comes back."""
    member, _made = Membership.objects.update_or_create(group=group, signup=signup, defaults={"left": None})
    return member
