"""Which course a form is for."""

from django.http import QueryDict
from django.utils import timezone as clock
from django.utils.translation import gettext as _

from signup.courses import WAITING_FORM, catalogue
from signup.forms import SignupForm


class ClosedError(Exception):
    """The named course is unknown or takes no sign-ups."""


def form_for(data) -> SignupForm:
    """Return the sign-up form of the course that `data` names, or of the current one, or of the waiting list.

    `form.course` says which. Raises ClosedError.
    """
    now = clock.now()
    found = catalogue(now).open(now)
    if named := str(data.get("sequence") or "").strip():
        found = [course for course in found if str(course.sequence.pk) == named]
        if not found:
            raise ClosedError
    return found[0].form(data) if found else WAITING_FORM(data)


def form_instead(data: QueryDict) -> SignupForm:
    """Return the current course's form with what was typed, saying that the named course is closed.

    It names the current course from now on, or none for the waiting list: sent once more, it is taken.
    """
    typed = data.copy()
    typed.pop("sequence", None)
    form = form_for(typed)
    if form.course:
        typed["sequence"] = str(form.course.pk)
    form.is_valid()
    if form.course:
        instead = _("This course no longer takes sign-ups. You can join the one on this page instead.")
    else:
        instead = _("This course no longer takes sign-ups. You can leave your address for the next one instead.")
    form.add_error(None, instead)
    return form
