"""From what an organiser wrote to the two parts of a message: html as mail programs need it, and plain text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

import nh3
from css_inline import CSSInliner
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django_prose_editor.config import allowlist_from_extensions
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_properties import Display
from inscriptis.model.html_element import HtmlElement

from mooc.lib.plain_text import plain_text
from mooc.lib.richtext import EXTENSIONS
from mooc.lib.urls import site_url

LARGEST_HTML = 102_000  # bytes; Gmail clips what is longer

_SCHEMES = ("http://", "https://", "mailto:")
_URL_TAG = re.compile(r"\{\{\s*[a-z_]\w*_url\s*\}\}")
_BARE_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#].*)?\Z", re.IGNORECASE)
# nh3 writes attributes in double quotes and never nests links, so its output can be searched like this.
_LINK = re.compile(r'<a\b(?:[^>"]|"[^"]*")*?href="([^"]*)"(?:[^>"]|"[^"]*")*>(.*?)</a>', re.DOTALL)
_ITEM = re.compile(r"<li><p>(.*?)</p>", re.DOTALL)
_NUMBERED_FROM = re.compile(r'<ol\b[^>]*\bstart="(\d+)"[^>]*>\s*<li>')


@dataclass(frozen=True)
class Finished:
    """Both parts of a message, merge tags still in place."""

    html: str
    text: str


def finish(body_html: str, body_text: str, context: Mapping[str, object]) -> Finished:
    """Return the whole message around a body: sanitised, in the layout, CSS inlined; and its plain text.

    `context` is what templates/mailing/layout.html and .txt use besides the body. An empty `body_text` is derived
    from the html. The body is only ever a value, so nothing in it runs as a template. Raises ValidationError where
    the html is longer than Gmail shows.
    """
    clean = sanitised(body_html)
    page = render_to_string("mailing/layout.html", {**context, "body": mark_safe(clean)})
    html = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(page)
    size = len(html.encode())
    if size > LARGEST_HTML:
        raise ValidationError(
            _(
                "This message is %(size)s bytes of HTML. Gmail cuts a message off after %(most)s bytes. "
                "Shorten it, or link to a page with the rest."
            ),
            code="too_long",
            params={"size": f"{size:,}", "most": f"{LARGEST_HTML:,}"},
        )
    values = {**context, "body": body_text.strip() or text_of(clean)}
    # Django escapes in every template, but the plain part is not html.
    plain = {name: mark_safe(str(value)) if value else "" for name, value in values.items()}
    return Finished(html, _tidied(render_to_string("mailing/layout.txt", plain)))


def sanitised(html: str) -> str:
    """Return the html an organiser may send: what the editor makes, and pictures over https. Merge tags stay.

    Links into our own site become full addresses; a link that leads nowhere from a mail program loses its target.
    """
    return _CLEANER.clean(html)


def text_of(html: str) -> str:
    """Return html as plain text: paragraphs and lists kept, each link followed by its address, any width."""
    source = _ITEM.sub(r"<li>\1", sanitised(html))
    source = _NUMBERED_FROM.sub(r'<ol><li value="\1">', source)
    source = _LINK.sub(_link_as_text, source).replace("<hr>", "<p>* * *</p>")
    return _tidied(plain_text(source, _PROFILE, images=True)).strip()


def _allowed_attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src"):
        return value if value.lower().startswith("https://") else None
    if (tag, name) == ("a", "href"):
        if value.startswith("/") and not value.startswith("//"):
            return site_url(value)
        if _BARE_ADDRESS.match(value):
            return f"https://{value}"  # typed as people type it: example.org/guide
        return value if value.lower().startswith(_SCHEMES) or _URL_TAG.match(value) else None
    return value


def _cleaner() -> nh3.Cleaner:
    allowed = allowlist_from_extensions(EXTENSIONS)
    return nh3.Cleaner(
        tags=allowed["tags"] | {"b", "i", "img"},
        attributes={
            **allowed["attributes"],
            "a": {"href", "title"},
            "ol": {"start", "type"},
            "img": {"src", "alt", "width", "height"},
        },
        url_schemes=allowed["url_schemes"],
        attribute_filter=_allowed_attribute,
        link_rel=None,
    )


def _link_as_text(link: re.Match[str]) -> str:
    target, label = link[1], link[2]
    words = strip_tags(label).strip()
    if unescape(words) in (unescape(target), unescape(target).removeprefix("mailto:")):
        return words
    return f"{label} &lt;{target.removeprefix('mailto:')}&gt;"


def _tidied(text: str) -> str:
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


_CLEANER = _cleaner()
_PROFILE = {
    **CSS_PROFILES["strict"],
    "blockquote": HtmlElement(display=Display.block, margin_before=1, margin_after=1, padding_inline=4),
}
