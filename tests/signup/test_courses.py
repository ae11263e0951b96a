"""The courses kept in memory: true, and read over a connection that works."""

import pytest
from django.db import OperationalError, connection

from signup import courses
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_is_opened_again(client, monkeypatch):
    factories.sequence(title="Bread")
    client.get("/")
    if connection.vendor == "postgresql":
        mine = connection.connection.info.backend_pid
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [mine])
        other.close()
    else:  # SQLite has no server that could go away
        whole, faults = courses._rows, iter([OperationalError("gone")])
        monkeypatch.setattr(courses, "_rows", lambda first: fail(faults) or whole(first))
    assert "Bread" in client.get("/").content.decode()


def fail(faults):
    """Raise the next fault, once each."""
    for fault in faults:
        raise fault


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_an_error(client, monkeypatch):
    def gone(first):
        raise OperationalError("gone")

    monkeypatch.setattr(courses, "_rows", gone)
    with pytest.raises(OperationalError):
        client.get("/")


@pytest.mark.django_db
def test_nothing_is_made_again_while_the_database_says_the_same():
    run = factories.sequence()
    first = courses.catalogue()
    assert courses.catalogue() is first
    run.save()
    assert courses.catalogue() is not first
