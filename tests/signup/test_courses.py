"""The courses kept in memory: true, and read over a connection that works."""

import pytest
from django.db import OperationalError, connection, connections

from signup import courses, joining
from signup.models import Signup
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
        monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
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


@pytest.mark.django_db
def test_a_landing_page_of_a_moment_ago_costs_no_query_and_a_change_is_seen_once_it_is_old(
    client, monkeypatch, django_assert_num_queries
):
    run = factories.sequence(title="Bread")
    monkeypatch.setattr(courses, "_last", courses.Catalogue([], []))
    monkeypatch.setattr(courses, "FRESH_SECONDS", 1000)
    client.get("/")
    run.title = "Cheese"
    run.save()
    with django_assert_num_queries(0):
        assert "Bread" in client.get("/").content.decode()
    monkeypatch.setattr(courses, "FRESH_SECONDS", 0)
    assert "Cheese" in client.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_who_joins_a_course_deleted_a_moment_ago_is_told_and_keeps_what_was_typed(client, monkeypatch):
    monkeypatch.setattr(courses, "_last", courses.Catalogue([], []))
    monkeypatch.setattr(courses, "FRESH_SECONDS", 1000)
    run = factories.sequence(title="Bread")
    client.get("/")
    run.delete()
    answer = client.post("/signup", {"email": "ada@example.org", "sequence": str(run.pk)})
    assert answer.status_code == 200
    assert "no longer takes sign-ups" in answer.content.decode()
    assert "ada@example.org" in answer.content.decode()
    assert not Signup.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_interface_is_told_so_too(client, monkeypatch):
    monkeypatch.setattr(courses, "_last", courses.Catalogue([], []))
    monkeypatch.setattr(courses, "FRESH_SECONDS", 1000)
    run = factories.sequence()
    client.get("/")
    run.delete()
    answer = client.post("/api/signup/", {"email": "ada@example.org"})
    assert answer.status_code == 400
    assert "sequence" in answer.json()["errors"]


@pytest.mark.django_db(transaction=True)
def test_a_sign_up_over_a_connection_that_broke_is_taken_on_a_new_one(client, monkeypatch):
    monkeypatch.setattr(courses, "FRESH_SECONDS", 1000)
    factories.sequence()
    courses.forget()
    client.get("/")
    whole, faults = joining._join, iter([OperationalError("gone")])
    monkeypatch.setattr(joining, "_join", lambda *said: fail(faults) or whole(*said))
    monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
    assert client.post("/signup", {"email": "ada@example.org"}).status_code == 302
    assert Signup.objects.count() == 1
