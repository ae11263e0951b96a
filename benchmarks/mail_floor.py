"""The floor of sending: `requests.post` in a loop, one session, bodies made beforehand. Prints its seconds.

`python -m benchmarks.mail_floor ADDRESS CALLS` in a process of its own. The bodies are those that the stand-in got
from us before, in turn.
"""

import subprocess
import sys
import time
from pathlib import Path

import requests

from benchmarks.mail_door import KEPT

ROOT = Path(__file__).resolve().parent.parent


def floor(address: str, calls: int) -> float:
    """Return the seconds that so many calls take one after the other, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.mail_floor", address, str(calls)]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def main(address: str, calls: int) -> None:
    with requests.Session() as session:
        bodies = [session.get(f"{address}/body/{number}").content for number in range(min(calls, KEPT))]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        for number in range(calls):
            body = bodies[number % len(bodies)]
            answer = session.post(
                f"{address}/v3/floor/messages", body, auth=("api", "key"), headers=headers, timeout=60
            )
            answer.raise_for_status()
        sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
