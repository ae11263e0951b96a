"""How the groups of one course run are: one row a group, and the words for its state."""

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils import timezone as clock
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from groups.models import Group, Membership
from mailing.activity import WINDOW, Activity, activity_of
from mailing.models import CheckIn
from sequence.models import Sequence

LIVELY = 5  # active members that a group needs, see groups.plan.Options.lively


class State(StrEnum):
    """How a group is. `WORDS` says each to a reader, `DEFINITIONS` what it means."""

    FADING = "fading"
    UNKNOWN = "unknown"
    QUIET = "quiet"
    NEW = "new"
    ALIVE = "alive"


WORDS = {
    State.FADING: _("fading"), State.UNKNOWN: _("unknown"), State.QUIET: _("quiet"), State.NEW: _("new"),
    State.ALIVE: _("alive"),
}  # fmt: skip
DEFINITIONS = {
    State.NEW: _("made less than seven days ago"),
    State.ALIVE: _("five or more members were active, and one of them wrote, clicked or answered"),
    State.QUIET: _("five or more members were active, but they only opened messages"),
    State.UNKNOWN: _("fewer than five members wrote or answered; who only reads cannot be known"),
    State.FADING: _("fewer than five members were active"),
}
UNHEARD = {  # where mailing lists at the provider pass on what groups write
    State.ALIVE: _("five or more members were active, and one of them clicked or answered"),
    State.QUIET: _("five or more members opened messages; whether they write to each other cannot be known"),
    State.UNKNOWN: _("fewer than five members answered; who reads or writes cannot be known"),
    State.FADING: _("fewer than five members were active; whether they write to each other cannot be known"),
}


@dataclass(frozen=True)
class Row:
    """One group on the board. Numbers are of the last seven days, save `members` and `ever_wrote`."""

    group: Group
    state: State
    members: int
    active: int
    opens: int
    clicks: int
    on_track: int
    behind: int
    stuck: int
    ever_wrote: int | None
    posts: int | None
    first_reply: datetime.timedelta | None

    @property
    def state_word(self) -> str:
        return str(WORDS[self.state])

    @property
    def first_reply_words(self) -> str:
        """How soon the first answer came, such as `2 hours`; a dash where there was none."""
        if self.first_reply is None:
            return "–"
        start = self.group.date_created
        return timesince(start, start + self.first_reply, depth=1)


Columns = dict[str, tuple[str, Callable[[Row], object]]]  # {name: (its words, what it is sorted by)}
COLUMNS: Columns = {
    "group": (_("Group"), lambda row: row.group.number),
    "state": (_("State"), lambda row: list(State).index(row.state)),
    "members": (_("Members"), lambda row: row.members),
    "active": (_("Active"), lambda row: row.active),
}
TRACKED_COLUMNS: Columns = {
    "opens": (_("Opens"), lambda row: row.opens),
    "clicks": (_("Clicks"), lambda row: row.clicks),
}
CHECK_INS: Columns = {
    "on_track": (_("On track"), lambda row: row.on_track),
    "behind": (_("Behind"), lambda row: row.behind),
    "stuck": (_("Stuck"), lambda row: row.stuck),
}
TALK_COLUMNS: Columns = {
    "ever_wrote": (_("Ever wrote"), lambda row: row.ever_wrote or 0),
    "posts": (_("Posts"), lambda row: row.posts or 0),
    "first_reply": (_("First reply"), lambda row: (row.first_reply is None, row.first_reply or datetime.timedelta())),
}


@dataclass(frozen=True)
class Board:
    """The groups of a course run, sorted; the signs of life they are made of; how many groups are in which state."""

    rows: list[Row]
    activity: Activity
    states: Counter[State]

    @property
    def talks(self) -> bool:
        """Whether posts are known."""
        return self.activity.talk is not None

    @property
    def possible(self) -> list[State]:
        """The states that a group can be in, by what can be known."""
        never = {State.UNKNOWN} if self.activity.knows_opens else {State.FADING}
        if not self.activity.tracked and not self.states[State.QUIET]:
            never.add(State.QUIET)
        return [state for state in DEFINITIONS if state not in never]

    def meaning(self, state: State) -> str:
        """Return what a state means, by what can be known."""
        return str(DEFINITIONS[state] if self.talks else UNHEARD.get(state, DEFINITIONS[state]))

    @property
    def columns(self) -> Columns:
        """The columns of what can be known."""
        tracked, talk = TRACKED_COLUMNS if self.activity.tracked else {}, TALK_COLUMNS if self.talks else {}
        return COLUMNS | tracked | CHECK_INS | talk


def board_of(sequence: Sequence, sort: str = "", now: datetime.datetime | None = None) -> Board:
    """Return the board of a course run's open groups, sorted by a column's name, `-` before it for the largest first.

    Nine queries at most, however many groups. An unknown column sorts by number.
    """
    now = now or clock.now()
    activity = activity_of(sequence, now)
    groups = list(Group.objects.open().filter(sequence=sequence).order_by("number"))
    members: dict[int, set[int]] = {group.pk: set() for group in groups}
    current = Membership.objects.current().filter(group__sequence=sequence)
    for group, person in current.values_list("group", "signup"):
        members.get(group, set()).add(person)
    rows = [_row(group, members[group.pk], activity, now) for group in groups]
    board = Board(rows, activity, Counter(row.state for row in rows))
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name in board.columns:
        rows.sort(key=board.columns[name][1], reverse=backwards)
    return board


def _row(group: Group, members: set[int], activity: Activity, now: datetime.datetime) -> Row:
    signs = [activity.people[person] for person in members if person in activity.people]
    talk = (activity.talk or {}).get(group.pk)
    wrote = talk.wrote & members if talk else frozenset()
    active = len(members & activity.active)
    answers = sum((one.check_ins for one in signs), Counter())
    spoke = bool(wrote) or any(one.spoke for one in signs)
    return Row(
        group=group, state=state_of(group.date_created, active, spoke, now, knows_opens=activity.knows_opens),
        members=len(members), active=active,
        opens=sum(one.opens for one in signs), clicks=sum(one.clicks for one in signs),
        on_track=answers[CheckIn.Answer.ON_TRACK], behind=answers[CheckIn.Answer.BEHIND],
        stuck=answers[CheckIn.Answer.STUCK],
        ever_wrote=talk.ever_wrote if talk else None, posts=talk.posts if talk else None,
        first_reply=talk.first_reply if talk else None,
    )  # fmt: skip


def state_of(
    made: datetime.datetime, active: int, spoke: bool, now: datetime.datetime, *, knows_opens: bool = True
) -> State:  # fmt: skip
    """Return how a group is, as `DEFINITIONS` says; nobody is said to be gone who may only read."""
    if now - made < WINDOW:
        return State.NEW
    if active < LIVELY:
        return State.FADING if knows_opens else State.UNKNOWN
    return State.ALIVE if spoke else State.QUIET
