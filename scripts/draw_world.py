"""Draws `mooc/lib/charts/data/world.csv`: the name and the outline of every country, by its alpha-2 code.

The outlines are Natural Earth's, 1:50,000,000, in the public domain, as packed by `world-atlas` (npm, ISC licence).
The names are those of Unicode's CLDR in English, taken with `babel` (PyPI, BSD; the data under Unicode's licence).
Both are needed here only, not by the site:

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    uv run --no-project --with babel==2.18.0 python -m scripts.draw_world package/countries-50m.json

The projection is Equal Earth (Savric, Patterson, Jenny 2018), 1000 wide. Borders are thinned arc by arc, so that
neighbours still share theirs, and rings are cut at the date line. Antarctica is left out, islands too small to be seen
are too, and a country smaller than a dot is drawn as one.
"""

import csv
import itertools
import json
import math
import sys
from pathlib import Path

from babel import Locale
from babel.core import get_global

TARGET = Path(__file__).resolve().parent.parent / "mooc" / "lib" / "charts" / "data" / "world.csv"
WIDTH = 1000
TOLERANCE = 0.5  # how far a border may move, in units of the drawing
SMALLEST_ISLAND, SMALLEST_COUNTRY = 0.6, 4  # square units
DOT = 1.6
A = (1.340264, -0.081106, 0.000893, 0.003796)  # Equal Earth's polynomial
UNNUMBERED = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
NO_COUNTRY = {"AQ"}
NOT_ONE_COUNTRY = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
# Natural Earth draws these with France; learners name them: west, south, east, north.
OVERSEAS = {
    "GF": (-55, 2, -51, 6), "GP": (-62, 15.8, -60.9, 16.6), "MQ": (-61.3, 14.3, -60.7, 15),
    "RE": (55, -21.5, 56, -20.7), "YT": (44.9, -13.1, 45.4, -12.5),
}  # fmt: skip

Point = tuple[float, float]


def project(longitude: float, latitude: float) -> Point:
    """Return the place of degrees on an Equal Earth map of a sphere of radius 1; y grows to the south."""
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    square = theta * theta
    sixth = square**3
    steep = 9 * A[3] * sixth * square + 7 * A[2] * sixth + 3 * A[1] * square + A[0]
    x = 2 * math.radians(longitude) * math.cos(theta) / (math.sqrt(3) * steep)
    return x, -theta * (A[3] * sixth * square + A[2] * sixth + A[1] * square + A[0])


SCALE = WIDTH / 2 / project(180, 0)[0]
TOP = -project(0, 84)[1] * SCALE


def on_map(degrees: Point) -> Point:
    """Return the place of degrees on the drawing."""
    x, y = project(*degrees)
    return x * SCALE + WIDTH / 2, y * SCALE + TOP


def away(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point from the line between two others, on the drawing."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = min(max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), 1) if length else 0
    return math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))


def thin(degrees: list[Point]) -> list[Point]:
    """Return the points without those that lie within TOLERANCE of the line of the rest (Douglas and Peucker)."""
    if len(degrees) < 3:
        return degrees
    flat = [on_map(point) for point in degrees]
    far, at = max((away(point, flat[0], flat[-1]), index) for index, point in enumerate(flat))
    if far <= TOLERANCE:
        return [degrees[0], degrees[-1]]
    return thin(degrees[: at + 1])[:-1] + thin(degrees[at:])


def unrolled(degrees: list[Point]) -> list[Point]:
    """Return the points with longitudes that go on beyond 180 instead of jumping to the other side."""
    made = degrees[:1]
    for longitude, latitude in degrees[1:]:
        made.append((longitude - 360 * round((longitude - made[-1][0]) / 360), latitude))
    return made


def arcs(topology: dict) -> list[list[Point]]:
    """Return each arc in degrees, thinned."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    made = []
    for arc in topology["arcs"]:
        x = y = 0
        degrees = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            degrees.append((x * sx + tx, y * sy + ty))
        made.append(thin(unrolled(degrees)))
    return made


def ring(indexes: list[int], known: list[list[Point]]) -> list[Point]:
    """Return the points of a ring of arcs; a negative index is an arc taken backwards."""
    points: list[Point] = []
    for index in indexes:
        arc = known[index] if index >= 0 else known[~index][::-1]
        points += arc[bool(points) :]
    return unrolled(points)


def kept(points: list[Point], edge: float, side: int) -> list[Point]:
    """Return the part of a ring east (side 1) or west (side -1) of a meridian (Sutherland and Hodgman)."""
    made: list[Point] = []
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        inside, next_inside = (ax - edge) * side >= 0, (bx - edge) * side >= 0
        if inside:
            made.append((ax, ay))
        if inside != next_inside:
            made.append((edge, ay + (by - ay) * (edge - ax) / (bx - ax)))
    return made


def pieces(points: list[Point]) -> list[list[Point]]:
    """Return a ring cut at the date line, each piece between -180 and 180 degrees."""
    made = []
    for turn in (-360, 0, 360):
        moved = [(longitude + turn, latitude) for longitude, latitude in points]
        piece = kept(kept(moved, -180, 1), 180, -1)
        if piece:
            made.append(piece)
    return made


def area(points: list[Point]) -> float:
    """Return the area inside a ring, in square units."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)) / 2


def outline(points: list[Point]) -> str:
    """Return a ring as part of a path, in steps of a tenth."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in itertools.pairwise(tenths)]
    words = [f"{number / 10:g}" for step in steps if step != (0, 0) for number in step]
    first = f"M{tenths[0][0] / 10:g} {tenths[0][1] / 10:g}l"
    return (first + " ".join(words)).replace(" -", "-").replace("l ", "l") + "z"


def dot(points: list[Point]) -> str:
    """Return a small square on its corner in the middle of a ring."""
    x, y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return f"M{x:.1f} {y - DOT:.1f}l{DOT} {DOT}-{DOT} {DOT}-{DOT}-{DOT}z"


def code_of(geometry: dict) -> str:
    """Return the alpha-2 code of a country of Natural Earth, or nothing for what is none."""
    name, number = geometry["properties"]["name"], geometry.get("id", "")
    return UNNUMBERED.get(name) or next(iter(get_global("territory_aliases").get(number, [])), "")


def rings_by_country(topology: dict) -> dict[str, list[list[Point]]]:
    """Return the outer rings of every country on the map, thinned."""
    known = arcs(topology)
    found: dict[str, list[list[Point]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for part in parts if code and code not in NO_COUNTRY else []:
            longitude, latitude = ring(part[0], known)[0]
            owner = code
            for other, (west, south, east, north) in OVERSEAS.items() if code == "FR" else []:
                if west < longitude < east and south < latitude < north:
                    owner = other
            rings = [piece for line in part for piece in pieces(ring(line, known))]
            found.setdefault(owner, []).extend([on_map(point) for point in piece] for piece in rings)
    return found


def path_of(rings: list[list[Point]]) -> str:
    """Return a country as a path: its islands that can be seen, or a dot."""
    largest = max(rings, key=area)
    if area(largest) < SMALLEST_COUNTRY:
        return dot(largest)
    return "".join(outline(points) for points in rings if area(points) >= SMALLEST_ISLAND)


def main(source: str) -> None:
    """Write the data file from world-atlas's `countries-50m.json`."""
    rings = rings_by_country(json.loads(Path(source).read_text()))
    names = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}
    with TARGET.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "name", "outline"])
        for code in sorted({*names, *rings} - NOT_ONE_COUNTRY):
            writer.writerow([code, names[code], path_of(rings[code]) if code in rings else ""])


if __name__ == "__main__":
    main(sys.argv[1])
