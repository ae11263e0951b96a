"""The stand-in as a process of its own, and how to ask it from another one."""

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mailgun_standin.standin import CONTROL_KEY, environment
from tests.mailgun_standin.truth import Pair

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0  # seconds for an answer: the truth about a million copies takes a while
SHUT = 5.0  # seconds for which its door may be shut
# An environment may name a proxy, even for this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Remote:
    """A stand-in that runs somewhere else on this machine."""

    def __init__(self, port: int, *, domain: str = "mail.example.org", control_key: str = CONTROL_KEY) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.domain = domain
        self._key = control_key

    def environment(self) -> dict[str, str]:
        """Return the settings that point the project at it, as environment variables. It must have the usual keys."""
        return environment(self.url, self.domain)

    def truth(self, *, address: str = "", short: bool = False) -> dict:
        """Return control.report() of the stand-in."""
        return self._ask(f"/_truth?address={address}&short={'yes' if short else 'no'}")

    def compare(self, expected: Iterable[Pair]) -> dict:
        """Return the short report with what is `missing` and what is `unexpected`, as [address, key]."""
        return self._ask("/_truth", {"expected": list(expected)})

    def configure(self, **changes: object) -> dict:
        """Change how it behaves, see control.configure(); returns its settings. Raises HTTPError for a wrong name."""
        return self._ask("/_rules", changes)

    def _ask(self, path: str, value: object = None) -> dict:
        token = base64.b64encode(f"control:{self._key}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json", "Connection": "close"}
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.url + path, body, headers)
        end = time.monotonic() + SHUT
        while True:
            try:
                with _opener.open(request, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except urllib.error.URLError as error:
                # Its door may be shut for a while, to whoever asks for the truth as well.
                if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > end:
                    raise
                time.sleep(0.05)


@contextmanager
def process(*arguments: str) -> Iterator[Remote]:
    """Start `python -m tests.mailgun_standin` with these arguments (not its keys) and stop it afterwards.

    It also stops when this process dies. Raises RuntimeError if it does not start.
    """
    command = [sys.executable, "-m", "tests.mailgun_standin", "--while-stdin-is-open", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        said = running.stdout.readline()
        if not said.strip().isdigit():
            raise RuntimeError(f"The stand-in did not start: it said {said!r}.")
        yield Remote(int(said), domain=_after("--domain", arguments))
    finally:
        running.stdin.close()
        running.wait(30)
        running.stdout.close()


def _after(option: str, arguments: tuple[str, ...]) -> str:
    return arguments[arguments.index(option) + 1] if option in arguments else "mail.example.org"
