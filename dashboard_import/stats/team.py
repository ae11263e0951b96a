"""The page of the team: how much each of them wrote, and what, the newest first."""

import datetime
from collections import Counter
from collections.abc import Sequence

from django.db.models import Max
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import Comment, TeamComment, TeamMember
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.links import on_futurelearn
from dashboard_import.stats.lists import PER_PAGE, pager
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.words import label
from mooc.lib.charts.bars import bars
from mooc.lib.charts.marks import NONE, Drawing, Series
from mooc.lib.moments import in_utc

registry.page("team", _("Team"))
COMMON = {"page": "team", "files": ("team_members", "comments"), "tables": (TeamMember,), "shares": False}


def members(numbers: RunNumbers) -> dict[str, tuple[str, list[str]]]:
    """Return the name and the roles of each member; a person stands in the file once for each role."""
    found: dict[str, tuple[str, list[str]]] = {}
    for row in numbers.tables[TeamMember]:
        name = f"{row.first_name} {row.last_name}".strip() or _now("No name")
        roles = found.setdefault(row.person_id, (name, []))[1]
        if not (numbers.is_pool and row.team_role in roles):
            roles.append(row.team_role)
    return found


def draw_members(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw posts and replies of each member as lying bars."""
    made = []
    for one in seen:
        names = [f"{row[0]} ({', '.join(label(role).lower() for role in row[1].split())})" for row in one.rows]
        series = [
            Series(_now("Posts"), [row[2] for row in one.rows], 1),
            Series(_now("Replies"), [row[3] for row in one.rows], 2),
        ]
        drawing = bars(names, series, head=_now("Member"), missing=missing(chart, [one]))
        made.append(Figure(drawing, one.name if len(seen) > 1 else ""))
    return made


@registry.chart(
    "team-members", **COMMON, title=_("Members"), columns=("name", "roles", "posts", "replies"), draw=draw_members,
    tallies=("team_posts", "team_replies"),
    definition=_("How many posts and how many replies each member of the team wrote."),
    limits=_("A person with several roles stands here once. Files from before 2016 name no team."),
    of_all_runs=_(
        "A person is counted in the runs of whose team they were, under the name that the first of them has."
    ),
)  # fmt: skip
def team_members(numbers: RunNumbers) -> Rows:
    written = {
        kind: Counter({person: count for _week, _step, _day, person, count in numbers.tallies[kind]})
        for kind in ("team_posts", "team_replies")
    }
    rows = [
        (name, " ".join(roles), written["team_posts"][person], written["team_replies"][person])
        for person, (name, roles) in members(numbers).items()
    ]
    return sorted(rows, key=lambda row: (-row[2] - row[3], row[0]))


def when(date: str) -> str:
    """Return a moment of the file, such as `2026-01-05 09:00:00 UTC`, as a page says it; a dash for none."""
    return (
        in_utc(datetime.datetime.strptime(date, "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=datetime.UTC)) if date else NONE
    )


def draw_comments(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Show one page of the first run's comments as a table; each leads to FutureLearn's page of it."""
    first = seen[0]
    if not first.rows:
        return [Figure(Drawing("table", missing(chart, [first]), [], [], missing=missing(chart, [first])))]
    heads = [_now("Written"), _now("By"), _now("Step"), _now("Comment"), _now("Likes")]
    rows = [[when(date), name, step, text, likes] for name, date, step, text, likes, _link in first.rows]
    drawing = Drawing("table", "", heads, rows, links=[row[-1] for row in first.rows])
    last = TeamComment.objects.filter(run=first.numbers.run).aggregate(Max("place"))["place__max"]
    return [Figure(drawing, first.name if len(seen) > 1 else "", pager(first.numbers.at, last))]


@registry.chart(
    "team-comments", **COMMON, pools=False, title=_("What the team wrote"), draw=draw_comments,
    columns=("name", "date", "step", "text", "likes", "link"),
    definition=_("The comments by members of the team, the newest first."),
    limits=_("It is of the whole team, whichever group you count. The page shows those of the first run."),
)  # fmt: skip
def team_comments(numbers: RunNumbers) -> Rows:
    listed = TeamComment.objects.filter(run=numbers.run)
    if numbers.at is not None:
        if not numbers.is_first:
            return []
        listed = listed.filter(place__gt=(numbers.at - 1) * PER_PAGE, place__lte=numbers.at * PER_PAGE)
    team = members(numbers)
    rows = Comment.objects.filter(run=numbers.run, comment_id__in=listed.values("comment_id"))
    return [
        (
            team[row.author_id][0], f"{row.timestamp:%Y-%m-%d %H:%M:%S} UTC" if row.timestamp else "",
            "" if row.week is None else step_name((row.week, row.step)), row.text, row.likes,
            on_futurelearn(numbers.run, row.comment_id),
        )
        for row in sorted(rows, key=lambda row: (row.timestamp is not None, row.timestamp, row.row), reverse=True)
    ]  # fmt: skip
