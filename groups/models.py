"""Group: a small set of sign-ups with an address. Membership: one sign-up in it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.posts import Attachment, Mute, Post, Preference, Refusal, Report
from sequence.models import Sequence
from signup.models import Signup

__all__ = [
    "Attachment", "Group", "Membership", "Mute", "Post", "Preference", "Refusal", "Report", "add_member",
    "create_group",
]  # fmt: skip


class Group(models.Model):
    """A small set of people of one sequence. Its address is made once and never changes."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="groups", verbose_name=_("course run"))
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=100)
    address = models.EmailField(_("address"), max_length=254, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    date_created = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("group")
        ordering = ["sequence", "number"]
        constraints = [models.UniqueConstraint("sequence", "number", name="group_number_once")]

    def __str__(self) -> str:
        return self.name


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

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.UniqueConstraint("group", "signup", name="member_once"),
            models.UniqueConstraint("signup", condition=Q(left=None), name="one_group_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.signup} in {self.group}"


def create_group(sequence: Sequence, number: int, name: str = "", description: str = "") -> Group:
    """Make group `number` of a sequence, with the address group-<sequence>-<n>@EMAIL_DOMAIN."""
    return Group.objects.create(
        sequence=sequence, number=number, name=name or _("Group %(number)s") % {"number": number},
        address=f"group-{sequence.pk}-{number}@{settings.EMAIL_DOMAIN}", description=description,
    )  # fmt: skip


def add_member(group: Group, signup: Signup) -> Membership:
    """Put a sign-up into a group and return the membership; a second time changes nothing, a leaver comes back."""
    member, _made = Membership.objects.update_or_create(group=group, signup=signup, defaults={"left": None})
    return member
