"""What people answer to course messages is kept once, beside the message it answers, and is answered by mail."""

import pytest
from django.utils import timezone as clock

from groups.models import Post
from mailing.models import Answer, Batch, Delivery, OutboxMessage, Reply, SavedAnswer
from mailing.reading import held_replies
from mailing.receiving import Result, receive
from mailing.replying import answer, by_message
from mailing.worker import tick
from tests import factories
from tests.groups.mails import apple, attached, gmail, html_only, mail, multipart, outlook

pytestmark = pytest.mark.django_db
TEAM = "team@mail.example.org"
Kind = Delivery.Kind


@pytest.fixture(autouse=True)
def own_address(settings):
    settings.MAIL_TRANSPORT, settings.EMAIL_DOMAIN = "outbox", "mail.example.org"
    settings.DEFAULT_FROM_EMAIL = f"Course team <{TEAM}>"


@pytest.fixture
def bob():
    return factories.signup(email="Bob@example.org", name="Bob Baker", welcomed=clock.now())


@pytest.fixture
def emails(bob):
    """Two messages that Bob got, the second one last."""
    made = []
    for subject in ("Week one", "Week two"):
        made.append(factories.email(sequence=bob.sequence, subject=subject, scheduled_for=clock.now()))
        tick("test")
    return made


def id_of(bundle: str) -> str:
    return Batch.objects.get(bundle=bundle).message_id


def come(raw: bytes, sender: str | None = None) -> Result:
    return receive(raw, TEAM, sender)


@pytest.mark.parametrize("shape", [gmail, outlook, apple, html_only])
def test_an_answer_stands_beside_the_message_whose_id_it_names(bob, emails, shape):
    raw = shape(
        "I cannot open the film.", answers=id_of(f"email:{emails[0].pk}"), subject="Re: Something else", to=TEAM
    )
    assert come(raw) == Result.STORED
    reply = Reply.objects.get()
    assert (reply.email, reply.signup, reply.guessed, reply.state) == (emails[0], bob, False, "open")
    assert "I cannot open the film." in reply.text
    assert "Shall we meet?" not in reply.text
    assert come(raw) == Result.STORED  # the route and the pipe both handed it over
    assert Reply.objects.count() == 1
    assert not Post.objects.exists()


def test_by_smtp_each_copy_has_an_id_of_its_own(bob, emails):
    local, _at, domain = id_of(f"email:{emails[0].pk}").partition("@")
    come(mail("Hello", answers=f"{local}.77@{domain}"))
    assert Reply.objects.get().email == emails[0]


@pytest.mark.parametrize(
    ("subject", "which"), [("AW: Week one", 0), ("Fwd: Week TWO", 1), ("A question", 1), (None, 1)]
)
def test_without_an_id_it_is_the_one_of_that_subject_else_the_last(bob, emails, subject, which):
    come(mail("Hello", subject=subject))
    reply = Reply.objects.get()
    assert (reply.email, reply.guessed) == (emails[which], True)


def test_a_stranger_may_write_too(emails):
    come(mail("Can I join?", sender="eve@example.com"))
    reply = Reply.objects.get()
    assert (reply.email, reply.signup, reply.kind, reply.guessed) == (None, None, None, False)


def test_an_answer_to_the_welcome_stands_under_the_welcome():
    person = factories.signup(email="bob@example.org")
    tick("test")
    come(mail("Thank you", answers=Batch.objects.get().message_id))
    assert (Reply.objects.get().kind, Reply.objects.get().signup) == (Kind.WELCOME, person)


@pytest.mark.parametrize(
    "raw",
    [
        mail("I am away.", Auto_Submitted="auto-replied"), mail("Away", subject="Automatic reply: Week one"),
        mail("It failed", sender="MAILER-DAEMON@example.org"), mail("Sale", List_Unsubscribe="<https://shop.example>"),
        mail("Ours", List_Id="<run-1.list-id.mail.example.org>"), mail("Copy", X_Course_Group="group-3-3@x"),
        mail("Ours", sender=TEAM), mail("Two", sender="a@example.org, b@example.org"),
    ],
)  # fmt: skip
def test_automatic_answers_bounces_lists_and_our_own_mail_are_left_out(bob, emails, raw):
    assert come(raw) == Result.REFUSED
    assert not Reply.objects.exists()


def test_a_bounce_is_known_by_its_empty_sender(emails):
    assert come(mail("It failed"), "") == Result.REFUSED
    assert come(b"\0" * 100) == Result.UNREADABLE
    assert not Reply.objects.exists()


def test_a_doubtful_sender_is_marked(bob):
    come(mail("Send me my link", Authentication_Results="mx.example; dmarc=fail header.from=example.org"))
    assert Reply.objects.get().doubtful


def test_a_lone_wish_to_stop_gets_the_link_and_waits_for_nobody(bob):
    come(mail("unsubscribe please", message_id="<1@x>"))
    tick("test")
    assert Delivery.objects.filter(kind=Kind.LINK, signup=bob).count() == 1
    assert (Reply.objects.get().state, bool(Reply.objects.get().note)) == ("done", True)
    come(mail("unsubscribe", sender="eve@example.com", message_id="<2@x>"))
    assert Reply.objects.get(address="eve@example.com").state == "open"  # nobody can help her but a person


def test_what_is_not_kept_is_named(bob, settings):
    settings.GROUP_MESSAGE_MEGABYTES = 0.1
    come(multipart(("Content-Type: text/plain", "My work"), attached("application/pdf", "work.pdf", b"%PDF-1.4")))
    come(mail("x" * 200_000, message_id="<large@x>"))
    first, large = Reply.objects.order_by("pk")
    assert "work.pdf" in first.left_out[0]
    assert (large.text, len(large.left_out)) == ("", 1)


def test_one_address_does_not_fill_the_inbox(bob, monkeypatch):
    monkeypatch.setattr("mailing.replying.MOST_A_DAY", 2)
    assert [come(mail("Again", message_id=f"<{number}@x>")) for number in range(3)] == [
        "stored",
        "stored",
        "not passed on",
    ]


def test_an_answer_goes_out_once_by_the_ledger_and_its_answer_comes_back_to_the_conversation(bob, emails):
    come(mail("Where is the film?\n\nIt says {{ name }} and 100 %recipient.x%.", message_id="<q@mail.example>"))
    reply, user = Reply.objects.get(), factories.staff()
    once = Answer(reply=reply).once
    assert answer(reply, "Here: https://example.org/film {{ name }}", user, once)
    assert not answer(reply, "Here", user, once)  # the button was pressed twice
    tick("test")
    row = Delivery.objects.get(kind=Kind.WRITTEN)
    assert (row.status, row.address, row.signup) == ("accepted", "bob@example.org", bob)
    sent = OutboxMessage.objects.get(delivery=row)
    text = bytes(sent.raw).decode()
    assert "In-Reply-To: <q@mail.example>" in text
    assert f"Reply-To: {TEAM}" in text
    assert "Auto-Submitted" not in text
    assert "List-Id" not in text
    assert "Here: https://example.org/film {{ name }}" in text
    assert "> Where is the film?" in text
    assert "It says {{ name }} and 100 %recipient.x%." in text
    come(mail("Thank you", answers=row.batch.message_id, message_id="<t@mail.example>"))
    second = Reply.objects.latest("pk")
    assert (second.earlier, second.email, second.signup) == (reply, emails[1], bob)
    reply.refresh_from_db()
    assert (reply.state, second.state) == ("done", "open")


def test_a_stranger_is_answered_with_no_link_of_anybody(emails):
    come(mail("Can I join?", sender="eve@example.com", message_id=None))
    answer(Reply.objects.get(), "Yes, next month.", factories.staff(), Answer().once)
    tick("test")
    sent = OutboxMessage.objects.get(address="eve@example.com")
    assert b"/me/" not in bytes(sent.raw)
    assert b"In-Reply-To" not in bytes(sent.raw)


def test_links_to_somebodys_pages_do_not_go_to_an_address_they_gave_up(bob, emails):
    come(mail("A question"))
    bob.email = "robert@example.org"
    bob.save()
    answer(Reply.objects.get(), "An answer", factories.staff(), Answer().once)
    tick("test")
    assert bob.key.encode() not in bytes(
        OutboxMessage.objects.get(address="bob@example.org", subject__startswith="Re:").raw
    )


def test_who_is_erased_is_forgotten_here_too(client, bob, emails):
    come(mail("A question", message_id="<1@x>"))
    answer(Reply.objects.get(), "An answer", factories.staff(), Answer().once)
    assert held_replies("BOB@example.org")[0]["answers"][0]["text"] == "An answer"
    client.post(f"/me/{bob.key}/erase/")
    assert not Reply.objects.exists()
    tick("test")
    assert Delivery.objects.get(kind=Kind.WRITTEN).status == "skipped"
    assert not OutboxMessage.objects.filter(delivery__kind=Kind.WRITTEN).exists()


def test_replies_are_counted_by_message_and_those_that_wait_come_first(bob, emails, django_assert_num_queries):
    for number in range(3):
        come(mail("Hello", subject="Re: Week one", message_id=f"<{number}@x>"))
    come(mail("Hello", subject="Re: Week two", message_id="<9@x>"))
    come(mail("Hello", sender="eve@example.com", message_id="<10@x>"))
    Reply.objects.exclude(email=emails[0]).update(state="done")
    with django_assert_num_queries(2):
        rows = by_message()
    assert [(row["email"], row["waiting"], row["number"]) for row in rows] == [
        (emails[0], 3, 3), (None, 0, 1), (emails[1], 0, 1),
    ]  # fmt: skip


URL = "/admin/mailing/reply/"


@pytest.fixture
def organiser():
    return factories.staff_client(
        "mailing.view_reply", "mailing.answer_reply", "signup.view_signup", "mailing.add_savedanswer"
    )


@pytest.fixture
def reply(bob, emails) -> Reply:
    come(mail("Where is the film? <script>alert(1)</script>", subject="Re: Week one", message_id="<1@x>"))
    return Reply.objects.get()


def form_of(**more) -> dict:
    return {"text": "Behind the first link.", "once": str(Answer().once), **more}


def test_an_organiser_reads_and_answers_one_after_the_other(organiser, bob, reply):
    come(mail("And me?", subject="Re: Week one", message_id="<2@x>"))
    second = Reply.objects.latest("pk")
    assert b"Read 2 that wait" in organiser.get(f"{URL}inbox/").content
    page = organiser.get(f"{URL}inbox/next/?email={reply.email_id}", follow=True)
    assert page.redirect_chain[-1][0] == f"{URL}{reply.pk}/change/"
    assert f"/admin/signup/signup/{bob.pk}/change/".encode() in page.content
    assert b"<script>alert" not in page.content
    sent = organiser.post(f"{URL}{reply.pk}/answer/", form_of(keep_as="Film"))
    assert sent.headers["Location"] == f"{URL}{second.pk}/change/"
    assert organiser.post(f"{URL}{second.pk}/decide/done/").headers["Location"] == f"{URL}inbox/"
    assert b"all done" in organiser.get(f"{URL}inbox/").content
    assert SavedAnswer.objects.get().text == Answer.objects.get().text == "Behind the first link."
    organiser.post(f"{URL}{second.pk}/decide/reopen/")
    second.refresh_from_db()
    assert second.state == "open"
    assert organiser.get(f"{URL}?state__exact=open").status_code == 200
    assert organiser.get(f"{URL}inbox/next/?kind=x&email=y").headers["Location"] == f"{URL}inbox/"


def test_a_saved_answer_is_put_below_what_was_typed_and_nothing_is_sent(organiser, bob, reply):
    saved = SavedAnswer.objects.create(title="Film", text="Dear {{ first_name|there }}, see {{ course }}. {{ what }}")
    page = organiser.post(f"{URL}{reply.pk}/answer/", form_of(text="One moment.", saved=saved.pk, put_in="yes"))
    assert "One moment.\n\nDear Bob, see Bread for beginners. {{ what }}" in page.content.decode()
    Reply.objects.update(signup=None)
    page = organiser.post(f"{URL}{reply.pk}/answer/", form_of(text="", saved=saved.pk, put_in="yes"))
    assert "Dear there, see ." in page.content.decode()
    assert organiser.post(f"{URL}{reply.pk}/answer/", form_of(saved="999", put_in="yes")).status_code == 200
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"text": "  "}, {"text": "x" * 20_001}, {"text": "a\u202eb"}, {"once": "no"}, {"keep_as": "film"}]
)
def test_a_wrong_form_comes_back_with_what_was_typed(organiser, reply, wrong):
    SavedAnswer.objects.create(title="Film", text="x")
    page = organiser.post(f"{URL}{reply.pk}/answer/", form_of(**wrong))
    assert (page.status_code, page.context["form"].is_valid()) == (200, False)
    assert not Answer.objects.exists()


def test_who_may_not_answer_may_read_and_others_see_nothing(client, reply):
    reader, writer = factories.staff_client("mailing.view_reply"), factories.staff_client("mailing.view_email")
    assert b"Send to" not in reader.get(f"{URL}{reply.pk}/change/").content
    for verb in ("answer", "decide/done", "decide/reopen", "decide/else"):
        assert reader.post(f"{URL}{reply.pk}/{verb}/", form_of()).status_code == 403
        assert reader.get(f"{URL}{reply.pk}/{verb}/").status_code == 405
    for page in ("inbox/", "inbox/next/", f"{reply.pk}/change/", ""):
        assert writer.get(f"{URL}{page}").status_code == 403
        assert client.get(f"{URL}{page}").status_code == 302
    assert reader.get(f"{URL}999/change/").status_code == 404
    assert not Answer.objects.exists()


def test_the_home_page_says_that_somebody_wrote(reply):
    assert b"/reply/inbox/" in factories.staff_client("mailing.view_reply").get("/admin/").content
    assert b"/reply/inbox/" not in factories.staff_client("mailing.view_email").get("/admin/").content
