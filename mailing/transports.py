"""Which way mail leaves: settings.MAIL_TRANSPORT names it."""

from django.conf import settings

from mailing import mailgun, outbox
from mailing.letters import Answer, Letter, Outcome, Recipient


def ready() -> str:
    """Return "" where mail can leave, or a sentence for staff on what to set. Calls nobody."""
    if settings.MAIL_TRANSPORT == "outbox" or (settings.MAIL_TRANSPORT == "mailgun" and settings.MAILGUN_API_KEY):
        return ""
    return mailgun.NO_KEY


def send(letter: Letter, recipients: list[Recipient], message_id: str) -> Outcome:
    """Hand a message for many people to the transport in use, once, and return what became of it.

    `message_id` comes without angle brackets. Does not raise for anything the network or the provider does.
    """
    if reason := ready():
        return Outcome(Answer.STOP, reason)
    transport = mailgun if settings.MAIL_TRANSPORT == "mailgun" else outbox
    return transport.send(letter, recipients, message_id)
