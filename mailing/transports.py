"""Which way mail leaves: settings.MAIL_TRANSPORT names it."""

from collections.abc import Callable
from functools import partial

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


def may_overlap() -> bool:
    """Say whether a call may be waited for while something else is done: it takes a while, and touches no database."""
    return settings.MAIL_TRANSPORT == "mailgun"


def prepare(
    letter: Letter,
    recipients: list[Recipient],
    message_id: str,
    progress: Progress = Progress(),  # noqa: B008
) -> Callable[[], Outcome]:
    """Return the call that hands a message for many people to the transport in use, to be made once.

    The call returns what became of it and does not raise for anything the network or the provider does. `message_id`
    comes without angle brackets. A transport that serves people one by one keeps to `progress`.
    """
    if reason := ready():
        return lambda: Outcome(Answer.STOP, reason)
    if settings.MAIL_TRANSPORT == "smtp":
        return partial(smtp.send, letter, recipients, message_id, progress)
    if settings.MAIL_TRANSPORT == "outbox":
        return partial(outbox.send, letter, recipients, message_id)
    return mailgun.prepare(letter, recipients, message_id)
