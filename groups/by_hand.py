"""What an organiser does to groups by hand: move people, split a group, close one. Renaming is a field of the form."""

import datetime
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from groups.forming import locked, next_number
from groups.models import Group, Membership, new_group
from groups.moving import move


@transaction.atomic
def move_people(group: Group, members: Collection[int], into: Group) -> int:
    """Move these members (ids of memberships) of a group into another of the same course run; return how many.

    Raises ValidationError where that cannot be. They and the other group are told with the next tick.
    """
    locked(group.sequence)
    into.refresh_from_db()
    if into.closed or into.sequence_id != group.sequence_id:
        raise ValidationError(_("Choose an open group of the same course run."))
    if into.pk == group.pk:
        raise ValidationError(_("They are in this group already. Choose another."))
    moved = move(_chosen(group, members), into)
    if not moved:
        raise ValidationError(_("Choose at least one person who is still in this group."))
    return moved


@transaction.atomic
def split(group: Group, members: Collection[int]) -> Group:
    """Move these members of a group into a new one, with the next number and an address of its own, and return it."""
    sequence = locked(group.sequence)
    made = new_group(sequence, next_number(sequence))
    made.save()
    moved = move(_chosen(group, members), made)
    if not moved:
        raise ValidationError(_("Choose at least one person who is still in this group."))
    if not Membership.objects.current().filter(group=group).exists():
        raise ValidationError(_("Leave at least one person in this group, or rename it instead."))
    return made


@transaction.atomic
def close(group: Group, now: datetime.datetime | None = None) -> int:
    """Close a group and return how many members it had. Its address stays; the tick places them in other groups."""
    now = now or clock.now()
    locked(group.sequence)
    count = Membership.objects.current().filter(group=group).count()
    if not Group.objects.open().filter(pk=group.pk).update(closed=now):
        raise ValidationError(_("This group is closed already."))
    Membership.objects.filter(group=group, left=None).update(left=now)
    return count


def _chosen(group: Group, members: Collection[int]):
    return Membership.objects.filter(group=group, pk__in=members)
