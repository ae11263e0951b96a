"""One finished message for one person, as it goes over the wire (RFC 5322, MIME)."""

import datetime
from email.header import Header, decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr

import idna

from mailing.letters import Letter, Recipient
from mailing.merge import fill, fill_line, one_line

LONGEST_LINE = 998  # octets, RFC 5322 2.1.1


class WirePolicy(EmailPolicy):
    """The modern policy with plainer folding of headers.

    Python's own turns a link longer than a line into an encoded word, which no mail program reads in
    List-Unsubscribe, and can lose the quotes around a name with a comma. Here a header is one line if that is
    allowed, and is encoded as a whole if it has anything but ASCII in it.
    """

    def fold(self, name: str, value: str) -> str:
        line = f"{name}: {value}"
        if hasattr(value, "addresses"):
            if self.utf8 or not _needs_words(value):
                return f"{line}\r\n"
            return f"{name}: {', '.join(_encoded_mailbox(address) for address in value.addresses)}\r\n"
        if (_needs_words(value) and not self.utf8) or len(line.encode()) > LONGEST_LINE:
            return f"{name}: {Header(value, 'utf-8', header_name=name).encode(linesep=self.linesep)}\r\n"
        return f"{line}\r\n"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


WIRE = WirePolicy(linesep="\r\n", max_line_length=LONGEST_LINE)


def build(letter: Letter, recipient: Recipient, message_id: str, moment: datetime.datetime) -> EmailMessage:
    """Return the message that `recipient` gets, as text and html, with every merge tag filled.

    `message_id` comes without angle brackets, `moment` with a zone. A message to or from an address whose part
    before the @ is not ASCII has its headers in UTF-8 and needs a server with SMTPUTF8 (RFC 6531); all others are
    ASCII. Raises ValueError where an address cannot be read.
    """
    mailboxes = {"From": _mailbox(letter.sender), "To": _mailbox(recipient.address)}
    if letter.reply_to:
        mailboxes["Reply-To"] = _mailbox(fill_line(letter.reply_to, recipient.values))
    in_utf8 = not all(address.addr_spec.isascii() for address in mailboxes.values())
    message = EmailMessage(policy=WIRE.clone(utf8=in_utf8))
    for name, address in mailboxes.items():
        message[name] = address
    message["Subject"] = _literal(fill_line(letter.subject, recipient.values))
    message["Date"] = moment
    message["Message-ID"] = f"<{one_line(message_id)}>"
    for name, text in letter.headers.items():
        message[name] = _literal(fill_line(text, recipient.values))
    message.set_content(fill(letter.text, recipient.values, html=False), cte="quoted-printable")
    html = fill(letter.html, recipient.values, html=True)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _mailbox(text: str) -> Address:
    """Read `address` or `Name <address>`; where only the domain is not ASCII, give it in its ASCII form."""
    name, address = parseaddr(one_line(text))
    user, _at, domain = address.rpartition("@")
    if not user or not domain:
        raise ValueError(f"No e-mail address can be read in {text[:100]!r}.")
    if user.isascii() and not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    return Address(one_line(str(make_header(decode_header(name)))), user, domain)


def _encoded_mailbox(address: Address) -> str:
    name = address.display_name
    if not _needs_words(name):
        return str(address)
    return f"{Header(name, 'utf-8').encode(linesep=WIRE.linesep)} <{address.addr_spec}>"


def _literal(text: str) -> str:
    """Return `text` so that the message's header is exactly it: Python would decode what looks like encoded words."""
    return str(Header(text, "utf-8").encode(maxlinelen=0)) if "=?" in text else text


def _needs_words(text: str) -> bool:
    return not text.isascii() or "=?" in text
