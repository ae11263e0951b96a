"""What was written to a group, as its page shows it."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils.html import escape, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from groups.models import Group, Membership
from groups.posts import Post
from groups.readers import author_name, muted_by, shown_name
from signup.models import Signup

ON_A_PAGE = 20  # threads


@dataclass
class Shown:
    """One post as one reader sees it. Held and removed ones keep their place, without their text."""

    post: Post
    name: str
    mine: bool
    hidden: str = ""  # why the text is not shown: "held", "removed", "muted" or ""

    @property
    def html(self) -> SafeString:
        return html_of(self.post.text)


@dataclass
class Thread:
    """A post that began a conversation and those that answered it, oldest first."""

    subject: str
    posts: list[Shown] = field(default_factory=list)


@dataclass
class ThreadPage:
    """Some threads of a group, the one with the newest post first."""

    threads: list[Thread]
    number: int
    has_next: bool


def html_of(text: str) -> SafeString:
    """Return a post's plain text as html: escaped, its paragraphs kept, its addresses made into links."""
    return mark_safe(linebreaks(urlize(escape(text), trim_url_limit=60, nofollow=True)))  # escaped first


def page_of_threads(group: Group, reader: Signup | None, number: int = 1) -> ThreadPage:
    """Return one page of a group's threads as a member sees them, or as staff do (`reader` None); four queries."""
    posts = Post.objects.filter(group=group)
    roots = posts.annotate(root=Coalesce("thread", "pk")).values("root").annotate(last=Max("pk")).order_by("-last")
    first = (number - 1) * ON_A_PAGE
    chosen = [row["root"] for row in roots[first : first + ON_A_PAGE + 1]]
    shown = chosen[:ON_A_PAGE]
    found = posts.filter(pk__in=shown) | posts.filter(thread__in=shown)
    by_root: dict[int, list[Post]] = defaultdict(list)
    for post in found.select_related("author").prefetch_related("attachments").order_by("made", "pk"):
        by_root[post.thread_id or post.pk].append(post)
    muted = muted_by(reader) if reader else set()
    threads = [_thread(by_root[root], reader, muted) for root in shown]
    return ThreadPage([thread for thread in threads if thread.posts], number, len(chosen) > len(shown))


def _thread(posts: list[Post], reader: Signup | None, muted: set[int]) -> Thread:
    shown = [_shown(post, reader, muted) for post in posts]
    visible = [one.post.subject for one in shown if one.hidden not in (Post.State.HELD, Post.State.REMOVED)]
    return Thread(visible[0] if visible else "", shown)


def _shown(post: Post, reader: Signup | None, muted: set[int]) -> Shown:
    mine = reader is not None and post.author_id == reader.pk
    hidden = "" if post.is_shown or reader is None or (mine and post.state == Post.State.HELD) else post.state
    if not hidden and post.author_id in muted:
        hidden = "muted"
    return Shown(post, author_name(post), mine, hidden)


@dataclass(frozen=True)
class Person:
    """Somebody in a group, as one reader sees them. `number` is that of their membership."""

    name: str
    number: int
    is_me: bool
    muted: bool

    @property
    def label(self) -> str:
        """The name, with what it is to the reader."""
        if self.is_me:
            return _("%(name)s (you)") % {"name": self.name}
        return _("%(name)s (muted)") % {"name": self.name} if self.muted else self.name


def people_of(group: Group, reader: Signup | None) -> list[Person]:
    """Return who is in a group, in the order of the names, and whom the reader has muted."""
    muted = muted_by(reader) if reader else set()
    members = Membership.objects.current().filter(group=group).select_related("signup")
    people = [
        Person(
            shown_name(member.signup), member.pk, reader is not None and member.signup_id == reader.pk,
            member.signup_id in muted,
        )
        for member in members
    ]  # fmt: skip
    return sorted(people, key=lambda person: person.name.casefold())
