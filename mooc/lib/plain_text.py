"""Html as plain text, in any number of threads."""

from collections.abc import Mapping
from copy import copy

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement


def plain_text(html: str, css: Mapping[str, HtmlElement] = CSS_PROFILES["relaxed"], *, images: bool = False) -> str:
    """Return html as text, laid out by a profile of inscriptis; `images` keeps their alternative texts.

    The library writes on its profile's body, so two threads with one profile would mix their texts.
    """
    profile = {**css, "body": copy(css["body"])}
    return get_text(html, ParserConfig(css=profile, display_images=images))
