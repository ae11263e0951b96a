"""A sandbox course, to try everything with: invented people, real sentences, dates around today."""

import datetime

from django.db import transaction
from django.utils import timezone as clock

from groups.models import FormingRules
from mailing.models import Email, create_email
from mooc.demo_talk import make_talk
from mooc.lib.zones import zone
from sequence.models import Sequence, create_sequence
from signup.models import Question, Signup, create_signup

TITLE = "Write it plainly"
DESCRIPTION = """
<p><strong>Three weeks of short lessons that make your writing easier to read.</strong> Two messages a week, each
with one
idea and one small thing to try. You need ten minutes, something to write with, and nothing else.</p>
<p>You can work on your own. Or you join a small group of learners, read each other's pages and say what you see.</p>
<h2>What you will do</h2>
<ul><li>Cut a page of yours to half, and like it better.</li><li>Find the sentence that your page is about.</li>
<li>Read your work aloud, and hear where it trips.</li></ul>
"""
WELCOME = """
<p>Hello {{ first_name|there }},</p>
<p>It is good to have you in <strong>{{ course }}</strong>. Before the first lesson, find one page that you wrote
this year
and were not quite happy with. A letter, a report, a post: anything you may cut to pieces.</p>
<p>Keep it near. We begin with it.</p>
"""
PROMPT = """
<p>Say hello: <strong>what is the last thing you wrote that somebody had to read twice?</strong> Two sentences will
do. Then answer one other person.</p>
"""
QUESTIONS = (
    ("writes", "What do you write most?", "one", "Letters and e-mail\nReports\nStories\nTeaching material", True),
    ("languages", "Which languages do you write in?", "many", "English\nFrench\nHindi\nSpanish\nSwahili\nTamil", False),
    ("wrote_before", "Have you taken a writing course before?", "yes", "", False),
    ("goal", "What would you like to be able to do in three weeks?", "long", "", False),
)  # fmt: skip
LESSONS = (
    (0, "Lesson 1: One page, half the words", """
<p>Hello {{ first_name|there }},</p>
<p>Take the page that you put aside and count its words. Today you cut it to half. Not by shortening each sentence,
but by
asking of each one: <em>would anybody miss it?</em></p>
<ol><li>Strike every sentence that says again what the one before it said.</li>
<li>Strike the first paragraph. Read on. Most pages begin at their second.</li>
<li>Now look at single words: very, quite, in order to, the fact that.</li></ol>
<p>Stop at half. Then read the page once, slowly. What did you lose that you want back?</p>
"""),
    (3, "Lesson 2: The sentence it is about", """
<p>Every good page has one sentence that it is about. Sometimes it is hidden in the middle. Sometimes it was never
written.</p>
<blockquote><p>If I could keep only one sentence of this page, it would be this one.</p></blockquote>
<p>Find it, or write it. Then move it to the top and read what follows: each paragraph should now answer a question
that this
sentence raises. Those that answer nothing can go.</p>
"""),
    (7, "Lesson 3: Who does what", """
<p>“A decision was taken to postpone the meeting.” By whom? Nobody is in that sentence. Put somebody in:
<strong>“We put the
meeting off.”</strong></p>
<p>Go through your page and underline each verb. Where nobody does anything, find out who did, {{ first_name|friend
}}, and
say so. It is the shortest way to sound like a person.</p>
"""),
    (10, "Lesson 4: Read it aloud", """
<p>Your ear is a stricter editor than your eye. Read the page aloud, to somebody or to the wall, and put a dot
wherever you
stumble, run out of breath, or go faster because it bores you.</p>
<p>Then mend the dots. You wrote that you would like to <em>{{ goal|write more clearly }}</em>: this lesson is the
one that
helps most with it.</p>
"""),
    (14, "Lesson 5: A reader", """
<p>Give the page to somebody who owes you nothing. Ask two questions only: <strong>Where did you stop? What did you
think it
was about?</strong></p>
<p>Do not explain, do not defend, write down what they say. If you are in a group, send it there:
{{ group_address|your group will do it gladly }}.</p>
"""),
    (18, "Lesson 6: Keep one habit", """
<p>This is the last lesson, {{ first_name|dear reader }}. You have cut, moved, named, listened and asked. Nobody
does all of it
every day.</p>
<p>Choose the one step that did most for your page, and do it on every page for a month. Write it on a card and put
the card
where you write.</p>
<p>Thank you for your time. Answer this message and tell us which one you chose.</p>
"""),
)  # fmt: skip
NAMES = """
Amara Okafor|Ben Whitlock|Chiara Moretti|Diego Fuentes|Elif Aydin|Farid Rahimi|Grace Njeri|Hana Sato
Igor Petrov|Jana Novak|Kofi Mensah|Lucia Romero|Mei Lin|Nadia Haddad|Oscar Lind|Priya Nair|Quentin Dubois
Rosa Campos|Samuel Adeyemi|Tala Reyes|Uma Deshpande|Viktor Horvat|Wanjiru Kamau|Ximena Paz|Yusuf Demir
Zoe Papadaki|Arjun Mehta|Bruna Alves|Carlos Vega|Dina Farouk|Emeka Obi|Fatou Diallo|Giulia Conti|Henrik Berg
Ines Duarte|Jonas Weber|Khadija Alami|Leo Martin|Mariam Said|Noah Clarke|Olga Kuznetsova|Paulo Teixeira
Rania Khoury|Sofia Lopez|Thabo Dlamini|Ulrike Kern|Valentina Rossi|Walid Mansour|Xavier Roy|Yara Costa
Zainab Bello|Anders Holm|Beatriz Lima|Chen Wei|Daniel Kim|Esther Wangari|Femi Balogun|Gita Rao|Hugo Leroy
Isla Reid
"""
ZONES = (
    "Africa/Lagos", "Europe/London", "Europe/Rome", "America/Argentina/Buenos_Aires", "Europe/Istanbul", "Asia/Kabul",
    "Africa/Nairobi", "Asia/Tokyo", "America/New_York", "Europe/Berlin", "America/Mexico_City", "Asia/Kolkata",
    "America/Sao_Paulo", "Asia/Manila", "Pacific/Auckland",
)  # fmt: skip
GOALS = ("write reports that people finish", "say what I mean", "write faster", "enjoy writing again", "")


@transaction.atomic
def make_demo(now: datetime.datetime | None = None) -> tuple[Sequence, bool]:
    """Make the sandbox course with its questions, messages and 60 invented learners; return it and whether it is new.

    Beside it stands the run before, half over, whose groups write to each other (`demo_talk`). A second call finds the
    first one's course while that runs and changes nothing.
    """
    now = now or clock.now()
    today = now.astimezone(zone("Europe/London")).date()
    there = Sequence.objects.filter(title=TITLE, end_date__gte=today).first()
    if there:
        return there, False
    start = today + datetime.timedelta(days=3)
    week = datetime.timedelta(weeks=1)
    course = create_sequence(start, start + week, TITLE, "Europe/London", start + 3 * week)
    course.description, course.welcome_html = DESCRIPTION.strip(), WELCOME.strip()
    course.mail_plan = "Two messages a week for three weeks, and one now to confirm your address."
    course.group_prompt = PROMPT.strip()
    course.welcome_subject = "Welcome to {{ course }}"
    course.full_clean()
    course.save()
    for position, (key, label, kind, choices, required) in enumerate(QUESTIONS):
        Question.objects.create(
            sequence=course, key=key, label=label, kind=kind, choices=choices, required=required, position=position
        )
    for day, subject, html in LESSONS:
        moment = datetime.datetime.combine(start + datetime.timedelta(days=day), datetime.time(9), course.zone)
        create_email(
            course, subject, html.strip(), tags=["lesson"], audience=Email.Audience.INDIVIDUALS, scheduled_for=moment
        )
    _make_people(course, now)
    # Few people in small groups, so that the page which makes them has something to show.
    mixed = [["writes", "mix"], ["wrote_before", "mix"]]
    FormingRules.objects.create(sequence=course, target=12, minimum=7, maximum=17, questions=mixed)
    make_talk(TITLE, tuple((subject, html.strip()) for _day, subject, html in LESSONS[:3]), now)
    return course, True


def _make_people(course: Sequence, now: datetime.datetime) -> None:
    writes = QUESTIONS[0][3].splitlines()
    languages = QUESTIONS[1][3].splitlines()
    names = NAMES.replace("\n", "|").strip("|").split("|")
    for place, name in enumerate(names):
        answers = {
            "writes": writes[place % len(writes)],
            "languages": [languages[place % len(languages)]] if place % 3 else ["English", languages[1 + place % 5]],
            "wrote_before": place % 4 == 0,
            "goal": GOALS[place % len(GOALS)],
        }
        create_signup(
            course, f"{name.lower().replace(' ', '.')}@example.org", name=name, timezone=ZONES[place % len(ZONES)],
            answers={key: answer for key, answer in answers.items() if answer != ""}, wants_group=place % 6 != 5,
            confirmed=place % 12 != 11,
        )  # fmt: skip
    # They were welcomed in the story, so that the outbox of a first visitor begins with their own messages.
    invented = Signup.objects.filter(sequence=course)
    invented.filter(confirmed__isnull=False).update(welcomed=now)
    invented.filter(name__in=("Leo Martin", "Chen Wei", "Ines Duarte")).update(left=now)
