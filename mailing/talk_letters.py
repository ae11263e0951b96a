"""What posts, digests and answers to refused messages say, and how their headers hold a conversation together."""

import re
from collections.abc import Sequence as Many
from email.utils import formataddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.links import leave_url_of, page_of
from groups.models import Group, Post
from groups.readers import author_name
from groups.refusing import LOOP
from groups.threads import html_of
from mailing.content import layout, sender
from mailing.letters import Letter, Recipient
from mailing.merge import BRACES, inert, one_line, tag
from mailing.models import Delivery
from mailing.render import Finished, finish
from mailing.talk_readers import organisers_address, posts_of_digest
from mooc.lib.urls import page_url
from sequence.models import Sequence, title_of

Kind = Delivery.Kind
KINDS = (Kind.POST, Kind.DIGEST, Kind.ANSWER)
LENGTHS = (20_000, 6_000, 1_500, 300)  # characters of one post in a message; the rest stands on the page
MOST_IN_DIGEST = 50
MOST_REFERENCES = 20
LONGEST_NAME = 60


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return the letter that these deliveries of one bundle share, and a recipient for each, in their order.

    The number of queries does not depend on how many deliveries there are. They carry `signup`.
    """
    first = deliveries[0]
    about = first.bundle.split(":")
    if first.kind == Kind.POST:
        post = Post.objects.select_related("group__sequence", "author", "thread", "parent").get(pk=int(about[1]))
        return _post_letter(post), [_recipient(row, post.group) for row in deliveries]
    if about[0] == "copies":
        run = Sequence.objects.get(pk=int(about[1]))
        return _copies_letter(run, first.bundle), recipients_in_team(deliveries)
    if first.kind == Kind.DIGEST:
        group = Group.objects.select_related("sequence").get(pk=int(about[1]))
        return _digest_letter(group, first.bundle), [_recipient(row, group) for row in deliveries]
    group = Group.objects.select_related("sequence").get(pk=int(about[2]))
    return _answer_letter(group, about[1], first.signup is not None), [_recipient(row, group) for row in deliveries]


def _post_letter(post: Post) -> Letter:
    group = post.group
    subject = f"[{group.name}] {post.subject}"
    pictures = post.attachments.count()
    context = {
        "group": group, "notes": [inert(note) for note in post.left_out],
        "pictures": _said_of_pictures(pictures) if pictures else "",
    }  # fmt: skip
    subject = inert(one_line(f"Re: {subject}" if post.thread_id else subject))
    done = _finished("post", [post], context, group, subject)
    ids = [one.message_id for one in _ancestors(post)]
    headers = {**_list_headers(group), "References": " ".join(f"<{one}>" for one in [*ids, post.message_id])}
    if ids:
        headers["In-Reply-To"] = f"<{ids[-1]}>"
    return Letter(
        sender=formataddr((_sender_name(author_name(post), group), group.address)),
        subject=subject,
        text=done.text, html=done.html, reply_to=group.address, headers=headers, tags=("post",),
    )  # fmt: skip


def _said_of_pictures(number: int) -> str:
    said = ngettext(
        "%(number)s picture came with it: see it on the group’s page.",
        "%(number)s pictures came with it: see them on the group’s page.",
        number,
    )
    return said % {"number": number}


def _ancestors(post: Post) -> list[Post]:
    """Return the posts that a post answers, the first of the thread first."""
    found = {one.pk: one for one in (post.thread, post.parent) if one}
    return [found[number] for number in sorted(found)]


def _sender_name(name: str, group: Group) -> str:
    """Return `Ada Lovelace via Group 3`, without anything that a mail program or a provider takes for more."""
    plain = " ".join(re.sub(r"=\?|\?=|[\"<>()\[\]\\%{}@,;:]", " ", name).split())[:LONGEST_NAME]
    return _("%(name)s via %(group)s") % {"name": plain or _("A member"), "group": re.sub(r"[<>%{}]", "", group.name)}


def _digest_letter(group: Group, bundle: str) -> Letter:
    shown, context = _of_digest(bundle)
    subject = inert(one_line(f"[{group.name}] {context['said']}"))
    done = _finished("digest", shown, {"group": group, **context}, group, subject)
    return Letter(
        sender=formataddr((re.sub(r"[<>%{}]", "", group.name), group.address)),
        subject=subject,
        text=done.text, html=done.html, reply_to=group.address, tags=("digest",),
        headers={**_list_headers(group), "Auto-Submitted": "auto-generated"},
    )  # fmt: skip


def _of_digest(bundle: str) -> tuple[list[Post], dict[str, object]]:
    """Return the posts that a digest has room for, how many there are in words, and whether there are more."""
    posts = posts_of_digest(bundle)
    number = posts.count()
    said = ngettext("%(number)s new message", "%(number)s new messages", number) % {"number": f"{number:,}"}
    shown = list(posts.select_related("author", "group")[:MOST_IN_DIGEST])
    return shown, {"more": number > len(shown), "said": said}


def _copies_letter(run: Sequence, bundle: str) -> Letter:
    shown, context = _of_digest(bundle)
    title = title_of(run)
    why = _("You get this message because you organise %(course)s. Its own page says how often.") % {"course": title}
    more = {"my_page_url": "", "unsubscribe_url": page_url("admin:sequence_sequence_change", run.pk)}
    context |= {"course": title, "all_url": page_url("admin:groups_post_changelist")}
    subject = inert(one_line(_("%(course)s: %(said)s in groups") % context))
    done = _shortened("copies", shown, context, layout(subject, title, why, **more))
    return letter_to_team(subject, done, "digest", f"run-{run.pk}")


def letter_to_team(subject: str, done: Finished, kind: str, about: str) -> Letter:
    """Return a letter from this site to the organisers themselves; come back to their inbox, it is known as ours."""
    return Letter(
        sender=sender(), subject=subject,
        text=done.text, html=done.html, reply_to=organisers_address(), tags=(kind,),
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", LOOP: about},
    )  # fmt: skip


def recipients_in_team(deliveries: Many[Delivery]) -> list[Recipient]:
    """Return the recipients of such a letter, who have no pages of their own."""
    return [Recipient(delivery=row.pk, address=row.address, values={BRACES: "{{"}) for row in deliveries]


def _answer_letter(group: Group, reason: str, is_member: bool) -> Letter:
    why = _("You get this message because somebody wrote to a group from this address.")
    more = {} if is_member else {"my_page_url": "", "unsubscribe_url": page_url("unsubscribe")}
    context = {
        "group": group, "reason": reason, "is_member": is_member, "organisers": organisers_address(),
        "group_page_url": tag("group_page_url"), "unsubscribe_url": more.get("unsubscribe_url", tag("unsubscribe_url")),
        "megabytes": f"{settings.GROUP_MESSAGE_MEGABYTES:g}",
        "most": settings.GROUP_POSTS_PER_HOUR,
    }  # fmt: skip
    subject = inert(one_line(_("Your message to %(group)s") % {"group": group.name}))
    done = rendered("refusal", context, layout(subject, title_of(group.sequence), why, **more))
    return Letter(
        sender=sender(),
        subject=subject,
        text=done.text, html=done.html, reply_to=organisers_address(), tags=("answer",),
        headers={"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", LOOP: group.address},
    )  # fmt: skip


def _list_headers(group: Group) -> dict[str, str]:
    """RFC 2919, 2369 and 8058: which list this is, where to write, and how to leave this group by one press."""
    local, _at, domain = group.address.partition("@")
    return {
        "List-Id": f"<{local}.list-id.{domain}>",
        "List-Post": f"<mailto:{group.address}>",
        "List-Unsubscribe": f"<{tag('leave_group_url')}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Auto-Response-Suppress": "All",  # Exchange answers mail of lists otherwise
        LOOP: group.address,
    }


def _finished(template: str, posts: list[Post], context: dict, group: Group, subject: str) -> Finished:
    """Return a message about these posts to their group."""
    course = title_of(group.sequence)
    why = _("You get this message because you are in %(group)s of %(course)s.") % {
        "group": group.name,
        "course": course,
    }
    around = layout(subject, course, why)
    return _shortened(template, posts, {**context, "group_page_url": tag("group_page_url")}, around)


def _shortened(template: str, posts: list[Post], context: dict, around: dict[str, str]) -> Finished:
    """Return a message with as much of each post as Gmail shows of a message."""
    for length in LENGTHS:
        shown = [_shown(post, length) for post in posts]
        try:
            return rendered(template, {**context, "posts": shown}, around)
        except ValidationError:
            if length == LENGTHS[-1]:
                raise
    raise AssertionError("unreachable")


def _shown(post: Post, length: int) -> dict[str, object]:
    text = post.text[:length]
    return {
        "name": inert(author_name(post)), "subject": inert(post.subject), "made": post.made,
        "text": inert(text), "html": inert(html_of(text)), "cut": len(post.text) > length,
        "group": post.group, "page": page_url("group_staff", post.group_id),
    }  # fmt: skip


def rendered(template: str, context: dict, around: dict[str, str]) -> Finished:
    """Return a message of the groups' room, from its two templates, in the layout that `around` fills."""
    plain = render_to_string(f"groups/emails/{template}.txt", context).strip()
    html = render_to_string(f"groups/emails/{template}.html", context)
    return finish(html, plain, around)


def _recipient(row: Delivery, group: Group) -> Recipient:
    person = row.signup
    values = {BRACES: "{{"}
    if person:
        values |= {
            "group_page_url": page_of(group.pk, person),
            "leave_group_url": leave_url_of(group.pk, person),
            "my_page_url": page_url("me", person.key),
            "unsubscribe_url": page_url("unsubscribe_confirm", person.key),
        }
    else:
        page, course = page_url("group_staff", group.pk), page_url("admin:sequence_sequence_change", group.sequence_id)
        values |= dict.fromkeys(("group_page_url", "my_page_url"), page)
        values |= dict.fromkeys(("leave_group_url", "unsubscribe_url"), course)  # there the team says what it gets
    return Recipient(delivery=row.pk, address=row.address, values=values)
