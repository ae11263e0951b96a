"""How the pages look and read: contrast, nothing inline, every sentence translatable, times, forms, page.js."""

import datetime
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.template.base import Lexer, TokenType
from django.template.loader import render_to_string

from tests import factories

STATIC = settings.BASE_DIR / "mooc" / "static" / "mooc"
TEMPLATES = settings.BASE_DIR / "templates"
PALETTE = (STATIC / "palette.css").read_text()
PAGES = [
    path
    for path in sorted(TEMPLATES.rglob("*.html"))
    if "emails" not in path.parts and path.name != "layout.html"
]  # fmt: skip
LEARNERS = [
    path
    for pattern in ("*.*", "signup/**/*.*", "groups/**/*.*", "mooc/*.*", "mailing/layout.*")
    for path in sorted(TEMPLATES.glob(pattern))
]

# What stands on what, and the least contrast: WCAG 2.2 asks for 4.5 of text and 3 of what shows where an input is.
PAIRS = [
    ("ink", "paper", 12), ("quiet", "paper", 5.5), ("brand", "paper", 6), ("brand-deep", "paper", 6),
    ("alarm", "paper", 6.5), ("ink", "tint", 12), ("quiet", "tint", 4.5), ("brand", "tint", 4.5),
    ("brand-deep", "tint", 4.5), ("alarm", "tint", 4.5), ("ink", "field", 12), ("quiet", "field", 4.5),
    ("edge", "paper", 3), ("edge", "field", 3), ("edge", "tint", 3),
]  # fmt: skip


def named(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def palette() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the colours of browsers without light-dark(), the light ones and the dark ones, by name."""
    plain = dict(re.findall(r"--([\w-]+): (#\w+);", PALETTE.split("@supports")[0]))
    both = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", PALETTE)
    return plain, {name: light for name, light, _dark in both}, {name: dark for name, _light, dark in both}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, from 0 to 1 (WCAG 2.2)."""
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_does():
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
@pytest.mark.parametrize("scheme", [1, 2], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(text, ground, least, scheme):
    colours = palette()[scheme]
    assert contrast(colours[text], colours[ground]) >= least


def test_older_browsers_get_the_light_page():
    plain, light, dark = palette()
    assert plain == light
    assert plain.keys() == dark.keys()


def test_no_other_style_sheet_defines_a_colour():
    for sheet in sorted(STATIC.glob("*.css")):
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        if sheet.name != "palette.css":
            assert not re.findall(r":[^;{}]*(?:#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\()", rules), sheet.name


def test_the_public_pages_use_no_unknown_variable():
    rules = (STATIC / "site.css").read_text()
    known = {*palette()[0], *re.findall(r"^\s+--([\w-]+):", rules, flags=re.MULTILINE)}
    assert set(re.findall(r"var\(--([\w-]+)", rules)) <= known


def test_mark_and_mail_have_the_colours_of_the_pages():
    _plain, light, dark = palette()
    assert set(re.findall(r"#\w+", (STATIC / "mark.svg").read_text())) == {light["brand"], dark["brand"]}
    by_day, by_night = (TEMPLATES / "mailing" / "layout.html").read_text().split("@media (prefers-color-scheme: dark)")
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", by_day)) <= {*light.values()}
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", by_night)) <= {*dark.values()}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_pages_have_nothing_inline(path):
    source = path.read_text()
    assert not re.search(r"\sstyle\s*=", source)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", source)
    assert "<style" not in source
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


@pytest.mark.parametrize("path", LEARNERS, ids=named)
def test_every_sentence_can_be_translated(path):
    assert untranslated(path.read_text()) == []


def test_an_untranslated_sentence_is_found():
    assert untranslated('<p class="a">{% translate "Yes" %}: {{ x }}</p>') == []
    assert untranslated("<p>{% blocktranslate %}Yes{% endblocktranslate %} No</p>") == ["No"]
    assert untranslated('<img alt="A picture">') == ["A picture"]


def untranslated(source: str) -> list[str]:
    """Return the words of a template that stand outside translation tags: in text, or in attributes that are read."""
    kept, inside = [], False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            inside = {"blocktranslate": True, "endblocktranslate": False}.get(token.contents.split()[0], inside)
        elif token.token_type == TokenType.TEXT and not inside:
            kept.append(token.contents)
    html = re.sub(r"<style>.*?</style>|<!DOCTYPE[^>]*>|&\w+;", " ", "\0".join(kept), flags=re.DOTALL)
    read = re.findall(r"\b(?:alt|title|aria-label|placeholder)=\"([^\"\0]*)\"", html)
    words = [*re.sub(r"<[^>]*>", "\0", html).split("\0"), *read]
    return [word.strip() for word in words if re.search(r"[^\W\d_]", word)]


def local(moment: datetime.datetime, zone: str, edge: str = "") -> str:
    source = "{% load times %}{% local_time moment zone edge %}"
    return Template(source).render(Context({"moment": moment, "zone": zone, "edge": edge}))


@pytest.mark.parametrize(
    ("moment", "zone", "edge", "there", "kind", "said"),
    [
        (
            "2027-01-10T09:00+00:00", "Europe/London", "",
            "2027-01-10T09:00:00+00:00", "", "Sunday 10 January 2027, 09:00 (Europe/London)",
        ),
        (
            "2027-07-01T12:30+00:00", "America/New_York", "",
            "2027-07-01T08:30:00-04:00", "", "Thursday 1 July 2027, 08:30 (America/New York)",
        ),
        (
            "2027-01-09T15:00+00:00", "Asia/Tokyo", "start",
            "2027-01-10T00:00:00+09:00", '="start"', "Sunday 10 January 2027 (Asia/Tokyo)",
        ),
        (
            "2027-01-11T00:00+00:00", "UTC", "end",
            "2027-01-11T00:00:00+00:00", '="end"', "until midnight on Sunday 10 January 2027 (UTC)",
        ),
    ],
)  # fmt: skip
def test_a_moment_is_said_whole_with_its_zone(moment, zone, edge, there, kind, said):
    found = local(datetime.datetime.fromisoformat(moment), zone, edge)
    assert found == f'<time datetime="{there}" data-local{kind}>{said}</time>'


def test_a_day_is_said_whole():
    source = "{% load times %}{% local_day day %}"
    assert Template(source).render(Context({"day": datetime.date(2027, 1, 10)})) == "Sunday 10 January 2027"


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "429", "500"])
def test_error_pages_need_no_context(page):
    html = render_to_string(f"{page}.html")
    assert html.count("<h1>") == 1
    assert 'href="/"' in html


@pytest.mark.django_db
def test_what_is_wrong_is_said_on_top_and_linked_to_its_field(client):
    run = factories.sequence()
    factories.question(sequence=run, key="one", kind="one", choices="a\nb", required=True)
    page = client.post("/signup", {"email": "nonsense", "sequence": str(run.pk)}).content.decode()
    summary = page[page.index('class="problems"') : page.index("<h1")]
    links = re.findall(r'href="#([^"]+)"', summary)
    assert links == ["id_email", "id_one_0"]
    for link in links:
        assert f'id="{link}"' in page
    assert re.search(r'<input[^>]*aria-describedby="id_email_helptext id_email_error"[^>]*>', page)
    assert re.search(r'<fieldset[^>]*aria-describedby="id_one_error"', page)
    assert "<title>Error: " in page


@pytest.mark.django_db(transaction=True)
def test_the_readers_own_clock_and_zone(site, page):
    factories.sequence(
        timezone="Asia/Tokyo", start_date=datetime.date(2099, 1, 10), end_date=datetime.date(2099, 2, 10),
        signup_close_date=datetime.date(2099, 1, 20),
    )  # fmt: skip
    page.goto(site)
    starts, closes = page.locator("time[data-local]").all_inner_texts()
    assert starts == "Friday 9 January 2099, 15:00 your time"
    assert closes == "until Tuesday 20 January 2099, 15:00 your time"
    zone = page.get_by_label("Your time zone")
    assert zone.input_value() == "Europe/London"
    note = page.get_by_text("Guessed from your browser")
    assert note.is_visible()
    zone.select_option("Asia/Tokyo")
    assert not note.is_visible()
    page.fill("#id_email", "nonsense")
    page.get_by_role("button", name="Join the course").click()
    page.locator(".problems:focus").wait_for()
    assert zone.input_value() == "Asia/Tokyo"


@pytest.mark.django_db(transaction=True)
def test_the_edges_of_days_in_the_readers_own_zone(site, page):
    factories.sequence(
        timezone="Europe/London", start_date=datetime.date(2099, 1, 10), end_date=datetime.date(2099, 2, 10),
        signup_close_date=datetime.date(2099, 1, 20),
    )  # fmt: skip
    page.goto(site)
    starts, closes = page.locator("time[data-local]").all_inner_texts()
    assert starts == "Saturday 10 January 2099, your time"
    assert closes == "until midnight on Tuesday 20 January 2099, your time"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [320, 1280])
def test_words_without_end_stay_on_the_page(site, page, width):
    word = "w" * 190
    run = factories.sequence(title=word, mail_plan=word, description=f"<p>{word}</p>")
    for kind in ("text", "one", "many"):
        factories.question(
            sequence=run, key=kind, kind=kind, label=word, help_text=word, choices=f"{word}1\n{word}2\n{word}3"
        )
    me = factories.signup(sequence=run, name="n" * 100, email=f"{'a' * 60}@{'b' * 60}.org", answers={"text": word * 9})
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("", "/iframe", f"/me/{me.key}/", f"/me/{me.key}/edit/", f"/unsubscribe/confirm/{me.key}/"):
        page.goto(f"{site}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
