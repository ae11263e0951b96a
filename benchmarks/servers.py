"""Servers to measure against: PostgreSQL and gunicorn, started for one benchmark and stopped after it."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.pgserver import postgres

__all__ = ["gunicorn", "manage", "postgres", "production"]

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 30
GRACE_SECONDS = 10  # for answers that are being made when the server is ended
WAITING = 2048  # connections that wait to be taken, as gunicorn has it


def production(database_url: str, **settings: str) -> dict[str, str]:
    """Return an environment with production settings on that database; nothing is mailed. `settings` win."""
    return os.environ | {
        "DEBUG": "false",
        "SECRET_KEY": "for-benchmarks-only-nothing-is-kept-under-this-key",
        "ALLOWED_HOSTS": HOST,
        "MOOC_DOMAIN": HOST,
        "MAIL_TRANSPORT": "none",
        "DATABASE_URL": database_url,
        **settings,
    }


def manage(environment: Mapping[str, str], *command: str) -> None:
    """Run a command of manage.py quietly. Raises CalledProcessError, with what it said on the terminal."""
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)


@contextmanager
def gunicorn(app: str, environment: Mapping[str, str], *, workers: int = 2, threads: int = 4) -> Iterator[str]:
    """Serve a WSGI application such as `mooc.wsgi` as the Procfile does, and yield its address.

    Raises RuntimeError if it does not answer.
    """
    with socket.socket() as door:  # kept open and handed over: a free port could be somebody else's a moment later
        door.bind((HOST, 0))
        door.listen(WAITING)
        port = door.getsockname()[1]
        command = [
            sys.executable, "-m", "gunicorn", app, f"--bind=fd://{door.fileno()}", f"--workers={workers}",
            f"--threads={threads}", "--no-control-socket", "--log-level=warning",
            f"--graceful-timeout={GRACE_SECONDS}",
        ]  # fmt: skip
        server = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[door.fileno()])
    try:
        wait_for_answer(server, port)
        yield f"http://{HOST}:{port}"
    finally:
        server.terminate()
        server.wait(START_SECONDS)


def wait_for_answer(server: subprocess.Popen, port: int) -> None:
    """Return once something answers on the port."""
    patience = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < patience:
        connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"The web server does not answer (exit code {server.poll()}).")
