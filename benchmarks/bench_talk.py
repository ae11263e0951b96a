"""How long a post waits while a message to 14,000 people is being sent, with the real workers and ticks of 10 seconds.

What is wanted is said of 1,000 groups that write 3 posts each in 10 minutes: 5 posts a second. `--people 28000` does
just that, and writes to all 28,000 meanwhile. Otherwise 100 groups write 3 each in one minute, which are as many a
second, while 14,000 get their message. A minute shows the same wait as ten only if the posts do not pile up, so it is
also measured how much of the workers' time they take, from claim to answer: well under 1, no queue grows, however long
it goes on.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from benchmarks.mail_door import door, seen
from benchmarks.servers import ROOT, manage, postgres, production
from benchmarks.table import Row

ANSWER = 0.25  # seconds until the provider answers
SIZE, PEOPLE, COURSE = 28, 2_800, 14_000  # of a group; in groups; in the course at least
POSTS, SECONDS = 3, 0.6  # of each group; for each group
WORKERS = 3
WANTED = 20.0  # seconds


def run(people: Iterable[int] = ()) -> list[Row]:
    """Return the calls that one post costs, and how long posts wait beside a message to everybody.

    `people` are in groups: 28,000 are 1,000 groups and take ten minutes.
    """
    return [row for count in people or (PEOPLE,) for row in with_groups(count // SIZE)]


def with_groups(groups: int) -> list[Row]:
    """Return the figures of so many groups."""
    posts, length = groups * POSTS, round(groups * SECONDS)
    with postgres() as database, door(ANSWER) as address:
        environment = production(
            database, MAIL_TRANSPORT="mailgun", MAILGUN_API_URL=address, MAILGUN_API_KEY="key",
            EMAIL_DOMAIN="example.org", DJANGO_SETTINGS_MODULE="mooc.settings",
        )  # fmt: skip
        manage(environment, "migrate", "--verbosity=0")
        sequence = _step(environment, "fill", groups)["sequence"]
        with _workers(environment, WORKERS):
            seen(address)
            _step(environment, "talk", 1, 1)
            one = seen(address)
            _step(environment, "lesson", sequence)
            found = _step(environment, "talk", length, posts)
    if found["gone"] != posts:
        raise RuntimeError(f"Of {posts} posts {found['gone']:g} have gone.")
    everybody = max(COURSE, groups * SIZE)
    calls = -(-everybody // 1_000)
    busy = found["spent"] / (WORKERS * length)
    return [
        Row("calls for one post to a group of 28", one["calls"], 1, "calls", at_most=1.0),
        Row("  people in it, the organisers with them", one["recipients"], 28, "people", at_most=1.0),
        Row(f"median wait of {posts:,} posts, {WORKERS} workers", found["median"], WANTED, "s", at_most=1.0),
        Row("  of the tenth that waited longest", found["tail"], WANTED, "s"),
        Row("  share of the workers' time that they take", busy, 1, "", at_most=1.0),
        Row(f"{everybody:,} people meanwhile, beside their calls one by one", found["lesson"], calls * ANSWER, "s"),
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
