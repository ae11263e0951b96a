"""What each kind of message says, and to whom: from a claimed batch to a letter and its recipients."""

from collections.abc import Callable, Mapping
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
from mooc.lib.urls import page_url, page_urls
from sequence.models import Sequence, title_of
from signup.answers import in_words, sample_answers
from signup.leaving import one_click_token
from signup.models import LinkRequest, Signup

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


def layout(subject: str, course: str, why: str, **more: str) -> dict[str, str]:
    """Return what the layout of a message needs besides its body; `more` wins."""
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
    return finish(html, text, layout(email.subject, course, why))


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
        return _rendered(words.template, context, layout("", course, words.why, **words.button))
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
    return _rendered(name, context, layout(own.welcome_subject if own else "", course, why, **button))


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
    confirms = deliveries[0].kind == Kind.CONFIRM and "confirm_url" in used
    keys = _confirmation_keys(deliveries) if confirms else {}
    confirm, landing = page_urls("confirm"), page_url("landing")
    made = {name: value for name, value in _values(sequence, groups).items() if name in used}
    about_groups = group_letters.values_of(deliveries, used) if used & set(group_letters.NAMES) else {}
    asks = bool(used & set(check_in.LINKS))
    filled = []
    for delivery in deliveries:
        values = {name: value(delivery.signup) for name, value in made.items()}
        values |= about_groups.get(delivery.pk, {})
        if asks:
            values |= check_in.links_of(delivery)
        if confirms:
            # Whoever was erased in the last moments has no link any more; they can sign up anew.
            key = keys.get(delivery.key)
            values["confirm_url"] = confirm(key) if key else landing
        filled.append(Recipient(delivery=delivery.pk, address=delivery.address, values=values))
    return filled


def values_of(delivery: Delivery) -> dict[str, str]:
    """Return every merge value of one delivery, as its reader's own pages show them."""
    made = _values(_sequence_of(delivery), _groups([delivery]))
    return {name: value(delivery.signup) for name, value in made.items()}


def _values(sequence: Sequence | None, groups: Mapping[int, Group]) -> dict[str, Callable[[Signup | None], str]]:
    """Return {name: its value for a sign-up}. A letter to thousands asks only for what it uses."""
    samples = sample_answers(sequence.questions.all()) if sequence else {}
    course = title_of(sequence)
    me, unsubscribe, one_click = map(page_urls, ("me", "unsubscribe_confirm", "one_click"))
    # A test message reaches an organiser, who has no sign-up: the links lead to pages that need none.
    landing, leave = page_url("landing"), page_url("unsubscribe")
    return {
        **{key: _answer(key, sample) for key, sample in samples.items()},
        "name": lambda person: person.name if person else _("Alex Example"),
        "first_name": lambda person: person.first_name if person else _("Alex"),
        "course": lambda _person: course,
        "group_name": lambda person: groups[person.pk].name if person and person.pk in groups else "",
        "group_address": lambda person: groups[person.pk].address if person and person.pk in groups else "",
        "check_in": lambda _person: "",  # in html and text it has become three links before
        "my_page_url": lambda person: me(person.key) if person else landing,
        "unsubscribe_url": lambda person: unsubscribe(person.key) if person else leave,
        "one_click_url": lambda person: one_click(one_click_token(person)) if person else leave,
    }


def _answer(key: str, sample: str) -> Callable[[Signup | None], str]:
    return lambda person: in_words(person.answers.get(key, "")) if person else sample


def _groups(deliveries: Many[Delivery]) -> dict[int, Group]:
    people = [delivery.signup_id for delivery in deliveries if delivery.signup_id]
    current = Membership.objects.current().filter(signup__in=people).select_related("group")
    return {member.signup_id: member.group for member in current}


def _confirmation_keys(deliveries: Many[Delivery]) -> dict[str, str]:
    """Return {delivery key: the request's own key} for deliveries of confirmations."""
    numbers = [int(delivery.key.partition(":")[2]) for delivery in deliveries if delivery.kind == Kind.CONFIRM]
    return {f"confirm:{pk}": key for pk, key in LinkRequest.objects.filter(pk__in=numbers).values_list("pk", "key")}
