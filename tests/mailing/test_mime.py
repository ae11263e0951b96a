"""Messages as they go over the wire."""

import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import formataddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailing.letters import Letter, Recipient
from mailing.merge import one_line
from mailing.mime import build

NOON = datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.UTC)
LETTER = Letter(
    sender="Course team <team@example.org>",
    subject="Week 1, {{ name|you }}",
    text="Hello {{ name }}\n\n{{ link }}\n",
    html='<p>Hello {{ name }}, <a href="{{ link }}">go</a></p>',
    reply_to="{{ group_address }}",
    headers={"List-Unsubscribe": "<{{ link }}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)
LINK = "https://course.example.org/unsubscribe/one-click/" + "k" * 150 + "/"
ADA = Recipient(7, "ada@example.org", {"name": "Ada & Bo", "link": LINK, "group_address": "group-1-2@example.org"})


def read(message):
    """Write the message out, check the rules of the wire, and read it back."""
    raw = message.as_bytes()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    return message_from_bytes(raw, policy=policy.default)


def test_a_message_has_all_that_is_asked_of_it():
    message = read(build(LETTER, ADA, "abc.1@example.org", NOON))
    assert dict(message.items()) | {"Content-Type": ""} == {
        "From": "Course team <team@example.org>",
        "To": "ada@example.org",
        "Reply-To": "group-1-2@example.org",
        "Subject": "Week 1, Ada & Bo",
        "Date": "Mon, 02 Mar 2026 12:00:00 +0000",
        "Message-ID": "<abc.1@example.org>",
        "List-Unsubscribe": f"<{LINK}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.get_body(["plain"]).get_content().replace("\r\n", "\n") == f"Hello Ada & Bo\n\n{LINK}\n"
    html = f'<p>Hello Ada &amp; Bo, <a href="{LINK}">go</a></p>'
    assert message.get_body(["html"]).get_content().strip() == html


def test_a_long_link_in_a_header_stays_in_one_piece():
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in build(LETTER, ADA, "a@b", NOON).as_bytes()


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada@exämple.org", b"To: ada@xn--exmple-cua.org\r\n"),
        ("ada@straße.de", b"To: ada@xn--strae-oqa.de\r\n"),
        ("jürgen@exämple.org", "To: jürgen@exämple.org\r\n".encode()),
        ("用户@例子.广告", "To: 用户@例子.广告\r\n".encode()),
    ],
)
def test_international_addresses(address, written):
    message = build(LETTER, Recipient(1, address, {**ADA.values, "name": "Zoë"}), "a@b", NOON)
    assert written in message.as_bytes()
    assert read(message)["Subject"] == "Week 1, Zoë"


@pytest.mark.parametrize("address", ["", "nobody", "@example.org", "ada@", "ada@ü..org"])
def test_an_address_that_cannot_be_read_is_refused(address):
    with pytest.raises(ValueError, match=r"address|Empty"):
        build(LETTER, Recipient(1, address, ADA.values), "a@b", NOON)


def test_a_subject_longer_than_a_line_may_be_is_folded():
    subject = "word " * 400
    message = read(build(Letter("a@b.org", subject, "t", "h"), ADA, "a@b", NOON))
    assert message["Subject"] == subject.strip()


HEADER_TEXT = st.text(max_size=60) | st.text(alphabet='aé,"\\<>@ =?utf-8q_\r\n()[]:;ß漢', max_size=200)


@given(subject=HEADER_TEXT, listed=HEADER_TEXT, name=HEADER_TEXT, value=HEADER_TEXT)
@example("=?utf-8?q?a=0D=0ABcc:_x@y.org?=", "=?utf-8?q?=0ABcc:x?=", "=?utf-8?q?=0ABcc:x?=", "\r\nBcc: x@y.org")
@example("Hello\nBcc: x@y.org", "x\r\n\r\nbody", "Müller, Jürgen", "=?utf-8?q?a=0D=0ABcc:_x?=")
def test_nobody_can_add_a_header(subject, listed, name, value):
    letter = Letter(formataddr((one_line(name), "team@example.org")), subject + "{{ name }}", "t", "h")
    letter.headers["X-Note"] = listed
    raw = build(letter, Recipient(1, "ada@example.org", {"name": value}), "a@b", NOON).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
    names = [line.partition(b":")[0].decode() for line in head]
    assert names == ["From", "To", "Subject", "Date", "Message-ID", "X-Note", "MIME-Version", "Content-Type"]
    message = message_from_bytes(raw)
    wanted = one_line(subject + "{{ name }}").replace("{{ name }}", one_line(value))
    assert squeezed(message["Subject"]) == squeezed_text(wanted)
    assert squeezed(message["X-Note"]) == squeezed_text(one_line(listed))
    sender = read(build(letter, ADA, "a@b", NOON))["From"].addresses
    assert [address.addr_spec for address in sender] == ["team@example.org"]
    if "=?" not in name:  # the sender may come with its name encoded already
        assert "".join(sender[0].display_name.split()) == "".join(one_line(name).split())


def squeezed(header: str) -> str:
    return squeezed_text(str(make_header(decode_header(header))))


def squeezed_text(text: str) -> str:
    return " ".join(text.split())
