"""What people do during a run: sign up, confirm, leave, come back, are erased. And when each had left for certain."""

import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Self

from django.db import Error, connection
from django.db.models import Q

from mooc.lib.addresses import fold
from signup.joining import join
from signup.leaving import ask_for_unsubscribe_link, come_back, leave, leave_everything, one_click_token
from signup.models import LinkRequest, Signup
from tests.torture.course import Course

PATIENCE = 30.0  # seconds for an answer of the site
SAID = {"name": "Late Comer", "timezone": "UTC", "wants_group": True, "answers": {}}
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Absence:
    """From `since` to `until` (unix times) somebody was certainly away: each end lies within the true time."""

    since: float
    until: float = float("inf")


class People:
    """The learners of a course, acting by themselves in one thread while another one watches who has left."""

    def __init__(self, course: Course, site: str, draw: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self.people = dict(course.people)  # folded address: id of the sign-up
        self.left: defaultdict[int, list[Absence]] = defaultdict(list)
        self.bounced: dict[int, float] = {}
        self.touched: set[int] = set()  # whoever did anything but learn
        self.newcomers: set[int] = set()
        self.pressed: set[int] = set()  # newcomers who certainly confirmed
        self.returned: set[int] = set()
        self._marking = threading.Lock()
        self._course, self._site, self._draw = course, site, draw
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._live, self._watch)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _live(self) -> None:
        deeds = {
            self._leave_by_button: 5, self._leave_by_page: 2, self._leave_directly: 3, self._come_back: 3,
            self._be_erased: 1, self._ask_for_the_link: 1, self._sign_up: 8, self._confirm: 8,
        }  # fmt: skip
        while not self._over.wait(self._draw.uniform(0.01, 0.1)):
            [deed] = self._draw.choices(list(deeds), list(deeds.values()))
            try:
                deed()
            except (urllib.error.URLError, TimeoutError, Error) as error:
                # Whoever cannot be sure to have left has not left for certain. It is counted, and nothing is expected.
                self.counts[f"failed: {deed.__name__.strip('_')} {type(error).__name__}"] += 1
        connection.close()

    def _watch(self) -> None:
        """See which learners have left or bounced by whatever way: what a query has shown was committed before.

        Newcomers are left out: the link that they press brings them back.
        """
        learners = set(self._course.people.values())
        while not self._over.wait(0.2):
            gone = Signup.objects.filter(Q(left__isnull=False) | Q(bounced__isnull=False))
            seen, now = list(gone.values_list("pk", "left", "bounced")), time.time()
            for pk, left, bounced in seen:
                if bounced:
                    self.bounced.setdefault(pk, now)
                if left and pk in learners and self._mark(pk):
                    self.left[pk].append(Absence(now))
                    self.counts["left by the provider's news"] += 1
        connection.close()

    def _someone(self) -> Signup | None:
        """Return a learner who has done nothing yet, and mark them."""
        pk = self._draw.choice(list(self._course.people.values()))
        return Signup.objects.get(pk=pk) if self._mark(pk) else None

    def _mark(self, pk: int) -> bool:
        with self._marking:
            new = pk not in self.touched
            self.touched.add(pk)
        return new

    def _gone(self, row: Signup, way: str) -> None:
        self.left[row.pk].append(Absence(time.time()))
        self.counts[way] += 1

    def _leave_by_button(self) -> None:
        if row := self._someone():
            self._post(f"/unsubscribe/one-click/{one_click_token(row)}/")
            self._gone(row, "left by one click")

    def _leave_by_page(self) -> None:
        if row := self._someone():
            self._post(f"/unsubscribe/confirm/{row.key}/")
            self._gone(row, "left by a page")

    def _leave_directly(self) -> None:
        if row := self._someone():
            if self._draw.random() < 0.5:
                leave(Signup.objects.filter(pk=row.pk))
            else:
                leave_everything(row.email.upper())
            self._gone(row, "left directly")

    def _ask_for_the_link(self) -> None:
        if row := self._someone():
            ask_for_unsubscribe_link(row.email)
            self.counts["asked for the link"] += 1

    def _be_erased(self) -> None:
        if row := self._someone():
            self._post(f"/me/{row.key}/erase/")
            self._gone(row, "erased")

    def _come_back(self) -> None:
        away = [pk for pk, absences in self.left.items() if absences[-1].until == float("inf")]
        row = Signup.objects.filter(pk=self._draw.choice(away)).first() if away else None
        if row is None:
            return
        self.left[row.pk][-1].until = time.time()
        self.returned.add(row.pk)
        if self._draw.random() < 0.5:
            come_back(row)
        else:
            join(row.sequence, row.email, SAID, "192.0.2.1")
        self.counts["came back"] += 1

    def _sign_up(self) -> None:
        address = f"Newcomer{len(self.newcomers)}.{self._draw.randrange(10**6)}@Example.org"
        if self._draw.random() < 0.5:
            self._post("/api/signup/", email=address, name="New Comer", timezone="UTC")
        else:
            join(self._course.sequence, address, SAID, "192.0.2.2")
        row = Signup.objects.of_address(address).get()
        self.people[fold(address)] = row.pk
        self.newcomers.add(row.pk)
        self.counts["signed up"] += 1

    def _confirm(self) -> None:
        """Press the link of a request that was mailed."""
        request = LinkRequest.objects.filter(used=None, mailed__isnull=False, kind="confirm").order_by("?").first()
        if request:
            self._post(f"/confirm/{request.key}/")
            self.pressed.add(request.signup_id)
            self.counts["confirmed"] += 1

    def _post(self, path: str, **fields: str) -> None:
        body = urllib.parse.urlencode(fields).encode()
        with _opener.open(urllib.request.Request(self._site + path, body, method="POST"), timeout=PATIENCE) as answer:
            answer.read()
