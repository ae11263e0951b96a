"""A mail server of our own that the site sends by, for tests of the SMTP transport."""

from collections.abc import Iterator

import pytest

from tests.smtp_standin import SmtpServer


@pytest.fixture(autouse=True)
def by_smtp(settings) -> None:
    settings.MAIL_TRANSPORT, settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = "smtp", False, ""
    settings.EMAIL_DOMAIN, settings.DEFAULT_FROM_EMAIL = "mail.example.org", "team@mail.example.org"
    settings.MAIL_TIMEOUT_SECONDS = 5.0


@pytest.fixture
def server(settings) -> Iterator[SmtpServer]:
    with SmtpServer() as made:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", made.port
        yield made
