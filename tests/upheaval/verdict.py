"""What is compared at the end: what each person wished last, where they are, and what they were told."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import F

from groups.forming import rules_of
from groups.models import Group, Membership
from groups.placing import place_newcomers
from mailing import introductions
from mailing.models import Delivery, OutboxMessage
from sequence.models import Sequence
from signup.models import Signup
from tests.upheaval.deeds import ALONE, IN, OUT

Status, Kind = Delivery.Status, Delivery.Kind
STILL = 0.5  # seconds between two looks at the database
SHOWN = 5  # examples of each kind of fault
NUMBERS = (
    "half made", "in two groups", "in a closed group", "without a place", "in against their wish", "told wrong",
    "broken off", "unsettled",
)  # fmt: skip


@dataclass
class Verdict:
    """What is wrong, by kind, and how everything stands."""

    wrong: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in NUMBERS})
    state: dict[str, int] = field(default_factory=dict)

    def numbers(self) -> dict[str, int]:
        """Return the numbers by name; all must be 0."""
        return {name: len(found) for name, found in self.wrong.items()}

    def examples(self) -> list[str]:
        """Return some of each kind of what is wrong."""
        return [f"{name}: {one}" for name, found in self.wrong.items() for one in found[:SHOWN]]


def settle(run: int, keep: Callable[[], None], patience: float) -> float | None:
    """Wait until the workers have nothing left to do; return after how many seconds, None where it took too long."""
    began = time.monotonic()
    while time.monotonic() < began + patience:
        keep()
        # In the order in which work flows. What a worker passes on between two looks is seen by the second; the other
        # way round neither would see it, and the workers would be ended with messages in their hands.
        placed = place_newcomers(Sequence.objects.get(pk=run))
        to_tell = any(introductions.outlook().values())
        waiting = Delivery.objects.filter(status__in=(Status.QUEUED, Status.SENDING)).exists()
        if not (placed.joined or placed.founded or to_tell or waiting):
            return round(time.monotonic() - began, 1)
        time.sleep(STILL)
    return None


def compare(run: int, wishes: dict[int, str], deeds: Counter[str], settled: float | None) -> Verdict:
    """Compare the last wish of each person with where they are, and with the copies in the outbox.

    A deed that waited for another in a ring, until the database ended it, is a fault of ours.
    """
    made = Verdict()
    made.wrong["broken off"] += [name for name, number in deeds.items() if "deadlock" in name for _ in range(number)]
    made.wrong["unsettled"] += [] if settled is not None else ["the workers found no end"]
    sequence = Sequence.objects.get(pk=run)
    people = {row.pk: row for row in Signup.objects.filter(sequence=sequence)}
    homes: dict[int, list[Membership]] = {}
    for member in Membership.objects.filter(left=None, group__sequence=sequence).select_related("group"):
        homes.setdefault(member.signup_id, []).append(member)
        if member.group.closed:
            made.wrong["in a closed group"].append(f"{member}")
    waiting = []
    for pk, wish in wishes.items():
        here = homes.get(pk, [])
        if len(here) > 1:
            made.wrong["in two groups"].append(f"{people[pk]}: {here}")
        if (wish == ALONE and here) or (wish == OUT and not people[pk].left) or (wish not in (IN, ALONE, OUT) and here):
            made.wrong["in against their wish"].append(f"{people.get(pk, pk)} wished {wish}: {here}")
        if wish == IN and not here:
            waiting.append(pk)
    placed = place_newcomers(sequence)
    if placed.joined or placed.founded or placed.waiting != len(waiting):
        made.wrong["without a place"].append(f"{placed} of {len(waiting)} people without a group")
    if placed.waiting >= rules_of(sequence).minimum:
        made.wrong["without a place"].append(f"{placed.waiting} wait and are enough for a group")
    _told(made, homes, people, waiting)
    sizes = Counter(member.group_id for pk, here in homes.items() if not people[pk].left for member in here).values()
    made.state = {
        "people": len(people), "in groups": sum(wish == IN for wish in wishes.values()) - len(waiting),
        "waiting": len(waiting), "open groups": Group.objects.open().filter(sequence=sequence).count(),
        "smallest": min(sizes), "largest": max(sizes), "introductions": _copies(Kind.INTRO).total(),
        "told that they wait": _copies(Kind.WAITING).total(),
        "unsure": Delivery.objects.filter(status=Status.UNSURE).count(),
    }  # fmt: skip
    return made


def _copies(kind: int) -> Counter[str]:
    """Return how many copies the outbox holds of each promise of a kind to one person."""
    promised = Delivery.objects.filter(kind=kind)
    names = {pk: key if kind != Kind.NEWS else f"{key} {address}"
             for pk, key, address in promised.values_list("pk", "key", "address")}  # fmt: skip
    kept = OutboxMessage.objects.filter(delivery__in=promised.values("pk"))
    return Counter(names[pk] for pk in kept.values_list("delivery", flat=True))


def _told(made: Verdict, homes: dict[int, list[Membership]], people: dict[int, Signup], waiting: list[int]) -> None:
    """Each member was introduced to their group once, each who lost one by its closing was told once that they wait."""
    unsure = set(Delivery.objects.filter(status=Status.UNSURE).values_list("key", flat=True))
    copies = _copies(Kind.INTRO) + _copies(Kind.WAITING) + _copies(Kind.NEWS)
    wrong = made.wrong["told wrong"]
    wrong += [f"{key} was told {number} times" for key, number in copies.items() if number > 1]
    for pk, (member, *_more) in homes.items():
        key = f"intro:{member.pk}"
        if not people[pk].left and key not in unsure and copies[key] != 1:
            wrong.append(f"{member} was told {copies[key]} times")
    closed = Membership.objects.filter(signup__in=waiting, left=F("group__closed"), group__merged_into=None)
    for member in closed.select_related("group", "signup"):
        later = Membership.objects.filter(signup=member.signup, left__gt=member.left).exists()
        key = f"waiting:{member.pk}"
        if not later and key not in unsure and copies[key] != 1:
            wrong.append(f"{member.signup} waits, and was told {copies[key]} times that {member.group} is closed")
