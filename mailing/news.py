"""What the provider tells us after it took a message: doubled, late and in any order, it ends in the same state."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone as clock

from mailing import delivery as ledger
from mailing.models import Batch, Delivery, Event, Suppression
from mailing.suppressing import ask_anew, suppress, suppress_erased
from mooc.lib.insert import insert_if_new

Status, Kind = Delivery.Status, Suppression.Kind
STATUS_OF = {
    "accepted": Status.ACCEPTED,
    "delivered": Status.DELIVERED,
    "opened": Status.DELIVERED,
    "clicked": Status.DELIVERED,
    "unsubscribed": Status.DELIVERED,
    "complained": Status.COMPLAINED,
}
# Reasons of a lasting failure that speak of the mailbox, and not of this one message.
DEAD = {"bounce": Kind.BOUNCE, "suppress-bounce": Kind.BOUNCE}
STOPS = {**DEAD, "suppress-unsubscribe": Kind.UNSUBSCRIBE, "suppress-complaint": Kind.COMPLAINT}
# Programs that open every picture on a person's behalf; Mailgun names some in the `bot` field.
PROXIES = ("googleimageproxy", "yahoomailproxy", "microsoft preview", "barracuda", "proofpoint", "mimecast")


class UnreadableError(ValueError):
    """This is not an event as Mailgun describes it."""


@dataclass(frozen=True)
class News:
    """One event as we use it. `delivery` is the id we sent along, None where there is none."""

    uid: str
    kind: str
    happened: datetime.datetime
    address: str
    message_id: str
    delivery: int | None
    severity: str
    reason: str
    words: str
    machine: bool
    url: str
    payload: dict[str, Any]

    @property
    def status(self) -> Status | None:
        """The state that this proves at least; None where it proves nothing."""
        if self.kind == "failed":
            return Status.DEFERRED if self.severity == "temporary" else Status.BOUNCED
        return STATUS_OF.get(self.kind)

    @property
    def stops(self) -> str:
        """Why the whole address must be left alone from now on, or ""."""
        if self.kind == "failed" and self.severity != "temporary":
            return STOPS.get(self.reason, "")
        return {"complained": Kind.COMPLAINT, "unsubscribed": Kind.UNSUBSCRIBE}.get(self.kind, "")


def read(payload: Any) -> News:
    """Return an event of Mailgun as News; raises UnreadableError where its shape or its values cannot be used."""
    try:
        number = str(_dict(payload, "user-variables").get("d", ""))
        status = _dict(payload, "delivery-status")
        client = _dict(payload, "client-info")
        words = str(status.get("message") or status.get("description") or payload.get("reason") or "")
        return News(
            uid=_text(payload["id"], 200), kind=_text(payload["event"], 30),
            happened=datetime.datetime.fromtimestamp(float(payload["timestamp"]), datetime.UTC),
            address=_text(payload.get("recipient") or "", 254),
            message_id=_text(_dict(_dict(payload, "message"), "headers").get("message-id") or "", 300).strip("<> "),
            delivery=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None,
            severity=str(payload.get("severity") or ""), reason=str(payload.get("reason") or ""),
            words=_text(words, 400), machine=_is_machine(client), url=_text(str(payload.get("url") or ""), 2000),
            payload=payload,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError, OSError, AttributeError) as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from None


def _dict(values: dict, name: str) -> dict:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("not a text")
    value.encode()  # a lone surrogate cannot be stored
    return value[:longest]


def _is_machine(client: dict) -> bool:
    agent = str(client.get("user-agent") or "").lower()
    return bool(client.get("bot")) or any(name in agent for name in PROXIES)


@transaction.atomic
def take(news: News, now: datetime.datetime | None = None) -> bool:
    """Keep one event and draw its consequences; return False where it was here before.

    Only news about a message that we sent to that very address changes anything: whoever can make the provider tell
    us something about other people's mail must not be able to unsubscribe them.
    """
    now = now or clock.now()
    row = ours(news)
    event = Event(
        uid=news.uid, day=news.happened.date(), kind=news.kind, happened=news.happened, received=now, delivery=row,
        address=row.address if row else news.address, message_id=news.message_id, machine=news.machine, url=news.url,
        payload=news.payload if row is None or not ledger.is_forgotten(row) else {"erased": True},
    )  # fmt: skip
    if not insert_if_new(event):
        return False
    if row and news.status:
        ledger.learn(row, news.status, f"{news.words}"[:500], news.message_id, now)
    if row and news.stops and not ledger.is_forgotten(row):
        if row.kind == Delivery.Kind.CONFIRM and news.reason == "suppress-unsubscribe":
            # Whoever signs up has just asked for this message.
            ask_anew(row, news.happened, now)
            return True
        suppress(news.address, news.stops, news.happened)
    elif row and news.stops == Kind.COMPLAINT:
        suppress_erased(row.address, news.happened)
    return True


def ours(news: News) -> Delivery | None:
    """Return the delivery that an event is about, if we sent that message to that address."""
    if news.delivery is None:
        return None
    row = Delivery.objects.filter(pk=news.delivery).select_related("batch").first()
    if row is None or not ledger.belongs_to(row, news.address):
        return None
    sent = row.batch if row.batch and row.batch.message_id == news.message_id else None
    if sent is None and not Batch.objects.filter(message_id=news.message_id, bundle=row.bundle).exists():
        return None
    return row
