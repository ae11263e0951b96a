"""The signed links of members: to the group's page, and to leaving the group by one press."""

from groups.models import Group, Membership
from mooc.lib.urls import page_url
from signup.models import Signup
from signup.tokens import find_by, token_for


def page_of(group: int, person: Signup) -> str:
    """Return the full address of a group's page as this member sees it."""
    return page_url("group_page", group, token_for(person, _purpose(group)))


def leave_url_of(group: int, person: Signup) -> str:
    """Return the full address at which a mail program's own button leaves the group, and nothing else (RFC 8058)."""
    return page_url("group_one_click", group, token_for(person, _purpose(group, "leave")))


def reader_of(group: int, token: str) -> Membership | None:
    """Return the membership that the link to a group's page names, ended or not; None where it is forged."""
    return _membership(group, find_by(token, _purpose(group)))


def leaver_of(group: int, token: str) -> Membership | None:
    """Return the membership that the link to leave a group names, ended or not; None where it is forged."""
    return _membership(group, find_by(token, _purpose(group, "leave")))


def token_of(group: Group, person: Signup) -> str:
    """Return what stands behind the group's number in the address of its page, for this member."""
    return token_for(person, _purpose(group.pk))


def _purpose(group: int, what: str = "read") -> str:
    return f"group:{group}:{what}"


def _membership(group: int, person: Signup | None) -> Membership | None:
    if person is None:
        return None
    theirs = Membership.objects.select_related("group__sequence", "group__merged_into", "signup")
    return theirs.filter(group=group, signup=person).first()
