"""Pressing the link: the address is proven, and what was kept aside counts."""

import datetime
import json

from django.db import transaction
from django.utils import timezone as clock
from django.utils.crypto import constant_time_compare

from mooc.lib.digests import digest
from signup.models import ErasedAddress, LinkRequest, Signup


def find_request(key: str) -> LinkRequest | None:
    """Return the confirmation request with this key, used or not; None where the key is unknown."""
    return (
        LinkRequest.objects.select_related("signup__sequence")
        .filter(kind=LinkRequest.Kind.CONFIRM, key=key)
        .first()
    )  # fmt: skip


def mark_of(row: Signup) -> str:
    """Return a mark of what is kept aside: a press counts only for what its page showed."""
    return digest("aside", json.dumps(row.aside, sort_keys=True))


@transaction.atomic
def confirm(request: LinkRequest, mark: str | None = None, now: datetime.datetime | None = None) -> Signup:
    """Confirm the address behind a request and return its sign-up; a second press changes nothing.

    `mark` is `mark_of` the row as its page showed it. Where something else is kept aside by now, nothing changes:
    the sign-up comes back unconfirmed or with its old answers, `request.used` stays empty, and the page asks again.
    """
    now = now or clock.now()
    locked = LinkRequest.objects.select_for_update().get(pk=request.pk)
    row = Signup.objects.select_for_update(of=("self",)).select_related("sequence").get(pk=locked.signup_id)
    request.used = locked.used
    if locked.used or (mark is not None and not constant_time_compare(mark, mark_of(row))):
        return row
    request.used = now
    row.take(row.aside)
    row.aside, row.asked = {}, None
    row.left = row.bounced = None
    row.confirmed = row.confirmed or now
    row.first_confirmed = row.first_confirmed or now
    row.save()
    row.link_requests.filter(kind=LinkRequest.Kind.CONFIRM, used=None).update(used=now)
    ErasedAddress.objects.of(row.email).delete()
    return row
