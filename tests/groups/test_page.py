"""A group's page: its members and staff only; reading, writing, choosing, muting, reporting, leaving."""

import re

import pytest
from django.utils import timezone as clock

from groups.links import leave_url_of, page_of
from groups.models import Attachment, Membership, Mute, Post, Preference, Report
from tests import factories
from tests.groups.mails import PIXEL

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    run = factories.sequence(title="Bread")
    return factories.group(
        *(factories.signup(sequence=run, name=name, email=f"{name}@example.org") for name in ("Ada", "Bob", "Cy"))
    )


def person(group, name):
    return group.memberships.get(signup__name=name).signup


def path(group, name="Ada", *more):
    address = page_of(group.pk, person(group, name))
    return "/" + address.split("/", 3)[3] + "".join(f"{part}/" for part in more)


def write(client, group, text="Hello.", name="Ada", once="1", **more):
    return client.post(path(group, name), {"text": text, "once": once, **more})


def test_members_read_it_with_their_link_and_see_names_never_addresses(client, three):
    factories.post(three, author=person(three, "Bob"), subject="Meeting", text="At six?\n\nBring <b>bread</b>.")
    strict = type(client)(enforce_csrf_checks=True)
    page = strict.get(path(three)).content.decode()
    assert "Ada (you)" in " ".join(page.split())
    assert "Bring &lt;b&gt;bread&lt;/b&gt;." in page
    assert "@example.org" not in page
    assert person(three, "Ada").key not in page
    assert person(three, "Bob").key not in page
    response = write(strict, three)
    assert response.status_code == 302
    assert "Your message is here" in strict.get(response["Location"]).content.decode()


def test_late_comers_read_what_was_written_before(client, three):
    factories.post(three, author=person(three, "Bob"), text="Long ago")
    Membership.objects.create(group=three, signup=factories.signup(sequence=three.sequence, name="Dee"))
    assert "Long ago" in client.get(path(three, "Dee")).content.decode()


@pytest.mark.parametrize("token", ["x", "1-" + "0" * 40, "9" * 30 + "-0", "é", "1"])
def test_nobody_else_opens_it(client, three, token):
    assert client.get(f"/groups/{three.pk}/{token}/").status_code == 404
    assert client.post(f"/groups/{three.pk}/{token}/", {"text": "Hello", "once": "1"}).status_code == 404
    assert not Post.objects.exists()


def test_a_link_opens_one_group_only_and_ends_with_the_membership(client, three):
    other = factories.group(sequence=three.sequence)
    assert client.get(path(three).replace(f"/groups/{three.pk}/", f"/groups/{other.pk}/")).status_code == 404
    ada = path(three)
    three.memberships.filter(signup__name="Ada").update(left=clock.now())
    assert client.get(ada).status_code == 403
    assert client.post(ada, {"text": "Hello", "once": "1"}).status_code == 403
    Membership.objects.create(group=other, signup=Membership.objects.get(signup__name="Ada").signup)
    assert client.get(ada)["Location"].startswith(f"/groups/{other.pk}/")
    assert not Post.objects.exists()


def test_strangers_are_sent_to_the_log_in_and_staff_write_as_the_team(client, three):
    held = factories.post(three, author=person(three, "Bob"), state=Post.State.HELD, text="Buy gold", why="Reported")
    assert client.get(f"/groups/{three.pk}/").status_code == 302
    assert factories.staff_client("signup.view_signup").get(f"/groups/{three.pk}/").status_code == 403
    reader = factories.staff_client("groups.view_post")
    page = reader.get(f"/groups/{three.pk}/").content.decode()
    assert held.text in page
    assert "<textarea" not in page
    reader.post(f"/groups/{three.pk}/", {"text": "Hello", "once": "1"})
    assert Post.objects.count() == 1
    moderator = factories.staff_client("groups.view_post", "groups.moderate_post")
    assert moderator.post(f"/groups/{three.pk}/", {"text": "Welcome", "once": "1"}).status_code == 302
    assert Post.objects.latest("pk").author is None
    assert "Course team" in client.get(path(three)).content.decode()


def test_an_answer_stands_under_what_it_answers(client, three):
    begun = factories.post(three, author=person(three, "Bob"), subject="Meeting", text="At six?")
    assert "At six?" in client.get(f"{path(three)}?answer={begun.pk}").content.decode().split("asked")[1]
    write(client, three, "Yes.", answer=begun.pk)
    answer = Post.objects.latest("pk")
    assert (answer.thread, answer.parent, answer.subject) == (begun, begun, "Meeting")
    foreign = factories.post(factories.group(factories.signup()))
    write(client, three, "Again.", answer=foreign.pk, once="2")
    assert Post.objects.latest("pk").thread is None


def test_pressed_twice_is_one_message(client, three):
    first, second = write(client, three), write(client, three)
    assert first["Location"] == second["Location"]
    assert Post.objects.count() == 1


def test_who_goes_back_and_writes_something_else_has_written_two(client, three):
    write(client, three, "First")
    write(client, three, "Second")
    assert set(Post.objects.values_list("text", flat=True)) == {"First", "Second"}


@pytest.mark.parametrize("text", ["", "   \n", "a\0b", "x" * 60_000])
def test_what_cannot_be_sent_stays_in_the_form(client, three, text):
    response = write(client, three, text, subject="My subject")
    assert response.status_code == 200
    page = response.content.decode()
    assert "My subject" in page
    assert "<title>" in page
    assert not Post.objects.exists()


@pytest.mark.parametrize("number", ["abc", "-5", "9" * 30, "\u0663", "0", "1.5", ""])
def test_numbers_that_are_none_break_nothing(client, three, number):
    assert write(client, three, "", answer=number).status_code == 200
    assert client.get(f"{path(three)}?answer={number}&page={number}").status_code == 200
    assert write(client, three, "Hello", answer=number).status_code in (200, 302)
    assert client.post(path(three, "Ada", "mute", 10**30)).status_code == 404
    assert client.post(path(three, "Ada", "report", 10**30)).status_code == 404


def test_too_many_and_ended_are_said_in_words(client, three, settings):
    settings.GROUP_POSTS_PER_HOUR = 1
    write(client, three)
    page = write(client, three, "My second", once="2").content.decode()
    assert "as many messages as you can" in page
    assert "My second" in page
    three.closed = clock.now()
    three.save()
    assert "not write any more" in write(client, three, once="3").content.decode()
    assert Post.objects.count() == 1


def test_how_mail_comes_is_kept(client, three):
    client.post(path(three, "Ada", "mail"), {"mail": "daily", "echo": "on"})
    row = Preference.objects.get(signup=person(three, "Ada"))
    assert (row.mail, row.echo) == ("daily", True)
    assert row.digest_next > clock.now()
    client.post(path(three, "Ada", "mail"), {"mail": "nonsense"})
    client.post(path(three, "Ada", "mail"), {"mail": "each"})
    row.refresh_from_db()
    assert (row.mail, row.echo, row.digest_next) == ("each", False, None)
    assert client.get(path(three, "Ada", "mail")).status_code == 405


def test_muted_people_are_folded_away_until_they_are_read_again(client, three):
    factories.post(three, author=person(three, "Bob"), text="By Bob")
    number = three.memberships.get(signup__name="Bob").pk
    client.post(path(three, "Ada", "mute", number), {"what": "mute"})
    client.post(path(three, "Ada", "mute", number), {"what": "mute"})
    assert Mute.objects.count() == 1
    assert "You have muted this person" in client.get(path(three)).content.decode()
    assert "You have muted this person" not in client.get(path(three, "Cy")).content.decode()
    client.post(path(three, "Ada", "mute", number), {"what": "unmute"})
    assert not Mute.objects.exists()
    assert client.get(path(three, "Ada", "mute", number)).status_code == 405
    stranger = factories.group(factories.signup()).memberships.get().pk
    assert client.post(path(three, "Ada", "mute", stranger)).status_code == 404


def test_a_report_hides_a_post_from_the_others_after_one_question(client, three):
    post = factories.post(three, author=person(three, "Bob"), text="Buy gold")
    address = path(three, "Ada", "report", post.pk)
    assert "Buy gold" in client.get(address).content.decode()
    assert Report.objects.count() == 0
    client.post(address, {"words": "An advertisement"})
    assert Report.objects.get().words == "An advertisement"
    assert "Buy gold" not in client.get(path(three, "Cy")).content.decode()
    assert "Buy gold" in client.get(path(three, "Bob")).content.decode()
    assert client.get(address).status_code == 404


def test_leaving_asks_once_and_by_the_mail_programs_button_not_at_all(client, three):
    leave = path(three, "Ada", "leave")
    client.get(leave)
    assert three.memberships.filter(left=None).count() == 3
    assert "You have left" in client.post(leave).content.decode()
    button = "/" + leave_url_of(three.pk, person(three, "Bob")).split("/", 3)[3]
    assert client.get(button).status_code == 200
    assert three.memberships.filter(left=None).count() == 2
    for _time in range(2):
        response = client.post(button, {"List-Unsubscribe": "One-Click"})
        assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert list(three.memberships.filter(left=None).values_list("signup__name", flat=True)) == ["Cy"]
    assert not person(three, "Bob").left  # the course goes on
    assert client.get(path(three, "Bob")).status_code == 403
    reading = path(three, "Cy").rstrip("/").rpartition("/")[2]
    assert client.post(f"/groups/{three.pk}/one-click/{reading}/").status_code == 404  # a link to read leaves nothing


def test_the_button_in_an_old_message_leaves_the_group_that_went_on_and_no_other(client, three):
    bob = person(three, "Bob")
    button = "/" + leave_url_of(three.pk, bob).split("/", 3)[3]
    other = factories.group(sequence=three.sequence)
    three.memberships.filter(signup=bob).update(left=clock.now())
    mine = Membership.objects.create(group=other, signup=bob)
    assert client.post(button).status_code == 200
    assert Membership.objects.current().filter(pk=mine.pk).exists()  # an organiser had moved him: another group
    three.merged_into, three.closed = other, clock.now()
    three.save()
    assert client.post(button).status_code == 200
    assert not Membership.objects.current().filter(pk=mine.pk).exists()


def test_pictures_are_for_members_and_run_nothing(client, three):
    post = factories.post(three, author=person(three, "Bob"))
    kept = Attachment.objects.create(post=post, name="cat.png", kind="image/png", content=PIXEL, size=len(PIXEL))
    response = client.get(path(three, "Ada", "pictures", kept.pk))
    assert response.content == PIXEL
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Disposition"] == f'inline; filename="picture-{kept.pk}.png"'
    assert "private" in response["Cache-Control"]
    assert f'src="{path(three)}pictures/{kept.pk}/"' in client.get(path(three)).content.decode()
    other = factories.group(factories.signup(name="Eve"))
    assert client.get(path(other, "Eve", "pictures", kept.pk)).status_code == 404
    assert factories.staff_client("groups.view_post").get(f"/groups/{three.pk}/pictures/{kept.pk}/").content == PIXEL
    Post.objects.update(state=Post.State.REMOVED)
    assert client.get(path(three, "Ada", "pictures", kept.pk)).status_code == 404


def test_the_page_has_a_constant_number_of_queries_and_turns(client, three, django_assert_num_queries):
    for number in range(45):
        begun = factories.post(three, author=person(three, "Bob"), subject=f"Subject {number}")
        factories.post(three, author=person(three, "Cy"), thread=begun, parent=begun)
    address = path(three)
    with django_assert_num_queries(10):
        page = client.get(address).content.decode()
    assert re.search(r"Subject (\d+)", page)[1] == "44"
    assert "?page=2" in page
    last = client.get(f"{address}?page=3").content.decode()
    assert "Subject 0<" in last
    assert "?page=4" not in last
    assert client.get(f"{address}?page=-1&answer=x").status_code == 200
