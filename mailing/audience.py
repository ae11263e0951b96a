"""Who an e-mail is for."""

from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Membership
from mailing.models import Email
from signup.models import Signup


def people(email: Email) -> QuerySet[Signup]:
    """Return the sign-ups an e-mail would go to now: confirmed, not left, not bounced, in its course run.

    `individuals` is all of them, grouped or not; `groups` is those who are in a group at present.
    """
    active = Signup.objects.active().filter(sequence=email.sequence_id)
    if email.audience == Email.Audience.GROUPS:
        return active.filter(Exists(Membership.objects.current().filter(signup=OuterRef("pk"))))
    return active


def audience_size(email: Email) -> int:
    """Return how many people an e-mail would go to now."""
    return people(email).count()
