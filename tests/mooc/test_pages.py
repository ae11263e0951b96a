"""Pages about the site, its health, and its error pages."""

import datetime

import pytest
from django.db import DatabaseError
from django.utils import timezone as clock

from mailing.models import Tick
from mailing.worker import tick
from tests import factories

pytestmark = pytest.mark.django_db


def test_health_is_the_database_and_the_last_tick(client, monkeypatch):
    assert client.get("/healthz").status_code == 503
    tick("send_scheduled_mail")
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["database"] == "ok"
    assert 0 <= response.json()["last_tick_seconds"] < 60
    Tick.objects.update(started=clock.now() - datetime.timedelta(hours=4), finished=None)
    assert client.get("/healthz").status_code == 503

    def broken(now):
        raise DatabaseError("gone")

    monkeypatch.setattr("mooc.pages.seconds_since_last_tick", broken)
    assert client.get("/healthz").json() == {"database": "unreachable", "last_tick_seconds": None}


def test_about_and_questions_name_the_organisers(client, settings):
    settings.DEFAULT_FROM_EMAIL = "Team <team@example.org>"
    for path in ("/about/", "/faq/"):
        assert "team@example.org" in client.get(path).content.decode()


def test_errors_are_pages_of_ours(client, settings):
    assert "/static/mooc/" in client.get("/no/such/page").content.decode()
    assert client.get("/signup").status_code == 405
    factories.sequence()
    refused = client.post("/signup", {f"f{n}": "x" for n in range(3000)})
    assert refused.status_code == 400
    assert "/static/mooc/" in refused.content.decode()


def test_every_public_page_holds_to_the_strict_policy(client):
    run = factories.sequence()
    for path in ("/", f"/s/{run.pk}/", "/success", "/about/", "/faq/", "/unsubscribe/", "/nowhere"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_the_front_page_of_statistics_leads_staff_to_what_they_may_see(client):
    assert client.get("/stats/").status_code == 302
    page = factories.staff_client("groups.view_group").get("/stats/").content.decode()
    assert 'href="/stats/groups/"' in page
    assert "/stats/futurelearn/" not in page
    page = factories.staff_client("dashboard_import.see_statistics").get("/stats/").content.decode()
    assert 'href="/stats/futurelearn/"' in page
    assert 'href="/stats/groups/"' not in page
