"""Coming back after an unsubscription at the provider, and what a person lifts, against its own lists."""

import datetime

import pytest
import time_machine
from django.utils import timezone as clock

from mailing.models import Delivery, Suppression
from mailing.news import read, take
from mailing.suppressing import lift, suppress
from mailing.worker import tick
from signup.confirming import confirm
from signup.joining import join
from signup.leaving import leave_everything
from signup.models import LinkRequest, Signup
from tests import factories
from tests.mailgun_standin import StandIn
from tests.mailing.test_settling import mailgun

__all__ = ["mailgun"]
pytestmark = pytest.mark.django_db
Kind, Status = Suppression.Kind, Delivery.Status
DAY = datetime.timedelta(days=1)
ADA = "ada@example.org"


def tick_after(days: float) -> str:
    with time_machine.travel(clock.now() + days * DAY, tick=True):
        return tick("test").trouble


@pytest.fixture
def gone(mailgun: StandIn) -> Signup:
    """Ada, who confirmed once and unsubscribed at the provider yesterday."""
    person = factories.signup(email=ADA, welcomed=clock.now(), confirmed=clock.now() - 9 * DAY)
    mailgun.suppressions.add("unsubscribes", ADA)
    suppress(ADA, Kind.UNSUBSCRIBE, clock.now() - DAY)
    return person


def sign_up(person: Signup) -> None:
    join(person.sequence, "Ada@example.org", {}, "192.0.2.1")


def copies(mailgun: StandIn) -> list[str]:
    """The subjects of what reached Ada, in order; what her own entry held back is not among them."""
    return [copy.subject for copy in mailgun.truth.everything() if not copy.suppressed]


def test_the_entry_goes_just_before_the_confirmation_and_for_good_once_the_link_is_pressed(mailgun, gone):
    tick("test")
    assert mailgun.suppressions.on("unsubscribes") == {ADA}  # nobody has asked for anything
    sign_up(gone)
    mailgun.suppressions.add("unsubscribes", "somebody@else.example")
    tick("test")
    assert mailgun.suppressions.on("unsubscribes") == {"somebody@else.example"}
    assert len(copies(mailgun)) == 1
    confirm(LinkRequest.objects.get(used=None))
    factories.email(sequence=gone.sequence, scheduled_for=clock.now() + DAY)
    tick_after(1.01)
    tick_after(30)
    assert ADA not in mailgun.suppressions.on("unsubscribes")
    assert Suppression.objects.get().lifted
    assert copies(mailgun)[1:] == ["Week one"]


def test_it_is_put_back_when_nobody_confirms_within_a_week(mailgun, gone):
    sign_up(gone)
    tick("test")
    since = Suppression.objects.get().since
    tick_after(6.9)
    assert mailgun.suppressions.on("unsubscribes") == set()
    tick_after(7.1)
    assert mailgun.suppressions.on("unsubscribes") == {ADA}
    row = Suppression.objects.get()
    assert (row.lifted, row.removed, row.since) == (None, None, since)
    with time_machine.travel(clock.now() + 8 * DAY, tick=True):
        confirm(LinkRequest.objects.get(used=None))
        tick("test")
    assert mailgun.suppressions.on("unsubscribes") == set()  # the old link still counts


def test_asking_once_more_begins_the_week_anew(mailgun, gone):
    sign_up(gone)
    tick("test")
    with time_machine.travel(clock.now() + 5 * DAY, tick=True):
        sign_up(gone)
        tick("test")
    tick_after(8)
    assert mailgun.suppressions.on("unsubscribes") == set()
    tick_after(12.1)
    assert mailgun.suppressions.on("unsubscribes") == {ADA}


def test_beside_a_complaint_nothing_is_taken_out_and_no_confirmation_goes(mailgun, gone):
    mailgun.suppressions.add("complaints", ADA)
    suppress(ADA, Kind.COMPLAINT, clock.now() - DAY)
    sign_up(gone)
    tick("test")
    tick("test")
    assert mailgun.suppressions.on("unsubscribes") == mailgun.suppressions.on("complaints") == {ADA}
    assert copies(mailgun) == []
    assert "Only an organiser can lift that" in Delivery.objects.get().reason


def test_while_the_provider_refuses_the_confirmation_waits_and_staff_see_why(mailgun, gone, settings):
    sign_up(gone)
    key, settings.MAILGUN_API_KEY = settings.MAILGUN_API_KEY, mailgun.sending_key  # may send, may not change lists
    assert "Mailgun answered 401" in tick("test").trouble
    assert not Delivery.objects.exists()
    assert "401" in Suppression.objects.get().trouble
    assert tick("test").trouble == ""  # not again within the minute
    settings.MAILGUN_API_KEY = key
    tick_after(0.01)
    assert len(copies(mailgun)) == 1
    assert Suppression.objects.get().trouble == ""


def test_old_news_about_somebody_who_signed_up_again_takes_nobody_out(mailgun, gone):
    sign_up(gone)
    tick("test")
    assert not suppress(ADA, Kind.UNSUBSCRIBE, clock.now() - DAY)
    gone.refresh_from_db()
    assert gone.left is None
    assert suppress(ADA, Kind.UNSUBSCRIBE, clock.now() + DAY)
    gone.refresh_from_db()
    assert gone.left
    assert Suppression.objects.get().removed is None


def test_an_entry_that_only_the_provider_knew_of_is_found_by_the_first_confirmation(mailgun):
    mailgun.suppressions.add("unsubscribes", ADA)
    run = factories.sequence()
    join(run, ADA, {}, "192.0.2.1")
    tick("test")
    row = Delivery.objects.get()
    assert copies(mailgun) == []
    failed = {
        "id": "f", "event": "failed", "severity": "permanent", "reason": "suppress-unsubscribe", "recipient": ADA,
        "timestamp": clock.now().timestamp(), "user-variables": {"d": str(row.pk)},
        "message": {"headers": {"message-id": row.batch.message_id}},
    }  # fmt: skip
    take(read(failed))
    tick("test")
    assert len(copies(mailgun)) == 1
    assert mailgun.suppressions.on("unsubscribes") == set()
    # Were it held back again, nobody would be mailed to and fro.
    second = Delivery.objects.latest("pk")
    take(read({**failed, "id": "g", "user-variables": {"d": str(second.pk)},
               "message": {"headers": {"message-id": second.batch.message_id}}}))  # fmt: skip
    tick("test")
    assert Delivery.objects.count() == 2
    assert Signup.objects.live().count() == 1


@pytest.mark.parametrize(("kind", "name"), [(Kind.BOUNCE, "bounces"), (Kind.COMPLAINT, "complaints")])
def test_what_a_person_lifts_the_worker_takes_out_and_old_news_does_not_bring_it_back(mailgun, kind, name):
    person = factories.signup(email=ADA, welcomed=clock.now(), confirmed=clock.now() - 9 * DAY)
    mailgun.suppressions.add(name, ADA)
    suppress(ADA, kind, clock.now() - DAY)
    row = Suppression.objects.get()
    assert lift(row)
    assert not lift(row)
    assert mailgun.suppressions.on(name) == {ADA}  # the page calls nobody
    tick("test")
    assert mailgun.suppressions.on(name) == set()
    person.refresh_from_db()
    assert (person.bounced, bool(person.left)) == (None, kind == Kind.COMPLAINT)
    assert not suppress(ADA, kind, clock.now() - DAY)
    assert suppress(ADA, kind, clock.now())
    row.refresh_from_db()
    assert (row.lifted, row.removed) == (None, None)


def test_an_unsubscription_is_not_lifted_by_staff(mailgun, gone):
    assert not lift(Suppression.objects.get())


def test_without_the_provider_or_while_all_is_paused_nothing_is_called(mailgun, gone, settings):
    sign_up(gone)
    settings.MAIL_TRANSPORT = "outbox"
    tick("test")
    assert mailgun.suppressions.on("unsubscribes") == {ADA}
    assert Delivery.objects.count() == 1


def test_coming_back_with_ones_own_key_takes_it_out_too(mailgun, gone, client):
    client.post(f"/me/{gone.key}/back/")
    tick("test")
    assert mailgun.suppressions.on("unsubscribes") == set()


def test_who_left_and_did_not_come_back_is_not_lifted_by_links_that_are_spent(mailgun, gone):
    sign_up(gone)
    tick("test")
    leave_everything(ADA)
    tick("test")
    assert Suppression.objects.get().lifted is None


def test_the_complaint_of_somebody_erased_counts_when_they_sign_up_again(mailgun, client):
    person = factories.signup(email=ADA, welcomed=clock.now())
    suppress(ADA, Kind.COMPLAINT, clock.now() - DAY)
    client.post(f"/me/{person.key}/erase/")
    assert "ada" not in Suppression.objects.get().folded
    join(person.sequence, "ADA@example.org", {}, "192.0.2.1")
    tick("test")
    assert Suppression.objects.get().folded == ADA
    assert copies(mailgun) == []
    assert "reported our mail as spam" in Delivery.objects.get(status=Status.SKIPPED).reason


def test_a_complaint_that_comes_after_the_erasure_counts_as_well(mailgun, client):
    email = factories.email(scheduled_for=clock.now() - DAY / 24)
    person = factories.signup(email=ADA, sequence=email.sequence, welcomed=clock.now())
    tick("test")
    row = Delivery.objects.select_related("batch").get()
    client.post(f"/me/{person.key}/erase/")
    take(
        read({
            "id": "c", "event": "complained", "recipient": ADA, "timestamp": clock.now().timestamp(),
            "user-variables": {"d": str(row.pk)}, "message": {"headers": {"message-id": row.batch.message_id}},
        })
    )  # fmt: skip
    assert "ada" not in Suppression.objects.get().folded
    join(email.sequence, ADA, {}, "192.0.2.1")
    tick("test")
    assert Suppression.objects.get().folded == ADA
    assert len(copies(mailgun)) == 1  # the message from before
