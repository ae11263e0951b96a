"""Posts in the admin: what waits, decisions that are logged, and the discussion as data."""

import contextlib
import csv
import io
import mailbox

import pytest
from django.contrib.admin.models import LogEntry

from groups.models import Post
from groups.moderating import report
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/groups/post/"


@pytest.fixture
def group():
    run = factories.sequence(title="Bread")
    return factories.group(*(factories.signup(sequence=run, name=name) for name in ("Ada", 'Zoë "Z"')))


@pytest.fixture
def authors(group):
    return [member.signup for member in group.memberships.order_by("pk")]


def test_what_waits_is_found_and_decided_on_and_logged(group, authors):
    post = factories.post(group, author=authors[0], text="Buy gold")
    report(post, authors[1], "An advertisement")
    reader = factories.staff_client("groups.view_post", "groups.view_report")
    assert "Buy gold" in reader.get(f"{LIST}?look=held").content.decode()
    page = reader.get(f"{LIST}{post.pk}/change/").content.decode()
    assert "An advertisement" in page
    assert "Let it stand" not in page
    assert reader.post(f"{LIST}{post.pk}/decide/show/").status_code == 403
    moderator = factories.staff_client("groups.view_post", "groups.moderate_post")
    assert "Let it stand" in moderator.get(f"{LIST}{post.pk}/change/").content.decode()
    assert moderator.get(f"{LIST}{post.pk}/decide/show/").status_code == 405
    assert moderator.post(f"{LIST}{post.pk}/decide/erase/").status_code == 403
    moderator.post(f"{LIST}{post.pk}/decide/show/")
    post.refresh_from_db()
    assert (post.state, post.queued) == (Post.State.SHOWN, None)
    assert not post.reports.filter(settled=None).exists()
    moderator.post(LIST, {"action": "remove_all", "_selected_action": [post.pk]})
    post.refresh_from_db()
    assert post.state == Post.State.REMOVED
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == ["Let it stand.", "Removed it."]
    assert "Buy gold" not in reader.get(f"{LIST}?look=held").content.decode()


def test_somebody_who_only_reads_has_no_actions(group, authors):
    post = factories.post(group, author=authors[0])
    reader = factories.staff_client("groups.view_post")
    assert "remove_all" not in reader.get(LIST).content.decode()
    reader.post(LIST, {"action": "remove_all", "_selected_action": [post.pk]})
    post.refresh_from_db()
    assert post.state == Post.State.SHOWN


def test_the_list_asks_a_constant_number_of_queries(group, authors, django_assert_max_num_queries):
    for _number in range(30):
        report(factories.post(group, author=authors[0]), authors[1])
    client = factories.staff_client()
    with django_assert_max_num_queries(16):
        client.get(LIST)


@pytest.fixture
def talked(group, authors):
    begun = factories.post(group, author=authors[0], subject="=1+1", text="From here on\n>From there\n\nHello.")
    factories.post(group, author=authors[1], thread=begun, parent=begun, subject="=1+1", text="Grüße")
    factories.post(group, author=authors[1], state=Post.State.REMOVED, text="gone")
    factories.post(factories.group(factories.signup()), text="of another course")
    return begun


def test_the_discussion_as_a_table_that_runs_no_formula(group, talked):
    client = factories.staff_client("groups.view_post", "signup.view_signup")
    body = b"".join(client.get(f"{LIST}download/{group.sequence_id}/csv/")).decode("utf-8-sig")
    head, first, second = csv.reader(io.StringIO(body))
    assert head == ["From", "To", "Subject", "Date", "Body"]
    assert first[0] == f'"Ada" <{talked.author.email}>'
    assert first[1:3] == [group.address, "'=1+1"]
    assert second[4] == "Grüße"
    assert "gone" not in body


def test_the_discussion_as_an_mbox_that_mail_programs_open(group, talked, tmp_path):
    client = factories.staff_client("groups.view_post", "signup.view_signup")
    file = tmp_path / "discussion.mbox"
    file.write_bytes(b"".join(client.get(f"{LIST}download/{group.sequence_id}/mbox/")))
    with contextlib.closing(mailbox.mbox(file)) as box:
        first, second = box
    assert first["Message-ID"] == f"<{talked.message_id}>"
    assert second["In-Reply-To"] == f"<{talked.message_id}>"
    assert first["To"] == f"{group.name} <{group.address}>"
    assert ">From here on\n>>From there\n" in first.get_payload()
    assert "Zoë Z" in second.as_bytes().decode()
    assert second.get_payload(decode=True).decode().strip() == "Grüße"


def test_the_discussion_holds_addresses_so_it_needs_both_permissions(group, talked):
    for permission in ("groups.view_post", "signup.view_signup"):
        client = factories.staff_client(permission)
        assert client.get(f"{LIST}download/{group.sequence_id}/csv/").status_code == 403
    assert "as mbox" in factories.staff_client().get(LIST).content.decode()
    assert "as mbox" not in factories.staff_client("groups.view_post").get(LIST).content.decode()
