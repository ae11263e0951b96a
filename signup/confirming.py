"""Pressing the link: the address is proven, and what was kept aside counts."""

import datetime

from django.db import transaction
from django.utils import timezone as clock

from signup.models import ErasedAddress, LinkRequest, Signup


def find_request(key: str) -> LinkRequest | None:
    """Return the confirmation request with this key, used or not; None where the key is unknown."""
    return (
        LinkRequest.objects.select_related("signup__sequence")
        .filter(kind=LinkRequest.Kind.CONFIRM, key=key)
        .first()
    )  # fmt: skip


@transaction.atomic
def confirm(request: LinkRequest, now: datetime.datetime | None = None) -> Signup:
    """Confirm the address behind a request and return its sign-up; a second press changes nothing."""
    now = now or clock.now()
    locked = LinkRequest.objects.select_for_update().get(pk=request.pk)
    row = Signup.objects.select_for_update(of=("self",)).select_related("sequence").get(pk=locked.signup_id)
    if locked.used:
        return row
    row.take(locked.aside)
    row.left = row.bounced = None
    row.confirmed = row.confirmed or now
    row.first_confirmed = row.first_confirmed or now
    row.save()
    # Older links of the same person are spent too; a newer one may hold newer answers.
    row.link_requests.filter(kind=LinkRequest.Kind.CONFIRM, used=None, pk__lte=locked.pk).update(used=now)
    ErasedAddress.objects.of(row.email).delete()
    return row
