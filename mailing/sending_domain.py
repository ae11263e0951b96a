"""What the sending domain's DNS says to those who receive our mail, and what is missing there, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import dns.exception
import dns.resolver

LookUp = Callable[[str, str], list[str]]
PATIENCE = 10.0  # seconds for one look-up
MOST_INCLUDES = 10  # of one SPF entry, RFC 7208 4.6.4


class LookUpError(Exception):
    """Nobody could say what stands in the DNS. Says why."""


class Verdict(StrEnum):
    """What a finding asks of the reader."""

    GOOD = "good"
    TO_DO = "to do"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What was found about one subject, such as SPF, in sentences."""

    subject: str
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class Entry:
    """An entry that ought to stand in the DNS. `value` may be "" where only its owner knows it."""

    kind: str
    name: str
    value: str = ""


def look_up(name: str, kind: str) -> list[str]:
    """Return the texts of all entries of one kind (TXT, MX) at a name, none where there is nothing; LookUpError."""
    try:
        found = dns.resolver.resolve(name, kind, lifetime=PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise LookUpError(f"{name} could not be looked up ({type(error).__name__}). Try again later.") from None
    if kind == "TXT":
        return [b"".join(one.strings).decode("utf-8", "replace") for one in found]
    return [one.to_text() for one in found]


def spf(domain: str, include: str, look_up: LookUp) -> Finding:
    """Say whether the domain names who may send for it; `include` is what the provider wants there, "" if unknown."""
    found = _spf_at(domain, look_up)
    example = f"v=spf1 include:{include or 'NAME'} ~all"
    whose = "" if include else ". Whoever runs your mail server knows the NAME in it"
    if not found:
        return _to_do("SPF", f"Add a TXT entry at {domain}{whose}: {example}")
    if len(found) > 1:
        return _to_do("SPF", f"{domain} has {len(found)} entries that begin with v=spf1. Make one of them: {example}")
    terms = found[0].lower().split()
    if {"+all", "all"} & set(terms):
        return _to_do("SPF", f"The entry at {domain} lets anybody send for you. Write ~all instead of +all at its end.")
    if include and include not in _included(found[0], look_up, set()):
        better = " ".join([terms[0], f"include:{include}", *found[0].split()[1:]])
        return _to_do("SPF", f"The entry at {domain} does not name {include}. Change it to: {better}")
    return Finding("SPF", Verdict.GOOD, f"{domain} says: {found[0]}")


def _spf_at(name: str, look_up: LookUp) -> list[str]:
    return [text for text in look_up(name, "TXT") if text.lower().split(" ")[0] == "v=spf1"]


def _included(record: str, look_up: LookUp, seen: set[str]) -> set[str]:
    """Return the names that an SPF entry includes, also through others."""
    for term in record.lower().split():
        for mark in ("include:", "redirect="):
            name = term.lstrip("+?~-").removeprefix(mark)
            if mark in term and name not in seen and len(seen) < MOST_INCLUDES:
                seen.add(name)
                for inner in _spf_at(name, look_up):
                    _included(inner, look_up, seen)
    return seen


def dkim(entries: Iterable[Entry], look_up: LookUp) -> list[Finding]:
    """Say for each key that mail is signed with whether its other half stands where receivers look for it."""
    return [_dkim_at(entry, look_up) for entry in entries] or [
        Finding(
            "DKIM", Verdict.NOTE,
            "Not looked at, since nobody said under which name. Give it with --selector: it is the word before "
            "._domainkey in the entry that your mail server asks for.",
        )
    ]  # fmt: skip


def _dkim_at(entry: Entry, look_up: LookUp) -> Finding:
    found = [_tags(text) for text in look_up(entry.name, "TXT")]
    keys = [tags["p"] for tags in found if "p" in tags]
    if not keys:
        value = entry.value or "the value that your mail server's keeper gives you"
        return _to_do("DKIM", f"Add a {entry.kind} entry at {entry.name}: {value}")
    if len(keys) > 1:
        return _to_do("DKIM", f"{entry.name} has {len(keys)} keys, and receivers read one. Remove the old one.")
    wanted = _tags(entry.value).get("p") if entry.kind == "TXT" else None
    if not keys[0] or (wanted and keys[0] != wanted):
        why = "holds another key than mail is signed with" if keys[0] else "says that its key is not valid any more"
        return _to_do("DKIM", f"{entry.name} {why}. Change it to: {entry.value or 'the present key'}")
    return Finding("DKIM", Verdict.GOOD, f"{entry.name} holds a key.")


def dmarc(domain: str, look_up: LookUp) -> Finding:
    """Say whether the domain, or one above it, tells receivers what to do with mail that is not ours."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        at = f"_dmarc.{'.'.join(labels[start:])}"
        found = [text for text in look_up(at, "TXT") if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(found) > 1:
            return _to_do("DMARC", f"{at} has {len(found)} entries. Keep one.")
        if found and not _tags(found[0]).get("p"):
            return _to_do("DMARC", f"The entry at {at} lacks its policy. Change it to: v=DMARC1; p=none")
        if found:
            return Finding("DMARC", Verdict.GOOD, f"{at} says: {found[0]}")
    return _to_do(
        "DMARC",
        f"Gmail and Yahoo ask for it of whoever writes to many. Add a TXT entry at _dmarc.{domain}: v=DMARC1; p=none",
    )


def mx(domain: str, hosts: list[str], look_up: LookUp) -> Finding:
    """Say where mail to the domain goes. `hosts` are the provider's, none where it takes no mail for us."""
    found = [text.split()[-1].rstrip(".").lower() for text in look_up(domain, "MX")]
    present = [host for host in found if host]
    if not present:
        whose = f"{' and '.join(hosts)}, each with priority 10" if hosts else "the server that keeps your mailbox"
        return _to_do(
            "MX", f"Add MX entries at {domain} for {whose}. Without them, answers cannot arrive, and some refuse mail."
        )
    goes = f"Mail to {domain} goes to {', '.join(present)}."
    if hosts and not set(hosts) & set(present):
        words = f"{goes} That is not Mailgun, so mail to groups would not reach this site. All else works."
        return Finding("MX", Verdict.NOTE, words)
    return Finding("MX", Verdict.GOOD, goes)


def sender(domain: str, address: str) -> Finding:
    """Say whether mail comes from the domain that signs it, as DMARC wants (RFC 7489 3.1)."""
    theirs = address.rpartition("@")[2].lower()
    # Nobody can tell by its looks where an organisation's domain begins; two words in common are taken for one.
    if theirs.split(".")[-2:] == domain.lower().split(".")[-2:]:
        return Finding("From", Verdict.GOOD, f"Mail comes from {address}.")
    return _to_do(
        "From", f"Mail comes from {address}, but {domain} signs it. Set DEFAULT_FROM_EMAIL to one at {domain}."
    )


def check(
    domain: str, address: str, include: str, keys: Iterable[Entry], hosts: list[str], look_up: LookUp
) -> list[Finding]:
    """Return all findings about a domain that mail from `address` is sent by."""
    found: list[Finding] = []
    for subject, ask in (
        ("SPF", lambda: [spf(domain, include, look_up)]),
        ("DKIM", lambda: dkim(keys, look_up)),
        ("DMARC", lambda: [dmarc(domain, look_up)]),
        ("MX", lambda: [mx(domain, hosts, look_up)]),
    ):
        try:
            found += ask()
        except LookUpError as error:
            found.append(_to_do(subject, str(error)))
    return [*found, sender(domain, address)]


def _to_do(subject: str, words: str) -> Finding:
    return Finding(subject, Verdict.TO_DO, words)


def _tags(text: str) -> dict[str, str]:
    """Read `k=rsa; p=MIG fMA` as {"k": "rsa", "p": "MIGfMA"}."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, mark, value in pairs if mark}
