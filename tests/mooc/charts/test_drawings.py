"""What the charts draw: lengths in proportion to numbers, the same numbers in the table, nothing of anybody's text."""

import datetime
import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from django.utils.html import escape

from mooc.lib.charts.bars import bars, columns
from mooc.lib.charts.figure import figure, table
from mooc.lib.charts.heatmap import heat_map
from mooc.lib.charts.lines import lines
from mooc.lib.charts.marks import Drawing, Series, mark, number, percent
from mooc.lib.charts.network import density, network
from mooc.lib.charts.sankey import sankey
from mooc.lib.charts.scatter import scatter
from mooc.lib.charts.sparkline import sparkline
from mooc.lib.charts.stacked import lying_stacked, stacked
from mooc.lib.charts.threads import Said, Thread, threads
from mooc.lib.charts.world import countries, world
from tests.mooc.charts.gallery import AS_OF, HOSTILE, drawings

NOTHING = "This run has no steps."
KINDS = sorted(drawings())


def parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(f"<svg>{drawing.inner}</svg>")


def shapes(drawing: Drawing, tag: str, colour: str) -> list[dict[str, str]]:
    return [one.attrib for one in parsed(drawing).iter(tag) if colour in one.get("class", "").split()]


def said(drawing: Drawing) -> list[str]:
    return [one.findtext("title") for one in parsed(drawing).iter() if one.get("class") == "datum"]


def pairs(path: str) -> list[tuple[float, float]]:
    found = [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]
    return list(zip(found[::2], found[1::2], strict=True))


def test_columns_are_as_high_as_their_numbers():
    drawing = columns(["1.1", "1.2", "1.10"], [Series("A", [50, 100, None], 3)], head="Step", missing=NOTHING)
    assert [float(bar["height"]) for bar in shapes(drawing, "rect", "s3")] == [130, 260, 0]
    assert [float(bar["y"]) for bar in shapes(drawing, "rect", "s3")] == [130, 0, 260]
    assert said(drawing) == ["1.1\nA: 50", "1.2\nA: 100", "1.10\nA: –"]
    assert drawing.heads == ["Step", "A"]
    assert drawing.rows == [["1.1", 50], ["1.2", 100], ["1.10", None]]


def test_columns_below_zero_hang_from_it():
    bars = shapes(columns(["a", "b"], [Series("", [-50, 50])], head="", missing=NOTHING), "rect", "s1")
    assert float(bars[0]["y"]) == pytest.approx(float(bars[1]["y"]) + float(bars[1]["height"]), abs=0.01)
    assert bars[0]["height"] == bars[1]["height"]


def test_columns_beside_each_other_do_not_overlap():
    drawing = columns(["a", "b"], [Series("A", [1, 2]), Series("B", [2, 1], 2)], head="", missing=NOTHING)
    found = [shapes(drawing, "rect", name)[at] for at in (0, 1) for name in ("s1", "s2")]
    places = [(float(bar["x"].rstrip("%")), float(bar["width"].rstrip("%"))) for bar in found]
    for (x, width), (following, _width) in itertools.pairwise(places):
        assert x + width <= following + 0.001


def test_a_trend_lies_where_its_values_are():
    trend = Series("Trend", [100, 50], 2)
    drawing = columns(["a", "b"], [Series("A", [100, 0])], head="", missing=NOTHING, trends=[trend])
    (line,) = shapes(drawing, "line", "trend")
    assert (line["x1"], line["x2"], float(line["y1"]), float(line["y2"])) == ("25%", "75%", 0, 130)


def test_lying_bars_are_as_long_as_their_numbers_and_show_them():
    drawing = bars(["Retired", "w" * 200], [Series("A", [50, 25])], head="Status", missing=NOTHING)
    widths = [float(bar["width"].rstrip("%")) for bar in shapes(drawing, "rect", "s1")]
    assert widths[0] == pytest.approx(2 * widths[1])
    texts = [text.text for text in parsed(drawing).iter("text")]
    assert {"Retired", "50", "25"} <= set(texts)
    assert max(map(len, texts)) <= 46
    assert said(drawing)[1] == f"{'w' * 200}\nA: 25"


def test_stacked_parts_stand_on_each_other():
    drawing = stacked(["1.1"], [Series("Posts", [30]), Series("Replies", [70], 2)], head="Step", missing=NOTHING)
    (posts,), (replies,) = shapes(drawing, "rect", "s1"), shapes(drawing, "rect", "s2")
    assert (float(posts["height"]), float(replies["height"])) == (pytest.approx(78), pytest.approx(182))
    assert float(posts["y"]) + float(posts["height"]) == pytest.approx(260)
    assert float(replies["y"]) + float(replies["height"]) == pytest.approx(float(posts["y"]))


def test_lying_parts_stand_behind_each_other_below_their_label():
    series = [Series("Like", [30]), Series("Dislike", [20], 2)]
    drawing = lying_stacked(["Reading " + "w" * 200], series, head="Method", missing=NOTHING, links=["/a/"])
    (like,), (dislike,) = shapes(drawing, "rect", "s1"), shapes(drawing, "rect", "s2")
    assert (like["x"], like["width"], dislike["x"], dislike["width"]) == ("0%", "60%", "60%", "40%")
    assert {like["y"], dislike["y"]} == {f"{18 * 3 + 2}"}
    assert said(drawing) == [f"Reading {'w' * 200}\nLike: 30\nDislike: 20"]
    assert drawing.rows == [[f"Reading {'w' * 200}", 30, 20]]


def test_lines_go_through_their_numbers_and_break_where_there_are_none():
    drawing = lines(["a", "b", "c", "d"], [Series("A", [0, 100, None, 50])], head="Day", missing=NOTHING)
    (path,) = shapes(drawing, "path", "line")
    assert pairs(path["d"]) == [(125, 260), (375, 0), (875, 130)]
    assert re.sub(r"[\d. ]", "", path["d"]) == "MLM"


def test_an_event_is_said_on_its_day():
    drawing = lines(["a", "b"], [Series("A", [1, 2])], head="Day", missing=NOTHING, events=[(1, "The course starts")])
    assert said(drawing) == ["a\nA: 1", "b\nA: 2\nThe course starts"]
    assert [line["x1"] for line in shapes(drawing, "line", "event")] == ["75%"]


def test_points_in_one_place_are_one_circle_and_the_line_is_named():
    drawing = scatter([(0, 0), (10, 5), (10, 5)], across="Steps", up="Comments", unit="Learners", missing=NOTHING)
    small, large = shapes(drawing, "circle", "s1")
    assert float(large["r"]) ** 2 == pytest.approx(2 * float(small["r"]) ** 2, rel=0.01)
    assert (large["cx"], float(large["cy"])) == ("100%", 0)
    assert drawing.rows == [[0, 0, 1], [10, 5, 2]]
    assert "0.5" in drawing.notes[1]
    assert "1.00" in drawing.notes[1]


def test_points_above_one_place_have_no_line():
    drawing = scatter([(3, 1), (3, 2)], across="", up="", unit="", missing=NOTHING)
    assert shapes(drawing, "line", "trend") == []
    assert "No line" in drawing.description


def test_every_cell_of_a_heat_map_lies_in_its_level():
    values = [[0, 1, 2, 2], [5, None, 60, 60], [0, 0, 0, 1]]
    drawing = heat_map(["1.1", "1.2", "1.3"], list("abcd"), values, head="Step", missing=NOTHING)
    found = {}
    for path in parsed(drawing).iter("path"):
        if path.get("class") == "h0":
            continue
        for x, y, end in re.findall(r"M(\d+) (\d+)(?:h\d+v1H(?:\d+)|H(\d+)v1H(?:\d+))", path.get("d")):
            width = len(values[0]) - int(x) if end else int(re.search(rf"M{x} {y}h(\d+)", path.get("d"))[1])
            found |= {(int(y), int(x) + at): path.get("class") for at in range(width)}
    assert found == {
        (0, 1): "h1", (0, 2): "h2", (0, 3): "h2", (1, 0): "h3", (1, 2): "h6", (1, 3): "h6", (2, 3): "h1",
    }  # fmt: skip
    assert drawing.legend[3] == ("h3", "5–9")
    assert drawing.rows[1] == ["1.2", 5, None, 60, 60]


def test_ribbons_are_as_thick_as_their_numbers():
    flows = [(0, 1, 60), (0, 2, 40), (1, 2, 30)]
    drawing = sankey(["a", "b", "c"], flows, heads=("From", "To", "Learners"), missing=NOTHING)
    thick = []
    for path in parsed(drawing).iter("path"):
        places = pairs(re.sub("[MCLz]", " ", path.get("d")))
        thick.append(places[-1][1] - places[0][1])
    assert thick == pytest.approx([thick[0], thick[0] * 40 / 60, thick[0] * 30 / 60], rel=1e-4)
    assert said(drawing) == ["a to b: 60", "a to c: 40", "b to c: 30"]
    assert drawing.rows == [["a", "b", 60], ["a", "c", 40], ["b", "c", 30]]


def test_a_flow_back_is_refused():
    with pytest.raises(ValueError, match="further on"):
        sankey(["a", "b"], [(1, 0, 3)], heads=("From", "To", "Learners"), missing=NOTHING)


def test_countries_are_drawn_in_their_level_and_others_named():
    drawing = world({"NA": 22, "GB": 100, "TV": 3, "ZZ": 1}, head="Country", value="Learners", missing=NOTHING)
    assert said(drawing) == ["United Kingdom: 100", "Namibia: 22"]
    assert drawing.rows == [["United Kingdom", 100], ["Namibia", 22], ["Tuvalu", 3], ["ZZ", 1]]
    assert drawing.notes == ["Not on the map: Tuvalu, ZZ."]


def test_the_world_is_whole_and_small():
    known = countries()
    assert sum(bool(country.outline) for country in known.values()) > 220
    assert not known["AQ"].outline
    assert all(re.fullmatch(r"[Mlz\d. -]*", country.outline) for country in known.values())
    # Russia lies on both sides of the date line, and no border crosses the map to get there.
    x = [float(start) for start in re.findall(r"M([\d.]+)", known["RU"].outline)]
    assert min(x) < 200
    assert max(x) > 800
    steps = [float(step) for country in known.values() for step in re.findall(r"-?[\d.]+", country.outline[5:])]
    assert sum(step < -100 for step in steps) == 0


def test_people_who_replied_are_joined():
    replies = {("a", "b"): 2, ("b", "a"): 1, ("c", "a"): 1, ("a", "a"): 9}
    drawing = network(replies, heads=("Writer", "Receiver", "Replies"), missing=NOTHING, most=2, links={"a": "/a/"})
    assert said(drawing)[0] == "a\nreplies written: 2\nreplies received: 2"
    assert len(said(drawing)) == 2
    assert drawing.rows == [["a", "b", 2], ["b", "a", 1], ["c", "a", 1]]
    assert drawing.notes[0] == "3 people, 3 connections, density 50.0 %."
    assert (density(0, 0), density(1, 0), density(3, 6)) == (0, 0, 1)


def test_a_sparkline():
    line = ET.fromstring(sparkline([0, None, 10, 5], HOSTILE))
    assert pairs(line[0].get("d")) == [(0, 24), (66.67, 0), (100, 12)]
    assert line.get("aria-label") == HOSTILE
    assert sparkline([1], "") == ""


@pytest.mark.parametrize(
    "drawing",
    [
        columns([], [], head="", missing=NOTHING),
        columns(["1.1"], [Series("A", [None])], head="", missing=NOTHING),
        bars([], [], head="", missing=NOTHING),
        stacked([], [], head="", missing=NOTHING),
        lying_stacked([], [], head="", missing=NOTHING),
        lines([], [], head="", missing=NOTHING),
        scatter([], across="", up="", unit="", missing=NOTHING),
        heat_map([], [], [], head="", missing=NOTHING),
        heat_map(["1.1"], ["a"], [[0]], head="", missing=NOTHING),
        sankey(["a"], [], heads=("", "", ""), missing=NOTHING),
        world({}, head="", value="", missing=NOTHING),
        network({}, heads=("", "", ""), missing=NOTHING),
    ],
)
def test_an_empty_chart_says_what_is_missing(drawing):
    html = figure(drawing, slug="x", title="Steps", definition="", as_of=None, csv="/x.csv")
    assert NOTHING in html
    assert "<svg" not in html
    assert "No data was loaded yet." in html


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_has_caption_description_table_and_file(kind):
    html = figure(drawings()[kind], slug="x", title=HOSTILE, definition=HOSTILE, as_of=AS_OF, csv="/x.csv?a=1&b=2")
    tree = ET.fromstring(html.replace(" data-large", "").replace("&nbsp;", " "))
    assert tree.find("figcaption/h2").text == HOSTILE
    assert tree.find("figcaption/p").text == HOSTILE
    assert "Data as of 2 Nov 2018, 04:15 UTC." in html
    assert tree.find(".//a[@href='/x.csv?a=1&b=2']") is not None
    if kind != "empty":
        assert tree.find(".//svg/title").text == HOSTILE
        assert tree.find(".//svg/desc").text
        assert len(tree.findall(".//tbody/tr")) == len(drawings()[kind].rows)


@pytest.mark.parametrize("kind", KINDS)
def test_text_of_others_is_never_markup(kind):
    inner = drawings()[kind].inner
    parsed(drawings()[kind])
    assert "<script" not in inner
    assert "<b>" not in inner


def test_hostile_names_everywhere():
    series = [Series(HOSTILE, [1, 2]), Series(HOSTILE, [2, 1], 2)]
    common = {"head": HOSTILE, "missing": HOSTILE}
    made = [
        columns([HOSTILE, HOSTILE], series, **common), bars([HOSTILE, HOSTILE], series, **common),
        stacked([HOSTILE, HOSTILE], series, **common), lying_stacked([HOSTILE, HOSTILE], series, **common),
        lines([HOSTILE, HOSTILE], series, **common),
        heat_map([HOSTILE], [HOSTILE], [[3]], **common), world({HOSTILE: 3, "GB": 1}, value=HOSTILE, **common),
        scatter([(1, 2)], across=HOSTILE, up=HOSTILE, unit=HOSTILE, missing=HOSTILE),
        sankey([HOSTILE, HOSTILE], [(0, 1, 1)], heads=(HOSTILE, HOSTILE, HOSTILE), missing=HOSTILE),
        network({(HOSTILE, "b"): 1}, heads=(HOSTILE, HOSTILE, HOSTILE), missing=HOSTILE),
    ]  # fmt: skip
    for drawing in made:
        html = figure(drawing, slug="x", title=HOSTILE, definition=HOSTILE, as_of=None, csv="/")
        assert escape(HOSTILE) in html
        for trick in ("<script", "<b>", '" onload', " onload='"):
            assert trick not in html
        ET.fromstring(html.replace(" data-large", ""))


@pytest.mark.parametrize("href", ["javascript:alert(1)", "//elsewhere.example", "https://elsewhere.example"])
def test_a_mark_leads_nowhere_else(href):
    with pytest.raises(ValueError, match="path of this site"):
        mark("x", "", href)


def test_a_large_point_at_zero_stands_off_the_numbers_of_the_axes():
    def numbers(count: int) -> list[tuple[str, str]]:
        drawing = scatter({(0, 0): count, (10, 5): 1}, across="Steps", up="Comments", unit="Learners", missing=NOTHING)
        return re.findall(r'class="left" x="(\S+)"|class="along\S*?" x="0%" y="(\S+)"', drawing.inner)

    assert {*numbers(1)} == {("-12", ""), ("", "384")}
    assert {*numbers(10_000)} == {("-32", ""), ("", "404")}  # as far out as the largest point reaches


def test_marks_lead_to_what_they_count():
    html = columns(["1.1"], [Series("A", [1])], head="", missing=NOTHING, links=["/x/?step=1.1&of=all"]).inner
    assert '<a class="datum" href="/x/?step=1.1&amp;of=all">' in html


def test_numbers_in_words():
    assert [number(value) for value in (1234567, 0, 2.5, 1 / 3, None, 12.0)] == [
        "1,234,567", "0", "2.5", "0.33", "–", "12",
    ]  # fmt: skip
    assert [percent(value) for value in (12.345, 66.67, 99.96, None)] == ["12.3 %", "66.7 %", "100.0 %", "–"]


def test_the_few_places_of_a_sankey_are_all_named_on_a_phone():
    def roomy(count: int) -> int:
        names = [f"Week {at}" for at in range(count)]
        return sankey(names, [(0, 1, 1)], heads=("From", "To", "Learners"), missing=NOTHING).inner.count("roomy")

    assert (roomy(4), roomy(8)) == (0, 4)


@pytest.mark.parametrize(
    ("most", "said"),
    [
        (100, ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (2.5, ["0.0 %", "0.5 %", "1.0 %", "1.5 %", "2.0 %", "2.5 %"]),
        (0.2, ["0.00 %", "0.05 %", "0.10 %", "0.15 %", "0.20 %"]),
    ],
)
def test_shares_on_an_axis_have_the_decimals_in_which_they_differ(most, said):
    html = lines(["a"], [Series("A", [most])], head="", missing=NOTHING, say=percent).inner
    assert re.findall(r'class="left"[^>]*>([^<]+)<', html) == said
    assert f"A: {percent(most)}" in html


def test_a_table_of_numbers_and_words():
    html = table(["A", "B"], [["x", 1200], [2, None], [HOSTILE, HOSTILE]], ["/x/", "", ""])
    tree = ET.fromstring(html)
    assert [cell.text for cell in tree.iter("td")] == ["1,200", "–", HOSTILE]
    assert tree.find(".//a").get("href") == "/x/"


def test_comments_stand_at_their_time_joined_to_what_they_answer():
    begin = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
    said = [Said(begin + datetime.timedelta(hours=at), f"Comment {at}", at == 0, f"/{at}/") for at in (0, 12, 36)]
    drawing = threads([Thread("2 replies", said, "/all/")], heads=["Written"], rows=[], missing=NOTHING, description="")
    (post,), replies = shapes(drawing, "rect", "s1"), shapes(drawing, "circle", "s2")
    (joint,) = shapes(drawing, "line", "zero")
    assert (post["x"], [one["cx"] for one in replies]) == ("0%", ["25%", "75%"])
    assert (joint["x1"], joint["x2"], joint["y1"]) == ("0%", "75%", replies[0]["cy"])
    part = threads(
        [Thread("", said[1:])], heads=[], rows=[], missing=NOTHING, description="",
        days=(begin.date(), begin.date() + datetime.timedelta(days=3)),
    )  # fmt: skip
    assert [one["cx"] for one in shapes(part, "circle", "s2")] == ["12.5%", "37.5%"]
    assert threads([], heads=[], rows=[], missing=NOTHING, description="").missing == NOTHING


def test_the_smallest_share_is_not_none_and_a_legend_of_shares_says_per_cent():
    drawing = world({"NA": 0.4, "GB": 12, "FR": 3}, head="", value="", missing=NOTHING, say=percent)
    assert [words for _hue, words in drawing.legend] == ["none", "below 2 %", "2–5 %", "5–10 %", "10 % or more"]
    assert re.findall(r'class="(h[1-9])"', drawing.inner) == ["h4", "h2", "h1"]  # those of most people first
    assert [words for _hue, words in world({"NA": 0.4}, head="", value="", missing=NOTHING, say=percent).legend] == [
        "none", "some",
    ]  # fmt: skip
    grid = heat_map(["1.1"], ["a", "b"], [[0.4, 3]], head="", missing=NOTHING, say=percent)
    assert [words for _hue, words in grid.legend] == ["none", "below 2 %", "2 % or more"]
