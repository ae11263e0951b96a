"""The workers: real processes, killed, stopped, continued and started again at random moments."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORKER = ("run_worker", "--every", "0.2")
ONCE = ("send_scheduled_mail", "handle_new_signups")
END_SECONDS = 5


class Crew:
    """So many lasting workers and, now and then, one of the two scheduled commands beside them.

    `lease` and `trust` in seconds say how long a stop is short, longer than a lease, or longer than both together.
    """

    def __init__(
        self, environment: Mapping[str, str], size: int, lease: float, trust: float, draw: random.Random
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._environment, self._draw = environment, draw
        self._lease, self._trust = lease, trust
        self._running: list[subprocess.Popen] = []
        self._stopped: dict[subprocess.Popen, float] = {}
        self._starting: list[tuple[float, tuple[str, ...]]] = [(0.0, WORKER)] * size
        self._lasting: set[subprocess.Popen] = set()
        self.keep()

    def torment(self, seconds: float) -> None:
        """Do something terrible to one of them every few tenths of a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self._draw.uniform(0.1, 0.6))
            self.keep()
            deed, place = self._draw.random(), self._draw.random()
            if deed < 0.1:
                self._start((self._draw.choice(ONCE),))
            elif self._running:
                victim = self._running[int(place * len(self._running))]
                self._kill(victim) if deed < 0.45 else self._stop(victim)

    def keep(self) -> None:
        """Let go on whose time has come, bury the dead, and start what has to be started."""
        now = time.monotonic()
        for one in [one for one, until in self._stopped.items() if until <= now]:
            del self._stopped[one]
            one.send_signal(signal.SIGCONT)
        for one in [one for one in self._running if one.poll() is not None]:
            self._bury(one)
        due = [command for moment, command in self._starting if moment <= now]
        self._starting = [(moment, command) for moment, command in self._starting if moment > now]
        for command in due:
            self._start(command)

    def calm(self) -> None:
        """Let all of them work undisturbed from now on."""
        self._stopped = dict.fromkeys(self._stopped, 0.0)
        self._starting = [(0.0, command) for _moment, command in self._starting]
        self.keep()

    def end(self) -> None:
        """Ask all to end, then make them."""
        self.calm()
        for one in self._running:
            one.terminate()
        patience = time.monotonic() + END_SECONDS
        for one in self._running:
            try:
                one.wait(max(0.1, patience - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def _start(self, command: tuple[str, ...]) -> None:
        made = subprocess.Popen(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._running.append(made)
        if command == WORKER:
            self._lasting.add(made)
        else:
            self.counts["commands"] += 1

    def _kill(self, victim: subprocess.Popen) -> None:
        victim.kill()
        victim.wait()
        self.counts["kills"] += 1
        self._bury(victim)

    def _bury(self, one: subprocess.Popen) -> None:
        self._running.remove(one)
        self._stopped.pop(one, None)
        if one in self._lasting:
            self._lasting.discard(one)
            self._starting.append((time.monotonic() + self._draw.uniform(0, 0.3), WORKER))

    def _stop(self, victim: subprocess.Popen) -> None:
        kind, seconds = self._draw.random(), self._draw.uniform(0.1, 1.5)
        if victim in self._stopped or len(self._stopped) >= len(self._running) - 1:
            return
        if kind > 0.96:
            seconds += self._lease + self._trust
            self.counts["stops longer than lease and trust"] += 1
        elif kind > 0.82:
            seconds += self._lease
            self.counts["stops longer than the lease"] += 1
        self.counts["stops"] += 1
        victim.send_signal(signal.SIGSTOP)
        self._stopped[victim] = time.monotonic() + seconds
