"""What learners and organisers do during a run, by the functions behind their pages, each process for itself."""

import json
import random
import sys
import time
from collections import Counter

import django

django.setup()

from django.core.exceptions import ValidationError  # noqa: E402  (only now there are settings)
from django.db import Error, transaction  # noqa: E402

from groups import by_hand, merging, moving, placing, still_in  # noqa: E402
from groups.models import Group, Membership  # noqa: E402
from sequence.models import Sequence  # noqa: E402
from signup.erasing import erase  # noqa: E402
from signup.leaving import come_back, leave  # noqa: E402
from signup.models import Signup, create_signup  # noqa: E402
from tests.upheaval.course import answers, place  # noqa: E402

IN, ALONE, OUT, ERASED = "in", "alone", "out", "erased"


class Learners:
    """Every so-many-th person of the course acts here and nowhere else, so that their last wish is known."""

    def __init__(self, run: Sequence, number: int, of: int, draw: random.Random) -> None:
        self._run, self._draw, self._number = run, draw, number
        here = Signup.objects.filter(sequence=run).order_by("pk").values_list("pk", flat=True)
        self.wishes: dict[int, str] = dict.fromkeys((pk for pk in here if pk % of == number), IN)
        self._new = 0
        self.deeds = {
            self.leave_the_course: 5, self.leave_the_group: 5, self.ask_for_another: 5, self.come_back: 4,
            self.want_a_group: 4, self.want_none: 3, self.sign_up: 8, self.be_erased: 1,
        }  # fmt: skip

    def _someone(self, *states: str) -> Signup:
        while True:
            pk = self._draw.choice(list(self.wishes))
            if self.wishes[pk] in states:
                return Signup.objects.select_related("sequence").get(pk=pk)

    def leave_the_course(self) -> None:
        row = self._someone(IN, ALONE)
        leave(Signup.objects.filter(pk=row.pk))
        self.wishes[row.pk] = OUT

    def come_back(self) -> None:
        gone = [pk for pk, wish in self.wishes.items() if wish == OUT]
        if gone:
            row = Signup.objects.get(pk=self._draw.choice(gone))
            come_back(row)
            self.wishes[row.pk] = IN if row.wants_group else ALONE

    def leave_the_group(self) -> None:
        row = self._someone(IN)
        moving.leave_group(row)
        self.wishes[row.pk] = ALONE

    def want_none(self) -> None:
        """As on the page where one changes one's answers."""
        row = self._someone(IN)
        with transaction.atomic():
            Signup.objects.filter(pk=row.pk).update(wants_group=False)
            moving.leave_group(row)
        self.wishes[row.pk] = ALONE

    def ask_for_another(self) -> None:
        moving.ask_for_another(self._someone(IN))

    def want_a_group(self) -> None:
        alone = [pk for pk, wish in self.wishes.items() if wish == ALONE]
        if alone:
            row = Signup.objects.get(pk=self._draw.choice(alone))
            still_in.say_yes(row)
            self.wishes[row.pk] = IN

    def sign_up(self) -> None:
        address = f"newcomer{self._number}.{self._new}@example.org"
        self._new += 1
        said = {"name": "New Comer", "timezone": place(self._draw), "answers": answers(self._draw)}
        self.wishes[create_signup(self._run, address, confirmed=True, **said).pk] = IN

    def be_erased(self) -> None:
        row = self._someone(IN, ALONE, OUT)
        erase(row.email)
        self.wishes[row.pk] = ERASED


class Organiser:
    """Somebody who moves people, splits, closes and joins groups by hand, and fills them up."""

    wishes: dict[int, str] = {}

    def __init__(self, run: Sequence, _number: int, _of: int, draw: random.Random) -> None:
        self._run, self._draw = run, draw
        self.deeds = {self.close: 3, self.split: 2, self.move: 4, self.join_two: 2, self.fill_up: 2}

    def _groups(self, count: int) -> list[Group]:
        here = list(Group.objects.open().filter(sequence=self._run).order_by("number"))
        return self._draw.sample(here, min(count, len(here)))

    def _some(self, group: Group) -> list[int]:
        here = Membership.objects.current().filter(group=group).values_list("pk", flat=True)
        return list(here)[: self._draw.randint(1, 4)]

    def close(self) -> None:
        for group in self._groups(1):
            by_hand.close(group)

    def split(self) -> None:
        for group in self._groups(1):
            by_hand.split(group, self._some(group))

    def move(self) -> None:
        one, other = self._groups(2)
        by_hand.move_people(one, self._some(one), other)

    def join_two(self) -> None:
        one, other = self._groups(2)
        merging.merge_groups(one, other, merging.mark_of(one, other))

    def fill_up(self) -> None:
        placing.place_newcomers(self._run)


def main(run: int, role: str, number: int, of: int, seed: int, seconds: float) -> dict:
    """Act for so many seconds; return how often what was done or refused, and the last wish of each person."""
    draw = random.Random(f"{seed}/{role}/{number}")
    actor = {"learner": Learners, "organiser": Organiser}[role](Sequence.objects.get(pk=run), number, of, draw)
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(draw.uniform(0, 0.02 if role == "learner" else 0.3))
        [deed] = draw.choices(list(actor.deeds), list(actor.deeds.values()))
        name = deed.__name__.replace("_", " ")
        try:
            deed()
            counts[name] += 1
        except (ValidationError, ValueError):
            counts[f"{name}: refused"] += 1
        except Error as error:
            # Nobody was told that it is done, and it was not: what they wished before still holds.
            counts[f"{name}: {str(error).splitlines()[0]}"] += 1
    return {"counts": counts, "wishes": actor.wishes}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*json.loads(sys.argv[1]))))
