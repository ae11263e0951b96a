"""What the messages about groups say, and to whom each thing is said. `mailing.introductions` queues them."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.forming import rules_of
from groups.models import Membership, News
from groups.plan import MIX, SIMILAR
from groups.still_in import silent
from mailing.merge import tag
from mailing.models import Delivery
from mailing.render import text_of
from mooc.lib.urls import page_url
from sequence.models import Sequence, title_of
from signup.keys import ABOUT_GROUPS
from signup.models import Signup
from signup.tokens import token_for

Kind = Delivery.Kind
KINDS = (Kind.INTRO, Kind.NEWS, Kind.ASK, Kind.LEFT_OUT, Kind.WAITING)
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
        "group_members": tag("group_members", _("Nobody else yet. Others will come.")),
        "group_made": tag("group_made"),
        "old_group_name": tag("old_group_name"),
        "newcomers": tag("newcomers", _("somebody new")),
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
        Kind.WAITING: ("waiting", page),
    }[first.kind]
    return Words(f"groups/emails/{template}", wants, button, context)


def values_of(deliveries: Many[Delivery], used: Collection[str]) -> dict[int, dict[str, str]]:
    """Return {delivery's id: its merge values about groups}, as far as their names are `used`.

    Four queries at most, however many deliveries; they carry `signup` with its course run.
    """
    if deliveries[0].kind == Kind.WAITING:
        return _closed_groups(deliveries)
    about = dict.fromkeys(ABOUT_GROUPS, "") if deliveries[0].kind in (Kind.INTRO, Kind.NEWS) else {}
    values: dict[int, dict[str, str]] = {row.pk: dict(about) for row in deliveries}
    if "still_in_url" in used:
        for row in deliveries:
            values[row.pk]["still_in_url"] = page_url("still_in", token_for(row.signup, STILL_IN))
    if about:
        mine = _memberships(deliveries)
        company = _company({member.group_id for member in mine.values()})
        made = how_made(deliveries[0].signup.sequence) if "group_made" in used else ""
        for row in deliveries:
            # Somebody may leave their group between the claim and this line.
            if member := mine.get(row.signup_id):
                values[row.pk] |= _about(row, member, company[member.group_id], made)
    return values


def _closed_groups(deliveries: Many[Delivery]) -> dict[int, dict[str, str]]:
    """Return {delivery's id: the name of the group whose closing it is about}."""
    ended = Membership.objects.filter(pk__in=map(_number, deliveries)).select_related("group").in_bulk()
    return {row.pk: {"old_group_name": ended[_number(row)].group.name} for row in deliveries if _number(row) in ended}


@dataclass
class Company:
    """The current members of one group: their first names in order, and by each news those whom it told of."""

    names: list[str] = field(default_factory=list)
    new: dict[int, list[Membership]] = field(default_factory=dict)


def _about(row: Delivery, member: Membership, company: Company, made: str) -> dict[str, str]:
    came_from = member.came_from
    said = {}
    if row.kind == Kind.NEWS:
        # Whom the reader was introduced to themselves is no news to them.
        new = [
            other for other in company.new.get(_number(row), ())
            if other.pk != member.pk and member.told and other.joined > member.told
        ]  # fmt: skip
        said["newcomers"] = in_words(other.signup for other in new)
        came_from = next((other.came_from for other in new if other.came_from), None)
    else:
        said["group_members"] = _listed(_without(company.names, member.signup.first_name))
        said["group_made"] = member.group.description or made
    return {**said, "old_group_name": came_from.name if came_from else ""}


def how_made(sequence: Sequence) -> str:
    """Return how the groups of a course run were made, in words for their members; two queries."""
    said = [_("Its people are awake at about the same hours of the day.")]
    rules = rules_of(sequence)
    labels = dict(sequence.questions.values_list("key", "label"))
    for how, sentence in (
        (MIX, _("So that you hear different things, we mixed people by their answers to %(questions)s.")),
        (SIMILAR, _("As far as it could be, they gave similar answers to %(questions)s.")),
    ):
        asked = [f"“{labels[key]}”" for key, wanted in rules.questions if wanted == how and key in labels]
        if asked:
            said.append(sentence % {"questions": get_text_list(asked, _("and"))})
    return " ".join(said)


def _without(names: list[str], name: str) -> list[str]:
    """Return sorted names without one of this name."""
    place = bisect_left(names, name)
    return names[:place] + names[place + 1 :] if names[place : place + 1] == [name] else names


def in_words(people: Iterable[Signup]) -> str:
    """Return these people by first name, such as `Ada, Bob and 2 people without a name`; "" for nobody."""
    return _listed(sorted(person.first_name for person in people))


def _listed(names: list[str]) -> str:
    """Return sorted names as a list in words; the empty ones, which come first, as a number."""
    nameless = bisect_right(names, "")
    shown = names[nameless : nameless + MOST_NAMES]
    more = len(names) - nameless - len(shown)
    if nameless:
        sentence = ngettext("%(count)s person without a name", "%(count)s people without a name", nameless)
        shown.append(sentence % {"count": f"{nameless:,}"})
    if more:
        shown.append(_("%(count)s more") % {"count": f"{more:,}"})
    return get_text_list(shown, _("and"))


def _memberships(deliveries: Many[Delivery]) -> dict[int, Membership]:
    people = [row.signup_id for row in deliveries if row.signup_id]
    current = Membership.objects.current().filter(signup__in=people)
    current = current.select_related("group", "came_from", "signup")
    return {member.signup_id: member for member in current}


def _company(groups: Collection[int]) -> dict[int, Company]:
    found = {group: Company() for group in groups}
    for member in Membership.objects.current().filter(group__in=groups).select_related("signup", "came_from"):
        company = found[member.group_id]
        company.names.append(member.signup.first_name)
        if member.news_id:
            company.new.setdefault(member.news_id, []).append(member)
    for company in found.values():
        company.names.sort()
    return found


def _number(row: Delivery) -> int:
    return int(row.key.partition(":")[2])


def still_there(rows: Many[Delivery]) -> set[int] | None:
    """Return for whom of these the message still holds: who is in the group that it is about, or has not answered.

    None where the message is not about groups.
    """
    if not rows or rows[0].kind not in KINDS:
        return None
    numbers = [_number(row) for row in rows]
    people = [row.signup_id for row in rows]
    if rows[0].kind in (Kind.ASK, Kind.LEFT_OUT):
        return set(silent().filter(pk__in=people, wants_group=True).values_list("pk", flat=True))
    if rows[0].kind == Kind.WAITING:
        placed = Membership.objects.filter(signup__in=people, left=None).values_list("signup", flat=True)
        wanting = Signup.objects.filter(pk__in=people, wants_group=True).values_list("pk", flat=True)
        return set(wanting).difference(placed)
    current = Membership.objects.current().filter(signup__in=people)
    if rows[0].kind == Kind.INTRO:
        return set(current.filter(pk__in=numbers).values_list("signup", flat=True))
    groups = dict(News.objects.filter(pk__in=numbers).values_list("pk", "group"))
    where = dict(current.filter(group__in=groups.values()).values_list("signup", "group"))
    return {row.signup_id for row in rows if where.get(row.signup_id, -1) == groups.get(_number(row))}
