"""FutureLearn's page of a course's steps, read: their numbers, titles, types and addresses."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

from dashboard_import.pages import UnknownPageError

NUMBER = re.compile(r"\b(\d{1,3})\.(\d{1,3})\b")
# How the tiles of 2020 abbreviate the types, and what the rows of 2018 call them.
TILES = {
    "video-articles": "video", "articles": "article", "discussions": "discussion", "quizzes": "quiz",
    "scored_quizzes": "test", "exercises": "exercise", "assignments": "assignment", "assignment_reviews": "review",
    "assignment_reflections": "reflection", "poll_articles": "poll", "poll-articles": "poll",
    "audio_articles": "audio", "audio-articles": "audio",
}  # fmt: skip
TILE_PATH = re.compile(rf"/admin/({'|'.join(TILES)})/(\d+)(?=$|[/?#])")
ROW, TILE = "div.m-overview__step-row", "a[href*='/admin/']"


class OverviewStep(NamedTuple):
    """A step as the page shows it; `number` is its text, such as `1.10`, `edit_path` the way to its form."""

    number: str
    title: str
    type: str
    edit_path: str


def steps(html: str) -> list[OverviewStep]:
    """Return the steps in the order of the course. A page without any we know is an UnknownPageError."""
    page = LexborHTMLParser(html)
    found = [*_rows(page)] or [*_tiles(page)]
    if not found:
        raise UnknownPageError("course overview", f"{ROW}, or {TILE} with a step's number in it")
    return sorted(found, key=lambda step: tuple(map(int, step.number.split("."))))


def _rows(page: LexborHTMLParser) -> Iterator[OverviewStep]:
    """The rows of 2017 and later."""
    for row in page.css(ROW):
        texts = {}
        for part in ("number", "title", "type"):
            node = row.css_first(f"span.m-overview__step-{part}")
            texts[part] = " ".join(node.text().split()) if node else ""
        link = row.css_first("a.m-overview__step-edit")
        if number := NUMBER.search(texts["number"]):
            path = (link.attributes.get("href") or "") if link else ""
            yield OverviewStep(number[0], texts["title"], texts["type"].lower(), path)


def _tiles(page: LexborHTMLParser) -> Iterator[OverviewStep]:
    """The tiles of 2020: a link to the form, with the number of the step in it and two letters for the type."""
    for link in page.css(TILE):
        path = TILE_PATH.search(link.attributes["href"] or "")
        number = NUMBER.search(link.text())
        if path and number:
            yield OverviewStep(number[0], link.attributes.get("title") or "", TILES[path[1]], path[0])
