"""The DNS of the sending domain: what is good, what to add, in words. No test asks a name server."""

import dns.exception
import dns.resolver
import pytest
from django.core.management import CommandError, call_command

from mailing import sending_domain
from mailing.sending_domain import Entry, LookUpError, Verdict, dkim, dmarc, mx, sender, spf
from tests.mailgun_standin import StandIn

DOMAIN = "mail.example.org"
SPF = "v=spf1 include:mailgun.org ~all"
KEY = Entry("TXT", f"pic._domainkey.{DOMAIN}", "k=rsa; p=MIGfMA0")
GOOD = {
    (DOMAIN, "TXT"): ["google-site-verification=1", SPF],
    (KEY.name, "TXT"): ["k=rsa; p=STANDIN"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=quarantine"],
    (DOMAIN, "MX"): ["10 MXA.mailgun.org.", "10 mxb.mailgun.org."],
}


def server(known):
    """A name server that knows these entries and nothing else; where a sentence stands instead of a list, it fails."""

    def look_up(name, kind):
        found = known.get((name, kind), [])
        if isinstance(found, str):
            raise LookUpError(found)
        return found

    return look_up


@pytest.mark.parametrize(
    ("texts", "verdict", "words"),
    [
        ([SPF], Verdict.GOOD, SPF),
        (["V=SPF1 A INCLUDE:MAILGUN.ORG -ALL"], Verdict.GOOD, "INCLUDE"),
        ([], Verdict.TO_DO, f"Add a TXT entry at {DOMAIN}: {SPF}"),
        (["v=spf10 nothing"], Verdict.TO_DO, "Add a TXT entry"),
        ([SPF, "v=spf1 mx -all"], Verdict.TO_DO, "2 entries"),
        (["v=spf1 a mx -all"], Verdict.TO_DO, "Change it to: v=spf1 include:mailgun.org a mx -all"),
        (["v=spf1 include:mailgun.org +all"], Verdict.TO_DO, "lets anybody send"),
        (["v=spf1 include:other.example ~all"], Verdict.GOOD, "other.example"),
        (["v=spf1 redirect=other.example"], Verdict.GOOD, "other.example"),
        (["v=spf1 include:circle.example ~all"], Verdict.TO_DO, "does not name mailgun.org"),
    ],
)
def test_spf(texts, verdict, words):
    known = {
        (DOMAIN, "TXT"): texts,
        ("other.example", "TXT"): [SPF],
        ("circle.example", "TXT"): ["v=spf1 include:circle.example include:round.example -all"],
        ("round.example", "TXT"): ["v=spf1 include:circle.example -all"],
    }
    found = spf(DOMAIN, "mailgun.org", server(known))
    assert (found.subject, found.verdict) == ("SPF", verdict)
    assert words in found.words


def test_spf_of_a_mail_server_whose_name_nobody_told():
    assert "knows the NAME in it: v=spf1 include:NAME ~all" in spf(DOMAIN, "", server({})).words
    assert spf(DOMAIN, "", server({(DOMAIN, "TXT"): ["v=spf1 mx -all"]})).verdict == Verdict.GOOD


@pytest.mark.parametrize(
    ("texts", "verdict", "words"),
    [
        (["k=rsa; p=MIG fMA0"], Verdict.GOOD, "holds a key"),
        (["v=DKIM1; t=s; p=MIGfMA0;"], Verdict.GOOD, "holds a key"),
        ([], Verdict.TO_DO, f"Add a TXT entry at {KEY.name}: k=rsa; p=MIGfMA0"),
        (["nothing of the kind"], Verdict.TO_DO, "Add a TXT entry"),
        (["k=rsa; p="], Verdict.TO_DO, "not valid any more"),
        (["k=rsa; p=OTHER"], Verdict.TO_DO, "another key"),
        (["p=MIGfMA0", "p=OLD"], Verdict.TO_DO, "2 keys"),
    ],
)
def test_dkim(texts, verdict, words):
    [found] = dkim([KEY], server({(KEY.name, "TXT"): texts}))
    assert (found.subject, found.verdict) == ("DKIM", verdict)
    assert words in found.words


def test_dkim_through_another_name_and_without_any():
    [there, missing] = dkim(
        [
            Entry("CNAME", "pdk1._domainkey.x.org", "pdk1.mgsend.org"),
            Entry("CNAME", "pdk2._domainkey.x.org", "pdk2.mg"),
        ],
        server({("pdk1._domainkey.x.org", "TXT"): ["p=KEY"]}),
    )
    assert there.verdict == Verdict.GOOD
    assert missing.words == "Add a CNAME entry at pdk2._domainkey.x.org: pdk2.mg"
    [nobody] = dkim([], server({}))
    assert (nobody.verdict, "--selector" in nobody.words) == (Verdict.NOTE, True)


@pytest.mark.parametrize(
    ("known", "verdict", "words"),
    [
        ({"_dmarc.mail.example.org": ["v=DMARC1; p=reject"]}, Verdict.GOOD, "_dmarc.mail.example.org says"),
        ({"_dmarc.example.org": ["v = DMARC1;p=none"]}, Verdict.GOOD, "_dmarc.example.org says"),
        ({"_dmarc.org": ["v=DMARC1; p=none"]}, Verdict.TO_DO, "Add a TXT entry at _dmarc.mail.example.org"),
        ({}, Verdict.TO_DO, "v=DMARC1; p=none"),
        ({"_dmarc.example.org": ["v=DMARC1; p=none"] * 2}, Verdict.TO_DO, "2 entries"),
        ({"_dmarc.example.org": ["v=DMARC1; rua=mailto:x@y.z"]}, Verdict.TO_DO, "lacks its policy"),
    ],
)
def test_dmarc(known, verdict, words):
    found = dmarc(DOMAIN, server({(name, "TXT"): texts for name, texts in known.items()}))
    assert (found.verdict, words in found.words) == (verdict, True)


HOSTS = ["mxa.mailgun.org", "mxb.mailgun.org"]


@pytest.mark.parametrize(
    ("texts", "hosts", "verdict", "words"),
    [
        (["10 MXA.mailgun.org.", "10 mxb.mailgun.org."], HOSTS, Verdict.GOOD, "goes to mxa.mailgun.org"),
        ([], HOSTS, Verdict.TO_DO, "for mxa.mailgun.org and mxb.mailgun.org, each with priority 10"),
        (["0 ."], HOSTS, Verdict.TO_DO, "answers cannot arrive"),
        (["5 mx.example.org."], HOSTS, Verdict.NOTE, "groups would not reach this site"),
        (["5 mx.example.org."], [], Verdict.GOOD, "goes to mx.example.org"),
        ([], [], Verdict.TO_DO, "keeps your mailbox"),
    ],
)
def test_mx(texts, hosts, verdict, words):
    found = mx(DOMAIN, hosts, server({(DOMAIN, "MX"): texts}))
    assert (found.verdict, words in found.words) == (verdict, True)


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("team@mail.example.org", Verdict.GOOD),
        ("team@Example.ORG", Verdict.GOOD),
        ("team@gmail.com", Verdict.TO_DO),
    ],
)
def test_the_sender(address, verdict):
    assert sender(DOMAIN, address).verdict == verdict


# The command


@pytest.fixture
def said(settings, monkeypatch, capsys):
    """Run the command against entries that a test names, and return the lines it wrote."""
    settings.EMAIL_DOMAIN, settings.DEFAULT_FROM_EMAIL = DOMAIN, f"Team <team@{DOMAIN}>"

    def run(known, *options):
        monkeypatch.setattr(sending_domain, "look_up", server(known))
        try:
            call_command("check_domain", *options)
        finally:
            run.lines = capsys.readouterr().out.splitlines()
        return run.lines

    return run


def test_with_a_key_mailgun_says_what_must_stand_there(said, settings):
    with StandIn() as mailgun:
        for name, value in mailgun.environment().items():
            setattr(settings, name, value)
        assert [line.split(" ")[:2] for line in said(GOOD)] == [
            ["SPF:", "good."], ["DKIM:", "good."], ["DMARC:", "good."], ["MX:", "good."], ["From:", "good."],
        ]  # fmt: skip
        with pytest.raises(CommandError, match="To do: 4") as refusal:
            said({})
        assert refusal.value.returncode == 1
        assert f"DKIM: to do. Add a TXT entry at {KEY.name}: k=rsa; p=STANDIN" in said.lines
        assert said(GOOD | {("other._domainkey.mail.example.org", "TXT"): ["p=X"]}, "--selector", "other")[1] == (
            "DKIM: good. other._domainkey.mail.example.org holds a key."
        )
        settings.MAILGUN_API_KEY = "wrong"
        assert said(GOOD)[0].startswith("Mailgun: Mailgun refused the key.")


def test_by_smtp_only_the_domain_is_looked_at(said, settings):
    settings.MAIL_TRANSPORT, settings.MAILGUN_API_KEY = "smtp", ""
    known = GOOD | {(DOMAIN, "TXT"): ["v=spf1 mx -all"], (DOMAIN, "MX"): ["1 mx.example.org."]}
    assert [line.split(".")[0] for line in said(known)] == [
        "SPF: good", "DKIM: note", "DMARC: good", "MX: good", "From: good",
    ]  # fmt: skip


def test_a_name_server_that_fails_is_no_answer(said):
    with pytest.raises(CommandError, match="To do: 1"):
        said(GOOD | {(KEY.name, "TXT"): "could not be looked up"}, "--selector", "pic")
    assert said.lines[1] == "DKIM: to do. could not be looked up"


def test_without_a_domain_there_is_nothing_to_look_at(settings):
    settings.EMAIL_DOMAIN = "mooc.localhost"
    with pytest.raises(CommandError, match="EMAIL_DOMAIN is missing"):
        call_command("check_domain")


# Asking for real


class Text:
    strings = (b"v=spf1 ", b"-all")

    def to_text(self):
        return "10 mx.example.org."


@pytest.mark.parametrize(("kind", "texts"), [("TXT", ["v=spf1 -all"]), ("MX", ["10 mx.example.org."])])
def test_entries_come_as_texts(monkeypatch, kind, texts):
    monkeypatch.setattr(dns.resolver, "resolve", lambda *_args, **_more: [Text()])
    assert sending_domain.look_up(DOMAIN, kind) == texts


@pytest.mark.parametrize("nothing", [dns.resolver.NXDOMAIN, dns.resolver.NoAnswer])
def test_nothing_is_no_error_and_no_answer_is_one(monkeypatch, nothing):
    def refuse(kind):
        def resolve(*_args, **_more):
            raise kind

        monkeypatch.setattr(dns.resolver, "resolve", resolve)

    refuse(nothing)
    assert sending_domain.look_up(DOMAIN, "TXT") == []
    refuse(dns.exception.Timeout)
    with pytest.raises(LookUpError, match=r"mail\.example\.org could not be looked up \(Timeout\)"):
        sending_domain.look_up(DOMAIN, "TXT")
