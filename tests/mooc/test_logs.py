"""No line of a log holds a link to somebody's own pages."""

import logging

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from groups.links import leave_url_of, page_of
from signup.leaving import one_click_token
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(monkeypatch):
    """What the console would show of Django's own log."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    handler = Kept()
    for name in settings.LOGGING["handlers"]["console"]["filters"]:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    log = logging.getLogger("django.request")
    log.addHandler(handler)
    yield found
    log.removeHandler(handler)


def test_pages_that_are_refused_are_named_without_their_keys(client, lines):
    person = factories.signup()
    group = factories.group(person)
    paths = ["/" + url(group.pk, person).split("/", 3)[3] for url in (page_of, leave_url_of)]
    one_click = f"/unsubscribe/one-click/{one_click_token(person)}/"
    for path in (
        *paths,
        f"/me/{person.key}/",
        f"/confirm/{person.key}/",
        f"/unsubscribe/confirm/{person.key}/",
        one_click,
    ):
        assert client.delete(path).status_code == 405
        assert client.get(f"{path}nowhere/at/all/").status_code == 404
    assert len(lines) == 12
    assert f"/groups/{group.pk}/(key)/" in lines[0]
    for line in lines:
        assert person.key not in line
        assert not any(path.split("/")[-2] in line for path in (*paths, one_click))


def test_other_addresses_stay_whole(client, lines):
    client.get("/groups/12345678/nothing/")
    client.get("/about/someplaceelse/")
    assert "/about/someplaceelse/" in lines[-1]
