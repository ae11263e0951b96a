"""The html of a mail program as plain text. Pure, and quick whatever the html is."""

import re

import nh3

from mooc.lib.plain_text import plain_text

DEEPEST_QUOTE, DEEPEST_ELEMENT = 5, 200

_MARKUP = re.compile(r"<!--|-->|<(/?)([a-z][^\s/>]*)", re.IGNORECASE)
# Nothing lies in these, or the next of them ends the one before.
_FLAT = {
    "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "tbody", "td", "th",
    "thead", "tr", "wbr",
}  # fmt: skip
_TAGS = {
    "a", "b", "blockquote", "br", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li",
    "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip


def text_of_html(html: str) -> str:
    """Return the html of a mail program as plain text; what it quotes has `>` before each line."""
    source = nh3.clean(_shallow(html), tags=_TAGS, attributes={"a": {"href"}}, link_rel=None)
    pieces, depth = [], 0
    for piece in re.split(r"(</?blockquote>)", source):
        if piece == "<blockquote>":
            depth += 1
        elif piece == "</blockquote>":
            depth -= 1
        elif piece.strip():
            text = re.sub(r"\n{3,}", "\n\n", plain_text(piece)).strip("\n")
            marks = ">" * min(depth, DEEPEST_QUOTE)
            pieces.append("\n".join(f"{marks} {line.strip()}" if depth else line.strip() for line in text.split("\n")))
    return "\n".join(pieces)


def _shallow(html: str) -> str:
    """Return html up to where elements lie too deep in each other: to clean it takes time by the square of that."""
    depth, in_comment = 0, False
    for found in _MARKUP.finditer(html):
        if found[0] in ("<!--", "-->"):
            in_comment = found[0] == "<!--"
        elif not in_comment and found[2].lower() not in _FLAT:
            depth = max(depth - 1, 0) if found[1] else depth + 1
            if depth > DEEPEST_ELEMENT:
                return html[: found.start()]
    return html
