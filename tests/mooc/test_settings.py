"""The settings as a whole: what they need, what they derive, and that each is written down."""

import json
import os
import re
import runpy
import warnings
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.environment import SETTINGS, setting_names

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = {"SECRET_KEY": "s3cret-" * 10, "ALLOWED_HOSTS": "course.example.org,www.example.org"}


@pytest.fixture
def load(monkeypatch):
    """Read the settings anew under an environment that holds nothing else; return them as a dict."""

    def read(**environment: str) -> dict[str, object]:
        for name in setting_names():
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return read


def test_a_developer_needs_none(load):
    found = load(DEBUG="true")
    assert found["MAIL_TRANSPORT"] == "outbox"
    assert found["MOOC_DOMAIN"] == "127.0.0.1:8000"
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"


def test_production_needs_two(load):
    found = load(**PRODUCTION)
    assert found["DEBUG"] is False
    assert found["MOOC_SCHEME"] == "https"
    assert found["MOOC_DOMAIN"] == "course.example.org"
    assert found["SESSION_COOKIE_SECURE"]
    assert found["SECURE_SSL_REDIRECT"]


@pytest.mark.parametrize("missing", PRODUCTION)
@pytest.mark.parametrize("value", [None, "", " , "])
def test_without_one_of_them_the_start_stops_by_name(load, missing, value):
    if missing == "SECRET_KEY" and value == " , ":
        value = " "
    environment = {name: text for name, text in PRODUCTION.items() if name != missing}
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} "):
        load(**environment, **({} if value is None else {missing: value}))


BAD = {
    "DEBUG": "perhaps",
    "ALLOWED_HOSTS": "https://course.example.org",
    "TRUSTED_PROXIES": "1.5",
    "MOOC_DOMAIN": "https://course.example.org/",
    "MAILGUN_API_URL": "http://api.mailgun.net",
    "MAILGUN_API_DOMAIN": "mail example org",
    "EMAIL_DOMAIN": "@example.org",
    "DEFAULT_FROM_EMAIL": "the team",
    "EMAIL_HOST": "smtp.example.org:465",
    "EMAIL_PORT": "70000",
    "EMAIL_USE_TLS": "2",
    "MAIL_TRANSPORT": "pigeon",
    "MAIL_BATCH_SIZE": "1001",
    "MAIL_LEASE_SECONDS": "five minutes",
    "MAIL_TIMEOUT_SECONDS": "0",
    "MAIL_KEEP_TALK_DAYS": "29",
    "GROUP_DISCUSSION": "campfire",
    "GROUP_OPEN_DAYS": "for ever",
    "GROUP_POSTS_PER_HOUR": "0",
    "GROUP_MESSAGE_MEGABYTES": "51",
    "GROUP_PICTURE_MEGABYTES": "-1",
    "FUTURELEARN_URL": "http://www.futurelearn.com",
    "FUTURELEARN_ORGANISATION": "Open University",
    "FUTURELEARN_PAUSE": "-1",
    "DATABASE_URL": "oracle-of-delphi://learner:hunter2@db/course",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_stops_the_start_by_name(load, name):
    with pytest.raises(ImproperlyConfigured, match=f"^{name} ") as refusal:
        load(**PRODUCTION | {name: BAD[name]})
    message = str(refusal.value)
    assert "hunter2" not in message
    assert PRODUCTION["SECRET_KEY"] not in message
    assert refusal.value.__cause__ is None
    assert message.endswith((".", ")"))


@pytest.mark.parametrize("lease", ["60", "59.9"])
def test_a_claim_must_outlive_the_call_made_under_it(load, lease):
    with pytest.raises(ImproperlyConfigured, match=r"MAIL_TIMEOUT_SECONDS \(60\) must be smaller"):
        load(DEBUG="true", MAIL_TIMEOUT_SECONDS="60", MAIL_LEASE_SECONDS=lease)
    assert load(DEBUG="true", MAIL_TIMEOUT_SECONDS="0.5", MAIL_LEASE_SECONDS="1.5")["MAIL_LEASE_SECONDS"] == 1.5


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"DEBUG": "true"}, "outbox"),
        ({"DEBUG": "true", "MAILGUN_API_KEY": "key-1"}, "mailgun"),
        (PRODUCTION, "none"),
        (PRODUCTION | {"MAILGUN_API_KEY": "key-1"}, "mailgun"),
        (PRODUCTION | {"MAILGUN_API_KEY": "key-1", "MAIL_TRANSPORT": "outbox"}, "outbox"),
        (PRODUCTION | {"EMAIL_HOST": "smtp.example.org"}, "smtp"),
        ({"DEBUG": "true", "EMAIL_HOST": "smtp.example.org"}, "smtp"),
        (PRODUCTION | {"EMAIL_HOST": "smtp.example.org", "MAILGUN_API_KEY": "key-1"}, "mailgun"),
    ],
)
def test_how_mail_leaves_when_nothing_says_so(load, environment, wanted):
    assert load(**environment)["MAIL_TRANSPORT"] == wanted


def test_mailgun_without_a_key_warns_without_stopping(load):
    with pytest.warns(UserWarning, match="MAILGUN_API_KEY is missing"):
        assert load(DEBUG="true", MAIL_TRANSPORT="mailgun")["MAIL_TRANSPORT"] == "mailgun"


def test_lists_without_mailgun_warn_without_stopping(load):
    with pytest.warns(UserWarning, match="groups talk by relay"):
        assert load(DEBUG="true", GROUP_DISCUSSION="lists")["GROUP_DISCUSSION"] == "lists"


def test_smtp_without_a_server_warns_without_stopping(load):
    with pytest.warns(UserWarning, match="EMAIL_HOST is missing"):
        assert load(DEBUG="true", MAIL_TRANSPORT="smtp")["MAIL_TRANSPORT"] == "smtp"


def test_what_is_unusual_about_futurelearn_warns_without_stopping(load):
    with pytest.warns(UserWarning, match="both are needed"):
        load(DEBUG="true", FUTURELEARN_USERNAME="data@example.org")
    with pytest.warns(UserWarning, match="FUTURELEARN_PAUSE is under half a second"):
        assert load(DEBUG="true", FUTURELEARN_PAUSE="0")["FUTURELEARN_PAUSE"] == 0


def test_each_mail_domain_is_the_other_s_default(load):
    for given in ("EMAIL_DOMAIN", "MAILGUN_API_DOMAIN"):
        found = load(DEBUG="true", **{given: "mail.example.org"})
        assert (found["EMAIL_DOMAIN"], found["MAILGUN_API_DOMAIN"]) == ("mail.example.org", "mail.example.org")
    both = load(DEBUG="true", EMAIL_DOMAIN="a.example.org", MAILGUN_API_DOMAIN="b.example.org")
    assert (both["EMAIL_DOMAIN"], both["MAILGUN_API_DOMAIN"]) == ("a.example.org", "b.example.org")
    assert both["DEFAULT_FROM_EMAIL"] == "organisers@a.example.org"


def test_links_are_plain_http_on_this_machine_only(load):
    assert load(**PRODUCTION | {"MOOC_DOMAIN": "127.0.0.1:8000"})["MOOC_SCHEME"] == "http"
    assert load(**PRODUCTION | {"MOOC_DOMAIN": "course.example.org:8443"})["MOOC_SCHEME"] == "https"


def test_the_usual_values_are_silent(load):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(**PRODUCTION)


def test_every_setting_is_written_down():
    names = set(setting_names())
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert documented - {"PORT", "WEB_CONCURRENCY", "TEST_DATABASE_URL"} == names
    example = re.findall(r"^#?\s?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert names >= set(example) - {"PORT"}
    button = json.loads((ROOT / "app.json").read_text())["env"]
    assert names >= set(button) - {"WEB_CONCURRENCY"}
    assert set(button) >= set(PRODUCTION)
    assert all(entry["description"] for entry in button.values())


def test_the_tests_run_without_the_settings_of_whoever_runs_them():
    given = {name for name in setting_names() if name in os.environ}
    assert given <= {"DEBUG", "SECRET_KEY", "DATABASE_URL"}
