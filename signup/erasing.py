"""Erasing a person: what we hold goes; a keyed hash stays to keep the address out of imports."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import router, transaction
from django.db.models.deletion import Collector
from django.utils.translation import gettext as _

from mooc.lib.addresses import fold
from mooc.lib.digests import digest
from signup.models import ErasedAddress, Signup


@transaction.atomic
def erase(address: str) -> int:
    """Delete every sign-up of an address and return how many; remember only its keyed hash."""
    ErasedAddress.objects.get_or_create(digest=digest("erased", fold(address)))
    # Locked before what hangs on them, as everybody does who then writes to their links.
    locked = Signup.objects.of_address(address).order_by("pk").select_for_update(no_key=True)
    numbers = list(locked.values_list("pk", flat=True))
    # The admin's log calls a person by their address.
    log = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Signup), object_id__in=list(map(str, numbers))
    )  # fmt: skip
    log.update(object_repr=_("erased"))
    # Twice: an e-mail that becomes due at this moment promises them a message between the look at what hangs on them
    # and their deletion, which waits for it. After the deletion nobody can promise them anything.
    for _look in range(2):
        everything = Collector(using=router.db_for_write(Signup))
        everything.collect([Signup(pk=number) for number in numbers])
        everything.delete()
    return len(numbers)
