"""The page of videos: how often each was viewed, how far, on what and where, as FutureLearn counts it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dashboard_import.models import VideoStats
from dashboard_import.stats import registry
from dashboard_import.stats.absent import missing
from dashboard_import.stats.links import on_step
from dashboard_import.stats.reading import RunNumbers, step_name
from dashboard_import.stats.registry import Chart, Figure, Rows, Seen
from dashboard_import.stats.words import label
from mooc.lib.charts.bars import bars
from mooc.lib.charts.marks import Series, percent
from mooc.lib.charts.stacked import stacked

registry.page("videos", _("Videos"))
SAME = _(
    "A video is the same in two runs if it has the same title on the same step. Files of 2017 name no step: there the "
    "title alone tells, if one video alone has it. One that was renamed or moved, or that shares its title, stands "
    "here more than once. Shares are of the views of all runs: a run with more views counts for more."
)
COMMON = {
    "page": "videos", "files": ("video_stats",), "tables": (VideoStats,), "shares": False, "of_all_runs": SAME,
}  # fmt: skip
EVERYONE = _("FutureLearn counts views, not people: these numbers are of everyone, whichever group you count.")
COUNTS = ("total_views", "total_downloads", "total_caption_views", "total_transcript_views")
WATCHED = {
    "5": "five", "10": "ten", "25": "twentyfive", "50": "fifty", "75": "seventyfive", "95": "ninetyfive",
    "100": "onehundred",
}  # fmt: skip
HALF = list(WATCHED).index("50")
DEVICES = ("desktop", "mobile", "tablet", "tv", "console", "unknown")
CONTINENTS = ("europe", "asia", "north_america", "africa", "south_america", "oceania", "antarctica")
SHARES = (
    *(f"viewed_{part}_percent" for part in WATCHED.values()),
    *(f"{device}_device_percentage" for device in DEVICES),
    *(f"{continent}_views_percentage" for continent in CONTINENTS),
)


def videos_of(numbers: RunNumbers) -> list[tuple[str, VideoStats]]:
    """Return the videos in the order of the course, with their steps; files of 2017 name none, and keep their order."""
    rows = numbers.tables[VideoStats]
    if numbers.is_pool:
        rows = [together(several) for several in same_videos(rows)]
    rows = sorted(rows, key=lambda row: (row.week is None, row.week or 0, row.step or 0, row.row))
    return [("" if row.week is None else step_name((row.week, row.step)), row) for row in rows]


def same_videos(rows: Sequence[VideoStats]) -> list[list[VideoStats]]:
    """Return the rows of each video, those of several runs together.

    Where a run's file names no step, a title is that of the video elsewhere if one alone has it, here and there. Two
    videos of one run are never the same; those with the same title and step are taken in the order of the file.
    """
    steps: dict[str, set[tuple]] = {}
    for row in rows:
        if row.week is not None:
            steps.setdefault(row.title, set()).add((row.week, row.step))
    titles = Counter((row.run_id, row.title) for row in rows)
    same: dict[tuple, list[VideoStats]] = {}
    places: Counter[tuple] = Counter()
    for row in rows:
        place, known = (row.week, row.step), steps.get(row.title, set())
        if row.week is None and len(known) == titles[row.run_id, row.title] == 1:
            (place,) = known
        key = (*place, row.title)
        places[row.run_id, key] += 1
        same.setdefault((key, places[row.run_id, key]), []).append(row)
    return list(same.values())


def together(rows: Sequence[VideoStats]) -> VideoStats:
    """Return one video's numbers in all runs: counts added up, shares by views, the length as the last run has it."""
    first, made = next((row for row in rows if row.week is not None), rows[0]), {}
    for count in COUNTS:
        known = [value for row in rows if (value := getattr(row, count)) is not None]
        made[count] = sum(known) if known else None
    for share in SHARES:
        known = [(getattr(row, share), row.total_views or 0) for row in rows if getattr(row, share) is not None]
        views = sum(weight for _value, weight in known)
        made[share] = round(sum(value * weight for value, weight in known) / views, 4) if views else None
    seconds = [row.video_duration for row in rows if row.video_duration is not None]
    return VideoStats(
        week=first.week, step=first.step, title=first.title, row=first.row,
        video_duration=seconds[-1] if seconds else None, **made,
    )  # fmt: skip


def name(row: tuple) -> str:
    """Return what a video is called: its step, then its title."""
    return f"{row[0]} {row[1]}".strip()


def leads(one: Seen) -> list[str]:
    """Return where each video's bar leads: to what was written on its step, where the file names it."""
    return [on_step(one, row[0]) for row in one.rows]


def draw_views(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw views as lying bars, the other counts beside them in the table."""
    made = []
    for one in seen:
        views = Series(_now("Views"), [row[3] for row in one.rows], one.colour)
        drawing = bars(
            [name(row) for row in one.rows], [views], head=_now("Video"), missing=missing(chart, [one]),
            links=leads(one),
        )  # fmt: skip
        heads = [_now("Video"), _now("Seconds"), _now("Views"), _now("Downloads"), _now("With captions"),
                 _now("Transcripts")]  # fmt: skip
        table = replace(drawing, heads=heads, rows=[[name(row), *row[2:]] for row in one.rows])
        made.append(Figure(table, one.name if len(seen) > 1 else ""))
    return made


def draw_watched(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
    """Draw the shares of views that reached the middle and the end of each video; all the shares are in the table."""
    made = []
    for one in seen:
        series = [
            Series(_now("Half of it"), [row[2:][HALF] for row in one.rows], 1),
            Series(_now("All of it"), [row[-1] for row in one.rows], 2),
        ]
        names = [name(row) for row in one.rows]
        drawing = bars(names, series, head=_now("Video"), missing=missing(chart, [one]), say=percent, links=leads(one))
        heads = [_now("Video"), *(f"{part} %" for part in WATCHED)]
        rows = [[title, *row[2:]] for title, row in zip(names, one.rows, strict=True)]
        made.append(Figure(replace(drawing, heads=heads, rows=rows), one.name if len(seen) > 1 else ""))
    return made


def whole(row: tuple) -> list[float | None]:
    """Return the shares of a row, of a hundred exactly: FutureLearn's own add up to a little more or less."""
    added = sum(cell or 0 for cell in row[2:])
    return [None if cell is None else 100 * cell / added if added else 0 for cell in row[2:]]


@registry.chart(
    "videos", **COMMON, title=_("Views"), draw=draw_views, limits=EVERYONE,
    columns=("step", "title", "seconds", "views", "downloads", "caption_views", "transcript_views"),
    definition=_("How often each video was viewed, downloaded, viewed with captions, and its transcript read."),
)  # fmt: skip
def videos(numbers: RunNumbers) -> Rows:
    return [
        (step, row.title, row.video_duration, *(getattr(row, count) for count in COUNTS))
        for step, row in videos_of(numbers)
    ]


@registry.chart(
    "videos-watched", **COMMON, title=_("How far people watch"), draw=draw_watched, limits=EVERYONE,
    columns=("step", "title", *WATCHED),
    definition=_("The share of views, in per cent, that reached 5 %, 10 % … 100 % of each video."),
)  # fmt: skip
def videos_watched(numbers: RunNumbers) -> Rows:
    return [
        (step, row.title, *(getattr(row, f"viewed_{part}_percent") for part in WATCHED.values()))
        for step, row in videos_of(numbers)
    ]


def register(slug: str, title: str, definition: str, fields: dict[str, str]) -> None:
    """Register a chart of shares of views that add up to a hundred: `fields` are columns of the CSV and the table's."""

    def draw(chart: Chart, seen: Sequence[Seen], in_percent: bool) -> list[Figure]:
        made = []
        for one in seen:
            shares = [whole(row) for row in one.rows]
            names = [row[0] or row[1] for row in one.rows]
            series = [
                Series(label(column), [share[at] for share in shares], at + 1) for at, column in enumerate(fields)
            ]
            drawing = stacked(
                names, series, head=_now("Video"), missing=missing(chart, [one]), say=percent, links=leads(one)
            )
            rows = [[name(row), *row[2:]] for row in one.rows]
            made.append(Figure(replace(drawing, rows=rows), one.name if len(seen) > 1 else ""))
        return made

    @registry.chart(
        slug, **COMMON, title=title, definition=definition, limits=EVERYONE, columns=("step", "title", *fields),
        draw=draw,
    )  # fmt: skip
    def rows(numbers: RunNumbers) -> Rows:
        return [
            (step, row.title, *(getattr(row, field) for field in fields.values())) for step, row in videos_of(numbers)
        ]


register(
    "video-devices", _("Devices"), _("On what each video was viewed: shares of its views, in per cent."),
    {device: f"{device}_device_percentage" for device in DEVICES},
)  # fmt: skip
register(
    "video-continents", _("Continents"), _("Where each video was viewed: shares of its views, in per cent."),
    {continent: f"{continent}_views_percentage" for continent in CONTINENTS},
)  # fmt: skip
