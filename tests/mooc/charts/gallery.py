"""A page of every kind of chart, as the urlconf of tests that look at it, and of `benchmarks.bench_charts`."""

import datetime
import math
import random
from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path
from django.utils.safestring import SafeString

from mooc import urls
from mooc.lib.charts.bars import bars, columns
from mooc.lib.charts.figure import figure
from mooc.lib.charts.heatmap import heat_map
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import Drawing, Series
from mooc.lib.charts.network import network
from mooc.lib.charts.sankey import sankey
from mooc.lib.charts.scales import day_ticks
from mooc.lib.charts.scatter import scatter
from mooc.lib.charts.sparkline import sparkline
from mooc.lib.charts.stacked import lying_stacked, stacked
from mooc.lib.charts.threads import Said, Thread, threads
from mooc.lib.charts.world import countries, world

HOSTILE = "</title><script>alert(1)</script>\" onload='alert(2)' & <b>bold</b>"
START = datetime.date(2018, 9, 10)
AS_OF = datetime.datetime(2018, 11, 2, 4, 15, tzinfo=datetime.UTC)
NOTHING = "This run has no enrolments file."
EMPLOYMENT = [
    "Accountancy, banking and finance", "Health and social care", "IT and information services",
    "Teaching and education in schools, colleges, universities and at home for everybody", "Unknown", HOSTILE,
]  # fmt: skip
PAGE = Template(
    """{% load static %}<!DOCTYPE html><html lang="en"><head><title>Charts</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="{% static "mooc/mark.svg" %}">
    {% for sheet in sheets %}<link rel="stylesheet" href="{{ sheet }}">{% endfor %}
    <script src="{% static "mooc/charts.js" %}" defer></script></head>
    <body><main><h1>Every chart</h1>{% for one in figures %}{{ one }}{% endfor %}
    <p>A sparkline {{ sparkline }} in words.</p></main></body></html>"""
)


def steps(count: int) -> list[str]:
    """Return the names of `count` steps, twenty in a week."""
    return [f"{at // 20 + 1}.{at % 20 + 1}" for at in range(count)]


def falling(count: int, seed: int, top: int = 900) -> list[int]:
    """Return counts that fall as those of steps do."""
    chance = random.Random(seed)
    return [round(top * math.exp(-3 * at / count) * chance.uniform(0.85, 1.1)) for at in range(count)]


def drawers(count: int = 60) -> dict[str, Callable[[], Drawing]]:
    """Return what draws a chart of every kind, each of about `count` points."""
    names, few = steps(count), min(count, 6)
    days = [(START + datetime.timedelta(days=at)).strftime("%-d %b %Y") for at in range(count)]
    links = [f"/steps/{name}/" for name in names]
    grid = [falling(120, row, 900 // (row + 1)) for row in range(min(count, 60))]
    chance = random.Random(1)
    cloud = [(float(x), round(x * 0.4 + chance.uniform(0, 9))) for x in (chance.randrange(40) for _ in range(count))]
    people = [f"Learner {at}" for at in range(max(count, 2))]
    replies = {(chance.choice(people), chance.choice(people[: count // 4 + 1])): 1 + at % 3 for at in range(count * 2)}
    weeks = [f"Week {at}" for at in range(1, 7)]
    moves = [(a, b, 900 // (a + 1) // (b - a) ** 2) for a in range(6) for b in range(a + 1, 6)]
    by_country = {code: 3000 // (at + 1) ** 2 for at, code in enumerate(["GB", "US", "IN", "NA", "SG", "TV", "ZZ"])}
    by_country |= dict.fromkeys(list(countries())[:count], 7)
    return {
        "columns": partial(columns,
            names, [Series("Run 1", falling(count, 1)), Series("Run 2", falling(count, 2, 500), 2)], head="Step",
            missing=NOTHING, links=links, trends=[Series("Trend of run 1", [500, 20], 1)],
        ),
        "bars": partial(bars,
            EMPLOYMENT[:few], [Series("Run 1", [310, 240, 55.5, None, 12, 7]), Series("Run 2", falling(6, 3), 2)],
            head="Area", missing=NOTHING, links=[f"/areas/{at}/" for at in range(few)],
        ),
        "stacked": partial(stacked,
            names, [Series("Posts", falling(count, 4)), Series("Replies", falling(count, 5), 2)], head="Step",
            missing=NOTHING, links=links,
        ),
        "lying": partial(lying_stacked,
            EMPLOYMENT[:few], [Series(f"Answer {at}", falling(few, at, 900 // at), at) for at in range(1, 6)],
            head="Area", missing=NOTHING, links=[f"/areas/{at}/" for at in range(few)],
        ),
        "lines": partial(lines,
            days, [Series(f"Run {at}", falling(count, at, 900 // at), at) for at in (1, 2, 3, 4)], head="Day",
            missing=NOTHING, ticks=day_ticks(START, count), events=[(3, "The course starts")],
        ),
        "scatter": partial(scatter, cloud, across="Steps completed", up="Comments", unit="Learners", missing=NOTHING),
        "heat": partial(heat_map,
            names[:60], [(START + datetime.timedelta(days=at)).strftime("%-d %b") for at in range(120)], grid,
            head="Step", missing=NOTHING, ticks=day_ticks(START, 120),
        ),
        "sankey": partial(sankey, weeks, moves, heads=("From", "To", "Learners"), missing=NOTHING),
        "world": partial(world,
            by_country, head="Country", value="Learners", missing=NOTHING, links={"GB": "/countries/GB/"}
        ),
        "network": partial(network, replies, heads=("Writer", "Receiver", "Replies"), missing=NOTHING),
        "threads": partial(threads,
            conversation(count), heads=["Written", "Thread"], missing=NOTHING, description="Threads: 6",
            rows=[["Mon", at] for at in range(count)], links=[f"/comments/{at}/" for at in range(count)],
        ),
        "empty": partial(columns, [], [], head="Step", missing=NOTHING),
    }  # fmt: skip


def conversation(count: int) -> list[Thread]:
    """Return six threads of `count` comments in all, each reply some hours later than the one before."""
    made = []
    for place in range(6):
        moments = [AS_OF + datetime.timedelta(hours=place * 20 + at * (at + 7)) for at in range(place, count, 6)]
        said = [Said(one, f"Comment {at}", at == 0, f"/threads/{place}/#{at}") for at, one in enumerate(moments)]
        made.append(Thread(f"{HOSTILE if place == 2 else 'Thread'} {place}", said, f"/threads/{place}/"))
    return made


def drawings(count: int = 60) -> dict[str, Drawing]:
    """Return a drawing of every kind."""
    return {name: draw() for name, draw in drawers(count).items()}


def figures(count: int = 60) -> list[SafeString]:
    """Return a figure of every kind."""
    return [
        figure(
            drawing, slug=name, title=f"A chart: {name}", definition="How many did what, in words of one syllable.",
            as_of=AS_OF, csv=f"/{name}.csv",
        )
        for name, drawing in drawings(count).items()
    ]  # fmt: skip


def gallery(request: HttpRequest) -> HttpResponse:
    """Show them all."""
    sheets = [f"/static/mooc/{name}.css" for name in ("palette", "site", "charts")]
    shown = {"figures": figures(), "sparkline": sparkline(falling(30, 7), "Falling"), "sheets": sheets}
    return HttpResponse(PAGE.render(Context(shown)))


urlpatterns = [path("gallery/", gallery), *urls.urlpatterns]
