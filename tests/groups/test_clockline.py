"""Where people are on the clock: that of the course, and not that of today."""

import datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from groups.clockline import apart, hours_on_clock, middle, stretch
from groups.forming import learners, rules_of
from signup.models import Signup
from tests import factories

SPRING = datetime.date(2026, 3, 1), datetime.date(2026, 4, 12)  # both change their clocks, America three weeks earlier
BETWEEN = datetime.date(2026, 3, 1), datetime.date(2026, 3, 20)  # America has changed, Europe has not
SUMMER = datetime.date(2026, 6, 1), datetime.date(2026, 7, 12)


@pytest.mark.parametrize(
    ("zone", "days", "hours"),
    [
        ("UTC", SPRING, 0), ("Europe/London", SPRING, 0.5), ("Europe/London", BETWEEN, 0), ("Europe/London", SUMMER, 1),
        ("America/New_York", SPRING, 19.5), ("America/New_York", BETWEEN, 19.5), ("America/New_York", SUMMER, 20),
        ("Asia/Kathmandu", SPRING, 5.75), ("Pacific/Auckland", SPRING, 12.5), ("Pacific/Apia", SUMMER, 13),
        ("Pacific/Pago_Pago", SUMMER, 13), ("Pacific/Kiritimati", SUMMER, 14), ("Pacific/Honolulu", SUMMER, 14),
    ],
)  # fmt: skip
def test_the_place_of_a_zone_is_the_mean_of_the_first_and_the_last_day(zone, days, hours):
    assert hours_on_clock(zone, *days) == hours


def test_two_zones_that_change_their_clocks_on_different_days_are_as_far_apart_as_in_the_course():
    zones = "Europe/London", "America/New_York"
    assert [apart(*(hours_on_clock(zone, *days) for zone in zones)) for days in (SPRING, BETWEEN, SUMMER)] == [
        5,
        4.5,
        5,
    ]


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd"])
def test_a_name_that_is_no_zone_is_refused(zone):
    with pytest.raises((ZoneInfoNotFoundError, ValueError)):
        hours_on_clock(zone, *SUMMER)


def test_the_shortest_stretch_may_lie_over_the_date_line():
    assert stretch([23.5, 0.5, 22.0]) == (22.0, 2.5)
    assert middle([23.5, 0.5]) == 0
    assert stretch([]) == (0, 0)
    assert stretch([3.0, 3.0]) == (3.0, 0)


@pytest.mark.django_db
def test_people_stand_where_the_course_is_whatever_day_it_is_today(time_machine):
    run = factories.sequence(start_date=SPRING[0], signup_close_date=SPRING[0], end_date=SPRING[1])
    for zone in ("Europe/London", "America/New_York", "Mars/Base"):
        factories.signup(sequence=run, timezone=zone)
    for today in (
        datetime.datetime(2026, 1, 9, tzinfo=datetime.UTC),
        datetime.datetime(2026, 7, 9, tzinfo=datetime.UTC),
    ):
        time_machine.move_to(today)
        found = learners(Signup.objects.filter(sequence=run), run, rules_of(run).options())
        assert [learner.hours for learner in found] == [0.5, 19.5, 0]
