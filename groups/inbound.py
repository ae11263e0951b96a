"""One message as it came, read into what we use: sender, ids, the text that is new, pictures. Pure, and never raises
anything but UnreadableError: what mail programs and strangers send can be broken in every way.
"""

import codecs
import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from email.utils import getaddresses

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from groups.mail_html import text_of_html
from groups.pictures import Picture, picture_of
from mooc.lib.addresses import clean_address, fold
from mooc.lib.text import REFUSED

log = logging.getLogger(__name__)

MOST_PARTS = 100
# What the library would take minutes for. Thirty megabytes of attachments have 400,000 lines.
MOST_LINES, MOST_BOUNDARIES, MOST_LOOKS = 450_000, 5_000, 8_000_000
LONGEST_BODY = 400_000  # characters of text or html that are looked at
LONGEST_HEADER, LONGEST_CONTENT_HEADER = 20_000, 2_000
LONGEST_NAME = 100
MOST_IDS = 50
HEAD = 256 * 1024  # bytes of a message that is too large, in which its head is looked for

_LOCAL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,60}\.)?localhost", re.ASCII)
_ID = re.compile(r"<([^<>\s]{3,300})>")
_WORD = r"=\?[^?\s]+\?[bq]\?[^?]*\?="
_WORDS = re.compile(rf"{_WORD}(?:\s+{_WORD})*", re.IGNORECASE)
_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # of pairs, and no bytes that the library could not read
_SLOW = {"punycode", "idna"}  # as charsets these take time by the square of a text's length, and mean nothing
_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|antw|sv|vs|fw|fwd|wg|tr|rv|enc|ref|odp|回复|答复|回覆|返信)\s*(?:\[\d+\])?\s*[:\uff1a]"
    r"|\[[^\]]{1,80}\])",
    re.IGNORECASE,
)
_SEALED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
_REACTION = "text/vnd.google.email-reaction+json"
_LEFTOVER = re.compile(r"ATT\d{5}\.(?:txt|html?)", re.IGNORECASE)  # what Exchange makes of words between pictures
_SIGNED = {
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-keys",
}


class UnreadableError(ValueError):
    """This is no message, or one that our parser cannot get through."""


class _ShortHeaders(EmailPolicy):
    """The modern policy with long headers cut: its reading of one takes time by the square of its length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: LONGEST_CONTENT_HEADER if name.lower().startswith("content-") else LONGEST_HEADER]


_POLICY = _ShortHeaders()


@dataclass(frozen=True)
class Incoming:
    """A message as we use it. Header texts are decoded and on one line; addresses are clean or empty."""

    sender: str  # the one address in From
    name: str
    senders: int  # how many addresses From names
    message_id: str
    ids: tuple[str, ...]  # of the messages it answers, the nearest last
    subject: str
    text: str  # whole, quotations included
    pictures: tuple[Picture, ...]
    left_out: tuple[str, ...]  # sentences on what was not kept
    sealed: bool  # encrypted: nobody but its receiver could read it
    reaction: bool  # a thumb up and the like: the program that sent it shows it at the message it is about
    headers: dict[str, tuple[str, ...]]  # by small name, on one line, encoded words as they came
    digest: str

    @property
    def folded(self) -> str:
        return fold(self.sender)

    def first(self, name: str) -> str:
        """Return the first header of a name, or ""."""
        return (self.headers.get(name) or ("",))[0]


def read(raw: bytes, picture_bytes: int, *, head_only: bool = False) -> Incoming:
    """Read one message. Pictures of up to `picture_bytes` are kept; `head_only` looks at nothing below the head.

    Raises UnreadableError.
    """
    try:
        _refuse_mazes(raw)
        message = message_from_bytes(raw[:HEAD] if head_only else raw, policy=_POLICY)
        return _read(message, hashlib.sha256(raw).hexdigest(), 0 if head_only else picture_bytes, head_only)
    except UnreadableError:
        raise
    except Exception as error:
        # The library itself fails on some broken messages, each time in another way (RecursionError among them).
        log.warning("A message could not be read (%s).", type(error).__name__)
        raise UnreadableError(type(error).__name__) from error


def _refuse_mazes(raw: bytes) -> None:
    """Raise UnreadableError where a message has so many lines or parts that reading it would keep us for minutes.

    The library looks at each line once for each part that is open.
    """
    lines, parts = max(raw.count(b"\n"), raw.count(b"\r")), raw.count(b"\n--")
    looks = lines * (1 + raw.lower().count(b"boundary"))
    if lines > MOST_LINES or parts > MOST_BOUNDARIES or looks > MOST_LOOKS:
        raise UnreadableError("a maze")


def _read(message: EmailMessage, digest: str, picture_bytes: int, head_only: bool) -> Incoming:
    headers: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        headers.setdefault(name.lower(), []).append(_line(str(value)))
    if not {"from", "date", "message-id", "subject", "received", "return-path"} & headers.keys():
        raise UnreadableError("no head")
    senders = [pair for pair in getaddresses(headers.get("from", [])) if pair[1]]
    ids = [
        found for name in ("references", "in-reply-to") for text in headers.get(name, []) for found in _ID.findall(text)
    ]
    text, pictures, left_out, sealed, kinds = ("", (), (), False, ()) if head_only else _body(message, picture_bytes)
    own = _ID.search((headers.get("message-id") or [""])[0])
    return Incoming(
        sender=_address(senders[0][1]) if len(senders) == 1 else "",
        name=_decoded(senders[0][0])[:LONGEST_NAME] if senders else "",
        senders=len(senders), message_id=own[1] if own else "", ids=tuple(dict.fromkeys(ids[-MOST_IDS:])),
        subject=subject_of(_decoded((headers.get("subject") or [""])[0])), text=text, pictures=pictures,
        left_out=left_out, sealed=sealed, reaction=_REACTION in kinds, digest=digest,
        headers={name: tuple(values) for name, values in headers.items()},
    )  # fmt: skip


def subject_of(text: str) -> str:
    """Return a subject without `Re:` in several languages and without marks in brackets at its beginning."""
    while found := _PREFIX.match(text):
        text = text[found.end() :]
    return text.strip()[:200]


def _address(text: str) -> str:
    try:
        return clean_address(text)
    except ValidationError:
        # Domains that exist on one machine only are refused at sign-up, and are what a fresh clone has.
        return text if _LOCAL.fullmatch(text) else ""


def _line(text: str) -> str:
    """Return a header on one line, without what cannot be stored; bytes that are not ASCII are UTF-8 as a rule."""
    raw = _HALVES.sub("", text).encode("utf-8", "surrogateescape")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("windows-1252", "replace")
    return " ".join(_storable(" ".join(text.split())).split())


def _decoded(text: str) -> str:
    """Return a header's text on one line with its encoded words decoded."""
    return _line(_WORDS.sub(_in_words, _line(text)))


def _in_words(found: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(found[0])))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return found[0]


def _storable(text: str) -> str:
    """Return `text` without NUL, direction marks and other characters that no page and no header can carry."""
    return REFUSED.sub("", text.encode("utf-8", "replace").decode("utf-8"))


def _body(
    message: EmailMessage, picture_bytes: int
) -> tuple[str, tuple[Picture, ...], tuple[str, ...], bool, set[str]]:
    """Return the text, the pictures, sentences on what was left out, whether it is encrypted, and kinds of parts."""
    plain, html, pictures, left_out, sealed, kinds = [], [], [], [], False, set()
    for part in _leaves(message):
        kind = part.get_content_type()
        kinds.add(kind)
        name = _decoded(part.get_filename() or "")[:LONGEST_NAME]
        attached = bool(name) or str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        if kind in _SIGNED or _LEFTOVER.fullmatch(name):
            continue
        if kind in _SEALED:
            sealed = True
        elif kind.startswith("multipart/") or (kind == "text/plain" and not attached):
            # A multipart in which no part was found is broken, and what stands in it may be words.
            plain.append(_flowed(_text(part), part))
        elif kind == "text/html" and not attached:
            html.append(_text(part))
        else:
            _keep(part, kind, name, picture_bytes, pictures, left_out)
    text = "\n\n".join(piece for piece in plain if piece.strip())
    if not text.strip():
        text = "\n\n".join(text_of_html(piece[:LONGEST_BODY]) for piece in html)
    return _storable(text[:LONGEST_BODY]), tuple(pictures), tuple(left_out), sealed and not text.strip(), kinds


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that have no parts; a message within the message counts as one."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting = [*part.get_payload(), *waiting]
        else:
            yield part


def _keep(
    part: Message, kind: str, name: str, picture_bytes: int, pictures: list[Picture], left_out: list[str]
) -> None:
    """Keep a picture, or say in a sentence what was not kept."""
    if kind == "text/calendar":
        left_out.append(_("A calendar invitation came with it, which is not passed on."))
        return
    if name.lower() == "winmail.dat" or kind == "application/ms-tnef":
        left_out.append(_("A file winmail.dat came with it, which only Outlook can read."))
        return
    if kind == "message/rfc822":
        left_out.append(_("Another message came with it, which is not passed on."))
        return
    shown = _("without a name") if "@" in name or not name else name  # no address goes on, in a name either
    if kind.startswith("image/"):
        content = part.get_payload(decode=True) or b""
        kept = sum(len(picture.content) for picture in pictures)
        picture = picture_of(content, shown) if len(content) + kept <= picture_bytes else None
        if picture:
            pictures.append(picture)
            return
        if len(content) + kept > picture_bytes:
            left_out.append(_("The picture %(name)s is too large and was left out.") % {"name": shown})
            return
    left_out.append(_("The file %(name)s came with it. Files are not passed on.") % {"name": shown})


def _text(part: Message) -> str:
    """Return the text of a part, whatever its charset says and is."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    content = content[: 4 * LONGEST_BODY]
    named = (part.get_content_charset() or "utf-8").lower()
    # What calls itself Latin 1 or ASCII is Windows' own set as often as not; browsers read it so too.
    named = "windows-1252" if named in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else named
    for charset in ("utf-8", named) if named == "windows-1252" else (named, "utf-8"):
        try:
            return content.decode("utf-8" if codecs.lookup(charset).name in _SLOW else charset)
        except (LookupError, ValueError):
            continue
    return content.decode("windows-1252", "replace")


def _flowed(text: str, part: Message) -> str:
    """Join the lines that `format=flowed` has broken (RFC 3676)."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    joined: list[str] = []
    soft = False
    for line in text.splitlines():
        stuffed = line.removeprefix(" ")
        if soft and not stuffed.startswith(">") and stuffed.strip():
            joined[-1] += stuffed
        else:
            joined.append(stuffed)
        soft = stuffed.endswith(" ") and stuffed != "-- " and not stuffed.startswith(">")
    return "\n".join(joined)
