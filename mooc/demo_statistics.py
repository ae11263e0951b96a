"""Statistics of FutureLearn to try: two runs of an invented course, one over, one in progress with a survey before."""

import io
import tempfile
from pathlib import Path

from django.utils import timezone as clock

from dashboard_import import precourse
from dashboard_import.generating import make_runs, survey, write_tree
from dashboard_import.importing import load_path
from dashboard_import.models import CourseRun, ImportRun

JOINERS = 400


def make_statistics() -> tuple[str, bool]:
    """Load the files of two invented runs; return their course's name and whether it is new.

    A course of that name that is here already, in whatever state, is left as it is.
    """
    runs = make_runs("demo", runs=2, joiners=JOINERS, layout="2026", today=clock.now().date())
    course = runs[0].course
    if CourseRun.objects.filter(slug=course.slug).exists():
        return course.title, False
    with tempfile.TemporaryDirectory() as folder:
        write_tree(runs, Path(folder))
        load_path(Path(folder), ImportRun(by="make_demo", source="make_demo"))
    newest = CourseRun.objects.get(slug=course.slug, number=runs[-1].number)
    precourse.store(newest, "hopes.csv", "make_demo", precourse.read(io.BytesIO(survey(runs[-1]))))
    return course.title, True
