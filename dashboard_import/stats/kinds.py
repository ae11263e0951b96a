"""What the kinds of comments and of talkers are called: several of them, and one."""

from django.utils.translation import gettext_lazy as _

SEVERAL = {
    "lone": _("Lone posts"), "initiating": _("Initiating posts"), "first_reply": _("First replies"),
    "further_reply": _("Further replies"), "initiators_reply": _("Initiators’ replies"),
    "loner": _("Loners"), "replier": _("Repliers"), "initiator": _("Initiators without replying"),
    "initiator_responding": _("Initiators who respond"), "active": _("Active social learners"),
    "active_without_turns": _("Active social learners without turn-taking"),
    "reluctant": _("Reluctant active social learners"),
}  # fmt: skip
ONE = {
    "lone": _("Lone post"), "initiating": _("Initiating post"), "first_reply": _("First reply"),
    "further_reply": _("Further reply"), "initiators_reply": _("Initiator’s reply"),
    "loner": _("Loner"), "replier": _("Replier"), "initiator": _("Initiator without replying"),
    "initiator_responding": _("Initiator who responds"), "active": _("Active social learner"),
    "active_without_turns": _("Active social learner without turn-taking"),
    "reluctant": _("Reluctant active social learner"),
}  # fmt: skip


def name_of(value: str) -> str:
    """Return our word for several of a kind."""
    return str(SEVERAL.get(value, value))
