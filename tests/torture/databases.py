"""A fresh database for each run: a copy of one that has been migrated once."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import psycopg2

from benchmarks.servers import manage
from tests.pgserver import postgres

NAMES = ("postgresql", "sqlite")
Fresh = Callable[[], AbstractContextManager[str]]


@contextmanager
def databases(name: str, environment: Mapping[str, str]) -> Iterator[Fresh]:
    """Yield what gives migrated, empty databases of this kind, each by its address as in DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        if name == "sqlite":
            first = Path(folder, "first.sqlite3")
            manage({**environment, "DATABASE_URL": f"sqlite:///{first}"}, "migrate", "--verbosity=0")
            yield lambda: _copied_file(first)
            return
        with postgres("first") as address:
            manage({**environment, "DATABASE_URL": address}, "migrate", "--verbosity=0")
            yield lambda: _copied_database(address)


@contextmanager
def _copied_file(first: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        shutil.copy(first, folder)
        yield f"sqlite:///{folder}/{first.name}"


@contextmanager
def _copied_database(first: str) -> Iterator[str]:
    found = dj_database_url.parse(first)
    parts, name = urlsplit(first), f"{found['NAME']}_tortured"
    server = psycopg2.connect(
        host=found["HOST"], port=found["PORT"] or None, user=found["USER"], password=found["PASSWORD"] or None,
        dbname="postgres",
    )  # fmt: skip
    server.autocommit = True  # a database is not made inside a transaction
    with closing(server), server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{found["NAME"]}"')
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
