"""What the messages about groups say, and to whom each thing is said. `mailing.introductions` queues them."""

from collections.abc import Collection, Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import Membership, News
from mailing.merge import tag
from mailing.models import Delivery
from mailing.render import text_of
from mooc.lib.urls import page_url
from sequence.models import Sequence, title_of
from signup.keys import ABOUT_GROUPS
from signup.models import Signup
from signup.tokens import token_for

Kind = Delivery.Kind
KINDS = (Kind.INTRO, Kind.NEWS, Kind.ASK, Kind.LEFT_OUT)
STILL_IN = "still-in"  # what the link of “still in?” is good for
MOST_NAMES = 60
NAMES = (*ABOUT_GROUPS, "still_in_url")


@dataclass(frozen=True)
class Words:
    """Which templates a message is made of, what they are given, why one gets it, and its button."""

    template: str
    why: str
    button: dict[str, str]
    context: dict[str, object] = field(default_factory=dict)


def words_of(first: Delivery, sequence: Sequence) -> Words:
    """Return what a message about groups is made of; its bundle says which of its forms is meant."""
    course = title_of(sequence)
    form = first.bundle.rpartition(":")[2]
    wants = _("You get this message because you asked for a group in %(course)s.") % {"course": course}
    page = {"button_url": tag("my_page_url"), "button_label": _("Open my page")}
    asked = {"button_url": tag("still_in_url")}
    context = {
        "form": form,
        "group_name": tag("group_name"),
        "group_address": tag("group_address"),
        "group_members": tag("group_members"),
        "group_made": tag("group_made"),
        "old_group_name": tag("old_group_name"),
        "newcomers": tag("newcomers"),
        "still_in_url": tag("still_in_url"),
        "prompt": sequence.group_prompt,
        "prompt_text": text_of(sequence.group_prompt),
        "rule": sequence.leave_silent_out,
    }
    template, button = {
        Kind.INTRO: ("introduction", page),
        Kind.NEWS: ("news", page),
        Kind.ASK: ("still-in", asked | {"button_label": _("Yes, I am still in")}),
        Kind.LEFT_OUT: ("left-out", asked | {"button_label": _("Join a group")}),
    }[first.kind]
    return Words(f"groups/emails/{template}", wants, button, context)


def values_of(deliveries: Many[Delivery], used: Collection[str]) -> dict[int, dict[str, str]]:
    """Return {delivery's id: its merge values about groups}, as far as their names are `used`.

    Four queries at most, however many deliveries; they carry `signup`.
    """
    values: dict[int, dict[str, str]] = {row.pk: {} for row in deliveries}
    if "still_in_url" in used:
        for row in deliveries:
            values[row.pk]["still_in_url"] = page_url("still_in", token_for(row.signup, STILL_IN))
    if deliveries[0].kind in (Kind.INTRO, Kind.NEWS):
        mine = _memberships(deliveries)
        company = _company(member.group_id for member in mine.values())
        for row in deliveries:
            if member := mine.get(row.signup_id):
                here = company.get(member.group_id, [])
                values[row.pk] |= _about(row, member, [other for other in here if other.pk != member.pk])
    return values


def _about(row: Delivery, member: Membership, others: list[Membership]) -> dict[str, str]:
    said = {
        "group_members": in_words([other.signup for other in others]),
        "group_made": member.group.description or _standard_description(),
        "old_group_name": member.came_from.name if member.came_from else "",
    }
    if row.kind == Kind.NEWS:
        new = [other for other in others if other.news_id == _number(row)]
        came = next((other.came_from.name for other in new if other.came_from), "")
        # Whom the reader was introduced to themselves is no news to them.
        said["newcomers"] = in_words([other.signup for other in new if member.told and other.joined > member.told])
        said["old_group_name"] = came
    return said


def _standard_description() -> str:
    return _("Its people are awake at about the same hours, and told us different things about themselves.")


def in_words(people: Iterable[Signup]) -> str:
    """Return these people by first name, such as `Ada, Bob and 2 people without a name`; "" for nobody."""
    everyone = list(people)
    names = sorted(name for person in everyone if (name := person.first_name))
    shown = names[:MOST_NAMES]
    nameless, more = len(everyone) - len(names), len(names) - len(shown)
    if nameless:
        sentence = ngettext("%(count)s person without a name", "%(count)s people without a name", nameless)
        shown.append(sentence % {"count": f"{nameless:,}"})
    if more:
        shown.append(_("%(count)s more") % {"count": f"{more:,}"})
    return get_text_list(shown, _("and"))


def _memberships(deliveries: Many[Delivery]) -> dict[int, Membership]:
    people = [row.signup_id for row in deliveries if row.signup_id]
    current = Membership.objects.current().filter(signup__in=people).select_related("group", "came_from")
    return {member.signup_id: member for member in current}


def _company(groups: Iterable[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    here = Membership.objects.current().filter(group__in=set(groups)).select_related("signup", "came_from")
    for member in here.order_by("pk"):
        found.setdefault(member.group_id, []).append(member)
    return found


def _number(row: Delivery) -> int:
    return int(row.key.partition(":")[2])


def still_there(rows: Many[Delivery]) -> set[int] | None:
    """Return who of these is still in the group that their message is about; None where it is about none."""
    if not rows or rows[0].kind not in (Kind.INTRO, Kind.NEWS):
        return None
    numbers = [_number(row) for row in rows]
    people = [row.signup_id for row in rows]
    current = Membership.objects.current().filter(signup__in=people)
    if rows[0].kind == Kind.INTRO:
        return set(current.filter(pk__in=numbers).values_list("signup", flat=True))
    groups = dict(News.objects.filter(pk__in=numbers).values_list("pk", "group"))
    where = dict(current.filter(group__in=groups.values()).values_list("signup", "group"))
    return {row.signup_id for row in rows if where.get(row.signup_id, -1) == groups.get(_number(row))}
