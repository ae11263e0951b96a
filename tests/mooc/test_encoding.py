"""Whatever character set a request claims to be written in, it is read as UTF-8."""

import io
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from mooc.encoding import always_utf8, without_charset
from mooc.wsgi import application
from signup.models import Signup
from tests import factories

PART = "--B\r\nContent-Disposition: form-data; name="
BODY = f'{PART}"email"\r\n\r\nada@example.org\r\n{PART}"name"\r\n\r\nŽofie\r\n--B--\r\n'.encode()
CLAIMS = [
    "charset=hex", "charset=idna", "charset=unicode_escape", "charset=utf-7", "charset=utf-16", "charset=latin-1",
    'charset="undefined"', "charset*=utf-8''zlib", "charset = nope",
]  # fmt: skip


@pytest.fixture
def visitor() -> Client:
    """A browser whose requests take the way that gunicorn's take."""
    client = Client()
    django = client.handler
    client.handler = lambda environ: always_utf8(lambda given, _start: django(given))(environ, print)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("path", ["/signup", "/signup/true", "/api/signup/"])
def test_a_claimed_character_set_changes_nothing(visitor, path, claim):
    factories.sequence()
    multipart = f"multipart/form-data; boundary=B; {claim}"
    assert visitor.generic("POST", path, BODY, content_type=multipart).status_code in (200, 302)
    assert Signup.objects.get().name == "Žofie"
    encoded = f"application/x-www-form-urlencoded; {claim}"
    for address in (b"b@example.org", b"no", b"%5Cud800", b"+2AA-", b"\xff"):
        response = visitor.generic("POST", f"{path}?a=%FF", b"email=" + address, content_type=encoded)
        assert response.status_code in (200, 302, 400)
    assert Signup.objects.filter(email="b@example.org").exists()


@pytest.mark.django_db(transaction=True)  # the application closes connections of its own
def test_what_gunicorn_calls_shows_a_page_whatever_is_claimed():
    told = []
    claims = [*CLAIMS, "a*=hex''%41", "a*=x'", "b"]
    for claim in claims:
        environ = {"PATH_INFO": "/about/", "QUERY_STRING": "a=%FF", "CONTENT_TYPE": f"text/plain; {claim}"}
        environ |= {"HTTP_HOST": "testserver", "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
        setup_testing_defaults(environ)
        application(environ, lambda status, headers: told.append(status)).close()
    assert told == ["200 OK"] * len(claims)


def test_the_boundary_of_a_form_stays():
    given = 'Multipart/Form-Data; boundary="a\\"b;c"; charset=x'
    assert without_charset(given) == 'multipart/form-data; boundary="a\\"b;c"'
    assert without_charset("text/plain; charset=utf-8") == "text/plain"
    assert without_charset("text/plain; a*=nope''%41") == ""
