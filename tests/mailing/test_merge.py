"""Merge tags, filled by us or by the provider: both must say the same."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailing.letters import Letter, Recipient
from mailing.merge import fill, fill_line, names_in, one_line, to_provider, unknown

VALUES = {"name": "Ada <Lovelace>", "goal": ""}
BUILT_IN = [
    "%recipient%",
    "%recipient.x%",
    "%recipient.name%",
    "%unsubscribe_url%",
    "%tag_unsubscribe_url%",
    "%mailing_list_unsubscribe_url%",
    "%unsubscribe_email%",
]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ name }}", "Ada <Lovelace>"),
        ("{{name}} {{\xa0name\xa0}} {{&nbsp;name&#160;}}", "Ada <Lovelace> Ada <Lovelace> Ada <Lovelace>"),
        ("{{ name|there }}", "Ada <Lovelace>"),
        ("{{ goal|no goal yet }}.", "no goal yet."),
        ("{{ goal|<none> }}", "<none>"),
        ("{{ goal }}.", "."),
        ("{{ nobody|there }}", "{{ nobody|there }}"),
        ("{{ Name }} {name} {{ na me }} {{ }}", "{{ Name }} {name} {{ na me }} {{ }}"),
    ],
)
def test_filling_plain_text(text, filled):
    assert fill(text, VALUES, html=False) == filled


def test_in_html_the_value_is_escaped_and_the_fallback_is_html_already():
    assert fill('<b title="{{ name }}">{{ goal|R&amp;D&nbsp; }}</b>', {"name": '"<i>"', "goal": " "}, html=True) == (
        '<b title="&quot;&lt;i&gt;&quot;">R&amp;D</b>'
    )


def test_a_tag_never_reaches_across_an_element():
    html = '<a href="{{ name|">more }}</a>'
    assert fill(html, VALUES, html=True) == html


def test_a_value_is_never_looked_into():
    assert fill("{{ name }} {{ goal|x }}", {"name": "{{ goal }}", "goal": "{{ name }}"}, html=False) == (
        "{{ goal }} {{ name }}"
    )


def test_names_and_warnings():
    text = "{{ name }} {{ first|x }} {{ name|y }} {{ goal|<b>z</b> }} {{ first }} {{ two words }}"
    assert names_in(text) == {"name", "first", "goal"}
    assert unknown(text, {"name", "goal"}) == ["first", "goal|z", "two words"]
    assert unknown("{{ name }} {{ goal|z }}", {"name", "goal"}) == []


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028", "\t"])
def test_a_header_stays_one_line(break_):
    assert one_line(f" a{break_}b ") == "a b"
    assert fill_line(f"Hello{break_}{{{{ name }}}}", {"name": f"Bcc:{break_}x"}) == "Hello Bcc: x"


def test_a_header_takes_no_more_than_500_characters_of_a_value():
    assert fill_line("{{ goal }}", {"goal": "x" * 10_000}) == "x" * 500


@pytest.mark.parametrize("text", ["{{" * 50_000, "{{ name|" + " " * 50_000, "{{" + "&nbsp;" * 20_000, "%a" * 50_000])
def test_hostile_text_is_read_once(text):
    started = time.perf_counter()
    assert fill(text, VALUES, html=True) == text
    assert names_in(text) == set()
    assert unknown(text, set()) == []
    to_provider(Letter("a@b", text, text, text), [Recipient(1, "a@b", VALUES)], "p")
    assert time.perf_counter() - started < 2  # milliseconds, unless a pattern goes back over the text again and again


@pytest.mark.parametrize(
    "literal", [*BUILT_IN, "50%off%", "%D0%BF%D1%80", "%unsubscribe_url{{ name }}", "%{{ name }}%"]
)
def test_author_text_cannot_use_the_providers_variables(literal):
    letter = Letter("a@b", f"S {literal}", f"T {literal} t", f'<p title="{literal}">H {literal}</p>')
    assert_same_for_all(letter, [Recipient(1, "ada@example.org", VALUES), Recipient(2, "bo@example.org", VALUES)])


def test_two_tags_do_not_make_a_variable_of_the_word_between_them():
    text = "{{ name }}unsubscribe_url{{ name }}"
    assert_same_for_all(Letter("a@b", text, text, text), [Recipient(1, "ada@example.org", VALUES)])


def test_a_learners_name_cannot_use_the_providers_variables_in_html():
    _sent, values = to_provider(
        Letter("a@b", "", "", "{{ name }}"), [Recipient(1, "a@b", {"name": "%unsubscribe_url%"})], "p"
    )
    assert values == {"a@b": {"p0": "&#37;unsubscribe_url&#37;"}}


def test_only_what_is_used_is_sent_and_for_everybody():
    people = [Recipient(1, "a@b", {"name": "Ada", "goal": "fun"}), Recipient(2, "c@d", {"name": "Bo"})]
    sent, values = to_provider(Letter("a@b", "{{ name }}", "{{ name }} {{ goal }}", "{{ nobody }}"), people, "p")
    assert (sent.subject, sent.text, sent.html) == (
        "%recipient.p0%",
        "%recipient.p0% %recipient.p1%",
        "{{ nobody }}",
    )
    assert values == {"a@b": {"p0": "Ada", "p1": "fun"}, "c@d": {"p0": "Bo", "p1": "{{ goal }}"}}


def test_a_value_that_is_the_same_in_every_part_is_sent_once():
    people = [Recipient(1, "a@b", {"name": "Ada", "link": "https://x.org/a"}), Recipient(2, "c@d", {"name": "B&B"})]
    sent, values = to_provider(
        Letter("a@b", "{{ name }}", "{{ name }} {{ link }}", "{{ name }} {{ link }}"), people, "p"
    )
    assert (sent.subject, sent.text, sent.html) == (
        "%recipient.p0%",
        "%recipient.p0% %recipient.p1%",
        "%recipient.p2% %recipient.p1%",
    )
    assert values["c@d"] == {"p0": "B&B", "p1": "{{ link }}", "p2": "B&amp;B"}


def test_headers_and_reply_to_are_translated_as_lines():
    letter = Letter(
        "a@b", "s", "t", "h", reply_to="{{ group_address }}", headers={"List-Unsubscribe": "<{{ one_click_url }}>"}
    )
    person = Recipient(1, "a@b", {"group_address": "g@x.org\r\nBcc: y", "one_click_url": "https://x.org/u"})
    sent, values = to_provider(letter, [person], "p")
    assert (sent.reply_to, sent.headers) == ("%recipient.p0%", {"List-Unsubscribe": "<%recipient.p1%>"})
    assert values["a@b"] == {"p0": "g@x.org Bcc: y", "p1": "https://x.org/u"}


TAGS = (
    "{{ name }},{{name}},{{ name|there }},{{ goal|%recipient.x% & <co> }},{{ goal|a &amp; b }},{{ lost }},{{ late|x }}"
)
SCRAPS = ["%", "%%", " ", "word", "unsubscribe_url", "recipient.name", "&#37;", "<b>", "\n", "é", "100%", "}}", "{{"]
PIECES = st.sampled_from([*TAGS.split(","), *SCRAPS, *BUILT_IN])
TEXT = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)
PEOPLE = st.lists(
    st.fixed_dictionaries({"name": TEXT, "goal": st.just("") | TEXT}, optional={"late": TEXT}), min_size=1, max_size=3
)


@given(subject=TEXT, text=TEXT, html=TEXT, header=TEXT, people=PEOPLE)
@example("", "%unsubscribe_url{{ name }}", "", "", [{"name": "%", "goal": ""}])
def test_the_provider_yields_exactly_what_we_would(subject, text, html, header, people):
    letter = Letter("a@b", subject, text, html, headers={"X-Note": header})
    assert_same_for_all(letter, [Recipient(n, f"p{n}@example.org", values) for n, values in enumerate(people)])


def assert_same_for_all(letter: Letter, people: list[Recipient]) -> None:
    """Each person's copy, filled by a stand-in for the provider, is what `fill` makes for them."""
    sent, values = to_provider(letter, people, "q7")
    for part in (sent.subject, sent.text, sent.html, *sent.headers.values()):
        # Looked for at every place, so that the end of one variable and the start of the next count as well.
        assert all(name.startswith("recipient.q7") for name in re.findall(r"(?=%([\w.\-]+)%)", part))
    for person in people:
        mine = values[person.address]
        assert expanded(sent.subject, mine) == fill_line(letter.subject, person.values)
        assert expanded(sent.text, mine) == fill(letter.text, person.values, html=False)
        assert decoded(expanded(sent.html, mine)) == decoded(fill(letter.html, person.values, html=True))
        for name, text in letter.headers.items():
            assert expanded(sent.headers[name], mine) == fill_line(text, person.values)


def expanded(part: str, values: dict[str, str]) -> str:
    """Do what Mailgun does with recipient variables: one pass, nothing escaped; a missing key is an error here."""
    return re.sub(r"%recipient\.(q7\w+?)%", lambda match: values[match[1]], part)


def decoded(html: str) -> str:
    """Read numeric character references, the only liberty taken with html."""
    return re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), html)
