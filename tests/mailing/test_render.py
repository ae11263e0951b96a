"""From what an organiser wrote to both parts of a message."""

import copy

import pytest
from django.core.exceptions import ValidationError
from inscriptis.css_profiles import CSS_PROFILES

from mailing.render import LARGEST_HTML, finish, sanitised, text_of
from mooc.lib.plain_text import plain_text

CONTEXT = {
    "subject": "Week one for {{ name|you & yours }}",
    "site_title": "Bread & Butter",
    "course": "Bread & Butter",
    "why": "You get this message because you joined Bread for beginners.",
    "sender_address": "team@example.org",
    "my_page_url": "{{ my_page_url }}",
    "unsubscribe_url": "{{ unsubscribe_url }}",
    "button_url": "{{ confirm_url }}",
    "button_label": "Confirm my address",
}
LAYOUT = """<!doctype html><html lang="en"><head><title>{{ subject }}</title><style>p { color: #1d2430 }
@media (prefers-color-scheme: dark) { p { color: #e7e9ee !important } }</style></head>
<body>{{ body }}<p>{{ why }} <a href="{{ unsubscribe_url }}">Leave</a></p></body></html>"""


@pytest.fixture
def small_layout(settings):
    """A layout of a few lines in place of the real one."""
    templates = copy.deepcopy(settings.TEMPLATES)
    files = {"mailing/layout.html": LAYOUT, "mailing/layout.txt": "{{ body }}\n\n\n\n-- \n{{ why }}\n"}
    templates[0]["APP_DIRS"] = False
    templates[0]["OPTIONS"]["loaders"] = [("django.template.loaders.locmem.Loader", files)]
    settings.TEMPLATES = templates


def test_the_finished_html_has_its_styles_inlined_and_its_dark_mode_kept(small_layout):
    html = finish("<p>Hello</p>", "", CONTEXT).html
    assert '<p style="color: #1d2430;">Hello</p>' in html
    assert "@media (prefers-color-scheme: dark) { p { color: #e7e9ee !important } }" in html


def test_merge_tags_come_through_in_text_links_and_title(small_layout):
    body = '<p>{{ name|there &amp; "you" }} <a href="https://x.org/?q={{ name }}&amp;b=%20">x</a></p>'
    finished = finish(body, "", CONTEXT)
    assert "<title>Week one for {{ name|you &amp; yours }}</title>" in finished.html
    assert '{{ name|there &amp; "you" }} <a href="https://x.org/?q={{ name }}&amp;b=%20">x</a>' in finished.html
    assert '<a href="{{ unsubscribe_url }}">Leave</a>' in finished.html
    assert finished.text.startswith('{{ name|there & "you" }} x <https://x.org/?q={{ name }}&b=%20>\n')


def test_text_of_the_organisers_own_is_taken_as_it_stands(small_layout):
    assert finish("<p>Hello</p>", "Own & <b> text", {**CONTEXT, "why": "R&D"}).text == "Own & <b> text\n\n--\nR&D\n"


def test_author_text_never_runs_as_a_template(small_layout):
    evil = "{% load static %}{{ settings.SECRET_KEY }}{% include 'x' %}{# c #}"
    finished = finish(f"<p>{evil}</p>", evil, {**CONTEXT, "why": evil})
    assert evil in finished.html
    assert finished.text.count(evil) == 2


def test_html_that_gmail_would_clip_is_refused_with_its_size(small_layout):
    room = LARGEST_HTML - len(finish("", "", CONTEXT).html) - len('<p style="color: #1d2430;"></p>')
    finish(f"<p>{'x' * room}</p>", "", CONTEXT)
    with pytest.raises(ValidationError, match="This message is 102,001 bytes of HTML") as refused:
        finish(f"<p>{'x' * (room + 1)}</p>", "", CONTEXT)
    assert refused.value.code == "too_long"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('<p class="x" style="y" onclick="z">a</p>', "<p>a</p>"),
        ("a<script>alert(1)</script><style>p{}</style><!-- c -->b", "ab"),
        ('<a href="javascript:alert(1)">j</a>', "<a>j</a>"),
        ('<a href="{{ goal|javascript:alert(1) }}">g</a>', "<a>g</a>"),
        ('<a href="{{ goal }}">g</a>', "<a>g</a>"),
        ('<a href="{{ my_page_url }}#group" target="_blank" rel="x">m</a>', '<a href="{{ my_page_url }}#group">m</a>'),
        ('<a href="mailto:{{ group_address }}">m</a>', '<a href="mailto:{{ group_address }}">m</a>'),
        ('<a href="/faq/">f</a>', '<a href="http://127.0.0.1:8000/faq/">f</a>'),
        ('<a href="//x.org/">f</a> <a href="faq">f</a>', "<a>f</a> <a>f</a>"),
        ('<img src="https://x.org/y.png" alt="A loaf">', '<img src="https://x.org/y.png" alt="A loaf">'),
        ('<img src="http://x.org/y.png"><img src="data:image/png;base64,xx">', "<img><img>"),
        ("{{&nbsp;name&nbsp;}} %recipient.x% 100%", "{{&nbsp;name&nbsp;}} %recipient.x% 100%"),
    ],
)
def test_what_an_organiser_may_send(written, sent):
    assert sanitised(written) == sent


EVERYTHING = """<h2>Week one</h2><p>Hello {{&nbsp;name|there }}, <b>we</b> begin &amp; go on &lt;now&gt;.</p>
<p>Read the <a href="https://x.org/?a=1&amp;b=2">first <b>page</b></a>.<br>Then rest.</p>
<ul><li><p>Flour</p></li><li><p>Water</p><ul><li><p>warm</p></li></ul></li></ul>
<ol start="3"><li><p>Mix</p></li><li><p>Wait</p></li></ol>
<blockquote><p>Bread takes time.</p></blockquote><hr>
<p><a href="https://a.org/">https://a.org/</a>, <a href="mailto:team@example.org">team@example.org</a>,
<a href="{{ my_page_url }}">your page</a>, <a href="mailto:{{ group_address }}">your group</a></p>
<p><img src="https://x.org/y.png" alt="A loaf"><img src="https://x.org/z.png" alt=""></p>"""

AS_TEXT = """Week one

Hello {{ name|there }}, we begin & go on <now>.

Read the first page <https://x.org/?a=1&b=2>.
Then rest.

  * Flour
  * Water
      + warm
 3. Mix
 4. Wait

    Bread takes time.

* * *

https://a.org/, team@example.org, your page <{{ my_page_url }}>, your group <{{ group_address }}>

[A loaf]"""


def test_plain_text_keeps_paragraphs_lists_and_links():
    assert text_of(EVERYTHING) == AS_TEXT


def test_plain_text_is_made_without_touching_what_threads_share():
    assert text_of("<p>Hello</p>") == "Hello"
    assert plain_text("<p>Hello</p>").strip() == "Hello"
    assert {profile["body"].canvas for profile in CSS_PROFILES.values()} == {None}


def test_plain_text_is_not_broken_at_any_width():
    assert text_of(f"<p>{'word ' * 500}</p>") == "word " * 499 + "word"


@pytest.mark.parametrize("nothing", ["", " ", "<p></p>", "<script>x</script>", "<p>&nbsp;</p>"])
def test_nothing_becomes_nothing(nothing):
    assert text_of(nothing) == ""


def test_the_real_layout():
    finished = finish('<p>Hello {{ name|there }}, <a href="https://x.org/?a=1&amp;b=2">read</a>.</p>', "", CONTEXT)
    for part in finished.html, finished.text:
        assert "{{ name|there }}" in part
        for url in ("{{ my_page_url }}", "{{ unsubscribe_url }}", "{{ confirm_url }}"):
            assert url in part
        assert "team@example.org" in part
    assert "Bread &amp; Butter" in finished.html
    assert "prefers-color-scheme: dark" in finished.html
    assert "https://x.org/?a=1&b=2" in finished.text
    assert len(finished.html) < 20_000


def test_an_address_typed_without_https_still_leads_there():
    html = '<p><a href="example.org/guide">guide</a> <a href="notes.txt">no</a> <a href="javascript:x.org">no</a></p>'
    assert 'href="https://example.org/guide"' in sanitised(html)
    assert "javascript" not in sanitised(html)
