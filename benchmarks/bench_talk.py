"""How long a post waits while a message to 14,000 people is being sent, with the real workers and ticks of 10 seconds.

What is wanted is said of 1,000 groups that write 3 posts each in 10 minutes: 5 posts a second. Here 100 groups write 3
each in one minute, which are as many a second, while the same 14,000 get their message. A minute shows the same wait
as ten only if the posts do not pile up, so it is also measured how much of the workers' time they take, from claim to
answer: well under 1, no queue grows, however long it goes on.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.mail_door import door, seen
from benchmarks.servers import ROOT, manage, postgres, production
from benchmarks.table import Row

ANSWER = 0.25  # seconds until the provider answers
GROUPS, POSTS, SECONDS = 100, 300, 60
WORKERS = 3
WANTED = 20.0  # seconds


def run() -> list[Row]:
    """Return the calls that one post costs, and how long posts wait beside a message to everybody."""
    with postgres() as database, door(ANSWER) as address:
        environment = production(
            database, MAIL_TRANSPORT="mailgun", MAILGUN_API_URL=address, MAILGUN_API_KEY="key",
            EMAIL_DOMAIN="example.org", DJANGO_SETTINGS_MODULE="mooc.settings",
        )  # fmt: skip
        manage(environment, "migrate", "--verbosity=0")
        sequence = _step(environment, "fill", GROUPS)["sequence"]
        with _workers(environment, WORKERS):
            seen(address)
            _step(environment, "talk", 1, 1)
            one = seen(address)
            _step(environment, "lesson", sequence)
            found = _step(environment, "talk", SECONDS, POSTS)
    if found["gone"] != POSTS:
        raise RuntimeError(f"Of {POSTS} posts {found['gone']:g} have gone.")
    busy = found["spent"] / (WORKERS * SECONDS)
    return [
        Row("calls for one post to a group of 28", one["calls"], 1, "calls", at_most=1.0),
        Row("  people in it, the organisers with them", one["recipients"], 28, "people", at_most=1.0),
        Row(f"median wait of a post, {WORKERS} workers", found["median"], WANTED, "s", at_most=1.0),
        Row("  of the tenth that waited longest", found["tail"], WANTED, "s"),
        Row("  share of the workers' time that they take", busy, 1, "", at_most=1.0),
        Row("14,000 people meanwhile, beside their calls one by one", found["lesson"], 14 * ANSWER, "s"),
    ]


def _step(environment: Mapping[str, str], *words: object) -> dict:
    command = [sys.executable, "-m", "benchmarks.talk_steps", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


@contextmanager
def _workers(environment: Mapping[str, str], number: int) -> Iterator[None]:
    """Run so many workers as the Procfile does, with its 10 seconds between rounds, begun one after the other."""
    command = [sys.executable, "manage.py", "run_worker"]
    running = []
    for _number in range(number):
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL))
        time.sleep(10 / number)
    try:
        yield
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(60)
