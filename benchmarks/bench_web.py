"""Sign-ups and landing pages a second, through gunicorn on PostgreSQL, against views that do nothing else."""

import itertools
import statistics
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from benchmarks.load import get, post, rate
from benchmarks.servers import gunicorn, manage, postgres, production
from benchmarks.table import Row

ROUNDS = 15
SIGNUPS, PAGES = 250, 500  # requests a round: short, in turn, so that whatever else the machine does meets all alike
number = itertools.count()


def run() -> list[Row]:
    """Return both rates beside their floors: medians of rounds in turn."""
    with ExitStack() as stack:
        environment = production(stack.enter_context(postgres()), TRUSTED_PROXIES="1")
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "collectstatic", "--noinput", "--verbosity=0")
        manage(environment, "make_demo")
        ours = stack.enter_context(gunicorn("mooc.wsgi", environment))
        page = Path(stack.enter_context(tempfile.TemporaryDirectory()), "page.html")
        page.write_bytes(urllib.request.urlopen(ours).read())  # noqa: S310  (our own address)
        floor_environment = {**environment, "DJANGO_SETTINGS_MODULE": "benchmarks.floor_settings"}
        bare = stack.enter_context(gunicorn("mooc.wsgi", {**floor_environment, "FLOOR_BARE": "1"}))
        finished = stack.enter_context(gunicorn("mooc.wsgi", {**floor_environment, "FLOOR_PAGE": str(page)}))
        signups, inserts, pages, floors = [], [], [], []
        for _ in range(ROUNDS + 1):
            inserts.append(rate(bare, lambda n: sign_up("/insert", n), SIGNUPS, expect=b"200"))
            signups.append(rate(ours, lambda n: sign_up("/signup", n), SIGNUPS, expect=b"302"))
            floors.append(rate(finished, lambda _: get("/"), PAGES, expect=b"200"))
            pages.append(rate(ours, lambda _: get("/"), PAGES, expect=b"200"))
    middle = [statistics.median(rates[1:]) for rates in (signups, inserts, pages, floors)]
    return [
        Row("sign-ups", middle[0], middle[1], "a second", at_least=0.5),
        Row("landing pages", middle[2], middle[3], "a second", at_least=0.6),
    ]


def sign_up(path: str, _: int) -> bytes:
    """Return the sign-up of one more person, each from a network of their own."""
    one = next(number)
    visitor = f"10.{one >> 16 & 255}.{one >> 8 & 255}.{one & 255}"
    body = f"email=learner{one}%40example.org&name=Ada+Lovelace&timezone=Europe%2FRome&wants_group=true&writes=Reports"
    return post(path, body + "&goal=write+better&languages=English", visitor)
