"""Leaving a group, asking for another, moving people, and which group an address means."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone as clock

from groups.forming import commit, rules_of
from groups.models import Group, Membership, add_member
from groups.moving import ask_for_another, former_groups, leave_group, may_ask_for_another, move, reached_by
from groups.placing import place_newcomers
from mailing.introductions import queue_introductions
from signup.models import Signup
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


def meanwhile(first, second, then=lambda: None):
    """Do `second` in another thread while the transaction that did `first` is open; it does `then`, and both end."""
    done = threading.Event()

    def work():
        try:
            second()
        finally:
            connection.close()
            done.set()

    with transaction.atomic():
        first()
        other = threading.Thread(target=work)
        other.start()
        done.wait(0.5)  # by then it waits for us, or it has not seen what we did
        then()
    other.join()


@pytest.mark.django_db(transaction=True)
def test_who_leaves_the_group_while_they_are_moved_has_left():
    ada = factories.signup()
    old, new = factories.group(ada), factories.group(sequence=ada.sequence)
    meanwhile(lambda: move(Membership.objects.filter(group=old), new), lambda: leave_group(ada))
    assert not Membership.objects.filter(signup=ada, left=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", [place_newcomers, lambda run: commit(rules_of(run))])
def test_who_wants_no_group_any_more_is_not_put_into_one_at_that_moment(work):
    run = factories.sequence()
    ada, bob = (factories.signup(sequence=run) for _ in range(2))
    if work is place_newcomers:
        factories.group(factories.signup(sequence=run))
    no_more = Signup.objects.filter(pk=ada.pk)
    meanwhile(lambda: no_more.update(wants_group=False), lambda: work(run))
    assert bob.memberships.filter(left=None).exists()
    assert not ada.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_a_group_is_closed_while_its_people_are_told_of_it():
    ada = factories.signup()
    group = factories.group(ada, told=None)
    meanwhile(
        lambda: Group.objects.filter(pk=group.pk).update(closed=clock.now()),
        queue_introductions,
        # Were the members held by those who tell them, and who wait for the group: the database would end one of us.
        lambda: Membership.objects.filter(group=group).update(left=clock.now()),
    )
    assert not Membership.objects.filter(left=None).exists()


def test_an_old_address_reaches_the_group_it_was_joined_with():
    one, two = factories.group(), factories.group()
    assert reached_by(one.address.upper()) == one
    Group.objects.filter(pk=one.pk).update(merged_into=two)
    assert reached_by(one.address) == two
    assert reached_by("group-0-0@example.org") is None
