"""From a claimed batch to a letter and its recipients, whatever kind of message it is."""

from collections.abc import Sequence as Many

from mailing import content, moderation, reply_letters, talk_letters
from mailing.letters import Letter, Recipient
from mailing.models import Delivery

Kind = Delivery.Kind


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return the letter that these deliveries of one bundle share, and a recipient for each, in their order."""
    kind = deliveries[0].kind
    own = {**dict.fromkeys(talk_letters.KINDS, talk_letters), Kind.WRITTEN: reply_letters, Kind.MODERATION: moderation}
    return own.get(kind, content).letter_of(deliveries)
