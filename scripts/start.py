"""`./run`: from a fresh clone to a running site. Standard library only, as nothing is installed yet."""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection

from scripts.dotenv import read_env
from scripts.venv import PYTHON, ROOT, RUN_LOCK, TEST_LOCK, install, say

HOST = "127.0.0.1"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, `kill`, a terminal that was closed
ANSWER_SECONDS = 5
STOP_SECONDS = 5
POLL_SECONDS = 0.05
ABOUT = """
Runs the whole site on this machine: the web server and the worker that sends mail.
As long as no mail provider is set up, nothing is sent outside: /outbox/ shows the mail.
Ctrl-C stops it.
Settings are read from the file .env, where there is one (.env.example lists them).
PORT=8080 ./run uses another port.
"""


class Stop(BaseException):
    """Somebody asked us to end before the site ran."""


def main(arguments: list[str]) -> None:
    """Do what the command line asks for, and end the program with its exit code."""
    parser = argparse.ArgumentParser("./run", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", action="store_true", help="make a sandbox course first, with 60 invented learners")
    commands = parser.add_subparsers(title="instead of the site", metavar="")
    bench = commands.add_parser("bench", help="measure the site: ./run bench --help", add_help=False)
    bench.set_defaults(instead="benchmarks")
    torture = commands.add_parser("torture", help="torture the sending of mail: ./run torture --help", add_help=False)
    torture.set_defaults(instead="tests.torture")
    options, further = parser.parse_known_args(arguments)
    if further and "instead" not in options:
        parser.error(f"unrecognized arguments: {' '.join(further)}")
    for name in STOP_SIGNALS:
        signal.signal(name, stop)
    os.chdir(ROOT)
    try:
        if "instead" in options:
            become(options.instead, further)
        sys.exit(run_site(demo=options.demo))
    except Stop:
        sys.exit(130)


def stop(*_signal: object) -> None:
    raise Stop


def become(module: str, arguments: list[str]) -> None:
    """Become another program, one that needs what the tests need."""
    install(RUN_LOCK, TEST_LOCK)
    os.execv(PYTHON, [PYTHON, "-m", module, *arguments])  # noqa: S606  (no shell is wanted)


def run_site(*, demo: bool) -> int:
    """Install, prepare and serve; return the exit code once something has ended."""
    environment = site_environment()
    port = free_port(environment.get("PORT", "8000"))
    install(RUN_LOCK)
    prepare = [PYTHON, "-m", "scripts.prepare", *(["--demo"] if demo else [])]
    # In a session of its own, as the other children: Ctrl-C reaches only us. Each of its steps is a transaction.
    ready = subprocess.run(prepare, env=environment, check=False, start_new_session=True)
    if ready.returncode:
        return ready.returncode
    return keep_running(
        {
            "The web server": [
                PYTHON, "-m", "gunicorn", "mooc.wsgi", f"--bind={HOST}:{port}", "--threads=8", "--no-control-socket",
                "--log-level=warning", "--graceful-timeout=1",  # s; browsers keep idle connections open
            ],
            "The worker": [PYTHON, "manage.py", "run_worker"],
        },
        environment,
        port,
    )  # fmt: skip


def site_environment() -> dict[str, str]:
    """Return the environment with what `.env` adds, and the settings of a developer's machine beneath both."""
    environment = read_env(ROOT / ".env") | os.environ
    defaults = {"DEBUG": "true"}
    if port := environment.get("PORT"):
        defaults["MOOC_DOMAIN"] = f"{HOST}:{port}"
    return defaults | environment


def free_port(text: str) -> int:
    """Return the port as a number; end the program with a sentence where it is none or is taken."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"PORT is {text!r}. Write a number from 1 to 65535.")
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, int(text)))
        except OSError as error:
            sys.exit(f"Port {text} cannot be used: {error.strerror}. Choose another one: PORT=8080 ./run")
    return int(text)


def keep_running(commands: dict[str, list], environment: dict[str, str], port: int) -> int:
    """Run the commands side by side. Return 0 when we are asked to stop, 1 when one of them ends by itself."""
    asked = threading.Event()
    for name in STOP_SIGNALS:
        signal.signal(name, lambda *_signal: asked.set())
    children = {
        name: subprocess.Popen(command, env=environment, start_new_session=True) for name, command in commands.items()
    }
    announced = False
    try:
        while not asked.wait(POLL_SECONDS):
            for name, child in children.items():
                if (code := child.poll()) is not None:
                    say(f"{name} has ended with exit code {code}, so everything stops. The lines above say why.")
                    return 1
            if not announced and answers(port):
                announce(port)
                announced = True
    finally:
        end(children.values())
    return 0


def answers(port: int) -> bool:
    """Say whether the web server gives any answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def announce(port: int) -> None:
    site = f"http://{HOST}:{port}"
    say(f"""
The site runs. Open in a browser:
  {site}/         what learners see
  {site}/admin/   for organisers; user “admin”, with the password printed at the first run
  {site}/outbox/  the mail that is kept on this machine
A new password: DEBUG=true .venv/bin/python manage.py changepassword admin
Ctrl-C stops the site.
""")


def end(children: Collection[subprocess.Popen]) -> None:
    """Ask all to end, wait a little, then make them."""
    for child in children:
        child.terminate()
    patience = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, patience - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
