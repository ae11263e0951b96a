"""What people said, in words and back in a form."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from signup.models import Question, Signup


def initial_of(signup: Signup) -> dict[str, Any]:
    """Return what a person said before, as the initial values of `PersonForm`."""
    words = {True: "yes", False: "no"}
    answers = {key: words[said] if isinstance(said, bool) else said for key, said in signup.answers.items()}
    return {**answers, "name": signup.name, "timezone": signup.timezone, "wants_group": signup.wants_group}


def answers_shown(signup: Signup, questions: Iterable[Question], said: dict[str, Any] | None = None) -> list:
    """Return [(label, value)] of what a person said, or of `said` instead, in words for a page."""
    said = said if said is not None else {
        "name": signup.name, "timezone": signup.timezone, "wants_group": signup.wants_group, "answers": signup.answers,
    }  # fmt: skip
    shown = [(_("Name"), said.get("name")), (_("Time zone"), said.get("timezone"))]
    shown += [(question.label, said.get("answers", {}).get(question.key)) for question in questions]
    if "wants_group" in said:
        shown.append((_("In a small group"), said["wants_group"]))
    return [(label, in_words(value)) for label, value in shown if value not in ("", [], None)]


def in_words(value: Any) -> str:
    """Return a stored answer as text: yes or no, a list with commas, or the text itself."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def sample_answers(questions: Iterable[Question]) -> dict[str, str]:
    """Return {key: what the person of a test message says}, as `in_words` would show it."""
    return {question.key: _sample(question) for question in questions}


def _sample(question: Question) -> str:
    match question.kind:
        case Question.Kind.YES:
            return in_words(True)
        case Question.Kind.ONE:
            return in_words(question.options()[:1])
        case Question.Kind.MANY:
            return in_words(question.options()[:2])
        case _:
            return str(_("Alex’s own words"))
