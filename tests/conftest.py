"""What every test may ask for."""

import signal
from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

from tests.browser import browser, page, phone_page, problems, site

# No timed assertions: a busy machine is no fault.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

__all__ = ["browser", "page", "phone_page", "problems", "site"]


@pytest.hookimpl(trylast=True)  # pytest-django has put those that commit behind those that do not
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first: at the end one process would work on them alone, while another has nothing left to do."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(tryfirst=True)  # before any fixture of the test is made
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip on PostgreSQL what `any_database` says needs no second run."""
    if item.get_closest_marker("any_database") and connection.vendor != "sqlite":
        pytest.skip("the same on any database; it runs on SQLite")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in real life: in memory its locks behave in another way."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def fast_passwords(settings) -> None:
    """The real hashing takes a quarter of a second on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def fresh_courses(monkeypatch) -> None:
    """What was true a second ago would be the course of the test before."""
    monkeypatch.setattr("signup.courses.FRESH_SECONDS", 0)


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the signals of the test run back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
