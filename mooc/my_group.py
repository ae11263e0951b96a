"""What my page shows of my group."""

from groups.links import page_of
from groups.models import Group, Membership
from groups.moving import may_ask_for_another
from groups.still_in import left_out
from mailing.group_letters import in_words
from signup.models import Signup


def about_group(row: Signup) -> dict[str, object]:
    """Return what my page shows of my group: the group, who is in it by first name, and what I may do."""
    member = Membership.objects.current().filter(signup=row).select_related("group").first()
    group: Group | None = member.group if member else None
    others = Membership.objects.current().filter(group=group).exclude(signup=row).select_related("signup")
    return {
        "group": group,
        "group_page": page_of(group.pk, row) if group else "",
        "members": in_words(other.signup for other in others) if group else "",
        "may_ask": may_ask_for_another(row),
        "left_out": not group and left_out(row),
    }
