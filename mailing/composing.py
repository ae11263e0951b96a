"""From a claimed batch to a letter and its recipients, whatever kind of message it is."""

from collections.abc import Sequence as Many

from mailing import content, talk_letters
from mailing.letters import Letter, Recipient
from mailing.models import Delivery


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return the letter that these deliveries of one bundle share, and a recipient for each, in their order."""
    about_talk = deliveries[0].kind in talk_letters.KINDS
    return (talk_letters if about_talk else content).letter_of(deliveries)
