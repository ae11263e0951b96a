"""Pressing the link: the address is proven, and what was kept aside counts."""

import datetime
import json

from django.db import transaction
from django.utils import timezone as clock
from django.utils.crypto import constant_time_compare

from mooc.lib.digests import digest
from mooc.lib.keys import is_key
from signup.models import ErasedAddress, LinkRequest, Signup


def find_request(key: str) -> LinkRequest | None:
    """Return the confirmation request with this key, used or not; None where the key is unknown."""
    if not is_key(key):
        return None
    found = LinkRequest.objects.select_related("signup__sequence")
    return found.filter(kind=LinkRequest.Kind.CONFIRM, key=key).first()


def mark_of(row: Signup) -> str:
    """Return a mark of what is kept aside: a press counts only for what its page showed."""
    return digest("aside", json.dumps(row.aside, sort_keys=True))


@transaction.atomic
def confirm(request: LinkRequest, mark: str | None = None, now: datetime.datetime | None = None) -> Signup:
    """Confirm the address behind a request and return its sign-up; a second press changes nothing.

    `mark` is `mark_of` the row as its page showed it. Where something else is kept aside by now, nothing changes:
    the sign-up comes back unconfirmed or with its old answers, `request.used` stays empty, and the page asks again.
    Raises ObjectDoesNotExist where the person was erased a moment ago.
    """
    now = now or clock.now()
    # The person first, then their links, as the worker does: two links may be pressed at one moment.
    people = Signup.objects.select_for_update(of=("self",), no_key=True).select_related("sequence")
    row = people.get(pk=request.signup_id)
    theirs = row.link_requests.filter(kind=LinkRequest.Kind.CONFIRM)
    request.used = theirs.get(pk=request.pk).used
    if request.used or (mark is not None and not constant_time_compare(mark, mark_of(row))):
        return row
    request.used = now
    row.take(row.aside)
    row.aside, row.asked = {}, None
    row.left = row.bounced = None
    row.confirmed = row.confirmed or now
    row.first_confirmed = row.first_confirmed or now
    row.save()
    theirs.filter(used=None).update(used=now)
    ErasedAddress.objects.of(row.email).delete()
    return row
