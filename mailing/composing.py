"""From a claimed batch to a letter and its recipients, whatever kind of message it is."""

from collections.abc import Sequence as Many

from mailing import content, reply_letters, talk_letters
from mailing.letters import Letter, Recipient
from mailing.models import Delivery


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return the letter that these deliveries of one bundle share, and a recipient for each, in their order."""
    kind = deliveries[0].kind
    about = talk_letters if kind in talk_letters.KINDS else reply_letters if kind == Delivery.Kind.WRITTEN else content
    return about.letter_of(deliveries)
