"""The sandbox course."""

import pytest
from django.core.management import call_command
from django.utils import timezone as clock

from dashboard_import.models import CourseRun, Enrolment, ImportedFile, Tally
from groups.models import Post, Refusal
from groups.moderating import to_look_at
from mailing.models import Delivery, Email, OutboxMessage, Reply
from mailing.render import text_of
from mailing.worker import tick
from mooc.demo import make_demo
from mooc.health import State, board_of
from sequence.models import Sequence, current_sequence
from signup.models import Signup

pytestmark = pytest.mark.django_db


def test_it_is_complete_and_safe_to_repeat(capsys):
    call_command("make_demo")
    call_command("make_demo")
    assert "Kept the sandbox course" in capsys.readouterr().out
    assert [run.number for run in CourseRun.objects.all()] == [1, 2]
    assert Enrolment.objects.filter(run__number=1).count() == 400
    assert not ImportedFile.objects.exclude(outcome=ImportedFile.Outcome.LOADED).exists()
    assert Tally.objects.filter(kind="learners").count() == 2
    assert Tally.objects.filter(run__number=2, kind__startswith="pre_course ", value="").count() == 7
    course = current_sequence()
    assert course.questions.count() == 4
    assert course.emails.filter(state=Email.State.SCHEDULED).count() == 6
    times = sorted(course.emails.values_list("scheduled_for", flat=True))
    assert times[0] > clock.now()
    assert (times[-1] - times[0]).days <= 21
    people = Signup.objects.filter(sequence=course)
    assert people.count() == 60
    assert people.values("timezone").distinct().count() == 15
    assert all(row.email.endswith("@example.org") for row in people)


def test_the_run_before_it_has_groups_that_talk(settings, django_assert_max_num_queries):
    settings.MAIL_TRANSPORT = "outbox"
    with django_assert_max_num_queries(1_000):
        course, _made = make_demo()
    run = Sequence.objects.exclude(pk=course.pk).get()
    assert Signup.objects.filter(sequence=run).count() == 22
    board = board_of(run)
    assert [row.state for row in board.rows] == [State.ALIVE, State.UNKNOWN, State.UNKNOWN]
    assert [row.posts for row in board.rows] == [5, 4, 0]
    posts = Post.objects.filter(group__sequence=run)
    assert posts.filter(source="mail", parent__isnull=False).count() == 5
    assert not posts.filter(text__contains=">").exists()
    assert to_look_at().get().reports.get().words.startswith("An advertisement")
    assert not Refusal.objects.exists()
    assert [reply.email.subject for reply in Reply.objects.all()] == ["Lesson 3: Who does what"] * 2
    assert not Reply.objects.filter(guessed=True).exists()
    before = OutboxMessage.objects.count()
    tick("test")
    new = OutboxMessage.objects.order_by("pk")[before:]
    told = "1 message to a group waits for a moderator"  # one that was reported
    assert {message.subject for message in new} == {"Re: [Group 1] My page, cut to half", told}
    assert len(new) == 8
    assert not Delivery.objects.exclude(status="accepted").exists()


def test_where_mail_leaves_this_machine_invented_people_get_none_of_the_story(settings):
    settings.MAIL_TRANSPORT = "smtp"
    make_demo()
    assert Post.objects.count() == 13
    assert not Post.objects.filter(queued=None, state="shown").exists()
    assert not Delivery.objects.exists()


def test_its_lessons_read_well_as_plain_text():
    course, _made = make_demo()
    for email in course.emails.all():
        text = text_of(email.html)
        assert "<" not in text
        assert "&" not in text
