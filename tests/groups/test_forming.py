"""From people to groups in the database: all at once or not at all, and once."""

import threading
from email import message_from_bytes, policy
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import timezone as clock

from groups import forming, moving
from groups.management.commands import make_groups
from groups.models import FormingRules, Group, Membership, StillIn
from groups.placing import place_late, place_newcomers
from mailing.models import OutboxMessage
from mailing.worker import tick
from signup.models import Signup
from tests import factories

pytestmark = pytest.mark.django_db


def course(count: int, **fields):
    """Make a course run with so many people who are to be grouped."""
    run = factories.sequence(**fields)
    Signup.objects.bulk_create(people(run, count))
    return run


def people(run, count: int, zone: str = "Europe/London", **fields):
    start = next(factories.numbers) * 100_000
    return [
        Signup(
            sequence=run, email=f"p{start + number}@example.org", name=f"Person {number}", timezone=zone,
            confirmed=fields.get("confirmed", clock.now()), answers={"level": "new" if number % 3 else "old"},
        )
        for number in range(count)
    ]  # fmt: skip


def make(run, *options: str) -> str:
    said = StringIO()
    call_command("make_groups", "--sequence", str(run.pk), *options, stdout=said)
    return said.getvalue()


def members() -> set[tuple[int, int]]:
    return set(Membership.objects.filter(left=None).values_list("signup", "group"))


def test_groups_are_made_with_their_addresses(settings):
    settings.EMAIL_DOMAIN = "mail.example.org"
    run = course(45)
    said = make(run, "--mix", "level")
    assert "45 people in 2 groups" in said
    assert "Made 2 groups." in said
    assert set(Group.objects.values_list("number", "name", "address")) == {
        (number, f"Group {number}", f"group-{run.pk}-{number}@mail.example.org") for number in (1, 2)
    }
    assert Membership.objects.filter(told=None).count() == 45
    assert FormingRules.objects.get().questions == [["level", "mix"]]


def test_a_size_over_the_number_of_people_makes_one_group():
    make(course(45), "--size", "9000")
    assert Group.objects.get().memberships.count() == 45


def test_a_dry_run_prints_the_report_and_makes_nothing():
    run = course(45)
    assert "Hours apart: widest 0" in make(run, "--dry-run")
    assert not Group.objects.exists()
    assert not FormingRules.objects.exists()


def test_a_dry_run_after_forming_reports_the_groups_as_they_stand():
    run = course(45)
    make(run, "--mix", "level")
    first, second = Group.objects.order_by("number")
    assert "45 people in 2 groups of 22 to 23" in make(run, "--dry-run")
    keep = list(first.memberships.order_by("pk")[:5].values_list("pk", flat=True))
    first.memberships.exclude(pk__in=keep).update(left=clock.now())
    far = second.memberships.first().signup
    Signup.objects.filter(pk=far.pk).update(timezone="Asia/Tokyo")
    factories.signup(sequence=run, timezone="Pacific/Auckland")
    before = members()
    said = make(run, "--dry-run")
    assert "has 2 groups. They stay as they are." in said
    for words in (
        "1 group has fewer people than the smallest size of 12",
        "level (mix)",
        "by lot widest",
        "Waiting for a place:",
    ):
        assert words in said, words
    assert "all are in one group" not in said
    assert "Hours apart: widest 8" in said or "Hours apart: widest 9" in said
    assert members() == before


def test_a_group_that_everybody_left_is_in_no_report():
    run = course(45)
    make(run)
    Group.objects.get(number=1).memberships.update(left=clock.now())
    assert "people in 1 group of" in make(run, "--dry-run")
    Membership.objects.update(left=clock.now())
    assert "Nobody is to be put into a group." in make(run, "--dry-run")


def test_a_second_run_changes_nothing_that_exists():
    run = course(45)
    make(run)
    before = members()
    assert "They stay as they are." in make(run, "--size", "5", "--seed", "7")
    assert members() == before
    Signup.objects.bulk_create(people(run, 3))
    make(run)
    assert members() > before
    assert Membership.objects.count() == 48


def test_whoever_comes_second_at_the_same_moment_reads_that_groups_are_made(monkeypatch):
    run = course(45)

    def beaten(rules: FormingRules, mark: str) -> int:
        forming.commit(forming.rules_of(run))
        return forming.commit(rules, mark)

    monkeypatch.setattr(make_groups, "commit", beaten)
    said = make(run)
    assert "has 2 groups. They stay as they are." in said
    assert "Made" not in said


def test_who_is_in_and_who_is_not():
    run = course(12)
    other = {
        "left": clock.now(), "bounced": clock.now(), "wants_group": False, "confirmed": None,
    }  # fmt: skip
    for name, value in other.items():
        factories.signup(sequence=run, **{name: value})
    elsewhere = course(13)
    make(run)
    assert Membership.objects.count() == 12
    assert not Membership.objects.filter(signup__sequence=elsewhere).exists()
    counts = dict(forming.left_out(run))
    assert counts == {
        "left the course": 1, "asked to work on their own": 1, "are in a group already": 12,
        "cannot be reached: their mail bounces": 1, "have not confirmed their address": 1,
    }  # fmt: skip
    make(elsewhere, "--unconfirmed")
    assert Membership.objects.count() == 25


def test_silent_people_are_left_out_where_the_course_says_so():
    run = course(13, leave_silent_out=True)
    silent, said_yes = run.signups.all()[:2]
    StillIn.objects.create(signup=silent)
    StillIn.objects.create(signup=said_yes, yes=clock.now())
    make(run)
    assert Membership.objects.count() == 12
    assert not Membership.objects.filter(signup=silent).exists()


@pytest.mark.parametrize(("count", "groups"), [(0, 0), (1, 1), (11, 1), (12, 1), (29, 2)])
def test_few_people_are_a_sensible_plan_or_a_sentence(count, groups):
    run = course(count)
    said = make(run)
    assert Group.objects.count() == groups
    assert ("Nobody is to be put into a group." in said) == (count == 0)
    assert ("fewer people than the smallest size" in said) == (0 < count < 12)


def test_a_zone_that_nobody_knows_counts_as_utc():
    run = course(12)
    Signup.objects.filter(pk=run.signups.first().pk).update(timezone="Mars/Base")
    assert "widest 0," in make(run, "--dry-run")
    assert forming.unknown_zones(run) == 1


def test_forty_languages_and_missing_answers():
    run = course(0)
    rows = people(run, 41)
    for number, row in enumerate(rows[:-1]):
        row.answers = {"language": [f"Language {number}", "English"]}
    rows[-1].answers = {"language": None}
    Signup.objects.bulk_create(rows)
    said = make(run, "--apart", "language", "--mix", "nothing")
    assert Membership.objects.count() == 41
    assert "41 people are in groups of another language" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "0"], "at least one person"),
        (["--size", "0", "--min", "0", "--max", "-3"], "at least one person"),
        (["--min", "20", "--max", "28"], "the largest must be at least 39"),
        (["--size", "20000000"], "target: Ensure this value is less than or equal to 10000"),
    ],
)
def test_rules_that_cannot_be_are_a_sentence(options, words):
    run = course(3)
    with pytest.raises(CommandError, match=words):
        make(run, *options)
    assert not Group.objects.exists()


def test_a_course_run_that_is_not_there_is_a_sentence():
    with pytest.raises(CommandError, match="There is no course run 77"):
        call_command("make_groups", "--sequence", "77")


def test_a_plan_is_refused_once_the_people_changed():
    run = course(30)
    rules = forming.rules_of(run)
    mark = forming.preview(rules).mark
    assert forming.preview(rules).mark == mark
    factories.signup(sequence=run)
    with pytest.raises(ValidationError, match="Nothing was made"):
        forming.commit(rules, mark)
    assert not Group.objects.exists()
    assert forming.commit(rules, forming.preview(rules).mark) == 2
    with pytest.raises(ValidationError, match="made already"):
        forming.commit(rules)


def test_a_commit_that_is_killed_leaves_nothing(monkeypatch):
    run = course(30)

    def killed(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Membership.objects, "bulk_create", killed)
    with pytest.raises(KeyboardInterrupt):
        forming.commit(forming.rules_of(run))
    assert not Group.objects.exists()
    assert not FormingRules.objects.exists()


def test_somebody_erased_while_groups_are_written_is_a_sentence(monkeypatch):
    run = course(30)

    def refused(*_args, **_options):
        raise IntegrityError

    monkeypatch.setattr(Membership.objects, "bulk_create", refused)
    with pytest.raises(ValidationError, match="look at the new plan"):
        forming.commit(forming.rules_of(run))
    assert not Group.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_organisers_at_once_one_wins_and_the_other_reads_why():
    run = course(60)
    said: list[object] = []

    def press() -> None:
        try:
            said.append(forming.commit(forming.rules_of(run)))
        except ValidationError as refusal:
            said.append(refusal.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, said)) == [
        "3",
        *["The groups of this course run were made already. Nothing was changed."] * 2,
    ]
    assert Membership.objects.count() == 60


def test_a_late_comer_joins_a_group_with_the_next_tick():
    run = course(30)
    make(run)
    before = members()
    new = factories.signup(sequence=run, timezone="Europe/Paris", welcomed=None)
    alone = factories.signup(sequence=run, timezone="Pacific/Auckland")
    assert tick("test").counts["late-comers placed"] == 1
    assert members() - before == {(new.pk, new.memberships.get().group_id)}
    assert not alone.memberships.exists()
    assert place_late() == 0


def test_those_who_wait_become_a_group_when_they_are_enough():
    run = course(30)
    make(run)
    Signup.objects.bulk_create(people(run, 11, "Pacific/Auckland"))
    assert place_newcomers(run).waiting == 11
    factories.signup(sequence=run, timezone="Pacific/Auckland")
    done = place_newcomers(run)
    assert (done.joined, done.founded, done.in_founded, done.waiting) == (0, 1, 12, 0)
    assert Group.objects.count() == 3


def test_full_groups_take_nobody_and_closed_ones_neither():
    run = course(20)
    make(run)
    Signup.objects.bulk_create(people(run, 8))
    assert place_newcomers(run).joined == 8
    late = factories.signup(sequence=run)
    assert place_newcomers(run).waiting == 1
    Group.objects.update(closed=clock.now())
    assert place_late() == 0
    assert not late.memberships.exists()


def test_whoever_asked_for_another_group_is_not_put_back():
    run = course(30)
    make(run)
    person = run.signups.first()
    was = moving.ask_for_another(person)
    place_late()
    now = person.memberships.get(left=None).group
    assert now != was


def test_no_late_comer_is_placed_before_groups_are_made_or_after_the_end():
    run = course(30)
    assert place_late() == 0
    make(run)
    factories.signup(sequence=run)
    day = clock.now().date()
    run.start_date, run.end_date = day - 60 * factories.DAY, day - 2 * factories.DAY
    run.save()
    assert place_late() == 0


@pytest.mark.django_db(transaction=True)
def test_several_workers_place_each_newcomer_once():
    run = course(40)
    make(run)
    Signup.objects.bulk_create(people(run, 10))
    counts: list[int] = []

    def work() -> None:
        try:
            counts.append(place_late())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 10
    assert Membership.objects.filter(left=None).count() == 50


def test_the_preview_of_many_people_takes_few_queries(django_assert_max_num_queries):
    run = course(300)
    rules = forming.rules_of(run)
    with django_assert_max_num_queries(1):
        assert len(forming.preview(rules).plan.groups) == 15
    with django_assert_max_num_queries(14):
        forming.commit(rules)


def test_mail_to_groups_reaches_each_member_with_replies_to_their_own_group(settings):
    settings.MAIL_TRANSPORT, settings.DEBUG = "outbox", True
    run = course(30)
    make(run)
    alone = factories.signup(sequence=run, wants_group=False)
    gone = Membership.objects.order_by("pk")[0].signup
    Signup.objects.filter(pk=gone.pk).update(left=clock.now())
    factories.email(sequence=run, audience="groups", subject="To groups", scheduled_for=clock.now())
    tick("test")
    replies = {
        message.address: message_from_bytes(bytes(message.raw), policy=policy.default)["Reply-To"]
        for message in OutboxMessage.objects.filter(subject="To groups")
    }
    there = Membership.objects.current().values_list("signup__email", "group__address")
    assert replies == dict(there)
    assert len(replies) == 29
    assert not {alone.email, gone.email} & replies.keys()
