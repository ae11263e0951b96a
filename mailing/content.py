"""What each kind of message says, and to whom: from a claimed batch to a letter and its recipients."""

from collections.abc import Sequence as Many
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from groups.models import Group, Membership
from mailing import check_in, group_letters, merge
from mailing.letters import Letter, Recipient
from mailing.merge import tag
from mailing.models import Delivery, Email
from mailing.render import Finished, finish, text_of
from mooc.lib.urls import page_url
from sequence.models import Sequence, title_of
from signup.answers import in_words, sample_answers
from signup.leaving import one_click_token
from signup.models import LinkRequest

Kind = Delivery.Kind


def letter_of(deliveries: Many[Delivery]) -> tuple[Letter, list[Recipient]]:
    """Return the letter that these deliveries of one bundle share, and a recipient for each, in their order.

    Five queries at most, however many deliveries. The deliveries carry `signup` already fetched.
    """
    first = deliveries[0]
    email = first.email
    sequence = _sequence_of(first)
    done = _finished_email(email) if email else _finished_system(first, sequence)
    subject = merge.one_line(f"[{_('Test')}] {email.subject}" if first.kind == Kind.TEST else done[0])
    by_group = first.kind in (Kind.INTRO, Kind.NEWS) or (
        first.kind == Kind.EMAIL and email.audience == Email.Audience.GROUPS
    )
    organisers = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    letter = Letter(
        sender=sender(),
        # Somebody may leave their group between the claim and this line.
        reply_to=tag("group_address", organisers) if by_group else organisers,
        subject=subject,
        text=done[1].text,
        html=done[1].html,
        headers=_headers(sequence, first.signup is not None),
        tags=tuple(email.tags[:3]) if email else (Kind(first.kind).name.lower(),),
        tracking=settings.MAIL_TRACKING and first.kind == Kind.EMAIL,
    )
    return letter, _recipients(letter, deliveries, sequence)


def _sequence_of(delivery: Delivery) -> Sequence | None:
    if delivery.email:
        return delivery.email.sequence
    return delivery.signup.sequence if delivery.signup else None


def sender() -> str:
    """Return the From header: the organisers' address, under the site's title where no name was set."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((name or settings.MOOC_TITLE, address))


def _layout(subject: str, course: str, why: str, **more: str) -> dict[str, str]:
    return {
        "subject": subject,
        "course": course,
        "why": why,
        "site_title": settings.MOOC_TITLE,
        "sender_address": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "my_page_url": tag("my_page_url"),
        "unsubscribe_url": tag("unsubscribe_url"),
        "button_url": "",
        "button_label": "",
        **more,
    }


def finish_email(email: Email) -> Finished:
    """Return what an e-mail looks like finished, merge tags in place; raises ValidationError as `finish` does."""
    course = title_of(email.sequence)
    why = _("You get this message because you joined %(course)s.") % {"course": course}
    html, text = check_in.put_in(email.html, email.text)
    return finish(html, text, _layout(email.subject, course, why))


def _finished_email(email: Email) -> tuple[str, Finished]:
    if email.frozen_html:
        return email.subject, Finished(html=email.frozen_html, text=email.frozen_text)
    return email.subject, finish_email(email)


def _finished_system(first: Delivery, sequence: Sequence | None) -> tuple[str, Finished]:
    course = title_of(sequence) if sequence else ""
    context = {
        "course": course,
        "sequence": sequence,
        "site_title": settings.MOOC_TITLE,
        "hello_name": tag("first_name", _("there")),
        "confirm_url": tag("confirm_url"),
        "unsubscribe_url": tag("unsubscribe_url"),
        "my_page_url": tag("my_page_url"),
        "changes": first.bundle.endswith(":changes"),
        "waited": first.bundle.endswith(":waited"),
        "checked": first.bundle.startswith("check:"),
    }
    if first.kind in group_letters.KINDS:
        words = group_letters.words_of(first, sequence)
        context |= words.context
        return _rendered(words.template, context, _layout("", course, words.why, **words.button))
    confirm = _("See the new answers") if context["changes"] else _("Confirm my address")
    name, why, button = {
        Kind.CONFIRM: (
            "signup/emails/confirm-address",
            _("You get this message because somebody signed up with this address. If it was not you, do nothing."),
            # Nobody has proven yet that this mailbox belongs to whoever filled in the form: no link opens their page.
            {
                "button_url": tag("confirm_url"),
                "button_label": confirm,
                "my_page_url": "",
                "unsubscribe_url": tag("one_click_url"),
            },
        ),
        Kind.LINK: (
            "signup/emails/unsubscribe-link",
            _("You get this message because somebody asked to stop the mail to this address."),
            {"button_url": tag("unsubscribe_url"), "button_label": _("Stop all mail to me")},
        ),
        Kind.WELCOME: (
            "signup/emails/signup-confirmation",
            _("You get this message because you joined %(course)s.") % {"course": course},
            {"button_url": tag("my_page_url"), "button_label": _("Open my page")},
        ),
        Kind.CONTROL: (
            "signup/emails/control",
            _("You get this message because the site checked whether its mail leaves."),
            {},
        ),
    }[first.kind]
    own = sequence if sequence and first.kind == Kind.WELCOME else None
    context |= {"welcome": own.welcome_html if own else "", "welcome_text": text_of(own.welcome_html) if own else ""}
    return _rendered(name, context, _layout(own.welcome_subject if own else "", course, why, **button))


def _rendered(name: str, context: dict, layout: dict[str, str]) -> tuple[str, Finished]:
    """Return the subject, from its template where the layout has none, and both parts of a message of ours."""
    subject = layout["subject"] or _template(f"{name}-subject.txt", context)
    html, text = _template(f"{name}.html", context), _template(f"{name}.txt", context)
    return subject, finish(html, text, {**layout, "subject": merge.one_line(subject)})


def finish_welcome(sequence: Sequence) -> tuple[str, Finished]:
    """Return the subject of a course's welcome and what it looks like; raises ValidationError as `finish` does."""
    return _finished_system(Delivery(kind=Kind.WELCOME, bundle=f"welcome:{sequence.pk}:new"), sequence)


def _template(name: str, context: dict) -> str:
    return render_to_string(name, context).strip()


def _headers(sequence: Sequence | None, personal: bool) -> dict[str, str]:
    """RFC 2919, 2369, 8058 and 3834: which list this is, how to leave it by one press, and that no person wrote it."""
    run = f"run-{sequence.pk}" if sequence else "waiting"
    headers = {
        "List-Id": f"<{run}.list-id.{settings.EMAIL_DOMAIN}>",
        "List-Post": "NO",
        "List-Unsubscribe": f"<{tag('one_click_url')}>",
        "Auto-Submitted": "auto-generated",
    }
    return {**headers, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if personal else headers


def _recipients(letter: Letter, deliveries: Many[Delivery], sequence: Sequence | None) -> list[Recipient]:
    parts = [letter.subject, letter.text, letter.html, letter.reply_to, *letter.headers.values()]
    used = set().union(*(merge.names_in(part) for part in parts))
    groups = _groups(deliveries) if used & {"group_name", "group_address"} else {}
    keys = _confirmation_keys(deliveries) if "confirm_url" in used else {}
    questions = set(sequence.questions.values_list("key", flat=True)) if sequence else set()
    course = title_of(sequence)
    about_groups = group_letters.values_of(deliveries, used) if used & set(group_letters.NAMES) else {}
    filled = []
    for delivery in deliveries:
        values = _values(delivery, course, groups.get(delivery.signup_id), questions)
        values |= about_groups.get(delivery.pk, {})
        if used & set(check_in.LINKS):
            values |= check_in.links_of(delivery)
        if delivery.kind == Kind.CONFIRM:
            # Whoever was erased in the last moments has no link any more; they can sign up anew.
            key = keys.get(delivery.key)
            values["confirm_url"] = page_url("confirm", key) if key else page_url("landing")
        known = {name: value for name, value in values.items() if name in used}
        filled.append(Recipient(delivery=delivery.pk, address=delivery.address, values=known))
    return filled


def values_of(delivery: Delivery) -> dict[str, str]:
    """Return every merge value of one delivery, as its reader's own pages show them."""
    sequence = _sequence_of(delivery)
    questions = set(sequence.questions.values_list("key", flat=True)) if sequence else set()
    return _values(delivery, title_of(sequence), _groups([delivery]).get(delivery.signup_id), questions)


def _values(delivery: Delivery, course: str, group: Group | None, questions: set[str]) -> dict[str, str]:
    signup = delivery.signup
    if signup is None:
        # A test message reaches an organiser, who has no sign-up: the links lead to pages that need none.
        person = {"name": _("Alex Example"), "first_name": _("Alex"), "my_page_url": page_url("landing")}
        links = {"unsubscribe_url": page_url("unsubscribe"), "one_click_url": page_url("unsubscribe")}
        sequence = _sequence_of(delivery)
        samples = sample_answers(sequence.questions.all()) if sequence else {}
        return {**samples, **person, **links, "course": course, "group_name": "", "group_address": "", "check_in": ""}
    answers = {key: in_words(signup.answers.get(key, "")) for key in questions}
    return {
        **answers,
        "name": signup.name,
        "first_name": signup.first_name,
        "course": course,
        "group_name": group.name if group else "",
        "group_address": group.address if group else "",
        "check_in": "",  # in html and text it has become three links before
        "my_page_url": page_url("me", signup.key),
        "unsubscribe_url": page_url("unsubscribe_confirm", signup.key),
        "one_click_url": page_url("one_click", one_click_token(signup)),
    }


def _groups(deliveries: Many[Delivery]) -> dict[int, Group]:
    people = [delivery.signup_id for delivery in deliveries if delivery.signup_id]
    current = Membership.objects.current().filter(signup__in=people).select_related("group")
    return {member.signup_id: member.group for member in current}


def _confirmation_keys(deliveries: Many[Delivery]) -> dict[str, str]:
    """Return {delivery key: the request's own key} for deliveries of confirmations."""
    numbers = [int(delivery.key.partition(":")[2]) for delivery in deliveries if delivery.kind == Kind.CONFIRM]
    return {f"confirm:{pk}": key for pk, key in LinkRequest.objects.filter(pk__in=numbers).values_list("pk", "key")}
