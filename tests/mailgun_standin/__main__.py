"""`python -m tests.mailgun_standin`: the stand-in as its own process. Prints its port, and nothing else."""

import argparse
import signal
import sys
import threading

from tests.mailgun_standin import standin
from tests.mailgun_standin.fates import Fates
from tests.mailgun_standin.faults import KINDS, PASSING, Plan
from tests.mailgun_standin.standin import StandIn


def main() -> None:
    """Serve until SIGTERM, SIGINT or, where asked, the end of standard input."""
    options = parser().parse_args()
    plan = Plan(
        options.seed, options.rate, weights(options.faults), tuple(options.latency), options.hang, options.wait,
        options.late, options.refuse,
    )  # fmt: skip
    made = StandIn(
        options.port, options.seed, options.domain, options.key, options.sending_key, options.signing_key,
        options.control_key, lean=options.lean, delay=options.delay, plan=plan, fates=Fates(**shares(options.fates)),
    )  # fmt: skip
    made.events.manners.delay, made.events.manners.spread = options.events
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: over.set())
    if options.hook:
        made.webhooks.point(options.hook)
    with made:
        print(made.port, flush=True)
        if options.while_stdin_is_open:
            threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
        over.wait()


def parser() -> argparse.ArgumentParser:
    """Return what the command line may hold."""
    made = argparse.ArgumentParser("python -m tests.mailgun_standin", description=__doc__)
    add = made.add_argument
    add("--port", type=int, default=0, help="0: any free one")
    add("--seed", type=int, default=1)
    add("--domain", default="mail.example.org")
    add("--key", default=standin.KEY, help="the account's API key")
    add("--sending-key", default=standin.SENDING_KEY, help="a key that may only send")
    add("--signing-key", default=standin.SIGNING_KEY, help="the key that signs webhooks")
    add("--control-key", default=standin.CONTROL_KEY, help="the password of /_truth and /_rules; the user is control")
    add("--lean", action="store_true", help="count copies instead of keeping them; no events")
    add("--delay", type=float, default=0.0, help="seconds from a call to its answer, at least")
    add("--rate", type=float, default=0.0, help="the share of calls that go wrong")
    add("--faults", default="", help=f"kind=weight,… or kind,…; without it {len(PASSING)} of: {', '.join(KINDS)}")
    add("--latency", type=float, nargs=2, default=(0.0, 0.0), metavar=("LEAST", "MOST"), help="seconds for each call")
    add("--hang", type=float, default=3.0, help="seconds that a hanging call hangs")
    add("--wait", type=float, default=2.0, help="the longest waiting time of a rate limit, in seconds")
    add("--late", type=float, default=0.5, help="the latest moment of a late commit, in seconds")
    add("--refuse", type=float, default=0.3, help="for how many seconds at most nobody can connect")
    add("--events", type=float, nargs=2, default=(0.0, 0.0), metavar=("DELAY", "SPREAD"), help="seconds until seen")
    add("--fates", default="", help="share of copies: delivered=.9,failed=.02,opened=.4,…")
    add("--hook", default="", help="the address that all webhooks go to")
    add("--while-stdin-is-open", action="store_true", help="end with the process that started this one")
    return made


def weights(text: str) -> dict[str, float]:
    """Read `reset-after=2,402` as {"reset-after": 2.0, "402": 1.0}; nothing means all that pass by themselves."""
    if not text:
        return dict.fromkeys(PASSING, 1.0)
    pairs = (one.partition("=") for one in text.split(","))
    return {kind: float(weight or 1) for kind, _, weight in pairs}


def shares(text: str) -> dict[str, float]:
    """Read `delivered=.9,failed=.1`."""
    return {name: float(share) for name, _, share in (one.partition("=") for one in text.split(",") if one)}


if __name__ == "__main__":
    main()
