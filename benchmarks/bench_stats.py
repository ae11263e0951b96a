"""Every page of statistics over a run with 50,000 and one with 5,000,000 rows of step activity, beside a bare table.

A page reads tallies, not rows, so its time may not grow with the rows. Both runs are invented, with all kinds of file
and the same steps and weeks; the large one has a hundred times as many people. The bare view, for the same staff behind
the same middleware, reads the same rows of tallies and sums and shows them as a table by a template, and does nothing
else.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.servers import ROOT, manage, postgres, production
from benchmarks.table import Row

FEW, MANY = "few", "many"
SIZES = {FEW: (2_000, 50_000), MANY: (200_000, 5_000_000)}  # people who joined; rows of step activity
# In a process of its own, as it has settings of its own. It prints a line for each figure: its name, milliseconds.
MEASURED = """
import statistics, sys, time, types
import django
from django.conf import settings
django.setup()
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import path
from dashboard_import.models import CourseRun, Tally
from dashboard_import.stats import pages
from mooc import urls
from mooc.lib.access import require_staff

client = Client(headers={"host": "127.0.0.1"})
client.force_login(User.objects.create_superuser("bench"))

def timed(work):
    times = []
    for _ in range(25):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times[3:]) * 1000

table = Template(
    "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)

@require_staff("dashboard_import.see_statistics")
def bare(request, page):
    run, charts = CourseRun.objects.get(slug="many"), pages.PAGES[page].charts.values()
    options = {name: next(iter(known)) for chart in charts for name, known in chart.options.items()}
    tallies = Tally.objects.filter(run=run, kind__in=pages.kinds(charts, options))
    rows = [*tallies.values_list("kind", "week", "step", "day", "value", "everyone")]
    for sums in dict.fromkeys(sums for chart in charts for sums in chart.tables):
        rows += sums.objects.filter(run=run).values_list()
    return HttpResponse(table.render(Context({"rows": rows})))

addresses = types.ModuleType("addresses")
addresses.urlpatterns = [path("bare/<page>/", bare), *urls.urlpatterns]
sys.modules["addresses"] = addresses
settings.ROOT_URLCONF = "addresses"

for page in pages.PAGES:
    for slug in ("few", "many"):
        address = f"/stats/futurelearn/{slug}/1/{page}/"
        assert client.get(address).status_code == 200
        print(page, slug, timed(lambda: client.get(address)))
    print(page, "bare", timed(lambda: client.get(f"/bare/{page}/")))
"""


def invented(folder: Path, slug: str) -> Path:
    """Write a run of all kinds of file, named `slug`, into a folder of its own; return it."""
    joiners, rows = SIZES[slug]
    made = folder / slug
    size = [f"--joiners={joiners}", f"--step-rows={rows}"]
    manage(dict(os.environ), "generate_futurelearn", str(made), "--flat", "--runs=1", "--layout=2026", *size)
    for path in made.glob("*_*.csv"):
        path.rename(made / f"{slug}-1_{path.name.split('_', 1)[1]}")
    return made


def run() -> list[Row]:
    """Return each page's time at 5,000,000 rows beside that at 50,000, and the slowest beside a bare view."""
    with tempfile.TemporaryDirectory() as name, postgres() as address:
        folder = Path(name)
        environment = production(
            address, FUTURELEARN_DATA_DIR=str(folder / "data"), DJANGO_SETTINGS_MODULE="mooc.settings", DEBUG="true"
        )
        manage(environment, "migrate", "--verbosity=0")
        for slug in SIZES:
            manage(environment, "import_futurelearn", "--from", str(invented(folder, slug)))
        command = [sys.executable, "-c", MEASURED]
        said = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    times = {tuple(words[:2]): float(words[2]) for line in said.splitlines() if (words := line.split())}
    names = [page for page, what in times if what == MANY]
    slowest = max(names, key=lambda page: times[page, MANY])
    return [
        *(
            Row(f"page {page}, 5,000,000 and 50,000 rows", times[page, MANY], times[page, FEW], "ms", at_most=1.3)
            for page in names
        ),
        *(
            Row(
                f"page {page}, bare view", times[page, MANY], times[page, "bare"], "ms",
                at_most=3 if page == slowest else None,
            )
            for page in names
        ),
    ]  # fmt: skip
