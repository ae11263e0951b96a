"""A provider that remembers what it was given and answers as told, for tests of the ledger."""

from dataclasses import dataclass, field

import pytest

from mailing import transports
from mailing.letters import Answer, Letter, Outcome, Progress, Recipient
from mailing.merge import fill


@dataclass
class Provider:
    """Answers each call with the next of `answers`, or accepts it."""

    answers: list[Outcome] = field(default_factory=list)
    calls: list[tuple[Letter, list[Recipient], str]] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)

    def send(self, letter: Letter, recipients: list[Recipient], message_id: str, progress: Progress) -> Outcome:
        self.calls.append((letter, recipients, message_id))
        outcome = self.answers.pop(0) if self.answers else Outcome(Answer.ACCEPTED, provider_id=message_id)
        if outcome.answer == Answer.ACCEPTED:
            self.accepted += [(one.address, fill(letter.subject, one.values, html=False)) for one in recipients]
        return outcome

    def text(self, number: int = -1, recipient: int = 0) -> str:
        """Return the plain text that one recipient of one call would read."""
        letter, recipients, _ = self.calls[number]
        return fill(letter.text, recipients[recipient].values, html=False)


@pytest.fixture
def provider(monkeypatch) -> Provider:
    """Stand where the transports are called, and nowhere else."""
    made = Provider()
    monkeypatch.setattr(transports, "prepare", lambda *call: lambda: made.send(*call))
    monkeypatch.setattr(transports, "ready", lambda: "")
    return made
