"""One run, in a process of its own: `python -m tests.torture.run '{"seed": 1, …}'`. Prints its result as JSON."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from importlib import import_module

import django

from tests.mailgun_standin.remote import Remote, process

LEASE, TIMEOUT, TRUST = 3.0, 1.0, 6.0  # seconds; docs/torture.md says how they fit the faults
LATE_COMMIT, EVENTS = 0.5, (0.2, 1.0)  # seconds; together well inside the trust period
SETTLE_SECONDS = 180
FATES = "delivered=.15,failed=.01,deferred=.01,opened=.2,machine=.3,clicked=.05,unsubscribed=.03,complained=.02"


@dataclass(frozen=True)
class Options:
    """What a run is made of. The same seed draws the same faults, deeds and kills; how they meet is up to chance."""

    seed: int = 1
    seconds: float = 20.0
    learners: int = 2000
    workers: int = 4


def environment(mailgun: Remote) -> dict[str, str]:
    """Return the settings of the workers and of the web server, in short seconds."""
    return mailgun.environment() | {
        "EMAIL_DOMAIN": mailgun.domain, "DEFAULT_FROM_EMAIL": f"team@{mailgun.domain}", "MAIL_BATCH_SIZE": "50",
        "MAIL_LEASE_SECONDS": str(LEASE), "MAIL_TIMEOUT_SECONDS": str(TIMEOUT), "MAIL_TRUST_MINUTES": str(TRUST / 60),
        "MAIL_BOUNCE_SHARE": "1", "MAIL_COMPLAINT_SHARE": "1", "SIGNUP_LIMIT": "1000000", "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "mooc.settings",
    }  # fmt: skip


def provider(seed: int) -> list[str]:
    """Return the command line of the stand-in: what goes wrong, drawn from the seed."""
    return [
        "--seed", str(seed), "--rate", "0.4", "--latency", "0.02", "0.3", "--hang", str(2 * TIMEOUT), "--wait", "1.5",
        "--late", str(LATE_COMMIT), "--refuse", "0.2", "--events", *map(str, EVENTS), "--fates", FATES,
    ]  # fmt: skip


def main(options: Options) -> dict:
    """Do one run on the database in the environment and return what came of it."""
    with process(*provider(options.seed)) as mailgun:
        os.environ |= environment(mailgun)
        django.setup()
        scene = import_module("tests.torture.scene")  # it needs the settings that have only now been made
        return scene.play(mailgun, **asdict(options), patience=SETTLE_SECONDS)


if __name__ == "__main__":
    asked = Options(**json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(asdict(asked) | main(asked)))
