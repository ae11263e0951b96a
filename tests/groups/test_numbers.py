"""What is counted of the talk in groups."""

import datetime

import pytest
from django.utils import timezone as clock

from groups.models import Group, Post
from groups.numbers import Talk, talk_of
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def test_a_silent_group_counts_nothing():
    group = factories.group(factories.signup())
    assert talk_of(Group.objects.all()).get(group.pk, Talk()) == Talk()


def test_writers_posts_and_first_answers_of_two_groups(django_assert_num_queries):
    run, now = factories.sequence(), clock.now()
    groups = [factories.group(*(factories.signup(sequence=run) for _ in range(3))) for _ in range(2)]
    (ada, bob, _silent), (cy, *_others) = ([one.signup for one in group.memberships.order_by("pk")] for group in groups)
    begun = factories.post(groups[0], author=ada, made=now - 10 * HOUR)
    factories.post(groups[0], author=ada, thread=begun, made=now - 9 * HOUR)  # one's own is no answer
    factories.post(groups[0], author=bob, thread=begun, made=now - 7 * HOUR)
    factories.post(groups[0], author=bob, thread=begun, made=now - 1 * HOUR)
    by_staff = factories.post(groups[0], made=now - 300 * HOUR)
    factories.post(groups[0], thread=by_staff, made=now - 299 * HOUR)  # organisers answer themselves: no answer
    factories.post(groups[0], author=ada, thread=by_staff, made=now - 295 * HOUR)
    alone = factories.post(groups[1], author=cy, made=now - 2 * HOUR)
    factories.post(groups[1], thread=alone, made=now - HOUR, state=Post.State.HELD)
    with django_assert_num_queries(2):
        found = talk_of(Group.objects.filter(sequence=run), now)
    assert found[groups[0].pk] == Talk(
        writers=2, posts=7, posts_in_week=4, last_post=now - HOUR, threads=2, answered=2, first_reply=4 * 3600.0
    )
    assert found[groups[1].pk] == Talk(writers=1, posts=1, posts_in_week=1, last_post=now - 2 * HOUR, threads=1)


def test_an_organisers_answer_is_an_answer():
    group, now = factories.group(factories.signup()), clock.now()
    begun = factories.post(group, author=group.memberships.get().signup, made=now - HOUR)
    factories.post(group, thread=begun, made=now)
    assert talk_of(Group.objects.all(), now)[group.pk].first_reply == 3600.0
