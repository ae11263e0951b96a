"""Leaving one course or everything, from a page or by the mail program's own button."""

import datetime

from django.db import transaction
from django.utils import timezone as clock

from signup.models import LinkRequest, Signup
from signup.tokens import find_by, token_for

ONE_CLICK = "one-click"
AGAIN = datetime.timedelta(hours=1)  # between two messages with the same kind of link to one person


@transaction.atomic
def leave(rows, now: datetime.datetime | None = None) -> int:
    """Mark these sign-ups (a query set) as left and return how many had not left before.

    The rows are locked in order first, so that two people's doings never wait for each other in a ring, and as weakly
    as will do: the worker's promises of mail to these people need not wait for it.
    """
    now = now or clock.now()
    staying = list(rows.filter(left=None).order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    # Links asked for before are spent: pressing an old one must not bring back somebody who has left since.
    links = LinkRequest.objects.filter(signup__in=staying, kind=LinkRequest.Kind.CONFIRM, used=None)
    links.update(used=now)
    return Signup.objects.filter(pk__in=staying).update(left=now, asked=None, aside={}, date_updated=now)


def leave_everything(address: str, now: datetime.datetime | None = None) -> int:
    """Take an address off every sequence and list, whatever its spelling, and return how many it left."""
    return leave(Signup.objects.of_address(address), now)


def come_back(row: Signup) -> None:
    """Undo leaving one course, for somebody who holds their own key."""
    Signup.objects.filter(pk=row.pk).update(left=None, date_updated=clock.now())


@transaction.atomic
def ask_for_unsubscribe_link(address: str, now: datetime.datetime | None = None) -> bool:
    """Ask for a message with the unsubscribe link, at most one an hour; say whether the address is known.

    Only tests and logs may look at what is returned: the page says the same in both cases.
    """
    now = now or clock.now()
    row = Signup.objects.live().of_address(address).order_by("pk").select_for_update(no_key=True).first()
    if row is None:
        return False
    kind = LinkRequest.Kind.UNSUBSCRIBE
    if not LinkRequest.objects.filter(kind=kind, signup__folded=row.folded, made__gt=now - AGAIN).exists():
        LinkRequest.objects.create(kind=kind, signup=row)
    return True


def one_click_token(row: Signup) -> str:
    """Return the token of a message's List-Unsubscribe link: it leaves this one course and opens nothing else.

    RFC 8058 asks for an opaque part that is hard to forge.
    """
    return token_for(row, ONE_CLICK)


def find_by_token(token: str) -> Signup | None:
    """Return the sign-up that a one-click token belongs to; None where it is forged or the person was erased."""
    return find_by(token, ONE_CLICK)
