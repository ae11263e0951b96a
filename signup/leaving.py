"""Leaving one course or everything, from a page or by the mail program's own button."""

import datetime
import hmac

from django.db import transaction
from django.utils import timezone as clock
from django.utils.crypto import constant_time_compare

from signup.models import LinkRequest, Signup

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

    RFC 8058 asks for an opaque part that is hard to forge. It is made from the row's own random key, so it goes on
    working when the site's secret key is changed.
    """
    return f"{row.pk}-{_proof(row)}"


def find_by_token(token: str) -> Signup | None:
    """Return the sign-up that a one-click token belongs to; None where it is forged or the person was erased."""
    number, _dash, proof = token.partition("-")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    row = Signup.objects.filter(pk=int(number)).first()
    return row if row and constant_time_compare(proof, _proof(row)) else None


def _proof(row: Signup) -> str:
    return hmac.digest(row.key.encode(), b"one-click", "sha256").hex()[:40]
