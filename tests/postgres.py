"""A pytest plugin: the tests run on PostgreSQL. `python -m pytest -p tests.postgres`

A plugin, as settings are read before any conftest. `TEST_DATABASE_URL` names a server of your own; without it one is
started for this run and thrown away afterwards.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from tests.pgserver import postgres


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    # Workers of pytest-xdist inherit the address: one server for all of them.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        running = ExitStack()
        early_config.add_cleanup(running.close)
        try:
            os.environ["DATABASE_URL"] = running.enter_context(postgres())
        except RuntimeError as error:
            raise pytest.UsageError(str(error)) from None
    return (yield)
