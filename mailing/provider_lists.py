"""ProviderList: a mailing list that the provider keeps for us. ListMember: one address on it, as far as we know."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.models import Group
from mooc.lib.addresses import LONGEST_FOLDED
from sequence.models import Sequence


class ProviderList(models.Model):
    """A list of a group, which its members write to, or of a course run, which nobody can write to."""

    address = models.EmailField(_("address"), max_length=254, unique=True)
    group = models.OneToOneField(Group, models.SET_NULL, null=True, related_name="provider_list")
    sequence = models.OneToOneField(Sequence, models.SET_NULL, null=True, related_name="provider_list")
    made = models.DateTimeField(_("made at the provider"), null=True)
    checked = models.DateTimeField(_("read to its end"), null=True)
    next_read = models.DateTimeField(
        null=True
    )  # when it is to be read again; null: never read, as we have just made it
    read_began = models.DateTimeField(null=True)  # of the reading that goes on
    cursor = models.TextField(blank=True)  # the address of the next page of that reading
    pages = models.PositiveIntegerField(default=0)  # read so far
    tried = models.DateTimeField(null=True)  # when the provider last refused something
    trouble = models.TextField(_("what the provider said"), blank=True)

    class Meta:
        verbose_name = _("mailing list at the provider")
        verbose_name_plural = _("mailing lists at the provider")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.address


class ListMember(models.Model):
    """One address that was put on a list, or was found there."""

    list = models.ForeignKey(ProviderList, models.CASCADE, related_name="members")
    address = models.EmailField(max_length=254)
    folded = models.CharField(max_length=LONGEST_FOLDED)
    asked = models.DateTimeField()  # when we last asked for it to be put there
    seen = models.DateTimeField(null=True)  # when it was last known to be there; null: the provider is not done yet
    out = models.BooleanField(default=False)  # has unsubscribed there, was taken out here, and must come off the list

    class Meta:
        constraints = [models.UniqueConstraint("list", "folded", name="list_member_once")]
        indexes = [models.Index("list", condition=Q(out=True), name="list_member_out")]

    def __str__(self) -> str:
        return f"{self.address} on {self.list}"
