"""Pages that links in messages open: a GET changes nothing, a press is written down, a forged link is unknown."""

import datetime

import pytest
from django.utils import timezone as clock

from groups.models import StillIn
from mailing.check_in import counts_of
from mailing.models import CheckIn
from mailing.worker import tick
from signup.models import Signup
from signup.tokens import token_for
from tests import factories
from tests.mailing.sending import provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def check_in_link(person, email, answer="on-track"):
    return f"/check-in/{email.pk}/{answer}/{token_for(person, f'check-in:{email.pk}')}/"


def test_still_in_is_said_by_a_press_and_by_nothing_else(client):
    ada = factories.signup(wants_group=False)
    link = f"/still-in/{token_for(ada, 'still-in')}/"
    strict = type(client)(enforce_csrf_checks=True)
    assert "Yes, I am still in" in strict.get(link).content.decode()
    assert not StillIn.objects.exists()
    assert "you are in" in strict.post(link).content.decode()
    strict.post(link)
    assert StillIn.objects.get().yes
    assert Signup.objects.get().wants_group
    assert "you are in" in client.get(link).content.decode()


def test_after_forming_the_same_link_asks_for_a_place(client):
    run = factories.sequence(leave_silent_out=True)
    silent = factories.signup(sequence=run)
    StillIn.objects.create(signup=silent)
    factories.group(factories.signup(sequence=run))
    link = f"/still-in/{token_for(silent, 'still-in')}/"
    assert "Join a group" in client.get(link).content.decode()
    assert "We look for a place" in client.post(link).content.decode()


@pytest.mark.parametrize("rule", [True, False])
def test_the_page_says_what_doing_nothing_means(client, rule):
    ada = factories.signup(sequence=factories.sequence(leave_silent_out=rule))
    page = client.get(f"/still-in/{token_for(ada, 'still-in')}/").content.decode()
    assert ("you need do nothing" in page, "say so on your own page" in page) == (rule, not rule)


def test_who_has_a_group_is_told_so(client):
    ada = factories.signup()
    factories.group(ada)
    assert "You have a group already" in client.get(f"/still-in/{token_for(ada, 'still-in')}/").content.decode()


@pytest.mark.parametrize("token", ["1-0000", "x", "-", "99999999999999999999-a", "%00"])
def test_forged_links_are_unknown(client, token):
    email = factories.email()
    assert client.get(f"/still-in/{token}/").status_code == 404
    assert client.post(f"/check-in/{email.pk}/stuck/{token}/").status_code == 404
    assert not CheckIn.objects.exists()


def test_a_link_is_good_for_its_own_purpose_only(client):
    email = factories.email()
    ada = factories.signup(sequence=email.sequence)
    other = factories.email(sequence=email.sequence)
    assert client.get(f"/check-in/{other.pk}/stuck/{token_for(ada, f'check-in:{email.pk}')}/").status_code == 404
    assert client.get(f"/still-in/{token_for(ada, 'one-click')}/").status_code == 404
    assert client.get(check_in_link(ada, email, "splendid")).status_code == 404
    assert client.get(check_in_link(factories.signup(), email)).status_code == 404
    Signup.objects.filter(pk=ada.pk).update(left=clock.now())
    assert client.get(f"/still-in/{token_for(ada, 'still-in')}/").status_code == 404


def test_a_check_in_is_written_down_by_a_press_and_the_last_one_counts(client):
    email = factories.email()
    ada, bob = (factories.signup(sequence=email.sequence) for _ in range(2))
    strict = type(client)(enforce_csrf_checks=True)
    shown = strict.get(check_in_link(ada, email)).content.decode()
    assert "on track" in shown
    assert "behind" in shown
    assert not CheckIn.objects.exists()
    assert counts_of(email) == []
    strict.post(check_in_link(ada, email))
    strict.post(check_in_link(bob, email, "stuck"))
    assert "Thank you" in strict.post(check_in_link(ada, email, "behind")).content.decode()
    assert [number for _words, number in counts_of(email)] == [0, 1, 1]


def test_a_course_message_carries_the_question_with_a_link_for_each_answer(provider, client):
    ada = factories.signup(welcomed=clock.now(), name="Ada")
    html = "<p>Week one.</p><p>{{ check_in }}</p>"
    email = factories.email(
        sequence=ada.sequence, scheduled_for=clock.now() - HOUR, html=html, subject="Now {{ check_in }}"
    )
    tick("test")
    text = provider.text()
    for answer in ("on-track", "behind", "stuck"):
        assert check_in_link(ada, email, answer) in text
    assert "How is it going?" in text
    assert "{{" not in text
    _letter, (recipient,), _id = provider.calls[0]
    assert ada.key not in "".join(recipient.values[name] for name in ("on_track_url", "behind_url", "stuck_url"))
    client.post(check_in_link(ada, email, "stuck"))
    shown = client.get(f"/me/{ada.key}/messages/{email.pk}/").content.decode()
    assert check_in_link(ada, email, "behind") in shown
    page = factories.staff_client().get(f"/admin/mailing/email/{email.pk}/change/").content.decode()
    assert "How it is going" in page
    assert client.get(f"/me/{ada.key}/data.json").json()["check_ins"][0]["answer"] == "stuck"


def test_a_plain_text_of_its_own_carries_the_links_too(provider):
    ada = factories.signup(welcomed=clock.now())
    email = factories.email(sequence=ada.sequence, scheduled_for=clock.now() - HOUR, text="Dear all\n\n{{ check_in }}")
    tick("test")
    assert "Stuck: http" in provider.text()
    assert check_in_link(ada, email, "stuck") in provider.text()
