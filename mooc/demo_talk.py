"""The run of the sandbox course before this one: half over, its people in groups that write to each other."""

import datetime
from email.message import EmailMessage
from email.utils import formataddr, parseaddr

from django.conf import settings

from groups.models import Group, Membership, Post, add_member, create_group
from groups.moderating import report
from groups.readers import set_preference
from groups.talking import write
from mailing.check_in import check_in
from mailing.models import CheckIn, Email, create_email
from mailing.queue import finish_emails, freeze_one
from mailing.receiving import receive
from mailing.sending import send_bundle
from sequence.models import Sequence, create_sequence
from signup.models import Signup, create_signup

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)
BEGAN = 9 * DAY  # ago
STILL_TO_SEND = 12 * HOUR  # what was written earlier went out in the story
GROUPS = (
    ("Hilde Brandt", "Tomas Rivera", "Nia Owusu", "Ravi Menon", "Maren Lund", "Leon Fischer", "Ama Serwaa", "Jun Mori"),
    ("Aisha Karim", "Peter Novotny", "Ling Zhao", "Marta Silva", "Kwame Boateng", "Anna Kowalska", "Otis Grant"),
    ("Selma Aksoy", "Victor Ionescu", "Pilar Ortega", "Deepa Rao", "Sven Dahl", "Lindiwe Nkosi", "Eva Marek"),
)  # fmt: skip
# (group, hours ago, who, by mail or on the page, subject, text); without a subject it answers what stands before it.
STORY = (
    (0, 196, "Hilde", "page", "Hello, and a confession", """
I write the notices for our housing block. The last one was about bicycles in the stairwell. Eleven people rang me to
ask what it meant.

Who else?
"""),
    (0, 193, "Tomas", "mail", "", """
School letters here. I once wrote “please ensure that the aforementioned items are provided”. I meant: bring a pencil.
"""),
    (0, 170, "Nia", "page", "", "Lab reports. They come back with one word in the margin: Who?"),
    (0, 166, "", "page", "", """
What a good start. When you post a page of yours, say which sentence you are least sure of. That is easier to answer.
"""),
    (1, 150, "Aisha", "page", "Morning or evening?", """
When do you write? I have an hour at five in the morning, before the children wake up.
"""),
    (1, 147, "Peter", "mail", "", "At night, and it reads like it. I cut it at lunch the day after."),
    (0, 98, "Ravi", "page", "My page, cut to half", """
From 412 words to 203. I struck the history of the building, and nobody would miss it. What I want back is the joke:

“The lift has been out of order since it was put in order.”

Should it stay?
"""),
    (0, 94, "Hilde", "mail", "", "Keep it. It is the only line that I read twice."),
    (1, 50, "Ling", "page", "A word for “aforementioned”", """
Is there a plain one? I take “this”, and often it is not enough.
"""),
    (0, 26, "Maren", "page", "", "I would move it up. Where it stands now, people have stopped reading."),
    (1, 22, "Aisha", "mail", "", "Name the thing again. “The form” is short, and nobody has to look back."),
    (0, 4, "Ravi", "mail", "", "Up it goes, and the lift stays broken. Thank you both."),
    (0, 3, "Leon", "page", "You need not write at all", """
I know a site that writes all your texts for you, nine dollars a month. Write to me and I send you a code.
"""),
)  # fmt: skip
REPORTED = (2, "Nia", "An advertisement. He sent it to me as well.")  # hours ago, by whom, why: the last of the story
# (hours ago, who, text): what came back to the course team, about the newest lesson.
QUESTIONS = (
    (30, "Ravi", "I have no printer. Is it all right to cut on the screen, or does paper make a difference?"),
    (7, "Marta", "My mother is ill and I will be away until Thursday. May I come back to this lesson later?"),
)
FEELINGS = ("on-track", "behind", "on-track", "stuck", "on-track", "on-track", "behind")


def make_talk(title: str, lessons: tuple[tuple[str, str], ...], now: datetime.datetime) -> Sequence:
    """Make a run that began nine days ago, with people, lessons that were sent, groups and what they wrote.

    Messages go the way all messages go. Where mail leaves this machine, nothing of it is sent to the invented people.
    """
    start = (now - BEGAN).date()
    run = create_sequence(start, start, title, "Europe/London", start + 3 * 7 * DAY)
    people = {name: _person(run, name, now) for names in GROUPS for name in names}
    groups = [_group(run, number, [people[name] for name in names], now) for number, names in enumerate(GROUPS, 1)]
    is_kept_here = settings.MAIL_TRANSPORT == "outbox"
    first_names = {name.split()[0]: person for name, person in people.items()}
    _tell(groups, first_names, now)
    if is_kept_here:
        sent = [_send(run, *lesson, now - BEGAN + 3 * place * DAY) for place, lesson in enumerate(lessons)]
        for person, feeling in zip(people.values(), FEELINGS, strict=False):
            check_in(sent[-1], person, CheckIn.Answer(feeling), now - 2 * DAY)
        _ask(sent[-1], first_names, now)
    told = Post.objects.filter(group__in=groups, made__lt=now - STILL_TO_SEND)
    (told if is_kept_here else Post.objects.filter(group__in=groups)).update(queued=now - STILL_TO_SEND)
    return run


def _person(run: Sequence, name: str, now: datetime.datetime) -> Signup:
    address = f"{name.lower().replace(' ', '.')}@example.org"
    made = create_signup(run, address, name=name, timezone="Europe/London", confirmed=True)
    joined = now - BEGAN - 5 * DAY
    Signup.objects.filter(pk=made.pk).update(welcomed=joined, date_created=joined)
    return made


def _group(run: Sequence, number: int, people: list[Signup], now: datetime.datetime) -> Group:
    made, then = create_group(run, number), now - BEGAN
    for person in people:
        add_member(made, person)
    Membership.objects.filter(group=made).update(joined=then, told=then)
    Group.objects.filter(pk=made.pk).update(introduced=then, date_created=then)
    return made


def _tell(groups: list[Group], people: dict[str, Signup], now: datetime.datetime) -> None:
    last: dict[int, Post] = {}
    for place, (number, hours, who, how, subject, text) in enumerate(STORY):
        group, when, author = groups[number], now - hours * HOUR, people.get(who)
        before = None if subject else last[number]
        words = "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
        if how == "mail":
            receive(_answer(author, group.address, f"[{group.name}] {before.subject}", before.message_id, words,
                            before.text), group.address, author.email, now=when)  # fmt: skip
        else:
            write(group, author, words, Post.Source.PAGE, origin=f"demo {place}", subject=subject, parent=before,
                  now=when)  # fmt: skip
        last[number] = Post.objects.filter(group=group).latest("pk")
    hours, who, why = REPORTED
    report(last[0], people[who], why, now - hours * HOUR)
    set_preference(people["Maren"], "daily", False, now)


def _answer(author: Signup, to: str, subject: str, answers: str, words: str, quoted: str) -> bytes:
    """Return an answer as a mail program writes it, with what it answers below."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = formataddr((author.name, author.email)), to, f"Re: {subject}"
    message["Message-ID"] = f"<{author.pk}.{answers}>"
    message["In-Reply-To"] = message["References"] = f"<{answers}>"
    marked = "\n".join(f"> {line}" for line in quoted.splitlines())
    message.set_content(f"{words}\n\nOn Monday, {to} wrote:\n\n{marked}\n")
    return message.as_bytes()


def _send(run: Sequence, subject: str, html: str, when: datetime.datetime) -> Email:
    lesson = create_email(run, subject, html, tags=["lesson"])
    Email.objects.filter(pk=lesson.pk).update(state=Email.State.SCHEDULED, scheduled_for=when)
    while freeze_one(when):
        pass
    send_bundle(f"email:{lesson.pk}")
    finish_emails(when)
    return lesson


def _ask(lesson: Email, people: dict[str, Signup], now: datetime.datetime) -> None:
    team = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    for hours, who, text in QUESTIONS:
        carried = lesson.deliveries.select_related("batch").get(signup=people[who])
        raw = _answer(people[who], team, lesson.subject, carried.batch.message_id, text, "Hello,")
        receive(raw, team, people[who].email, now=now - hours * HOUR)
