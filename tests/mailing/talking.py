"""What tests of groups' talk share: a group of three, a tick at a given time, and what the provider was sent."""

import datetime

import pytest
import time_machine
from django.utils import timezone as clock

from groups.models import Membership, Refusal
from mailing.merge import fill
from mailing.models import Delivery
from mailing.worker import tick
from tests import factories

Reason, Status = Refusal.Reason, Delivery.Status
DAY, HOUR, MINUTE = (datetime.timedelta(**{unit: 1}) for unit in ("days", "hours", "minutes"))


@pytest.fixture
def three():
    """A group of three: Ada, Bob and Cy."""
    run = factories.sequence(title="Bread")
    people = [
        factories.signup(sequence=run, name=name, email=f"{name.split()[0].lower()}@example.org", welcomed=clock.now())
        for name in ("Ada Lovelace", "Bob Baker", "Cy Young")
    ]
    made = factories.group(*people)
    Membership.objects.update(told=clock.now())
    return made


def person(group, name):
    return group.memberships.get(signup__name__startswith=name).signup


def tick_at(moment):
    with time_machine.travel(moment, tick=False):
        tick("test")


def sent_to(provider, number=-1):
    return sorted(one.address for one in provider.calls[number][1])


def text_for(provider, address, number=-1):
    letter, recipients, _ = provider.calls[number]
    values = next(one.values for one in recipients if one.address == address)
    return fill(letter.text, values, html=False)


def header(provider, name, address="bob@example.org", number=-1):
    letter, recipients, _ = provider.calls[number]
    values = next(one.values for one in recipients if one.address == address)
    return fill(letter.headers[name], values, html=False)
