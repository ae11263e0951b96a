"""Names that we make for people, so that no page shows FutureLearn's own id of anybody."""

from dashboard_import.models import CourseRun, Talker
from mooc.lib.digests import digest

LENGTH = 12  # hex digits: two of a million people share one by a chance of 1 in 500


def pseudonym(learner: str) -> str:
    """Return the name of a learner: the same on every page and in every run of this site, and in no other."""
    return digest("talkers", learner)[:LENGTH]


def author_of(run: CourseRun, name: str) -> str | None:
    """Return the learner's id of a name among those who wrote in a run; None where nobody has it. One query."""
    return Talker.objects.filter(run=run, name=name).values_list("learner_id", flat=True).first()
