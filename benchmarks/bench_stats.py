"""Pages of statistics over a run of 50,000 and one of 5,000,000 rows of step activity, and beside a bare table.

A page reads tallies, not rows, so its time may not grow with the rows. The bare view, for the same staff behind the
same middleware, reads the same tallies and joins them into an HTML table, and does nothing else.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_import import step_activity
from benchmarks.servers import ROOT, manage, postgres, production
from benchmarks.table import Row

FEW, MANY = 50_000, 5_000_000
PAGES = ("overview", "demographics", "enrolments", "steps")
# In a process of its own, as it has settings of its own. It prints a line for each figure: its name, milliseconds.
MEASURED = """
import statistics, sys, time, types
import django
from django.conf import settings
django.setup()
from django.contrib.auth.models import User
from django.http import HttpResponse
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

@require_staff("dashboard_import.see_statistics")
def bare(request, page):
    run = CourseRun.objects.get(slug="steps", number=2)
    kinds = pages.kinds(pages.PAGES[page].charts.values())
    rows = Tally.objects.filter(run=run, kind__in=kinds).values_list("kind", "week", "step", "day", "value", "everyone")
    return HttpResponse("".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows))

addresses = types.ModuleType("addresses")
addresses.urlpatterns = [path("bare/<page>/", bare), *urls.urlpatterns]
sys.modules["addresses"] = addresses
settings.ROOT_URLCONF = "addresses"

for page in sys.argv[1:]:
    for number in (1, 2):
        address = f"/stats/futurelearn/steps/{number}/{page}/"
        assert client.get(address).status_code == 200
        print(page, number, timed(lambda: client.get(address)))
    print(page, "bare", timed(lambda: client.get(f"/bare/{page}/")))
"""


def run() -> list[Row]:
    """Return each page's time at 5,000,000 rows beside that at 50,000, and the slowest beside a bare view."""
    with tempfile.TemporaryDirectory() as name, postgres() as address:
        folder = Path(name)
        environment = production(
            address, FUTURELEARN_DATA_DIR=str(folder / "data"), DJANGO_SETTINGS_MODULE="mooc.settings", DEBUG="true"
        )
        manage(environment, "migrate", "--verbosity=0")
        for number, rows in ((1, FEW), (2, MANY)):
            path = step_activity(folder / f"steps-{number}_step-activity.csv", rows)
            manage(environment, "import_futurelearn", "--from", str(path))
        command = [sys.executable, "-c", MEASURED, *PAGES]
        said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    times = {tuple(words[:2]): float(words[2]) for line in said.splitlines() if (words := line.split())}
    rows = [
        Row(f"page {page} at 5,000,000 and 50,000 rows", times[page, "2"], times[page, "1"], "ms", at_most=1.3)
        for page in PAGES
    ]
    slowest = max(PAGES, key=lambda page: times[page, "2"])
    return [
        *rows,
        Row(f"slowest page ({slowest}), bare view", times[slowest, "2"], times[slowest, "bare"], "ms", at_most=3),
    ]
