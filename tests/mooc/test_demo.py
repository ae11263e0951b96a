"""The sandbox course."""

import pytest
from django.core.management import call_command
from django.utils import timezone as clock

from dashboard_import.models import CourseRun, Enrolment, ImportedFile, Tally
from mailing.models import Email
from mailing.render import text_of
from mooc.demo import make_demo
from sequence.models import current_sequence
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


def test_its_lessons_read_well_as_plain_text():
    course, _made = make_demo()
    for email in course.emails.all():
        text = text_of(email.html)
        assert "<" not in text
        assert "&" not in text
