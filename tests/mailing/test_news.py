"""News from the provider: any order, twice or late, from strangers or forged, ends in the same state."""

import datetime
import itertools
import json
import time

import pytest
from django.utils import timezone as clock

from mailing.delivery import forget
from mailing.models import Batch, Delivery, Event, Suppression
from mailing.news import UnreadableError, read, take
from mailing.worker import tick
from signup.erasing import erase
from signup.joining import join
from signup.models import Signup
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
Status = Delivery.Status
numbers = itertools.count(1)


def sent(status=Status.ACCEPTED, **fields):
    row = factories.delivery(status=status, **fields)
    row.batch = Batch.objects.create(
        bundle=row.bundle, transport="mailgun", message_id=f"m{next(numbers)}@x", size=1, claimed=clock.now(),
        lease_until=clock.now(), outcome="accepted",
    )  # fmt: skip
    row.save()
    return row


def event(row, kind="delivered", **more):
    return {
        "id": f"e{next(numbers)}", "event": kind, "timestamp": time.time(), "recipient": row.address,
        "user-variables": {"d": str(row.pk)}, "message": {"headers": {"message-id": row.batch.message_id}}, **more,
    }  # fmt: skip


def failed(row, severity="permanent", reason="bounce"):
    return event(row, "failed", severity=severity, reason=reason, **{"delivery-status": {"message": "no such user"}})


def test_every_order_of_five_pieces_of_news_ends_in_one_state():
    row = sent()
    person = row.signup
    pieces = [
        event(row, "accepted"),
        failed(row, "temporary", "generic"),
        event(row),
        failed(row),
        event(row, "complained"),
    ]
    ends = set()
    for order in itertools.permutations(range(5)):
        Event.objects.all().delete()
        Suppression.objects.all().delete()
        Delivery.objects.filter(pk=row.pk).update(status=Status.ACCEPTED, reason="")
        Signup.objects.filter(pk=person.pk).update(left=None, bounced=None)
        for place in order:
            take(read(pieces[place]))
        row.refresh_from_db()
        person.refresh_from_db()
        kinds = tuple(Suppression.objects.order_by("kind").values_list("kind", flat=True))
        ends.add((row.status, row.reason, bool(person.left), bool(person.bounced), kinds))
    assert ends == {(Status.COMPLAINED, "", True, True, ("bounce", "complaint"))}


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (event, Status.DELIVERED),
        (lambda row: failed(row, "temporary", "generic"), Status.DEFERRED),
        (failed, Status.BOUNCED),
        (lambda row: event(row, "opened", **{"client-info": {"bot": "apple"}}), Status.DELIVERED),
        (lambda row: event(row, "accepted"), Status.ACCEPTED),
        (lambda row: event(row, "stored"), Status.ACCEPTED),
    ],
)
def test_each_kind_of_news_proves_its_state(make, status):
    row = sent()
    news = make(row)
    assert take(read(news)) is True
    assert take(read(news)) is False
    row.refresh_from_db()
    assert row.status == status
    assert Event.objects.get().payload == news


def test_proof_settles_what_was_unsure():
    row = sent(Status.UNSURE)
    take(read(event(row, "accepted")))
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert row.doubled is None


def test_late_proof_of_an_earlier_call_is_written_down_as_perhaps_doubled():
    row = sent()
    first = event(row, "accepted")
    second = sent(email=row.email).batch
    Delivery.objects.filter(pk=row.pk).update(batch=second)
    take(read(first))
    row.refresh_from_db()
    assert row.doubled


def test_proof_stops_a_second_sending_that_has_not_begun():
    row = sent(Status.QUEUED)
    take(read(event(row, "accepted")))
    row.refresh_from_db()
    assert (row.status, row.doubled) == (Status.ACCEPTED, None)


def test_a_bounce_stops_the_address_everywhere_and_a_soft_one_does_not():
    row = sent()
    elsewhere = factories.signup(email=row.address.upper())
    take(read(failed(row, "temporary")))
    assert Signup.objects.active().count() == 2
    take(read(failed(row, reason="espblock")))
    assert Signup.objects.active().count() == 2
    take(read(failed(row, reason="suppress-bounce")))
    assert not Signup.objects.active().exists()
    elsewhere.refresh_from_db()
    assert elsewhere.bounced


def test_nobody_is_unsubscribed_by_a_stranger():
    row, victim = sent(), factories.signup()
    for forged in (
        event(row, "complained", recipient=victim.email),
        event(row, "unsubscribed", **{"user-variables": {}}),
        event(row, "unsubscribed", **{"user-variables": {"d": "999999"}}),
        event(row, "unsubscribed", message={"headers": {"message-id": "other@x"}}),
    ):
        assert take(read(forged))
    assert Signup.objects.active().count() == 2
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


def test_news_about_somebody_erased_keeps_no_address():
    row = sent()
    news = event(row)
    forget(row.address)
    erase(row.signup.email)
    take(read(news))
    row.refresh_from_db()
    assert row.status == Status.DELIVERED
    assert news["recipient"] not in json.dumps(list(Event.objects.values("address", "payload")))


@pytest.mark.parametrize(
    "bad",
    [
        None, [], "x", {}, {"id": 1}, {"id": "a", "event": "x"}, {"id": "a", "event": "x", "timestamp": "soon"},
        {"id": "a", "event": "x", "timestamp": 1e30}, {"id": "a\0", "event": "x", "timestamp": 1},
        {"id": "a", "event": "x", "timestamp": float("nan")}, {"id": "\ud800", "event": "x", "timestamp": 1},
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_by_name(bad):
    with pytest.raises(UnreadableError):
        read(bad)


def test_strange_values_in_an_event_do_no_harm():
    row = sent()
    strange = event(row, "failed", severity=7, reason=["x"], **{"delivery-status": None, "client-info": "x"})
    strange["user-variables"] = {"d": {"x": 1}}
    assert take(read(strange))
    assert read(event(row)).happened <= clock.now() + datetime.timedelta(seconds=1)


def test_who_reported_spam_is_not_even_asked_to_confirm_again(provider):
    row = sent()
    take(read(event(row, "complained")))
    join(row.signup.sequence, row.address, {"name": "", "answers": {}}, "192.0.2.1")
    tick("test")
    assert provider.calls == []
    assert "reported our mail" in Delivery.objects.get(kind=Delivery.Kind.CONFIRM).reason
