"""Setting up the account: webhooks and the route, made once, updated, left alone; and what stands in the way."""

from collections.abc import Iterator

import pytest
import responses
from django.core.management import CommandError, call_command

from mailing import mailgun_account
from mailing.mailgun_account import WEBHOOKS, find_domain
from tests.mailgun_standin import StandIn

EVENTS = "https://course.example.org/hooks/mailgun/events/"
INBOUND = 'forward("https://course.example.org/hooks/mailgun/inbound/mime")'
EXPRESSION = 'match_recipient("group-.*@mail.example.org")'


@pytest.fixture
def mailgun(settings) -> Iterator[StandIn]:
    with StandIn() as made:
        for name, value in made.environment().items():
            setattr(settings, name, value)
        settings.EMAIL_DOMAIN, settings.MOOC_DOMAIN = "mail.example.org", "course.example.org"
        yield made


@pytest.fixture
def set_up(capsys):
    """Run the command and return the lines it wrote."""

    def run(*options: str) -> list[str]:
        call_command("setup_mailgun", *options)
        return capsys.readouterr().out.splitlines()

    return run


def test_webhooks_are_made_once(mailgun, set_up):
    first = set_up()
    assert first[0] == f"domain mail.example.org: active, at {mailgun.url}"
    assert first[1:] == [f"webhook {name}: made, to {EVENTS}" for name in WEBHOOKS]
    assert mailgun.webhooks.urls == {name: [EVENTS] for name in WEBHOOKS}
    assert set_up()[1:] == [f"webhook {name}: nothing changed" for name in WEBHOOKS]
    assert mailgun.webhooks.urls == {name: [EVENTS] for name in WEBHOOKS}
    assert mailgun.routes.everything() == []


def test_other_programs_keep_their_webhooks_and_an_old_address_of_ours_goes(mailgun, set_up):
    theirs, old = "https://crm.example.org/mailgun", "https://old.example.org/hooks/mailgun/events/"
    mailgun.webhooks.urls |= {"opened": [theirs], "clicked": [old], "delivered": [old, theirs]}
    lines = set_up()
    assert f"webhook opened: updated to {theirs} and {EVENTS}" in lines
    assert f"webhook clicked: updated to {EVENTS}" in lines
    found = mailgun.webhooks.urls
    assert (found["opened"], found["clicked"], found["delivered"]) == ([theirs, EVENTS], [EVENTS], [theirs, EVENTS])
    assert all(line.endswith("nothing changed") for line in set_up()[1:])


def test_a_webhook_without_room_says_so(mailgun, set_up):
    mailgun.webhooks.urls["opened"] = [f"https://{name}.example.org/" for name in "abc"]
    with pytest.raises(CommandError, match="opened has 3 addresses already"):
        set_up()
    assert len(mailgun.webhooks.urls["opened"]) == 3


def test_the_route_is_made_only_when_asked_for_and_once(mailgun, set_up):
    assert set_up("--groups")[-1] == f"route {EXPRESSION}: made, {INBOUND}"
    [route] = mailgun.routes.everything()
    assert (route["expression"], route["actions"], route["priority"]) == (EXPRESSION, [INBOUND], 0)
    assert set_up("--groups")[-1] == f"route {EXPRESSION}: nothing changed"
    assert len(mailgun.routes.everything()) == 1


def test_the_route_moves_with_the_site_and_others_stay(mailgun, set_up, settings, monkeypatch):
    monkeypatch.setattr(mailgun_account, "PAGE", 1)  # ours stands on the second page
    settings.EMAIL_DOMAIN = "other.example.org"
    set_up("--groups")
    settings.EMAIL_DOMAIN = "mail.example.org"
    set_up("--groups")
    settings.MOOC_DOMAIN = "new.example.org"
    assert "updated" in set_up("--groups")[-1]
    assert [route["actions"] for route in mailgun.routes.everything()] == [
        [INBOUND], ['forward("https://new.example.org/hooks/mailgun/inbound/mime")'],
    ]  # fmt: skip


def test_the_route_of_the_organisers_keeps_what_else_it_does(mailgun, set_up, settings):
    settings.DEFAULT_FROM_EMAIL = "Course team <team@mail.example.org>"
    assert "made" in set_up("--inbox")[-1]
    [route] = mailgun.routes.everything()
    assert route["expression"] == r'match_recipient("team@mail\.example\.org")'
    assert mailgun.routes.takes("team@mail.example.org")
    route["actions"] = ['forward("ada@example.com")', INBOUND]
    assert "nothing changed" in set_up("--inbox")[-1]
    settings.MOOC_DOMAIN = "new.example.org"
    assert "updated" in set_up("--inbox")[-1]
    assert 'forward("ada@example.com")' in mailgun.routes.everything()[0]["actions"]
    assert len(mailgun.routes.everything()[0]["actions"]) == 2


def test_an_address_elsewhere_gets_no_route(mailgun, set_up, settings):
    settings.DEFAULT_FROM_EMAIL = "team@elsewhere.example"
    with pytest.raises(CommandError, match="receive_mail"):
        set_up("--inbox")
    assert not mailgun.routes.everything()


@pytest.mark.parametrize("key", ["wrong", "key-stand-in-sending"])
def test_a_key_that_may_not_is_refused_in_words(mailgun, set_up, settings, key):
    settings.MAILGUN_API_KEY = key
    with pytest.raises(CommandError, match="not the sending key") as refusal:
        set_up()
    assert refusal.value.returncode == 1
    assert key not in str(refusal.value)


def test_a_domain_that_nobody_knows(mailgun, set_up, settings):
    settings.MAILGUN_API_DOMAIN = "typo.example.org"
    with pytest.raises(CommandError, match=r"knows no domain typo\.example\.org"):
        set_up()
    assert mailgun.webhooks.urls == {}


@pytest.mark.parametrize("same_key", [True, False])
def test_a_domain_in_the_other_region_is_found_there(mailgun, set_up, settings, monkeypatch, same_key):
    with StandIn(domain_name="other.example.org", key=mailgun.key if same_key else "of another account") as wrong:
        settings.MAILGUN_API_URL = wrong.url
        monkeypatch.setattr(mailgun_account, "REGIONS", {"US": wrong.url, "EU": mailgun.url})
        with pytest.raises(CommandError, match=f"EU region. Set MAILGUN_API_URL={mailgun.url}"):
            set_up()
        settings.MAILGUN_API_DOMAIN = "nowhere.example.org"
        with pytest.raises(CommandError, match=r"knows no domain|refused the key"):
            set_up()


@pytest.mark.parametrize(("state", "words"), [("unverified", "check_domain"), ("disabled", "calls .* disabled")])
def test_a_domain_that_may_not_send_fails_after_the_webhooks_are_set(mailgun, set_up, state, words):
    mailgun.domain.state = state
    with pytest.raises(CommandError, match=words):
        set_up()
    assert len(mailgun.webhooks.urls) == 8


def test_what_is_missing_on_our_side_is_named(mailgun, set_up, settings):
    settings.MAILGUN_WEBHOOK_SIGNING_KEY = ""
    with pytest.raises(CommandError, match="MAILGUN_WEBHOOK_SIGNING_KEY is missing"):
        set_up()
    settings.MOOC_DOMAIN = "127.0.0.1:8000"
    with pytest.raises(CommandError, match="cannot reach 127"):
        set_up()
    settings.MAILGUN_API_KEY = ""
    with pytest.raises(CommandError, match="MAILGUN_API_KEY is missing"):
        set_up()


def test_a_wrong_path_and_nobody_at_home(mailgun, set_up, settings):
    settings.MAILGUN_API_URL = f"{mailgun.url}/api"
    with pytest.raises(CommandError, match="front page"):
        set_up()
    mailgun.refuse(5)
    with pytest.raises(CommandError, match="could not be reached"):
        set_up()


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, "<html>", "answered 500 to GET .*no reason given"),
        (429, '{"message": "Too many requests"}', "answered 429 .*: Too many requests"),
        (200, "[]", "answered 200"),
        (200, "{}", "says nothing about the domain"),
    ],
)
def test_an_answer_without_use(settings, status, body, words):
    settings.MAILGUN_API_KEY, settings.MAILGUN_API_DOMAIN = "key-1", "mail.example.org"
    responses.get("https://api.mailgun.net/v4/domains/mail.example.org", status=status, body=body)
    with pytest.raises(mailgun_account.AccountError, match=words):
        find_domain()


@responses.activate
def test_older_forms_of_the_answer_are_understood(settings, set_up):
    settings.MAILGUN_API_KEY, settings.MAILGUN_API_DOMAIN = "key-1", "mail.example.org"
    settings.MAILGUN_WEBHOOK_SIGNING_KEY, settings.MOOC_DOMAIN = "signing", "course.example.org"
    base = "https://api.mailgun.net"
    responses.get(f"{base}/v4/domains/mail.example.org", json={"domain": {"state": "active"}})
    present = {name: {"url": EVENTS} for name in WEBHOOKS} | {"opened": None, "clicked": {"urls": None, "url": None}}
    responses.get(f"{base}/v3/domains/mail.example.org/webhooks", json={"webhooks": present})
    responses.post(f"{base}/v3/domains/mail.example.org/webhooks", json={"message": "made"})
    assert [line for line in set_up()[1:] if "nothing changed" not in line] == [
        f"webhook opened: made, to {EVENTS}", f"webhook clicked: made, to {EVENTS}",
    ]  # fmt: skip
