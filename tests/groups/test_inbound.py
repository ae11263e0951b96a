"""Messages in every shape are read, or refused with a reason; none breaks us."""

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups import inbound
from groups.inbound import UnreadableError, read, subject_of
from groups.posts import Refusal
from groups.quoting import new_text
from groups.refusing import SILENT, never_passed_on, wants_to_stop
from tests.groups import mails
from tests.groups.mails import GROUP, PLAIN, apple, attached, gmail, html_only, mail, multipart, outlook

Reason = Refusal.Reason
MEGABYTE = 1_000_000


def said(raw: bytes) -> str:
    return new_text(read(raw, MEGABYTE).text, GROUP)


SHAPES = {
    "gmail": gmail(),
    "outlook": outlook(),
    "apple": apple(),
    "html only": html_only(),
    "windows-1252": mail(
        "Yes, at six \x96 or \x93seven\x94.".encode("latin-1"), kind="text/plain; charset=windows-1252"
    ),
    "latin 1 that is windows": mail(b"Yes, at six \x96 caf\xe9.", kind="text/plain; charset=iso-8859-1"),
    "a charset that does not exist": mail("Yes, at six.", kind="text/plain; charset=klingon"),
    "a charset that is wrong": mail(b"Yes, at six. caf\xe9", kind="text/plain; charset=utf-8"),
    "quoted-printable": mail("Yes, at=20six.=\r\n Good.", encoding="quoted-printable"),
    "base64": mail(base64.b64encode(b"Yes, at six."), encoding="base64"),
    "broken base64": mail("WWVzLCBhdCBzaXgu!!!=", encoding="base64"),
    "no Message-Id": mail("Yes, at six.", message_id=None),
    "no subject": mail("Yes, at six.", subject=None),
    "no mime at all": b"From: bob@example.org\nTo: " + GROUP.encode() + b"\n\nYes, at six.\n",
    "a part that never ends": multipart((PLAIN, "Yes, at six."), kind="mixed").rpartition(b"--0000")[0],
    "a boundary that never comes": mail("Yes, at six.", kind='multipart/mixed; boundary="x"'),
    "multipart without a boundary": mail("Yes, at six.", kind="multipart/mixed"),
    "signed": multipart(
        (PLAIN, "Yes, at six."), attached("application/pkcs7-signature", "smime.p7s", b"0"), kind="signed"
    ),
    "an odd header": mail("Yes, at six.", X_Odd="=?utf-8?b?!!!?= \t \x00"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_read(name):
    message = read(SHAPES[name], MEGABYTE)
    assert message.sender == "bob@example.org"
    text = new_text(message.text, GROUP)
    assert text.startswith("Yes, at six")
    assert "Shall we meet" not in text
    assert "alert" not in text
    assert not message.left_out


def test_what_a_charset_says_is_read_as_windows_means_it():
    assert said(SHAPES["windows-1252"]) == "Yes, at six – or “seven”."
    assert said(SHAPES["latin 1 that is windows"]) == "Yes, at six – café."


def test_lines_that_are_broken_softly_are_joined():
    raw = mail("Yes, \r\nat six.\r\n\r\nBob", kind="text/plain; format=flowed")
    assert said(raw) == "Yes, at six.\n\nBob"


def test_files_are_named_and_left_out():
    raw = multipart(
        (PLAIN, "See the file."), attached("application/pdf", "plan.pdf", b"%PDF"),
        attached("application/ms-tnef", "winmail.dat", b"\x78\x9f\x3e\x22"),
        ("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR"),
        attached("text/html", "page.html", b"<script>alert(1)</script>"),
        ("Content-Type: message/rfc822", "From: x@example.org\r\n\r\nSecret"),
    )  # fmt: skip
    message = read(raw, MEGABYTE)
    assert message.text.strip() == "See the file."
    assert not message.pictures
    assert [note.split()[0:3] for note in message.left_out] == [
        ["The", "file", "plan.pdf"], ["A", "file", "winmail.dat"], ["A", "calendar", "invitation"],
        ["The", "file", "page.html"], ["Another", "message", "came"],
    ]  # fmt: skip


def test_what_exchange_adds_is_nothing_and_no_name_is_an_address():
    named = attached("image/png", "bob@example.org.png", mails.PIXEL)
    raw = multipart(
        (PLAIN, "Look."), named, attached("application/pdf", "bob@example.org.pdf", b"%PDF"),
        attached("text/plain", "ATT00001.txt", b"\n"),
    )  # fmt: skip
    message = read(raw, MEGABYTE)
    assert [picture.name for picture in message.pictures] == ["without a name"]
    assert message.left_out == ("The file without a name came with it. Files are not passed on.",)


def test_pictures_are_kept_up_to_a_limit_and_by_their_own_bytes():
    png = attached("image/png", "../../cat.png", mails.PIXEL)
    fake = attached("image/png", "fake.png", b"<html><script>alert(1)</script>")
    drawn = attached("image/svg+xml", "drawn.svg", b"<svg onload='alert(1)'/>")
    message = read(multipart((PLAIN, "Look."), png, fake, drawn), MEGABYTE)
    assert [(one.kind, one.content) for one in message.pictures] == [("image/png", mails.PIXEL)]
    assert len(message.left_out) == 2
    message = read(multipart((PLAIN, "Look."), png, png), len(mails.PIXEL))
    assert len(message.pictures) == 1
    assert "too large" in message.left_out[0]


def test_encrypted_mail_has_no_words():
    sealed = mail(
        base64.b64encode(b"0\x80"), kind="application/pkcs7-mime; smime-type=enveloped-data", encoding="base64"
    )
    assert read(sealed, MEGABYTE).sealed
    pgp = multipart(
        ("Content-Type: application/pgp-encrypted", "Version: 1"), attached("application/octet-stream", "m.asc", b"x")
    )
    assert read(pgp, MEGABYTE).sealed


def test_headers_become_one_line_of_text():
    message = read(
        mail(sender="=?utf-8?q?Zo=C3=AB_=22x=22?= <Zoe@Example.org>", subject="=?utf-8?b?UmU6IEhhbGzDtg==?=\r\n there"),
        0,
    )
    assert (message.sender, message.name, message.subject) == ("Zoe@example.org", 'Zoë "x"', "Hallö there")


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252"])
def test_headers_that_are_not_encoded_are_read_all_the_same(charset):
    named = attached("application/pdf", "Übung.pdf", b"%PDF")
    raw = multipart((PLAIN, "See."), named, sender="Jürgen <bob@example.org>", subject="Re: Größe =?utf-8?q?=C3=A4?= x")
    message = read(raw.decode().encode(charset), 0)
    assert (message.name, message.subject, message.sender) == ("Jürgen", "Größe ä x", "bob@example.org")
    assert ("Übung.pdf" in message.left_out[0]) == (charset == "utf-8")  # the library has lost other bytes by then


def test_ids_and_names_hold_nothing_that_a_database_refuses():
    raw = mail(sender="\0<bob@example.org>", subject="a\0b", message_id="<a\udcff\0@x>", answers="\udcfe\0b@x")
    message = read(raw, 0)
    assert (message.message_id, message.ids, message.subject) == ("aÿ@x", ("þb@x",), "ab")
    half = read(mail(subject="=?unicode_escape?q?a=5Cud800b?="), 0)
    assert half.subject.encode() in (b"ab", b"a?b")


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Re: [Group 3] Meeting", "Meeting"), ("AW: Re: SV: [Group 3] Re: Meeting", "Meeting"),
        ("Re[2]: Meeting", "Meeting"),
        ("回复\uff1aMeeting", "Meeting"), ("Meeting: when?", "Meeting: when?"), ("", ""), ("Re:", ""),
    ],
)  # fmt: skip
def test_subjects_lose_their_marks(subject, plain):
    assert subject_of(subject) == plain


REACTION = multipart(
    (PLAIN, "👍\n\nBob Baker reacted via Gmail"), ("Content-Type: text/vnd.google.email-reaction+json", "{}"),
    kind="alternative",
)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "envelope", "reason"),
    [
        (mail(), "bob@example.org", ""),
        (mail(), None, ""),
        (mail(Auto_Submitted="no"), None, ""),
        (mail(Auto_Submitted="auto-replied"), None, Reason.AUTOMATIC),
        (mail(X_Autoreply="yes"), None, Reason.AUTOMATIC),
        (REACTION, None, Reason.AUTOMATIC),
        (mail(X_Auto_Response_Suppress="All"), None, Reason.AUTOMATIC),
        (mail(subject="Automatische Antwort: Shall we meet?"), None, Reason.AUTOMATIC),
        (mail(subject="Out of office"), None, Reason.AUTOMATIC),
        (mail(subject="Out of the office - Re: Shall we meet?"), None, Reason.AUTOMATIC),
        (mail(subject="Out of Office Re: Shall we meet?"), None, Reason.AUTOMATIC),
        (mail(subject="Abwesenheitsnotiz: Sollen wir?"), None, Reason.AUTOMATIC),
        (mail(subject="自动回复\uff1a见面吗"), None, Reason.AUTOMATIC),
        (mail(subject="Out of office hours I can meet"), None, ""),
        (mail(subject="Automatic replies in Outlook, how?"), None, ""),
        (mail(), "", Reason.BOUNCE),
        (mail(Return_Path="<>"), None, Reason.BOUNCE),
        (mail(kind="multipart/report; report-type=delivery-status"), None, Reason.BOUNCE),
        (mail(sender="MAILER-DAEMON@example.org"), None, Reason.BOUNCE),
        (mail(sender="Shop <no-reply@example.org>"), None, Reason.BOUNCE),
        (mail(Precedence="bulk"), None, Reason.LIST),
        (mail(List_Id="<news.example.org>"), None, Reason.LIST),
        (mail(List_Id="<group-3-3.list-id.mail.example.org>"), None, Reason.LOOP),
        (mail(X_Course_Group=GROUP), None, Reason.LOOP),
        (mail(sender="Ann <a@example.org>, Bob <b@example.org>"), None, Reason.FORGED),
        (mail(sender="nobody"), None, Reason.FORGED),
        (mail(Authentication_Results="mx.example.org; dmarc=fail header.from=example.org"), None, Reason.FORGED),
        (mail(X_Mailgun_Spf="Fail", X_Mailgun_Dkim_Check_Result="Fail"), None, Reason.FORGED),
        (mail(X_Mailgun_Spf="SoftFail", X_Mailgun_Dkim_Check_Result="Pass"), None, ""),
    ],
)  # fmt: skip
def test_what_is_for_nobody(raw, envelope, reason):
    found = never_passed_on(read(raw, 0), envelope, "mail.example.org")
    assert found == reason
    assert not found or found in SILENT


@pytest.mark.parametrize(
    "text",
    ["unsubscribe", "Unsubscribe.", "STOP!", "please remove me", "Bitte abmelden", "Désinscription", "darme de baja",
     "Cancelar suscripción", "uitschrijven", "отписаться", "退订", "配信停止", "unsubscribe from this list"],
)  # fmt: skip
def test_a_lone_wish_to_stop(text):
    assert wants_to_stop(text)


@pytest.mark.parametrize("text", ["Stop at the second bakery and ask.", "", "I had to cancel my train", "baja tension"])
def test_no_wish_to_stop(text):
    assert not wants_to_stop(text)


NESTED = b"From: b@example.org\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" + b"".join(
    b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (depth, depth + 1) for depth in range(3_000)
)


@pytest.mark.parametrize(
    "raw", [b"", b"\0" * 1_000, b"hello", b"\xff\xfe", gzip.compress(b"x" * 1_000, mtime=0), b"\r\n" * 10_000, NESTED]
)
def test_what_is_no_message_is_told(raw):
    with pytest.raises(UnreadableError):
        read(raw, MEGABYTE)


def nested(depth: int, lines: int) -> bytes:
    heads = (b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (one, one + 1) for one in range(depth))
    begin = b"From: b@example.org\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    return begin + b"".join(heads) + b"\r\n" * lines


@pytest.mark.parametrize(
    "raw", [nested(0, inbound.MOST_LINES), nested(150, 100_000), mail("\n--x" * inbound.MOST_BOUNDARIES + "\n--x")]
)
def test_what_would_take_minutes_to_read_is_refused(raw):
    with pytest.raises(UnreadableError, match="maze"):
        read(raw, 0)


@pytest.mark.parametrize("tag", ["div", "ul><li", "o:p", "blockquote"])
def test_html_is_read_until_it_is_deeper_than_any_mail(tag):
    message = read(mail(f"<p>Yes.</p>{f'<{tag}>x' * 40_000}", kind="text/html"), 0)
    assert message.text.startswith("Yes.")
    assert len(message.text) < 3_000
    flat = "<!-- <div> --><p>One.<br>Two.<ul><li>x</ul>" * 500
    assert read(mail(flat, kind="text/html"), 0).text.count("Two.") == 500


@pytest.mark.parametrize("charset", ["punycode", "idna"])
def test_charsets_that_take_long_are_not_believed(charset):
    assert read(mail("ab-cd", kind=f"text/plain; charset={charset}"), 0).text == "ab-cd"


@pytest.mark.parametrize("name", ["Subject", "From", "References", "Content-Type", "Content-Disposition", "List-Id"])
def test_of_a_header_without_end_the_beginning_is_read(name):
    raw = f"{name}: a <b@c.de>{', <b@c.de>; x=?' * 200_000}\r\nDate: x\r\n\r\nhello".encode()
    message = read(raw, 0)
    assert max(len(line) for lines in message.headers.values() for line in lines) <= inbound.LONGEST_HEADER


@given(st.binary(max_size=400), st.sampled_from(sorted(SHAPES)), st.integers(0, 2_000), st.integers(0, 2_000))
def test_nothing_else_is_ever_raised(noise, shape, start, length):
    whole = SHAPES[shape]
    try:
        message = read(whole[:start] + noise + whole[start + length :], 1_000)
    except UnreadableError:
        return
    assert "\0" not in message.text + message.subject + message.name
    new_text(message.text, GROUP)
    never_passed_on(message, None, "mail.example.org")
    message.text.encode()


def test_thirty_megabytes_are_read_and_only_their_head_where_they_are_too_many():
    raw = multipart((PLAIN, "See the film."), attached("video/mp4", "film.mp4", b"\0" * 22 * MEGABYTE))
    assert len(raw) > 29 * MEGABYTE
    message = read(raw, MEGABYTE)
    assert message.text.strip() == "See the film."
    head = read(raw, MEGABYTE, head_only=True)
    assert (head.sender, head.text, head.pictures) == ("bob@example.org", "", ())
