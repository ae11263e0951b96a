"""Which of our calls carried a message, by the Message-Ids that somebody's answer names."""

from collections.abc import Iterable

from mailing.models import Batch


def batches_named(ids: Iterable[str]) -> list[Batch]:
    """Return the calls whose Message-Id is one of these, the nearest first (`ids` has the nearest last).

    Some mail programs answer with the id of the copy alone. By SMTP each copy's id has a delivery's number in it.
    """
    wanted = []
    for one in ids:
        local, _at, domain = one.rpartition("@")
        wanted += [one, f"{local.rpartition('.')[0]}@{domain}"]
    found = {batch.message_id: batch for batch in Batch.objects.filter(message_id__in=wanted)}
    return [found[one] for one in reversed(wanted) if one in found]
