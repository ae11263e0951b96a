"""The markup of each kind of chart at 200 points, and of a heat map of 20,000 cells, beside what it may cost."""

import os
import statistics
import time
from collections.abc import Callable
from importlib import import_module

import django

from benchmarks.table import Row

ROUNDS = 30
MOST, MOST_HEAT = 5.0, 40.0  # ms


def run() -> list[Row]:
    """Return the median time of each kind, the figure around it and its table included."""
    os.environ.update(DEBUG="true", DJANGO_SETTINGS_MODULE="mooc.settings")
    django.setup()
    gallery = import_module("tests.mooc.charts.gallery")  # it needs the settings

    def whole(draw: Callable) -> str:
        return gallery.figure(draw(), slug="x", title="Title", definition="Words.", as_of=gallery.AS_OF, csv="/x.csv")

    rows = []
    for kind, draw in gallery.drawers(200).items():
        rows.append(Row(f"{kind} of 200 points", timed(lambda draw=draw: whole(draw)), MOST, "ms", at_most=1))
    names, days = gallery.steps(100), [f"{at} Sep" for at in range(200)]
    cells = [gallery.falling(200, row) for row in range(100)]
    large = timed(lambda: whole(lambda: gallery.heat_map(names, days, cells, head="Step", missing="")))
    return [*rows, Row("heat map of 20,000 cells", large, MOST_HEAT, "ms", at_most=1)]


def timed(work: Callable) -> float:
    """Return the median time of `work`, in ms."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[1:])
