"""Joining groups: suggested with numbers, done only when somebody says so, with its addresses kept alive."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone as clock

from groups.merging import mark_of, merge_groups, suggestions
from groups.models import Group, Membership
from groups.moving import leave_group, reached_by
from signup.leaving import come_back, leave
from signup.models import Signup
from tests import factories

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def running(**fields):
    """Make a course run that began two weeks ago."""
    today = clock.now().date()
    return factories.sequence(start_date=today - 14 * DAY, signup_close_date=today - 14 * DAY, **fields)


def group_of(run, size, zone="UTC", **fields):
    """Make a group of so many people, ten days ago."""
    people = [factories.signup(sequence=run, timezone=zone) for _ in range(size)]
    made = factories.group(*people, sequence=run, **fields)
    Group.objects.filter(pk=made.pk).update(date_created=clock.now() - 10 * DAY)
    return made


def people_of(group):
    return list(group.memberships.current().order_by("pk").values_list("signup", flat=True))


def test_a_fading_group_is_suggested_for_the_nearest_that_has_room():
    run = running()
    fading, near, far = group_of(run, 6), group_of(run, 8, "Europe/Athens"), group_of(run, 8, "Asia/Tokyo")
    active = {*people_of(fading)[:2], *people_of(near)[:6], *people_of(far)}
    (found,) = suggestions(run, active)
    assert (found.source, found.into) == (fading, near)
    assert (found.source_active, found.into_active, found.size) == (2, 6, 14)
    assert 2 <= found.hours <= 3
    assert suggestions(run, {*people_of(fading), *people_of(near), *people_of(far)}) == []


def test_nothing_is_suggested_in_the_first_week():
    run = factories.sequence(start_date=clock.now().date() - 6 * DAY)
    some = people_of(group_of(run, 6))[:1]
    group_of(run, 6)
    assert suggestions(run, some) == []
    assert len(suggestions(run, some, clock.now() + 2 * DAY)) == 1


def test_nothing_is_suggested_for_one_group_for_none_or_where_nothing_is_known():
    run = running()
    some = people_of(group_of(run, 6))[:1]
    assert suggestions(run, some) == []
    assert suggestions(running(), some) == []
    group_of(run, 6)
    assert suggestions(run, []) == []
    assert len(suggestions(run, some)) == 1


def test_a_group_made_within_the_week_is_not_said_to_fade():
    run = running()
    young, old = group_of(run, 6), group_of(run, 8)
    Group.objects.filter(pk=young.pk).update(date_created=clock.now() - 6 * DAY)
    some = people_of(old)
    assert suggestions(run, some) == []
    (found,) = suggestions(run, people_of(young)[:1])
    assert (found.source, found.into, found.into_active) == (old, young, 1)


def test_closed_groups_take_no_part():
    run = running()
    some = people_of(group_of(run, 6))[:1]
    other = group_of(run, 6)
    assert len(suggestions(run, some)) == 1
    Group.objects.filter(pk=other.pk).update(closed=clock.now())
    assert suggestions(run, some) == []


def test_joining_moves_everybody_and_leads_the_old_addresses_on():
    run = running()
    oldest, old, new = (group_of(run, 3) for _ in range(3))
    assert merge_groups(oldest, old) == 3
    assert merge_groups(old, new, mark_of(old, new)) == 6
    assert len(people_of(new)) == 9
    assert people_of(old) == people_of(oldest) == []
    for group in (oldest, old, new):
        assert reached_by(group.address) == new
    assert set(Membership.objects.filter(left=None, told=None).values_list("came_from", flat=True)) == {old.pk}


def test_who_left_the_course_comes_back_to_the_group_that_there_is():
    run = running()
    one, two = group_of(run, 3), group_of(run, 3)
    ada = one.memberships.first().signup
    leave(Signup.objects.filter(pk=ada.pk))
    assert merge_groups(one, two) == 2
    come_back(ada)
    assert ada.pk in people_of(two)


def test_what_cannot_be_joined_is_refused_and_changes_nothing():
    run = running()
    one, two, elsewhere = group_of(run, 3), group_of(run, 3), group_of(running(), 3)
    with pytest.raises(ValidationError, match="one course run"):
        merge_groups(one, elsewhere)
    with pytest.raises(ValidationError, match="one course run"):
        merge_groups(one, one)
    mark = mark_of(one, two)
    leave_group(Membership.objects.filter(group=one).first().signup)
    with pytest.raises(ValidationError, match="Look at them again"):
        merge_groups(one, two, mark)
    Group.objects.filter(pk=two.pk).update(closed=clock.now())
    with pytest.raises(ValidationError, match="is closed"):
        merge_groups(one, two)
    assert len(people_of(one)) == 2
    assert not Group.objects.filter(merged_into__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_two_organisers_at_once_join_them_once():
    run = running()
    one, two = group_of(run, 3), group_of(run, 3)
    said = []

    def work(source, into):
        try:
            said.append(merge_groups(source, into))
        except ValidationError as refusal:
            said.append(refusal.messages[0])
        connection.close()

    pair = [threading.Thread(target=work, args=args) for args in ((one, two), (two, one))]
    for each in pair:
        each.start()
    for each in pair:
        each.join()
    assert said.count(3) == 1
    assert sum("is closed" in str(one) for one in said) == 1
    assert Membership.objects.filter(left=None).count() == 6
