"""What an organiser's answer looks like as a message: their words, below them what it answers."""

from collections.abc import Sequence as Many

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from groups.threads import html_of
from mailing.content import layout, sender
from mailing.letters import Letter, Recipient
from mailing.merge import BRACES, inert, one_line
from mailing.models import Answer, Delivery
from mailing.render import finish
from mailing.talk_readers import organisers_address
from mooc.lib.urls import page_url
from sequence.models import title_of

LONGEST_QUOTE = 2_000  # characters of what is answered
LONGEST_ANSWER = 20_000


def is_there(row: Delivery) -> bool:
    """Say whether the answer that a delivery promises still stands: it goes when its reader is erased."""
    return Answer.objects.filter(pk=_number(row)).exists()


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return the letter of one answer and its recipients: one."""
    first = deliveries[0]
    answer = Answer.objects.select_related("reply").get(pk=_number(first))
    person, reply = first.signup, answer.reply
    quoted = reply.text[:LONGEST_QUOTE]
    context = {
        "text": inert(answer.text), "html": inert(html_of(answer.text)), "made": reply.made,
        "quoted": [f"> {line}" for line in inert(quoted).splitlines()], "quoted_html": inert(html_of(quoted)),
    }  # fmt: skip
    subject = inert(one_line(f"Re: {reply.subject or _('your message')}"))
    own = {} if person else {"my_page_url": "", "unsubscribe_url": page_url("unsubscribe")}
    course = title_of(person.sequence) if person else ""
    done = finish(
        render_to_string("mailing/emails/answer.html", context),
        render_to_string("mailing/emails/answer.txt", context).strip(),
        layout(subject, course, _("You get this message because you wrote to us."), **own),
    )
    named = {"In-Reply-To": f"<{reply.message_id}>", "References": f"<{reply.message_id}>"}
    letter = Letter(
        sender=sender(), subject=subject, text=done.text, html=done.html, reply_to=organisers_address(),
        headers={name: inert(value) for name, value in named.items()} if reply.message_id else {}, tags=("answer",),
    )  # fmt: skip
    return letter, [_recipient(row) for row in deliveries]


def _number(row: Delivery) -> int:
    return int(row.bundle.partition(":")[2])


def _recipient(row: Delivery) -> Recipient:
    values = {BRACES: "{{"}
    if row.signup:
        values["my_page_url"] = page_url("me", row.signup.key)
        values["unsubscribe_url"] = page_url("unsubscribe_confirm", row.signup.key)
    return Recipient(delivery=row.pk, address=row.address, values=values)
