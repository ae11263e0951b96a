"""Threads over time: a line for each, a mark for each comment on it, from the post to the last reply."""

import datetime
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from mooc.lib.charts.marks import Drawing, along, mark, px, share
from mooc.lib.charts.scales import day_ticks

ROW, LABEL, LINE = 48, 14, 30  # px: a thread's height, and where in it its name and its line stand
RADIUS, SIDE = 5, 12  # of a reply, of a post
DAY = datetime.timedelta(days=1)


class Said(NamedTuple):
    """One comment: when (aware), what its mark says, whether it began the thread, where it leads."""

    moment: datetime.datetime
    words: str
    is_post: bool
    href: str = ""


class Thread(NamedTuple):
    """A thread's name, its comments in order of time, where its name leads."""

    name: str
    comments: Sequence[Said]
    href: str = ""


def threads(
    shown: Sequence[Thread],
    *,
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    missing: str,
    description: str,
    links: Sequence[str] = (),
    days: tuple[datetime.date, datetime.date] | None = None,
) -> Drawing:
    """Return the threads below each other, over all days (UTC) from the first comment to the last, or over `days`.

    `rows` under `heads` are the table, `links` one for each row.
    """
    moments = [one.moment.astimezone(datetime.UTC) for thread in shown for one in thread.comments]
    if not moments:
        return Drawing("threads", missing, heads, rows, missing=missing, links=links)
    first, last = days or (min(moments).date(), max(moments).date())
    count, height = (last - first).days + 1, ROW * len(shown)
    begin = datetime.datetime.combine(first, datetime.time.min, datetime.UTC)
    ticks = day_ticks(first, count)
    parts = [
        f'<line class="faint" x1="{at}" x2="{at}" y1="0" y2="{height}"/>' for at in (share(one.at) for one in ticks)
    ]
    for place, thread in enumerate(shown):
        top = place * ROW
        name = f'<text x="0" y="{top + LABEL}">{escape(thread.name)}</text>'
        at = [share((one.moment - begin) / (DAY * count)) for one in thread.comments]
        y = px(top + LINE)
        parts.append(mark(thread.name, name, thread.href))
        parts.append(f'<line class="zero" x1="{at[0]}" x2="{at[-1]}" y1="{y}" y2="{y}"/>' if at else "")
        parts += [
            mark(
                one.words,
                post(x, top) if one.is_post else f'<circle class="s2" cx="{x}" cy="{y}" r="{RADIUS}"/>',
                one.href,
            )
            for one, x in zip(thread.comments, at, strict=True)
        ]
    return Drawing(
        "threads", description, heads, rows, "".join([*parts, along(ticks, height)]), height, links=links,
    )  # fmt: skip


def post(x: str, top: float) -> str:
    """Return the square of a post in the row that begins at `top` px."""
    y, half = px(top + LINE - SIDE / 2), px(SIDE / 2)
    return f'<rect class="s1" x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" transform="translate(-{half})"/>'
