"""Leaving a group, asking for another, moving people, and which group an address means."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from groups.models import Group, Membership, add_member
from groups.moving import ask_for_another, former_groups, leave_group, may_ask_for_another, move, reached_by
from tests import factories

pytestmark = pytest.mark.django_db


def test_leaving_a_group_keeps_the_course():
    ada = factories.signup()
    group = factories.group(ada)
    assert leave_group(ada) == group
    ada.refresh_from_db()
    assert (ada.left, ada.wants_group) == (None, False)
    assert not group.memberships.current().exists()
    assert leave_group(ada) is None


def test_another_group_is_asked_for_once():
    ada = factories.signup()
    first, second = factories.group(ada), factories.group(sequence=ada.sequence)
    assert may_ask_for_another(ada)
    assert ask_for_another(ada) == first
    assert former_groups([ada.pk]) == {ada.pk: {first.pk}}
    with pytest.raises(ValidationError, match="not in a group"):
        ask_for_another(ada)
    add_member(second, ada)
    assert not may_ask_for_another(ada)
    with pytest.raises(ValidationError, match="once already"):
        ask_for_another(ada)
    ada.refresh_from_db()
    assert ada.wants_group


def test_people_move_and_move_back():
    ada, bob = factories.signup(), factories.signup()
    old, new = factories.group(ada), factories.group(bob, sequence=ada.sequence)
    with transaction.atomic():
        assert move(Membership.objects.filter(group=old), new) == 1
        assert move(Membership.objects.filter(group=new, signup=ada), new) == 0
    member = Membership.objects.get(signup=ada, left=None)
    assert (member.group, member.came_from, member.told) == (new, old, None)
    with transaction.atomic():
        assert move(Membership.objects.filter(group=new, signup=ada), old) == 1
    assert Membership.objects.get(signup=ada, left=None).group == old
    assert Membership.objects.filter(signup=ada).count() == 2


def test_an_old_address_reaches_the_group_it_was_joined_with():
    one, two = factories.group(), factories.group()
    assert reached_by(one.address.upper()) == one
    Group.objects.filter(pk=one.pk).update(merged_into=two)
    assert reached_by(one.address) == two
    assert reached_by("group-0-0@example.org") is None
