"""`check_mail`: one message by the way that all mail goes, and what is said of it."""

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from mailing import checking
from mailing.management.commands import check_mail
from mailing.models import Delivery, OutboxMessage, Suppression
from mailing.scheduling import send_test
from mailing.sending import Report
from tests import factories
from tests.mailgun_standin import Fates, StandIn
from tests.smtp_standin import DROP, SmtpServer

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def often(monkeypatch) -> None:
    monkeypatch.setattr(check_mail, "LOOK_EVERY", 0.02)


@pytest.fixture
def mailgun(settings) -> Iterator[StandIn]:
    with StandIn(fates=Fates(delivered=1.0)) as made:
        for name, value in made.environment().items():
            setattr(settings, name, value)
        settings.EMAIL_DOMAIN, settings.MAIL_TIMEOUT_SECONDS = made.domain_name, 1.0
        yield made


@pytest.fixture
def server(settings) -> Iterator[SmtpServer]:
    with SmtpServer() as made:
        settings.MAIL_TRANSPORT, settings.EMAIL_USE_TLS = "smtp", False
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_USER = "localhost", made.port, ""
        yield made


@pytest.fixture
def check(capsys):
    """Run the command; return its lines, also those before an error as `check.lines`."""

    def run(address: str = ADA, wait: float = 5) -> list[str]:
        try:
            call_command("check_mail", address, wait=wait)
        finally:
            run.lines = capsys.readouterr().out.splitlines()
        return run.lines

    return run


def test_by_mailgun_each_event_is_said_until_it_is_delivered(mailgun, check):
    first, accepted, delivered = check()
    assert first.startswith(f"{ADA}: accepted by the provider (mailgun), Message-Id ")
    assert accepted.endswith("UTC accepted")
    assert " UTC delivered" in delivered
    [copy] = mailgun.truth.everything()
    assert "to see whether its mail arrives" in copy.text
    assert "to see whether its mail arrives" in copy.html
    assert Delivery.objects.get().status == Delivery.Status.DELIVERED


def test_what_bounces_is_an_error_with_the_mailbox_s_words(mailgun, check):
    mailgun.fates.failed = 1.0
    with pytest.raises(CommandError, match=r"did not arrive .bounced.") as refusal:
        check()
    assert refusal.value.returncode == 1
    assert "failed permanent 5.1.1" in check.lines[-1]


def test_what_is_not_delivered_in_time_is_said(mailgun, check):
    mailgun.fates.delivered = 0.0
    with pytest.raises(CommandError, match=r"did not deliver it within 0\.1 seconds"):
        check(wait=0.1)
    assert [line.rpartition(" ")[2] for line in check.lines[1:]] == ["accepted"]


def test_an_unclear_answer_is_waited_out(mailgun, check):
    mailgun.fail("reset-after")
    assert " UTC delivered" in check()[-1]
    mailgun.fail("500-before")
    with pytest.raises(CommandError, match="Nobody can tell yet"):
        check(wait=0.1)


def test_events_that_cannot_be_read(mailgun, check):
    mailgun.events.manners.status = 403
    with pytest.raises(CommandError, match=r"handed over, but its events cannot be read: .*403"):
        check()


def test_what_mailgun_refuses_waits(mailgun, check):
    mailgun.fail("401")
    with pytest.raises(CommandError, match=r"It was not sent: .*401"):
        check()
    assert Delivery.objects.get().status == Delivery.Status.QUEUED


def test_nothing_else_is_sent_along(mailgun, check):
    send_test(factories.sequence(), "Week one", "<p>Hello</p>", "", "me@example.org", factories.staff())
    check()
    assert [copy.address for copy in mailgun.truth.everything()] == [ADA]


def test_by_smtp_it_says_what_the_server_said(server, check):
    [line] = check()
    assert line.startswith(f"{ADA}: accepted by the provider (smtp), ")
    assert line.endswith("250 2.0.0 Ok: queued as 1")
    server.on("RCPT", "550 5.1.1 No such user")
    with pytest.raises(CommandError, match=r"did not arrive .failed.\. The mail server answered 550 5\.1\.1"):
        check()
    server.on("RCPT", "451 Later")
    with pytest.raises(CommandError, match="It was not sent: The mail server answered 451 Later"):
        check()
    server.on("after-dot", DROP)
    with pytest.raises(CommandError, match="a person must decide"):
        check()


def test_in_the_outbox_nothing_is_sent(settings, check):
    settings.MAIL_TRANSPORT = "outbox"
    assert check() == [f"{ADA}: kept in the outbox of this site, at /outbox/. Nothing was sent."]
    assert OutboxMessage.objects.get().address == ADA


def test_without_a_way_out_and_to_no_address(settings, check):
    settings.MAIL_TRANSPORT = "none"
    with pytest.raises(CommandError, match="It was not sent: No mail provider is set up"):
        check()
    with pytest.raises(CommandError, match="does not look like an e-mail address"):
        check("nobody")


def test_who_complained_is_not_written_to(mailgun, check):
    Suppression.objects.create(folded=ADA, kind=Suppression.Kind.COMPLAINT, since=clock.now())
    with pytest.raises(CommandError, match=r"did not arrive .not sent.*reported our mail as spam"):
        check()
    assert mailgun.truth.everything() == []


@pytest.mark.parametrize("ends", [True, False])
def test_a_worker_that_took_it_first_is_waited_for(mailgun, check, monkeypatch, ends):
    def taken(bundle):
        Delivery.objects.filter(bundle=bundle).update(status=Delivery.Status.SENDING)
        return Report()

    def sleep(_seconds):
        if ends:
            Delivery.objects.update(status=Delivery.Status.FAILED, reason="No.")

    monkeypatch.setattr(checking, "send_bundle", taken)
    monkeypatch.setattr(check_mail.time, "sleep", sleep)
    with pytest.raises(CommandError, match=r"did not arrive .failed.. No" if ends else "still on its way"):
        check(wait=0.05)
