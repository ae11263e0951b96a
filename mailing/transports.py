"""Which way mail leaves: settings.MAIL_TRANSPORT names it."""

from django.conf import settings

from mailing import mailgun, outbox, smtp
from mailing.letters import Answer, Letter, Outcome, Progress, Recipient


def ready() -> str:
    """Return "" where mail can leave, or a sentence for staff on what to set. Calls nobody."""
    able = {"outbox": True, "mailgun": bool(settings.MAILGUN_API_KEY), "smtp": bool(settings.EMAIL_HOST)}
    if able.get(settings.MAIL_TRANSPORT):
        return ""
    return smtp.NO_HOST if settings.MAIL_TRANSPORT == "smtp" else mailgun.NO_KEY


def batch_size() -> int:
    """Return how many recipients one call of the transport in use may have."""
    most = settings.MAIL_BATCH_SIZE
    return min(most, smtp.MOST_RECIPIENTS) if settings.MAIL_TRANSPORT == "smtp" else most


def send(
    letter: Letter,
    recipients: list[Recipient],
    message_id: str,
    progress: Progress = Progress(),  # noqa: B008
) -> Outcome:
    """Hand a message for many people to the transport in use, once, and return what became of it.

    `message_id` comes without angle brackets. A transport that serves people one by one keeps to `progress`.
    Does not raise for anything the network or the provider does.
    """
    if reason := ready():
        return Outcome(Answer.STOP, reason)
    if settings.MAIL_TRANSPORT == "smtp":
        return smtp.send(letter, recipients, message_id, progress)
    transport = mailgun if settings.MAIL_TRANSPORT == "mailgun" else outbox
    return transport.send(letter, recipients, message_id)
