"""“Still in?”: who is asked before forming, who said yes, and who is silent."""

import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone as clock

from groups.models import Group, Membership, StillIn
from sequence.models import Sequence
from signup.models import Signup

WINDOW = datetime.timedelta(hours=24)  # after a longer failure the question could come after forming


def silent(sequence: Sequence | None = None) -> QuerySet[Signup]:
    """Return the people who were asked whether they are still in and have not answered, of one run or of all."""
    found = Signup.objects.filter(still_in__yes=None, still_in__isnull=False)
    return found.filter(sequence=sequence) if sequence else found


def left_out(person: Signup) -> bool:
    """Say whether somebody waits outside the groups because they are silent."""
    rule = person.sequence is not None and person.sequence.leave_silent_out
    return bool(rule) and silent().filter(pk=person.pk).exists()


def being_asked(now: datetime.datetime) -> list[Sequence]:
    """Return the course runs whose people are asked at `now`."""
    day = datetime.timedelta(days=2)
    near = Sequence.objects.filter(ask_still_in_on__range=((now - day).date(), (now + day).date()))
    return [one for one in near if one.asks_still_in_at <= now < one.asks_still_in_at + WINDOW]


def to_ask(sequence: Sequence) -> QuerySet[Signup]:
    """Return whom to ask: everyone who wants a group, was confirmed before the moment of asking, and is in none."""
    wanting = Signup.objects.active().filter(
        sequence=sequence, wants_group=True, still_in=None, confirmed__lt=sequence.asks_still_in_at
    )
    return wanting.filter(~Exists(Membership.objects.filter(signup=OuterRef("pk"), left=None)))


def to_tell() -> QuerySet[Signup]:
    """Return the silent people of runs that leave them out, once groups are made there, who were not told yet."""
    waiting = Signup.objects.active().filter(
        sequence__leave_silent_out=True, wants_group=True, still_in__yes=None, still_in__told=None,
        still_in__isnull=False,
    )  # fmt: skip
    made = Group.objects.filter(sequence=OuterRef("sequence"), introduced__isnull=False)
    return waiting.filter(Exists(made), ~Exists(Membership.objects.filter(signup=OuterRef("pk"))))


@transaction.atomic
def say_yes(person: Signup, now: datetime.datetime | None = None) -> None:
    """Write down that somebody is still in and wants a group; a second time changes nothing."""
    now = now or clock.now()
    StillIn.objects.get_or_create(signup=person, defaults={"asked": now})
    StillIn.objects.filter(signup=person, yes=None).update(yes=now)
    Signup.objects.filter(pk=person.pk, wants_group=False).update(wants_group=True, date_updated=now)
