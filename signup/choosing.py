"""Which course a form is for."""

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


def form_instead(data) -> SignupForm:
    """Return the current course's form with what was typed, saying that the named course is closed."""
    form = form_for({})
    form = type(form)(data)
    form.is_valid()
    form.add_error(None, _("This course no longer takes sign-ups. You can join the one on this page instead."))
    return form
