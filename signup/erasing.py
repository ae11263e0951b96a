"""Erasing a person: what we hold goes; a keyed hash stays to keep the address out of imports."""

from django.db import transaction

from mooc.lib.addresses import fold
from mooc.lib.digests import digest
from signup.models import ErasedAddress, Signup


@transaction.atomic
def erase(address: str) -> int:
    """Delete every sign-up of an address and return how many; remember only its keyed hash."""
    ErasedAddress.objects.get_or_create(digest=digest("erased", fold(address)))
    return Signup.objects.of_address(address).delete()[1].get("signup.Signup", 0)
