"""Tiles: the map of a snapshot, from the election's own shapes or else as a grid of tiles, one an area.

An area is coloured only once more than half of its polling stations have reported, by who leads there and by the
leader's share; leaders differ in pattern as well as in colour.  The table of areas says the same in figures.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from tallyroom.announce.language import Language, Value
from tallyroom.announce.live import Live
from tallyroom.announce.page import render
from tallyroom.announce.places import row_anchor
from tallyroom.announce.view import View
from tallyroom.tally.results import AreaResults

MOST = 600
"""The most areas that a map shows: with more, a wider level is drawn."""
SLOTS = 3
"""Leaders that have a colour and a pattern of their own, in the order of the whole result."""
STEPS = (50, 65, 80)
"""Shares of the leader, in percent, at which a tile gets darker."""
WIDTH = 800.0
TILE, GAP = 30, 4
Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class Tile:
    """One area on the map: its class, its title, its row in the table, its outline and where its number stands."""

    key: str
    kind: str
    title: str
    anchor: str
    outline: str
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class Key:
    """One entry of the key: class of the tile, its pattern, and the text."""

    tile: str
    pattern: str
    text: str


@dataclass(frozen=True)
class Map:
    """The map as SVG, its key, and whether it has shapes or is a grid."""

    svg: Markup
    key: tuple[Key, ...]
    has_shapes: bool


def map_of(
    view: View,
    areas: Sequence[AreaResults],
    names: Mapping[str, str],
    found: Language,
    live: Live,
    table: Markup,
) -> Map | None:
    """The map of the deepest level with 2 to MOST areas; None where there is none.

    areas, names: with the names of the language.  table: address of the table of areas, where each tile leads.
    """
    shown = _level(areas)
    if not shown:
        return None
    slots = {one.id: place for place, one in enumerate(view.results.candidates[:SLOTS])}
    outlines = _outlines(view.shapes, {area.area_id for area in shown})
    places, height = _shapes(outlines, shown) if outlines else _grid(shown)
    tiles = [
        Tile(f"m{i}", kind_of(area, slots), _title(area, names, found), row_anchor(area.area_id), *place)
        for i, (area, place) in enumerate(zip(shown, places, strict=True))
    ]
    svg = render("tiles.html", found.code, live=live, tiles=tiles, width=WIDTH, height=height, table=table)
    return Map(Markup(svg), tuple(_key(shown, slots, names, found)), bool(outlines))


def is_lit(area: AreaResults) -> bool:
    """Whether enough polling stations have reported to colour an area: more than half."""
    return 2 * area.stations_reported > area.stations_total and area.valid > 0


def kind_of(area: AreaResults, slots: Mapping[str, int]) -> str:
    """Class of an area: waiting, level, or the leader's slot with the step of the leader's share."""
    if not is_lit(area):
        return "waiting"
    most = max(area.votes.values())
    leaders = [candidate for candidate, votes in area.votes.items() if votes == most]
    if len(leaders) > 1:
        return "level"
    step = sum(100 * most >= share * area.valid for share in STEPS)
    return f"k{slots.get(leaders[0], SLOTS)} s{step}"


def _title(area: AreaResults, names: Mapping[str, str], found: Language) -> str:
    common: dict[str, Value] = {"name": area.name, "reported": area.stations_reported, "total": area.stations_total}
    if not is_lit(area):
        return found.say("map_area_waiting", **common)
    leader = max(area.votes, key=lambda candidate: area.votes[candidate])
    if kind_of(area, {}) == "level":
        return found.say("map_area_level", **common)
    return found.say("map_area", **common, leader=names[leader], percent=area.percent[leader])


def _key(
    shown: Sequence[AreaResults], slots: Mapping[str, int], names: Mapping[str, str], found: Language
) -> Iterator[Key]:
    """What is on the map and nothing else, then the steps."""
    kinds = Counter(kind_of(area, slots).split()[0] for area in shown)
    for candidate, slot in slots.items():
        if count := kinds[f"k{slot}"]:
            text = found.say("map_key", name=names[candidate], count=count)
            yield Key(f"k{slot} s3", f"p{slot}" if slot else "", text)
    if count := kinds[f"k{SLOTS}"]:
        yield Key(f"k{SLOTS} s3", f"p{SLOTS}", found.say("map_key_others", count=count))
    for kind in ("level", "waiting"):
        if count := kinds[kind]:
            yield Key(kind, "", found.say(f"map_key_{kind}", count=count))
    edges = ["0", *map(str, STEPS), "100"]
    for step, (low, high) in enumerate(pairwise(edges)):
        yield Key(f"k0 s{step}", "", found.say("map_key_step", range=f"{low}–{high}{found.percent}"))


def _level(areas: Sequence[AreaResults]) -> list[AreaResults]:
    """The areas of the deepest level that has 2 to MOST of them."""
    levels: dict[str, list[AreaResults]] = {}
    for area in areas:
        levels.setdefault(area.level, []).append(area)
    fitting = [found for found in levels.values() if 2 <= len(found) <= MOST]
    return fitting[-1] if fitting else []


def _grid(shown: Sequence[AreaResults]) -> tuple[list[tuple[str, str, float, float]], float]:
    """A tile each, row by row, in the order of the list; number of the area inside."""
    across = max(1, min(25, math.ceil(math.sqrt(2.6 * len(shown)))))
    size = (WIDTH + GAP) / across
    side = size - GAP
    places = []
    for place in range(len(shown)):
        x, y = (place % across) * size, (place // across) * size
        outline = f"M{x:.1f} {y:.1f}h{side:.1f}v{side:.1f}h-{side:.1f}z"
        places.append((outline, str(place + 1), round(x + side / 2, 1), round(y + side / 2, 1)))
    return places, round(math.ceil(len(shown) / across) * size - GAP, 1)


def _shapes(
    outlines: Mapping[str, list[Ring]], shown: Sequence[AreaResults]
) -> tuple[list[tuple[str, str, float, float]], float]:
    """Outlines on an equirectangular projection about the middle latitude, in units of the map."""
    points = [point for rings in outlines.values() for ring in rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = max(0.05, math.cos(math.radians((south + north) / 2)))
    scale = WIDTH / max((east - west) * squeeze, (north - south), 1e-9)
    places = []
    for area in shown:
        path = "".join(
            "M" + "L".join(f"{(x - west) * squeeze * scale:.1f} {(north - y) * scale:.1f}" for x, y in ring) + "z"
            for ring in outlines.get(area.area_id, [])
        )
        places.append((path, "", 0.0, 0.0))
    return places, round((north - south) * scale, 1)


def _outlines(shapes: bytes | None, wanted: set[str]) -> dict[str, list[Ring]]:
    """Rings of each area in GeoJSON; nothing unless every area on the map has an outline of finite numbers."""
    try:
        features = json.loads(shapes or b"{}").get("features", [])
        found = {str(f["properties"]["area_id"]): list(_rings(f["geometry"])) for f in features}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {area: rings for area, rings in found.items() if area in wanted} if wanted <= found.keys() else {}


def _rings(geometry: Any) -> Iterator[Ring]:
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[geometry["type"]]
    for polygon in polygons:
        for ring in polygon:
            found = [(float(point[0]), float(point[1])) for point in ring]
            if len(found) < 3 or not all(map(math.isfinite, (number for point in found for number in point))):
                raise ValueError("not an outline")
            yield found
