"""Messages in the shapes that mail programs give them, each built from the same few words. None was received."""

import base64
from email.utils import format_datetime

from django.utils import timezone as clock

GROUP = "group-3-3@mail.example.org"
BOUNDARY = "0000000000004d2c"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def mail(
    text: str | bytes = "Yes, at six.",
    *,
    sender: str = "Bob Baker <bob@example.org>",
    to: str = GROUP,
    subject: str | None = "Re: [Group 3] Shall we meet?",
    kind: str = "text/plain; charset=utf-8",
    encoding: str = "8bit",
    answers: str = "",
    message_id: str | None = "<answer-1@mail.example>",
    **headers: str,
) -> bytes:
    """Return one message with this body as it is; `answers` is the id of the one it answers, without brackets."""
    lines = [f"From: {sender}", f"To: {to}", f"Date: {format_datetime(clock.now())}"]
    lines += [f"Subject: {subject}"] if subject is not None else []
    lines += [f"Message-ID: {message_id}"] if message_id else []
    lines += [f"In-Reply-To: <{answers}>", f"References: <{answers}>"] if answers else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["MIME-Version: 1.0", f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}"]
    body = text if isinstance(text, bytes) else text.encode()
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def multipart(*parts: tuple[str, str | bytes], kind: str = "mixed", **more) -> bytes:
    """Return a message of several parts, each (its head, its body)."""
    pieces = b""
    for head, body in parts:
        content = body if isinstance(body, bytes) else body.encode()
        pieces += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    body = pieces + f"--{BOUNDARY}--\r\n".encode()
    return mail(body, kind=f'multipart/{kind}; boundary="{BOUNDARY}"', **more)


def attached(kind: str, name: str, content: bytes) -> tuple[str, bytes]:
    """Return a file as a part."""
    head = (
        f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"'
    )
    return head, base64.encodebytes(content)


PLAIN, HTML = "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"


def gmail(words: str = "Yes, at six.", *, quoted: str = "Shall we meet?", **more) -> bytes:
    """Return an answer as Gmail writes it: both parts, the quotation under a line broken in two."""
    intro = f"On Mon, 5 Jan 2026 at 10:00, Ada Lovelace via Group 3 <\r\n{GROUP}> wrote:"
    plain = f"{words}\r\n\r\n{intro}\r\n\r\n> {quoted}\r\n>\r\n"
    html = (
        f'<div dir="ltr">{words}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 5 Jan '
        f'2026 at 10:00, Ada Lovelace via Group 3 &lt;<a href="mailto:{GROUP}">{GROUP}</a>&gt; wrote:<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0">{quoted}</blockquote></div>'
    )
    return multipart((PLAIN, plain), (HTML, html), kind="alternative", **more)


def outlook(words: str = "Yes, at six.", *, quoted: str = "Shall we meet?", **more) -> bytes:
    """Return an answer as Outlook writes it: the copied head of the other message, nothing marked at the line."""
    plain = (
        f"{words}\r\n\r\nBob\r\n\r\n________________________________\r\nFrom: Ada Lovelace via Group 3 <{GROUP}>\r\n"
        f"Sent: Monday, January 5, 2026 10:00 AM\r\nTo: Bob Baker <bob@example.org>\r\n"
        f"Subject: [Group 3] Shall we meet?\r\n\r\n{quoted}\r\n"
    )
    return mail(plain, encoding="8bit", X_Mailer="Microsoft Outlook 16.0", **more)


def apple(words: str = "Yes, at six.", *, quoted: str = "Shall we meet?", **more) -> bytes:
    """Return an answer as Apple Mail on a phone writes it: flowed, and signed by the phone."""
    plain = (
        f"{words}\r\n\r\nSent from my iPhone\r\n\r\n"
        f"> On 5 Jan 2026, at 10:00, Ada Lovelace via Group 3 <{GROUP}> wrote:\r\n> \r\n> {quoted}\r\n"
    )
    return mail(plain, kind="text/plain; charset=us-ascii; format=flowed; delsp=no", encoding="7bit", **more)


def html_only(words: str = "Yes, at six.", **more) -> bytes:
    """Return an answer with nothing but html, as Outlook on the web writes it, with a script in it for good measure."""
    html = (
        f"<html><head><style>p {{color: red}}</style></head><body><div>{words}</div><script>alert(1)</script>"
        f'<div id="appendonsend"></div><hr><div dir="ltr"><b>From:</b> Ada via Group 3 &lt;{GROUP}&gt;<br>'
        f"<b>Sent:</b> Monday, January 5, 2026 10:00 AM<br><b>To:</b> Bob &lt;bob@example.org&gt;<br>"
        f"<b>Subject:</b> [Group 3] Shall we meet?</div><div>Shall we meet?</div></body></html>"
    )
    return mail(html, kind="text/html; charset=utf-8", **more)
