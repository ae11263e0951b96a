"""Erasing a person: what we hold goes; a keyed hash stays to keep the address out of imports."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mooc.lib.addresses import fold
from mooc.lib.digests import digest
from signup.models import ErasedAddress, Signup

TRIES = 5  # one for each e-mail that may be becoming due at this very moment


def erase(address: str) -> int:
    """Delete every sign-up of an address and return how many; remember only its keyed hash."""
    for _try in range(TRIES - 1):
        try:
            return _erase(address)
        except IntegrityError:
            # Somebody promised this person a message between our look and our write: the next look finds it.
            continue
    return _erase(address)


@transaction.atomic
def _erase(address: str) -> int:
    ErasedAddress.objects.get_or_create(digest=digest("erased", fold(address)))
    rows = Signup.objects.of_address(address)
    # Locked before what hangs on them, as everybody does who then writes to their links.
    locked = rows.order_by("pk").select_for_update(no_key=True)
    numbers = [str(number) for number in locked.values_list("pk", flat=True)]
    # The admin's log calls a person by their address.
    log = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Signup), object_id__in=numbers)
    log.update(object_repr=_("erased"))
    return rows.delete()[1].get("signup.Signup", 0)
