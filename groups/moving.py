"""Moving members between groups, leaving a group, asking for another, and which group an address means today."""

import datetime
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from groups.models import Group, Membership
from signup.models import Signup


def move(members: QuerySet[Membership], into: Group, now: datetime.datetime | None = None) -> int:
    """End these current memberships, begin others in `into`, and return how many; the mail room tells everybody.

    Call it inside a transaction. Somebody who was in `into` before begins there anew.
    """
    now = now or clock.now()
    going = members.filter(left=None).exclude(group=into)
    _hold(list(going.values_list("signup", flat=True)))
    rows = list(going.order_by("pk").select_for_update())
    people = [row.signup_id for row in rows]
    Membership.objects.filter(group=into, signup__in=people).delete()
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(left=now)
    Membership.objects.bulk_create(
        Membership(group=into, signup_id=row.signup_id, joined=now, came_from_id=row.group_id) for row in rows
    )
    return len(rows)


@transaction.atomic
def leave_group(person: Signup, now: datetime.datetime | None = None) -> Group | None:
    """Take somebody out of their group and return it, None where they are in none; the course goes on for them."""
    member = _current(person)
    Signup.objects.filter(pk=person.pk).update(wants_group=False, date_updated=now or clock.now())
    if member is None:
        return None
    member.left = now or clock.now()
    member.save(update_fields=["left"])
    return member.group


def may_ask_for_another(person: Signup) -> bool:
    """Say whether this person may still ask for another group: once in a course, while they are in one."""
    theirs = Membership.objects.filter(signup=person)
    return theirs.current().exists() and not theirs.filter(asked_other__isnull=False).exists()


@transaction.atomic
def ask_for_another(person: Signup, now: datetime.datetime | None = None) -> Group:
    """Take somebody out of their group, to be placed in another with the next late-comers; return the one they left.

    Raises ValidationError where they are in no group or have asked before.
    """
    now = now or clock.now()
    member = _current(person)
    if member is None:
        raise ValidationError(_("You are not in a group."))
    if Membership.objects.filter(signup=person, asked_other__isnull=False).exists():
        raise ValidationError(_("You have asked for another group once already."))
    member.left = member.asked_other = now
    member.save(update_fields=["left", "asked_other"])
    Signup.objects.filter(pk=person.pk).update(wants_group=True, date_updated=now)
    return member.group


def _current(person: Signup) -> Membership | None:
    _hold([person.pk])
    return Membership.objects.filter(signup=person, left=None).select_related("group").select_for_update(
        of=("self",)
    ).first()  # fmt: skip


def _hold(people: list[int]) -> None:
    """Lock people, as everybody does before they write to their memberships: who leaves while they are moved leaves."""
    list(Signup.objects.filter(pk__in=people).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def reached_by(address: str) -> Group | None:
    """Return the group that a message to this address reaches now; the address of a group that was joined with another
    leads there, and `group-3-3+tag@` to group 3. None where no group has it."""
    name, at, domain = address.rpartition("@")
    plain = f"{name.partition('+')[0]}{at}{domain}"
    group = Group.objects.filter(address__iexact=plain).select_related("merged_into").first()
    return group and (group.merged_into or group)


@transaction.atomic
def leave_by_button(member: Membership) -> None:
    """Leave the group whose message had the button, or the one that it was joined with; another group stays."""
    into = member.group.merged_into_id
    joined = into and Membership.objects.current().filter(group=into, signup=member.signup).exists()
    if member.left is None or joined:
        leave_group(member.signup)


def closed_under(people: Iterable[int]) -> dict[int, int]:
    """Return {sign-up's id: id of the group} of those who lost their last group because an organiser closed it."""
    found: dict[int, int] = {}
    ended = Membership.objects.filter(signup__in=list(people), left__isnull=False).order_by("left", "pk")
    for person, group, left, closed in ended.values_list("signup", "group", "left", "group__closed"):
        found.pop(person, None)
        if left == closed:
            found[person] = group
    return found


def former_groups(people: Iterable[int]) -> dict[int, set[int]]:
    """Return {sign-up's id: ids of the groups they have left}: nobody is put back into one of those."""
    found: dict[int, set[int]] = {}
    ended = Membership.objects.filter(signup__in=list(people), left__isnull=False)
    for person, group in ended.values_list("signup", "group"):
        found.setdefault(person, set()).add(group)
    return found
