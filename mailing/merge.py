"""Merge tags, `{{ name }}` and `{{ name|fallback words }}`: filled here, or handed to the provider to fill. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape

from django.utils.html import strip_tags

from mailing.letters import Letter, Recipient

# Rich text editors write a hard space where somebody types two, so it counts as a space inside a tag.
_HARD_SPACE = re.compile(r"&nbsp;|&#160;|&#xa0;", re.IGNORECASE)
_SPACES = r"(?:\s|&nbsp;|&#160;|&#xa0;)*"
_TAG = r"\{\{" + _SPACES + r"([a-z_][a-z0-9_]*)" + _SPACES + r"(?:\|([^%s]*))?\}\}"
_IN_HTML = re.compile(_TAG % "{}<>", re.IGNORECASE)  # a tag never reaches across an element of the page
_IN_TEXT = re.compile(_TAG % "{}", re.IGNORECASE)
_LOOKS_LIKE_TAG = re.compile(r"\{\{[^{}]*\}\}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# What a provider could take for one of its variables: %recipient.name%, %unsubscribe_url% and the like.
_VARIABLES = re.compile(r"%(?:[\w.\-]+%)+")
_LONGEST_IN_LINE = 500
BRACES = "two_braces"  # the tag by which a text shows two braces and no tag


def tag(name: str, fallback: str = "") -> str:
    """Return a merge tag as the layout and the system templates print it."""
    return f"{{{{ {name}|{fallback} }}}}" if fallback else f"{{{{ {name} }}}}"


def inert(text: str) -> str:
    """Return text in which nothing is a merge tag; it needs the value `BRACES: "{{"`."""
    return text.replace("{{", tag(BRACES))


def replaced(text: str, name: str, by: str, *, html: bool) -> str:
    """Return `text` with each merge tag of this name replaced by `by` as it stands: markup, with tags of its own."""
    pattern = _IN_HTML if html else _IN_TEXT
    return pattern.sub(lambda found: by if found[1] == name else found[0], text)


def names_in(text: str) -> set[str]:
    """Return the names of the merge tags in `text`, html or plain."""
    return {match[1] for match in _IN_TEXT.finditer(text)}


def unknown(text: str, known: Collection[str]) -> list[str]:
    """Return what stands in double braces but is no tag with a `known` name, in order, each once, without markup."""
    found = []
    for braces in _LOOKS_LIKE_TAG.findall(text):
        tag = _IN_HTML.fullmatch(braces)
        if not tag or tag[1] not in known:
            said = tag[1] if tag else _HARD_SPACE.sub(" ", strip_tags(braces)).strip("{} \xa0\n")
            found.append(said[:60] or braces)
    return list(dict.fromkeys(found))


def fill(text: str, values: Mapping[str, str], *, html: bool) -> str:
    """Return `text` with its merge tags replaced by `values`, in one pass: a value is never looked into.

    An unknown name stays as it is. An empty value takes the fallback. In html the value is escaped; the fallback
    already is html.
    """

    def filled(tag: re.Match[str]) -> str:
        if tag[1] not in values:
            return tag[0]
        value = values[tag[1]]
        if value.strip():
            return escape(value) if html else value
        return _fallback(tag, html=html)

    return (_IN_HTML if html else _IN_TEXT).sub(filled, text)


def _fallback(tag: re.Match[str], *, html: bool) -> str:
    words = tag[2] or ""
    return (_HARD_SPACE.sub("\xa0", words) if html else words).strip()


def one_line(text: str) -> str:
    """Return `text` as a header may hold it: runs of line ends, NUL and other control characters become a space."""
    return _CONTROLS.sub(" ", text).strip()


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a header with its merge tags filled; of each value at most 500 characters of one line."""
    return fill(one_line(text), {name: _short_line(value) for name, value in values.items()}, html=False)


def to_provider(
    letter: Letter, recipients: Iterable[Recipient], prefix: str
) -> tuple[Letter, dict[str, dict[str, str]]]:
    """Return the letter with `%recipient.KEY%` for its merge tags, and {address: {KEY: value}} to send along.

    Mailgun fills its variables without escaping anything, so each tag has its own key as header, as text and as
    html, where that makes a difference to anybody. Every key has a value for every recipient, since what happens to
    a missing one is not documented. `prefix`
    must be new and random for each call: then neither the author's text nor a learner's name can name a key.
    Author text that the provider would take for a variable arrives literally: through a key in headers and text,
    with the percent sign as `&#37;` in html.
    """
    people = list(recipients)
    known = set().union(*(person.values for person in people))
    keys: dict[tuple[str, str], str] = {}
    columns: dict[str, list[str]] = {}

    def variable(part: str, source: str) -> str:
        if (part, source) not in keys:
            column = _column(part, source, people)
            same = (key for (_part, other), key in keys.items() if other == source and columns[key] == column)
            key = next(same, f"{prefix}{len(columns)}")
            keys[part, source], columns[key] = key, column
        return f"%recipient.{keys[part, source]}%"

    def translated(part: str, text: str) -> str:
        pattern = _IN_HTML if part == "html" else _IN_TEXT
        tags = [tag for tag in pattern.finditer(text) if tag[1] in known]
        out, end = [], 0
        for number, tag in enumerate(tags):
            out += [literal(part, text[end : tag.start()], after_tag=number > 0, before_tag=True)]
            out += [variable(part, tag[0])]
            end = tag.end()
        return "".join([*out, literal(part, text[end:], after_tag=bool(tags), before_tag=False)])

    def literal(part: str, text: str, *, after_tag: bool, before_tag: bool) -> str:
        # The percent signs of the keys on both sides count: `unsubscribe_url` between two tags is a variable too.
        padded = "%" * after_tag + text + "%" * before_tag
        first, last = int(after_tag), len(padded) - int(before_tag)
        out, end = [], first
        for match in _VARIABLES.finditer(padded):
            start, stop = max(match.start(), first), min(match.end(), last)
            shielded = _as_entities if part == "html" else lambda source: variable(part, source)
            out += [padded[end:start], shielded(padded[start:stop])]
            end = stop
        return "".join([*out, padded[end:last]])

    sent = replace(
        letter,
        subject=translated("line", one_line(letter.subject)),
        reply_to=translated("line", one_line(letter.reply_to)),
        headers={name: translated("line", one_line(text)) for name, text in letter.headers.items()},
        text=translated("text", letter.text),
        html=translated("html", letter.html),
    )
    rows = zip(*columns.values(), strict=True) if columns else [()] * len(people)
    return sent, {
        person.address: dict(zip(columns, row, strict=True)) for person, row in zip(people, rows, strict=True)
    }


def _column(part: str, source: str, people: Sequence[Recipient]) -> list[str]:
    """Return what `fill` makes of one tag for each of these people; of anything else, itself for everybody."""
    html = part == "html"
    tag = (_IN_HTML if html else _IN_TEXT).fullmatch(source)
    if tag is None:
        return [source] * len(people)
    values = [person.values.get(tag[1]) for person in people]
    if part == "line":
        values = [value if value is None else _short_line(value) for value in values]
    fallback = _fallback(tag, html=html)
    if html:
        values = [value if value is None else escape(value) for value in values]
    filled = [source if value is None else value if value.strip() else fallback for value in values]
    return [value.replace("%", "&#37;") for value in filled] if html else filled


def _short_line(value: str) -> str:
    return one_line(value)[:_LONGEST_IN_LINE].rstrip()


def _as_entities(source: str) -> str:
    if "%" in source:
        return source.replace("%", "&#37;")
    return f"&#{ord(source[0])};{source[1:]}"
