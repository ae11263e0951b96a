"""The discussion of a course run as data: an mbox that mail programs open, and a table."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr

from django.conf import settings
from django.db.models import QuerySet

from groups.posts import Post
from groups.readers import author_name
from sequence.models import Sequence

COLUMNS = ("From", "To", "Subject", "Date", "Body")
_POLICY = SMTP.clone(linesep="\n", cte_type="8bit", utf8=True)


def posts_of(sequence: Sequence) -> QuerySet[Post]:
    """Return the posts of a course run's groups that are shown, oldest first."""
    shown = Post.objects.filter(group__sequence=sequence, state=Post.State.SHOWN)
    return shown.select_related("group", "author", "parent", "thread").order_by("made", "pk")


def rows(posts: QuerySet[Post]) -> Iterator[tuple[object, ...]]:
    """Yield the head and one row a post: from, to, subject, date in ISO 8601, text."""
    yield COLUMNS
    for post in posts.iterator(chunk_size=500):
        yield _sender(post), post.group.address, post.subject, post.made.isoformat(timespec="seconds"), post.text


def mbox(posts: QuerySet[Post]) -> Iterator[bytes]:
    """Yield each post as a message of an mbox file; a line of the text that begins with From gets a > (mboxrd)."""
    for post in posts.iterator(chunk_size=500):
        address = parseaddr(_sender(post))[1]
        head = f"From {address} {post.made:%a %b %d %H:%M:%S %Y}\n"
        body = b"\n".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line
            for line in _message(post).as_bytes(policy=_POLICY).split(b"\n")
        )
        yield head.encode() + body.rstrip(b"\n") + b"\n\n"


def _message(post: Post) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = _sender(post)
    message["To"] = formataddr((post.group.name, post.group.address))
    message["Subject"] = post.subject
    message["Date"] = format_datetime(post.made)
    message["Message-ID"] = f"<{post.message_id}>"
    if before := [one.message_id for one in {post.thread, post.parent} - {None}]:
        message["References"] = " ".join(f"<{one}>" for one in before)
        message["In-Reply-To"] = f"<{(post.parent or post.thread).message_id}>"
    message.set_content(post.text, cte="8bit")
    return message


def _sender(post: Post) -> str:
    address = post.author.email if post.author else parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name = author_name(post).replace("\\", "").replace('"', "")
    return f'"{name}" <{address}>'
