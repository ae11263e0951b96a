"""What the talk in groups holds about one address: to take away, and to be forgotten."""

from groups.posts import Mute, Post, Preference, Refusal, Report
from mooc.lib.addresses import fold


def held_talk(address: str) -> dict[str, list[dict[str, object]]]:
    """Return what an address wrote, chose and reported, as JSON-ready values."""
    folded = fold(address)
    posts = Post.objects.filter(author__folded=folded).select_related("group").prefetch_related("attachments")
    refusals = Refusal.objects.filter(folded=folded).select_related("group").order_by("pk")
    return {
        "posts": [
            {
                "group": post.group.name, "written": post.made, "came": post.source, "state": post.state,
                "subject": post.subject, "text": post.text, "pictures": [one.name for one in post.attachments.all()],
            }
            for post in posts.order_by("pk")
        ],
        "not_passed_on": [{"group": one.group.name, "when": one.made, "why": one.reason} for one in refusals],
        "mail": [
            {"mail": one.mail, "own_messages_too": one.echo}
            for one in Preference.objects.filter(signup__folded=folded)
        ],
        "muted": [{"count": Mute.objects.filter(by__folded=folded).count()}],
        "reports": [
            {"when": one.made, "words": one.words} for one in Report.objects.filter(by__folded=folded).order_by("pk")
        ],
    }  # fmt: skip


def forget_talk(address: str) -> int:
    """Delete what is written down of an address that was not passed on; all else goes with the sign-up."""
    return Refusal.objects.filter(folded=fold(address)).delete()[0]
