"""Tallies against a slow reading of the same files by the standard library."""

import pytest

from dashboard_import.models import CourseRun, Tally

pytestmark = pytest.mark.django_db


def test_x(generated):
    from collections import Counter
    print(Counter(Tally.objects.values_list("kind", flat=True)))
    print(list(Tally.objects.filter(kind__in=["joiners","learners","active_learners","step_completion_50","social_learners"]).values_list("run","kind","everyone","learners","buyers","participants")))
    assert 0
