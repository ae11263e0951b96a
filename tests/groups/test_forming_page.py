"""Rules, preview and commit through the admin, and what is done to groups by hand."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone as clock

from groups.models import FormingRules, Group, Membership
from groups.moving import reached_by
from groups.placing import place_late
from signup.models import Question, Signup
from tests import factories
from tests.groups.test_forming import course, people

pytestmark = pytest.mark.django_db
FORMING = "/admin/groups/group/forming/"
STATES = ("open", "closed")


def rules(**said: object) -> dict[str, object]:
    """Return what the form of the rules says."""
    return {"target": 20, "minimum": 12, "maximum": 28, "people": "confirmed", "seed": "1", "apart": "", **said}


@pytest.fixture
def client():
    return factories.staff_client()


def make(client, run, **said: object):
    """Press the button under the preview of these rules."""
    seen = client.get(f"{FORMING}{run.pk}/", rules(**said))
    return client.post(f"{FORMING}{run.pk}/", {**rules(**said), "mark": seen.context["mark"]}, follow=True)


def test_the_preview_shows_the_plan_and_changes_nothing(client):
    run = course(45)
    question = factories.question(sequence=run, key="level", label="How far?", kind="one", choices="new\nold")
    factories.signup(sequence=run, wants_group=False)
    page = client.get(f"{FORMING}{run.pk}/")
    said = page.content.decode()
    assert page.context["numbers"].groups == 2
    for words in (
        "Make 2 groups",
        "asked to work on their own",
        "Best possible",
        "How far?",
        "Person",
        'class="strip"',
    ):
        assert words in said, words
    assert "style=" not in page.content.decode().split("<main", 1)[-1]
    assert not Group.objects.exists()
    assert not FormingRules.objects.exists()
    other = client.get(
        f"{FORMING}{run.pk}/", rules(target=5, minimum="", maximum="", **{f"how_{question.pk}": "similar"})
    )
    assert (other.context["rules"].minimum, other.context["rules"].maximum) == (3, 7)
    assert other.context["rules"].questions == [["level", "similar"]]


def test_questions_come_in_the_organisers_order(client):
    run = course(20)
    one, two, _text = (
        Question.objects.create(sequence=run, key=key, label=key, kind=kind, choices="a\nb")
        for key, kind in (("one", "one"), ("two", "many"), ("words", "long"))
    )
    said = {f"how_{one.pk}": "mix", f"place_{one.pk}": 2, f"how_{two.pk}": "mix", f"place_{two.pk}": 1}
    page = client.get(f"{FORMING}{run.pk}/", rules(**said))
    assert page.context["rules"].questions == [["two", "mix"], ["one", "mix"]]
    assert "words" not in [question.key for question in page.context["form"].questions]


def test_the_button_makes_the_groups_and_the_log_says_so(client):
    run = course(45)
    said = make(client, run, seed="spring").content.decode()
    assert "2 groups are made." in said
    assert "are not shuffled again" in said
    assert Membership.objects.count() == 45
    assert FormingRules.objects.get().seed == "spring"
    assert "2 groups are made." in LogEntry.objects.get().change_message


def test_groups_that_are_made_show_their_numbers_as_they_stand(client, django_assert_max_num_queries):
    run = course(45)
    question = factories.question(sequence=run, key="level", label="How far?", kind="one", choices="new\nold")
    planned = client.get(f"{FORMING}{run.pk}/", rules(**{f"how_{question.pk}": "mix"})).context["compared"]
    make(client, run, **{f"how_{question.pk}": "mix"})
    with django_assert_max_num_queries(22):
        page = client.get(f"{FORMING}{run.pk}/")
    assert page.context["compared"] == planned
    said = page.content.decode()
    for words in ("The groups as they stand", "Best possible", "By chance", "How far?", 'class="strip"', "12 to 28"):
        assert words in said, words
    assert "Make them" not in said
    one = Group.objects.first()
    one.memberships.update(left=clock.now())
    page = client.get(f"{FORMING}{run.pk}/")
    assert "Nobody is in 1 open group any more" in page.content.decode()
    assert page.context["numbers"].groups == 1
    Membership.objects.update(left=clock.now())
    assert "Nobody is in 2 open groups" in client.get(f"{FORMING}{run.pk}/").content.decode()
    assert client.post(f"{FORMING}{run.pk}/", {"target": 0}, follow=True).status_code == 200


def test_a_plan_that_is_no_longer_true_is_refused(client):
    run = course(45)
    mark = client.get(f"{FORMING}{run.pk}/").context["mark"]
    Signup.objects.filter(pk=run.signups.first().pk).update(left=clock.now())
    page = client.post(f"{FORMING}{run.pk}/", {**rules(seed="7"), "mark": mark}, follow=True)
    assert "Nothing was made" in page.content.decode()
    assert page.context["rules"].seed == "7"
    assert not Group.objects.exists()
    assert "Nothing was made" in client.post(f"{FORMING}{run.pk}/", rules(), follow=True).content.decode()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"target": 0}, "greater than or equal to 1"),
        ({"target": 10_001}, "less than or equal to 10000"),
        ({"maximum": 141, "minimum": 2}, "Choose a smaller size"),
        ({"target": "many"}, "Enter a whole number"),
        ({"minimum": 20}, "the largest must be at least 39"),
        ({"target": 10, "minimum": 12}, "must lie between"),
        ({"people": "some"}, "Select a valid choice"),
        ({"apart": "nothing"}, "Select a valid choice"),
        ({"seed": "a\x07b"}, "invisible character"),
    ],
)
def test_rules_that_cannot_be_are_refused_beside_their_field(client, said, words):
    run = course(20)
    factories.question(sequence=run, kind="yes")
    page = client.get(f"{FORMING}{run.pk}/", rules(**said)).content.decode().replace("&#x27;", "'")
    assert words in page
    assert client.post(f"{FORMING}{run.pk}/", rules(**said), follow=True).status_code == 200
    assert not Group.objects.exists()


def test_nobody_to_group_is_a_sentence(client):
    run = course(0)
    assert "Nobody is to be put into a group yet" in client.get(f"{FORMING}{run.pk}/").content.decode()
    said = client.post(f"{FORMING}{run.pk}/", {**rules(), "mark": ""}, follow=True).content.decode()
    assert "Nothing was made" in said
    assert client.get(f"{FORMING}999/").status_code == 404


def test_people_who_never_confirm_come_in_larger_groups_with_a_warning(client):
    run = course(90, confirm_addresses=False)
    page = client.get(f"{FORMING}{run.pk}/")
    assert (page.context["rules"].target, page.context["smallest"]) == (40, 45)
    assert "40 to a group" in page.content.decode()


def test_who_may_look_and_who_may_make():
    run = course(20)
    looks = factories.staff_client("groups.view_group")
    page = looks.get(f"{FORMING}{run.pk}/")
    assert page.status_code == 200
    assert "Make 1 group" not in page.content.decode()
    assert looks.post(f"{FORMING}{run.pk}/", rules()).status_code == 403
    assert factories.staff_client("signup.view_signup").get(f"{FORMING}{run.pk}/").status_code == 403
    assert looks.get(FORMING).status_code == 200
    group = factories.group(run.signups.first())
    assert looks.get(f"/admin/groups/group/{group.pk}/people/").status_code == 403


@pytest.mark.parametrize("address", [f"{FORMING}999/", "/admin/groups/group/999/people/"])
def test_what_is_not_there_is_asked_for_only_by_those_who_may(client, address):
    stranger = factories.staff_client("signup.view_signup")
    for there in (client, stranger):
        status = 404 if there is client else 403
        assert there.get(address).status_code == status
        assert there.post(address, rules()).status_code == status
    assert factories.staff_client("groups.view_group").post(address, rules()).status_code == 403


def test_the_preview_asks_the_database_little(client, django_assert_max_num_queries):
    run = course(600)
    with django_assert_max_num_queries(22):
        client.get(f"{FORMING}{run.pk}/")


def test_the_course_run_and_the_home_page_lead_there(client):
    run = course(1)
    link = f'href="{FORMING}{run.pk}/"'
    assert link in client.get(f"/admin/sequence/sequence/{run.pk}/change/").content.decode()
    assert link in client.get("/admin/").content.decode()
    assert link in client.get(FORMING).content.decode()


def two_groups():
    run = course(8)
    rows = list(run.signups.order_by("pk"))
    return factories.group(*rows[:4], name="One"), factories.group(*rows[4:], name="Two")


def press(client, group, verb: str, *members: Membership, **said: object) -> str:
    data = {"verb": verb, "members": [member.pk for member in members], **said}
    return client.post(f"/admin/groups/group/{group.pk}/people/", data, follow=True).content.decode()


def current(group) -> int:
    return Membership.objects.current().filter(group=group).count()


def test_people_are_moved_by_hand(client):
    one, two = two_groups()
    first, second = one.memberships.all()[:2]
    assert "2 people are in Two now." in press(client, one, "move", first, second, into=two.pk)
    assert (current(one), current(two)) == (2, 6)
    assert "2 people are in Two now." in LogEntry.objects.get().change_message
    assert "Choose the group they go into." in press(client, one, "move", one.memberships.filter(left=None).first())
    assert "Choose at least one person" in press(client, one, "move", into=two.pk)
    assert (current(one), current(two)) == (2, 6)


def test_people_who_are_no_members_are_refused_in_words(client):
    one, two = two_groups()
    for member in ("nobody", "9" * 30, two.memberships.first().pk):
        data = {"verb": "split", "members": [member]}
        page = client.post(f"/admin/groups/group/{one.pk}/people/", data)
        assert "is not one of the available choices" in page.content.decode()
    assert Group.objects.count() == 2


def test_nobody_is_moved_into_a_closed_group_or_another_course(client):
    one, two = two_groups()
    Group.objects.filter(pk=two.pk).update(closed=clock.now())
    elsewhere = factories.group(factories.signup())
    for into in (two, elsewhere, one):
        press(client, one, "move", one.memberships.first(), into=into.pk)
    assert (current(one), current(two), current(elsewhere)) == (4, 4, 1)


def test_a_group_is_split(client):
    one, two = two_groups()
    assert "2 people are in the new Group" in press(client, one, "split", *one.memberships.all()[:2])
    made = Group.objects.latest("pk")
    assert made.number == two.number + 1
    assert (current(one), current(made)) == (2, 2)
    assert "Leave at least one person" in press(client, one, "split", *one.memberships.filter(left=None))
    assert Group.objects.count() == 3


def test_a_closed_group_keeps_its_address_and_its_people_find_other_places(client):
    one, two = two_groups()
    assert "One is closed." in press(client, one, "close")
    one.refresh_from_db()
    assert one.closed
    assert reached_by(one.address) == one
    assert place_late() == 4
    assert (current(one), current(two)) == (0, 8)
    assert set(two.memberships.filter(came_from=one).values_list("signup", flat=True)) == set(
        one.memberships.values_list("signup", flat=True)
    )
    assert "closed on" in client.get(f"/admin/groups/group/{one.pk}/people/").content.decode()


def test_a_group_is_renamed_and_its_address_stays(client):
    one, _two = two_groups()
    form = {"name": "Early birds", "description": "", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    client.post(f"/admin/groups/group/{one.pk}/change/", form)
    renamed = Group.objects.get(pk=one.pk)
    assert (renamed.name, renamed.address) == ("Early birds", one.address)
    assert LogEntry.objects.filter(object_id=str(one.pk)).exists()
    page = client.post(f"/admin/groups/group/{one.pk}/change/", {**form, "name": "Two\nlines\x07"}).content.decode()
    assert "invisible character" in page
    assert client.get("/admin/groups/group/add/").status_code == 403
    assert client.post(f"/admin/groups/group/{one.pk}/delete/", {"post": "yes"}).status_code == 403


def test_closing_counts_only_who_was_still_there(client):
    one, _two = two_groups()
    Signup.objects.filter(memberships=one.memberships.first()).update(left=clock.now())
    assert "Its 3 people get places" in press(client, one, "close")


def test_the_list_of_groups_shows_open_or_closed_ones(client):
    one, two = two_groups()
    press(client, one, "close")
    shown = {state: client.get(f"/admin/groups/group/?state={state}").context["cl"].queryset for state in STATES}
    assert {state: list(groups) for state, groups in shown.items()} == {"open": [two], "closed": [one]}
    assert client.get("/admin/groups/group/").context["cl"].queryset.count() == 2


def test_what_keeps_people_apart_is_not_mixed_besides(client):
    run = course(45)
    level = factories.question(sequence=run, key="level", kind="one", choices="new\nold")
    said = rules(**{f"how_{level.pk}": "mix", "apart": "level"})
    assert [one["label"] for one in client.get(f"{FORMING}{run.pk}/", rules(**said) | said).context["answers"]] == []
    del said["apart"]
    assert len(client.get(f"{FORMING}{run.pk}/", said | {"apart": ""}).context["answers"]) == 1


def test_only_confirmed_people_are_said_to_get_a_message(client):
    run = course(20)
    Signup.objects.bulk_create(people(run, 5, confirmed=None))
    page = client.get(f"{FORMING}{run.pk}/", rules(people="all")).content.decode()
    assert "20 people get a message within minutes" in page
    assert "The others get it once they confirm" in page
    assert "The others get it" not in client.get(f"{FORMING}{run.pk}/", rules()).content.decode()


def test_no_get_changes_anything(client):
    one, _two = two_groups()
    before = list(Membership.objects.values_list())
    client.get(f"/admin/groups/group/{one.pk}/people/?verb=close")
    run = course(20)
    client.get(f"{FORMING}{run.pk}/?mark=x&verb=make")
    assert list(Membership.objects.values_list()) == before
    Signup.objects.bulk_create(people(run, 1))
    assert not run.groups.exists()
