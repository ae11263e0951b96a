"""Which sequence a visitor joins, and until when (S1 to S6 of the first version's behaviour)."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from sequence.models import Sequence, create_sequence, current_sequence

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2027, 3, 10, 12, tzinfo=datetime.UTC)
TODAY = NOON.date()
DAY = datetime.timedelta(days=1)


def test_the_first_to_start_among_the_open_ones_is_current():
    create_sequence(TODAY + 20 * DAY, TODAY + 5 * DAY)
    first = create_sequence(TODAY + 10 * DAY, TODAY + 15 * DAY)
    assert current_sequence(NOON) == first


def test_one_that_starts_later_but_has_closed_is_not_current():
    create_sequence(TODAY + 10 * DAY, TODAY - DAY)
    assert current_sequence(NOON) is None


def test_none_open_is_no_fault():
    assert current_sequence(NOON) is None


@pytest.mark.parametrize(("zone", "hours"), [("UTC", 12), ("Pacific/Auckland", -1), ("America/Los_Angeles", 20)])
def test_sign_up_is_open_until_the_closing_day_ends_in_the_sequences_zone(zone, hours):
    made = create_sequence(TODAY + 5 * DAY, TODAY, timezone=zone)
    midnight = NOON + datetime.timedelta(hours=hours)
    assert made.closes_at == midnight
    assert current_sequence(midnight - datetime.timedelta(seconds=1)) == made
    assert current_sequence(midnight) is None


def test_sign_up_that_opens_later_is_not_open_yet():
    made = create_sequence(TODAY + 5 * DAY, TODAY + 4 * DAY)
    Sequence.objects.update(signup_open_date=TODAY + DAY)
    made.refresh_from_db()
    assert current_sequence(NOON) is None
    assert current_sequence(made.opens_at) == made


def test_datetimes_are_read_in_the_sequences_zone():
    naive = datetime.datetime(2027, 1, 10, 23, 30)  # noqa: DTZ001  (naive on purpose)
    made = create_sequence(naive, naive.replace(tzinfo=datetime.UTC), timezone="Asia/Tokyo")
    assert made.start_date == datetime.date(2027, 1, 10)
    assert made.signup_close_date == datetime.date(2027, 1, 11)
    assert made.starts_at == datetime.datetime(2027, 1, 10, tzinfo=ZoneInfo("Asia/Tokyo"))


def test_the_end_is_six_weeks_after_the_start_or_the_closing_day():
    assert create_sequence(TODAY, TODAY).end_date == TODAY + 42 * DAY
    assert create_sequence(TODAY, TODAY + 60 * DAY).end_date == TODAY + 60 * DAY


def test_only_a_close_after_the_end_is_refused():
    made = create_sequence(TODAY - 900 * DAY, TODAY - 910 * DAY, end_date=TODAY - 905 * DAY)
    assert len(made.warnings(NOON)) == 3
    with pytest.raises(ValidationError, match="cannot close after"):
        create_sequence(TODAY, TODAY + 10 * DAY, end_date=TODAY + 9 * DAY)
    with pytest.raises(ValidationError, match="not a time zone"):
        create_sequence(TODAY, TODAY, timezone="Mars/Olympus")
    assert Sequence.objects.count() == 1


def test_a_course_that_never_closes_and_one_of_the_year_1(client):
    last, first = datetime.date.max, datetime.date.min
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        for start, close in ((last, last), (first, last), (first, first)):
            made = create_sequence(start, close, title=f"{zone} from {start} to {close}", timezone=zone)
            assert made.end_date >= close
            assert made.is_open() == (close == last)
            assert made.title in client.get(f"/s/{made.pk}/").content.decode()
            assert made.warnings() or start == last


@pytest.mark.parametrize("bad", ["a\nb", "a\0b", "a\ud800", "a\u202eb"])
@pytest.mark.parametrize("field", ["title", "mail_plan", "welcome_subject"])
def test_what_stands_in_one_line_is_one_line(field, bad):
    made = create_sequence(TODAY, TODAY)
    setattr(made, field, bad)
    with pytest.raises(ValidationError) as refusal:
        made.full_clean()
    assert list(refusal.value.message_dict) == [field]
    with pytest.raises(ValidationError):
        create_sequence(TODAY, TODAY, title=bad)


def test_the_command_makes_one_and_refuses_in_words(capsys):
    call_command("create_sequence", "--start", "2030-01-10", "--close", "2030-01-12", "--title", "Soup")
    made = Sequence.objects.get()
    assert f"/s/{made.pk}/" in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot close after"):
        call_command("create_sequence", "--start", "2030-01-10", "--close", "2030-02-12", "--end", "2030-01-20")
    with pytest.raises(CommandError, match="invalid fromisoformat value"):
        call_command("create_sequence", "--start", "soon", "--close", "2030-02-12")
