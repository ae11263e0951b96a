import csv
import io

import pytest
from django.utils import timezone as clock

from signup.erasing import erase
from signup.models import Signup
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/signup/signup/"


def found(client, **query) -> set[str]:
    return {row.email for row in client.get(LIST, query).context["cl"].queryset}


def rows_of(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_people_are_searched_and_filtered():
    run, other = factories.sequence(), factories.sequence()
    factories.signup(sequence=run, email="Ann@example.org", name="Ann Baker", timezone="Asia/Tokyo")
    factories.signup(sequence=run, email="bob@example.org", confirmed=None, wants_group=False)
    factories.signup(sequence=other, email="cy@example.org")
    factories.signup(sequence=None, email="dee@example.org")
    factories.signup(sequence=run, email="eve@example.org", left=clock.now())
    client = factories.staff_client()
    assert found(client) == {"Ann@example.org", "bob@example.org", "cy@example.org", "dee@example.org"}
    assert found(client, q="ann@") == found(client, q="baker") == {"Ann@example.org"}
    assert found(client, sequence__id__exact=run.pk) == {"Ann@example.org", "bob@example.org"}
    assert found(client, sequence__isnull=True) == {"dee@example.org"}
    assert found(client, confirmed="no") == {"bob@example.org"}
    assert "bob@example.org" not in found(client, confirmed="yes")
    assert found(client, left="yes") == {"eve@example.org"}
    assert len(found(client, left="any")) == 5
    assert found(client, wants_group__exact=0) == {"bob@example.org"}
    assert found(client, timezone="Asia/Tokyo") == {"Ann@example.org"}


def test_the_key_of_a_person_is_shown_nowhere():
    row = factories.signup(answers={"goal": "bread"})
    client = factories.staff_client()
    pages = [client.get(path) for path in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/")]
    csv_text = b"".join(client.get(f"{LIST}csv/").streaming_content).decode()
    assert row.key not in csv_text + "".join(page.content.decode() for page in pages)


def test_the_page_of_a_person_shows_answers_under_the_words_of_the_questions():
    run = factories.question(key="goal", label="Why are you here?").sequence
    row = factories.signup(sequence=run, answers={"goal": "<b>bread</b>", "gone": ["x", "y"], "sure": True})
    page = factories.staff_client().get(f"{LIST}{row.pk}/change/").content.decode()
    assert "<strong>Why are you here?</strong><br>&lt;b&gt;bread&lt;/b&gt;" in page
    assert "<strong>gone</strong><br>x, y" in page
    assert "<strong>sure</strong><br>Yes" in page


def test_name_zone_and_group_can_be_corrected_and_nothing_else():
    row = factories.signup(email="ann@example.org")
    form = {"name": "Ann", "timezone": "Europe/Paris", "email": "x@example.org", "key": "k", "left_0": "2020-01-01"}
    factories.staff_client().post(f"{LIST}{row.pk}/change/", form)
    now = Signup.objects.get()
    assert (now.name, now.timezone, now.wants_group) == ("Ann", "Europe/Paris", False)
    assert (now.email, now.key, now.left) == (row.email, row.key, None)
    page = factories.staff_client().post(f"{LIST}{row.pk}/change/", {**form, "name": "Ada\nBcc: x@example.org"})
    assert "Write this on one line." in page.content.decode()


def test_a_person_is_added_by_hand_once_in_any_spelling():
    run = factories.sequence()
    client = factories.staff_client()
    for address in (" Ann@Example.org ", "ann@example.org"):
        form = {
            "sequence": run.pk,
            "email": address,
            "name": "Ann",
            "timezone": "UTC",
            "wants_group": "on",
            "agreed": "on",
        }
        assert client.post(f"{LIST}add/", form).status_code == 302
    row = Signup.objects.get()
    assert (row.email, row.name, row.sequence, row.wants_group) == ("Ann@example.org", "Ann", run, True)
    assert row.confirmed


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "gone@example.org"}, "asked to be erased. Only they can sign up again."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"email": '"quoted"@example.org'}, "does not look like an e-mail address"),
        ({"agreed": ""}, "This field is required."),
        ({"timezone": "Mars/Base"}, "is not a time zone we know"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"name": "Ada\nBcc: all@example.org"}, "Write this on one line."),
        ({"name": "a\u202eb"}, "This text holds an invisible character"),
    ],
)
def test_adding_by_hand_refuses_in_words(fields, words):
    erase("Gone@example.org")
    form = {"email": "ann@example.org", "name": "Ann", "timezone": "UTC", "agreed": "on", **fields}
    page = factories.staff_client().post(f"{LIST}add/", form)
    assert words in page.content.decode()
    assert not Signup.objects.exists()


def test_people_are_marked_as_left_and_brought_back():
    rows = [factories.signup(), factories.signup(), factories.signup()]
    client = factories.staff_client()
    chosen = {"_selected_action": [rows[0].pk, rows[1].pk]}
    page = client.post(LIST, {"action": "mark_left", **chosen}, follow=True).content.decode()
    assert "2 people have left now." in page
    assert set(Signup.objects.live()) == {rows[2]}
    page = client.post(f"{LIST}?left=yes", {"action": "bring_back", **chosen}, follow=True).content.decode()
    assert "2 people are back." in page
    assert Signup.objects.live().count() == 3


def test_the_csv_has_a_column_for_each_answer_and_the_group_with_its_size():
    run = factories.question(key="goal").sequence
    ann = factories.signup(
        sequence=run, email="ann@example.org", name="=cmd()", answers={"goal": ["a", "b"], "old": True}
    )
    bob = factories.signup(sequence=run, email="bob@example.org", answers={"goal": "-1"})
    factories.signup(sequence=run, email="gone@example.org", left=clock.now())
    factories.group(ann, bob, name="Group 7")
    rows = {row["email"]: row for row in rows_of(factories.staff_client().get(f"{LIST}csv/"))}
    assert set(rows) == {"ann@example.org", "bob@example.org"}
    shown = rows["ann@example.org"]
    assert (shown["name"], shown["answer:goal"], shown["answer:old"]) == ("'=cmd()", "a; b", "yes")
    assert (shown["group"], shown["group_size"], shown["course"]) == ("Group 7", "2", str(run))
    assert (rows["bob@example.org"]["answer:goal"], rows["bob@example.org"]["answer:old"]) == ("'-1", "")
    assert list(shown)[-2:] == ["answer:goal", "answer:old"]


def test_the_csv_follows_the_filters_or_the_selection_or_has_everybody():
    rows = [factories.signup(timezone="Asia/Tokyo"), factories.signup(), factories.signup(left=clock.now())]
    client = factories.staff_client()
    emails = [row.email for row in rows]
    assert [row["email"] for row in rows_of(client.get(f"{LIST}csv/?timezone=Asia/Tokyo"))] == emails[:1]
    selected = client.post(LIST, {"action": "download", "_selected_action": [rows[1].pk]})
    assert [row["email"] for row in rows_of(selected)] == emails[1:2]
    assert {row["email"] for row in rows_of(client.get(f"{LIST}csv/?left=any"))} == set(emails)


@pytest.mark.parametrize("query", ["sequence__id__exact=x", "p=999", "p=x", "left=x", "q=%00", "e=1"])
def test_a_filter_that_makes_no_sense_breaks_neither_the_list_nor_the_csv(query):
    factories.signup()
    client = factories.staff_client()
    assert client.get(f"{LIST}?{query}").status_code in (200, 302)
    response = client.get(f"{LIST}csv/?{query}")
    assert response.status_code in (200, 302)
    if response.streaming:
        assert rows_of(response) is not None


def test_the_csv_takes_the_same_queries_for_one_person_and_for_many(django_assert_max_num_queries):
    run = factories.sequence()
    for number in range(9):
        factories.signup(sequence=run, answers={f"key{number}": number})
    client = factories.staff_client()
    with django_assert_max_num_queries(9):
        assert len(rows_of(client.get(f"{LIST}csv/"))) == 9


def test_djangos_permissions_decide_who_may_do_what():
    row = factories.signup()
    chosen = {"action": "mark_left", "_selected_action": [row.pk]}
    reader = factories.staff_client("signup.view_signup")
    assert reader.get(LIST).status_code == 200
    reader.post(LIST, chosen)
    assert reader.post(f"{LIST}add/", {"email": "a@example.org"}).status_code == 403
    stranger = factories.staff_client("groups.view_group")
    assert [stranger.get(path).status_code for path in (LIST, f"{LIST}csv/")] == [403, 403]
    assert factories.staff_client().post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert row.left is None
