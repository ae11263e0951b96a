"""The signed links of members: to the group's page, and to leaving the group by one press."""

import hashlib
import hmac

from django.utils.crypto import constant_time_compare

from groups.models import Membership
from mooc.lib.urls import page_url

LONGEST_NUMBER = 18  # digits


def token_of(member: Membership) -> str:
    """Return what opens the group's page as this member. It is made from the sign-up's own random key."""
    return f"{member.pk}-{_proof(member)}"


def member_of(group: int, token: str) -> Membership | None:
    """Return the membership of this group that a token belongs to, left or not; None where it is forged."""
    number, _dash, proof = token.partition("-")
    if not (number.isascii() and number.isdigit()) or len(number) > LONGEST_NUMBER:
        return None
    found = Membership.objects.select_related("group__sequence", "signup").filter(pk=int(number), group=group).first()
    return found if found and constant_time_compare(proof, _proof(found)) else None


def page_of(member: Membership) -> str:
    """Return the full address of the group's page as this member sees it."""
    return page_url("group_page", member.group_id, token_of(member))


def leave_url_of(member: Membership) -> str:
    """Return the full address at which a mail program's own button leaves the group, and nothing else (RFC 8058)."""
    return page_url("group_one_click", member.group_id, token_of(member))


def _proof(member: Membership) -> str:
    return hmac.new(member.signup.key.encode(), f"group:{member.pk}".encode(), hashlib.sha256).hexdigest()[:40]
