"""Fetching ten runs of all kinds, kept and loaded, beside asking for the same pages and doing nothing with them.

The floor is the polite pause: one bare client asks for every address that ours asked for, one after another, with the
same pause between an answer and the next request.
"""

import http.client
import tempfile
import time
from urllib.parse import urlencode, urlsplit

from benchmarks.servers import manage, postgres, production
from benchmarks.table import Row
from dashboard_import.generating import kinds, make_runs
from tests.futurelearn_standin import PASSWORD, USERNAME, StandIn
from tests.futurelearn_standin.standin import body_of, totals_of

PAUSE = 0.25  # seconds; the default is 1, and what is done meanwhile matters four times as much here
JOINERS = 800  # in the first run of each course: some 9,000 rows of step activity


def run() -> list[Row]:
    """Return the seconds of both, and the requests."""
    runs = make_runs(1, courses=4, runs=10, joiners=JOINERS)
    for each in runs:  # made beforehand: FutureLearn's files are made at night
        totals_of(each)
        for kind in kinds(each):
            body_of(each, kind)
    with tempfile.TemporaryDirectory() as folder, postgres("mooc") as database, StandIn(runs) as futurelearn:
        environment = production(
            database,
            FUTURELEARN_URL=futurelearn.url,
            FUTURELEARN_USERNAME=USERNAME,
            FUTURELEARN_PASSWORD=PASSWORD,
            FUTURELEARN_PAUSE=str(PAUSE),
            FUTURELEARN_DATA_DIR=folder,
        )
        manage(environment, "migrate", "--verbosity=0")
        began = time.monotonic()
        manage(environment, "import_futurelearn")
        ours = time.monotonic() - began
        asked = [(method, path) for method, path, _, _ in futurelearn.asked]
        began = time.monotonic()
        bare(futurelearn, asked)
        floor = time.monotonic() - began
    return [Row(f"ten runs, {len(asked)} requests", ours, floor, "s", at_most=1.15)]


def bare(futurelearn: StandIn, asked: list[tuple[str, str]]) -> None:
    """Ask for the same addresses in the same order, with the pause, and throw the answers away."""
    session, token = "bench", "bench"
    futurelearn.sessions.add(session)
    futurelearn.tokens.add(token)
    fields = urlencode({"authenticity_token": token, "email": USERNAME, "password": PASSWORD})
    client = http.client.HTTPConnection(urlsplit(futurelearn.url).netloc)
    for number, (method, path) in enumerate(asked):
        if number:
            time.sleep(PAUSE)
        client.request(method, path, fields if method == "POST" else None, {"Cookie": f"_session={session}"})
        client.getresponse().read()
    client.close()
