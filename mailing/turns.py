"""Whose turn it is: however much groups write, one call in five is for what is less urgent, if any waits."""

from django.db.models import QuerySet

from mailing.models import Batch, Delivery

Kind = Delivery.Kind
POSTS_IN_A_ROW = 4  # calls


def next_of(waiting: QuerySet[Delivery]) -> Delivery | None:
    """Return the next of these deliveries, which are in the order of their urgency.

    Posts go before messages to a whole course. Where the last calls of all workers were posts, it is the other way
    round once: else a course that writes all day would never get its lesson.
    """
    first = waiting.first()
    if first is None or first.kind != Kind.POST or not _posts_had_their_turn():
        return first
    return waiting.filter(kind__gt=Kind.POST).first() or first


def _posts_had_their_turn() -> bool:
    bundles = Batch.objects.order_by("-pk").values_list("bundle", flat=True)[:POSTS_IN_A_ROW]
    return [bundle.partition(":")[0] for bundle in bundles] == ["post"] * POSTS_IN_A_ROW
