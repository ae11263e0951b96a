"""The page of how people talked: kinds of comments and of talkers, each talker, and who replied to whom."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dashboard_import.models import Talker
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.drawing import by_value, in_parts
from dashboard_import.stats.hiding import hidden_sums
from dashboard_import.stats.kinds import ONE, SEVERAL, name_of
from dashboard_import.stats.links import on_day, on_step, reading
from dashboard_import.stats.lists import PER_PAGE, pager
from dashboard_import.stats.over_days import over_days, parts_by_day, share_so_far, so_far, span
from dashboard_import.stats.reading import AUDIENCES, RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.talkers import pseudonym
from dashboard_import.stats.words import label
from dashboard_import.talk import COUNTS, TALKERS, TYPES
from mooc.lib.charts.marks import Drawing, Series, number
from mooc.lib.charts.network import density, network

registry.page("conversation", _("Conversation"))
COMMON = {"page": "conversation", "files": ("comments",)}
STRONG = (1, 2, 3, 4, 5, 6, 8)  # colours: a thin line in the seventh, yellow, is hardly seen on paper
PARTS = [SEVERAL[name] for name in TYPES]
KINDS_OF_COMMENT = _(
    "A lone post got no reply by somebody else; replies to it by its own author are lone too. An initiating post got "
    "one. A first reply is a person’s first in a thread, a further reply a later one. An initiator’s reply is by who "
    "began the thread."
)
KINDS_OF_TALKER = _(
    "Active ones began threads, replied to others, and came back to their own thread or with a further reply. "
    "Without turn-taking, they posted and replied, and did not come back. Reluctant ones wrote lone posts and further "
    "replies. Repliers wrote no posts. Initiators replied to nobody, or in their own threads alone. "
    "Loners wrote lone posts alone."
)
TEAM_TOO = _("The team is among them. Comments without an author are each by somebody else, who is not counted.")
TIES = _(
    "Everyone is counted, whichever group you choose. Replies to oneself and comments without an author are left out."
)


@registry.chart(
    "comment-types", **COMMON, title=_("Kinds of comments"), columns=("value", "count"), tallies=("comment_types",),
    draw=by_value(TYPES, name_of, lambda one, kind: reading(one.numbers.run, type=kind)), limits=KINDS_OF_COMMENT,
    definition=_("How many comments of each kind there are. A bar leads to them."),
)  # fmt: skip
def comment_types(numbers: RunNumbers) -> Rows:
    counts = Counter()
    for _week, _step, _day, value, count in numbers.tallies["comment_types"]:
        counts[value] += count
    return [(value, counts[value]) for value in TYPES if counts[value]]


@registry.chart(
    "comment-types-by-step", **COMMON, title=_("Kinds of comments by step"), columns=("step", *TYPES),
    tallies=("comment_types", "learners"), base="learners",
    draw=in_parts(_("Step"), PARTS, on_step),
    definition=_("How many comments of each kind there are on each step."), limits=KINDS_OF_COMMENT,
)  # fmt: skip
def comment_types_by_step(numbers: RunNumbers) -> Rows:
    counts = Counter()
    for week, step, _day, value, count in numbers.tallies["comment_types"]:
        counts[(week, step), value] += count
    steps = sorted({step for (step, _value), count in counts.items() if count and None not in step})
    return [(step_name(step), *(counts[step, value] for value in TYPES)) for step in steps]


@registry.chart(
    "comment-types-by-day", **COMMON, title=_("Kinds of comments by day"), columns=("date", *TYPES),
    tallies=("comment_types", "learners"), base="learners", draw=parts_by_day(PARTS, on_day), limits=KINDS_OF_COMMENT,
    definition=_("How many comments of each kind were written on each day (UTC)."),
)  # fmt: skip
def comment_types_by_day(numbers: RunNumbers) -> Rows:
    counts = Counter()
    for _week, _step, day, value, count in numbers.tallies["comment_types"]:
        counts[day, value] += count
    days = sorted({day for (day, _value), count in counts.items() if day and count})
    return [(day, *(counts[day, value] for value in TYPES)) for day in days]


@registry.chart(
    "comment-types-so-far", **COMMON, title=_("Kinds of comments up to each day"), columns=("date", *TYPES),
    tallies=("comment_types", "learners"), base="learners", draw=parts_by_day(PARTS, on_day, sums=True), sums=True,
    definition=_("How many comments of each kind had been written by the end of each day (UTC)."),
    limits=_("Each comment is of the kind that it was in the end, with all replies."),
)  # fmt: skip
def comment_types_so_far(numbers: RunNumbers) -> Rows:
    counts, rows = Counter(), []
    for day, *new in comment_types_by_day(numbers):
        counts.update(dict(zip(TYPES, new, strict=True)))
        rows.append((day, *(counts[value] for value in TYPES)))
    return rows


def talkers_of(one: Seen, kind: str) -> str:
    """Return the address of the list of talkers of a kind, below on the page; of all runs there is no such list."""
    if one.numbers.is_pool:
        return ""
    return f"?{urlencode({'talker': kind, 'of': one.numbers.of})}#learners"


@registry.chart(
    "learner-types", **COMMON, title=_("Kinds of talkers"), columns=("value", "count"), tallies=("learner_types",),
    draw=by_value(tuple(TALKERS), name_of, talkers_of), definition=KINDS_OF_TALKER, limits=TEAM_TOO,
)  # fmt: skip
def learner_types(numbers: RunNumbers) -> Rows:
    counts = numbers.by_value("learner_types")
    return [(value, counts[value]) for value in TALKERS if value in counts]


def chosen_type(numbers: RunNumbers) -> str:
    """Return the kind of talker that was chosen, nothing for all of them."""
    kind = numbers.options.get("talker", "all")
    return "" if kind == "all" else kind


def draw_learners(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show one page of the first run's talkers as a table; each leads to what they wrote."""
    first = seen[0]
    if not first.rows:
        return [Figure(Drawing("table", missing(chart, [first]), [], [], missing=missing(chart, [first])))]
    kinds = dict(zip(COUNTS, TYPES, strict=True))
    heads = [name_of(kinds[column]) if column in kinds else label(column) for column in chart.columns]
    rows = [[row[0], str(ONE.get(row[1], row[1])), *row[2:]] for row in first.rows]
    drawing = Drawing("table", "", heads, rows, links=[reading(first.numbers.run, who=row[0]) for row in rows])
    numbers = first.numbers
    kind = chosen_type(numbers)
    people = numbers.by_value("learner_types").get(kind, 0) if kind else numbers.total("learner_types")
    return [Figure(drawing, first.name if len(seen) > 1 else "", pager(numbers.at or 1, people))]


@registry.chart(
    "learners", **COMMON, title=_("Talkers"), shares=False, pools=False, tallies=("learner_types",), draw=draw_learners,
    columns=("learner", "type", *COUNTS, "replies_received", "likes", "comments"),
    options={"talker": {"all": _("all kinds"), **{kind: SEVERAL[kind] for kind in TALKERS}}},
    definition=_(
        "What each person wrote, of all or of one kind, who wrote most first. A name leads to what they wrote."
    ),
    limits=_(
        "We make the names: FutureLearn’s own id stays hidden. Replies received are those by others in a thread, "
        "after one’s post or first reply. The page shows those of the first run."
    ),
)  # fmt: skip
def learners(numbers: RunNumbers) -> Rows:
    rows = Talker.objects.filter(run=numbers.run).order_by("place")
    if numbers.of != "all":
        rows = rows.filter(**{AUDIENCES[numbers.of]: True})
    if kind := chosen_type(numbers):
        rows = rows.filter(type=kind)
    if numbers.at is not None:
        if not numbers.is_first:
            return []
        rows = rows[(numbers.at - 1) * PER_PAGE : numbers.at * PER_PAGE]
    made = []
    for row in rows.iterator(chunk_size=2_000):
        counts = [getattr(row, count) for count in COUNTS]
        made.append((row.name, row.type, *counts, row.received, row.likes, sum(counts)))
    return made


def draw_network(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw who replied to whom, each run by itself; people lead to what they wrote."""
    made = []
    for one in seen:
        replies = {row[:2]: row[2] or 0 for row in one.rows}
        names = {name for pair in replies for name in pair}
        drawing = network(
            replies, heads=(_now("From"), _now("To"), _now("Replies")), missing=missing(chart, [one]),
            links={name: reading(one.numbers.run, who=name) for name in names},
        )  # fmt: skip
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "reply-network", **COMMON, title=_("Who replied to whom"), columns=("from", "to", "replies"), shares=False,
    pools=False, tallies=("network",), draw=draw_network, limits=TIES,
    definition=_("How often one person replied to a post of another, among the hundred with most replies."),
)  # fmt: skip
def reply_network(numbers: RunNumbers) -> Rows:
    pairs = [(*value.split(" "), count) for _week, _step, _day, value, count in numbers.tallies["network"]]
    return sorted((pseudonym(writer), pseudonym(receiver), count) for writer, receiver, count in pairs)


def others_words(value: str) -> str:
    """Return with how many others that is."""
    return ngettext("with %(count)s other", "with %(count)s others", int(value)) % {"count": number(int(value))}


@registry.chart(
    "connections", **COMMON, title=_("How many others people talked with"), columns=("others", "people"),
    tallies=("connections",), draw=by_value((), others_words, numbers=True), limits=TIES,
    definition=_("How many people exchanged replies with one other person, with two, three …"),
)  # fmt: skip
def connections(numbers: RunNumbers) -> Rows:
    return sorted(numbers.by_value("connections").items(), key=lambda item: int(item[0]))


@registry.chart(
    "network-density", **COMMON, title=_("Density over time"), columns=("date", "people", "pairs", "density"),
    shares=False, pools=False, tallies=("network_people", "network_pairs"),
    draw=share_so_far(_("Density"), on_day), sums=True, limits=TIES,
    definition=_(
        "Of all pairs of people in the network so far, how many per cent had one reply to the other. "
        "The file has it from 0 to 1."
    ),
)  # fmt: skip
def network_density(numbers: RunNumbers) -> Rows:
    return share_of_two(numbers, ("network_people", "network_pairs"), density)


def share_of_two(numbers: RunNumbers, kinds: tuple[str, str], share: Callable[[int, int], float]) -> Rows:
    """Return two sums up to each day on which one of them grew, and the share that they make."""
    new = [numbers.by_day(kind) for kind in kinds]
    sums, rows = [0, 0], []
    for day in sorted({*new[0], *new[1]}):
        sums = [before + by_day.get(day, 0) for before, by_day in zip(sums, new, strict=True)]
        rows.append((day, *sums, round(share(*sums), 6)))
    return rows


@registry.chart(
    "network-reciprocity", **COMMON, title=_("Replies returned over time"), shares=False, pools=False,
    columns=("date", "pairs", "returned", "reciprocity"), tallies=("network_pairs", "network_returned"),
    draw=share_so_far(_("Returned"), on_day), sums=True, limits=TIES,
    definition=_(
        "Of all connections so far, from one person who replied to another, how many per cent were returned: the other "
        "had replied to the first as well. This is called reciprocity. The file has it from 0 to 1."
    ),
)  # fmt: skip
def network_reciprocity(numbers: RunNumbers) -> Rows:
    return share_of_two(numbers, ("network_pairs", "network_returned"), lambda pairs, returned: returned / pairs)


def draw_top(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw a line for each of the people with most connections, the most connected first."""
    made = []
    for one in seen:
        days, known = span(one, {row[0] for row in one.rows}), defaultdict(dict)
        for day, name, others in hidden_sums(most_connected(one.numbers)):
            known[name][day] = others
        order = sorted(known, key=lambda name: (-max(others or 0 for others in known[name].values()), name))
        series = [Series(name, so_far(known[name], days), at) for at, name in zip(STRONG, order, strict=False)]
        drawing = over_days(chart, one, days, series, False, on_day)
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "most-connected", **COMMON, title=_("The most connected people"), columns=("date", "learner", "others"),
    shares=False, pools=False, tallies=("network_top",), draw=draw_top, sums=True, limits=TIES,
    definition=_(
        "With how many others the seven most connected people had exchanged replies by the end of each day. Names are "
        "those of the table of talkers. The file has the days on which a number changed."
    ),
)  # fmt: skip
def most_connected(numbers: RunNumbers) -> Rows:
    others: Counter[str] = Counter()
    rows = []
    new = [(day, value, count) for _week, _step, day, value, count in numbers.tallies["network_top"] if day]
    for day, person, count in sorted(new):
        others[person] += count
        rows.append((day, pseudonym(person), others[person]))
    return rows
