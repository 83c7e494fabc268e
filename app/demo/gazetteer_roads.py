"""Pieces of road joined into roads that go on straight, with names, sections and lanes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.demo.aliases import bare_name
from app.demo.gazetteer_ground import Ground, metric
from app.demo.gazetteer_words import GENERIC_ROADS, NameBook, chinese_number, road_stems

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

KINDS = ("street", "main", "local")
# A road goes on at a junction where it turns by less than this.
_STRAIGHT_DEG = 30.0
# Streets that are shorter and leave another one are lanes of it.
_LANE_M = 240.0
# Streets from this length have sections, and those of main roads are as long on average.
_SECTIONED_M, _SECTION_M, _MAIN_SECTION_M = 1_300.0, 900.0, 6_000.0
# A main road gets another name after this.
_LONGEST_M = 24_000.0
# Where a road is looked at to tell which towns and communities it runs through.
_PROBE_M = 40.0
_BOULEVARD_M, _GENERIC = 2_200.0, 0.22


@dataclass(slots=True)
class Stroke:
    """A road as people name it.

    Attributes
    ----------
    kind : str
        street, main or local.
    line : LineString
        Its course in metres.
    towns : tuple of str
        Through which it runs, in the order of their names; empty outside of the city.
    community : str
        The one in which most of it lies.
    joints : ndarray of float64
        Metres from its beginning where other roads meet it.
    name, lane : str
        The name of the road, and of the lane if it is one.
    cuts : tuple of float
        Metres at which sections end; the last is the end of the road.
    sections : tuple of str
        Their names, ("",) for a road without.
    """

    kind: str
    line: shapely.LineString
    towns: tuple[str, ...]
    community: str
    joints: Floats
    name: str = ""
    lane: str = ""
    cuts: tuple[float, ...] = ()
    sections: tuple[str, ...] = ("",)
    ends: tuple[tuple[float, float], ...] = field(default=())


def make_roads(files: dict[str, pd.DataFrame], ground: Ground, rng: np.random.Generator) -> list[
    Stroke
]:  # fmt: skip
    """Join the roads of a city and name them; the longest first.

    Parameters
    ----------
    files
        Holds roads.parquet, in degrees.
    ground
        Of the same city.
    rng
        Where the randomness comes from.
    """
    frame = files["roads.parquet"]
    frame = frame[np.isin(frame["kind"].to_numpy(dtype=object), KINDS)]
    kinds = frame["kind"].to_numpy(dtype=object)
    degrees = np.asarray(frame["geometry"].array, dtype=object)
    # A course that set_precision cut into parts is taken part by part.
    parts, of = shapely.get_parts(degrees, return_index=True)
    strokes = list(_strokes(metric(np.asarray(parts, dtype=object)), parts, kinds[of], ground))
    strokes.sort(key=lambda one: (-one.line.length, one.line.coords[0]))
    _name(strokes, ground, rng)
    for stroke in strokes:
        _cut(stroke, rng)
    return strokes


def _strokes(lines: Shapes, degrees: Shapes, kinds: Shapes, ground: Ground) -> Iterator[Stroke]:
    """Yield the roads that the pieces make up (strokes by good continuation, Thomson 2003)."""
    ends = [_node(line) for line in degrees]
    at: dict[tuple[float, float], list[int]] = defaultdict(list)
    for piece, both in enumerate(ends):
        for side, node in enumerate(both):
            at[node].append(2 * piece + side)
    partner = _continue(lines, kinds, at)
    done = np.zeros(len(lines), dtype=bool)
    # Open ends first, so that a road is walked from its beginning; rings last, from anywhere.
    starts = [end for end in range(2 * len(lines)) if end not in partner]
    for end in [*starts, *range(2 * len(lines))]:
        if done[end // 2]:
            continue
        coords: list[Floats] = []
        nodes = [ends[end // 2][end % 2]]
        here = end
        while not done[here // 2]:
            piece, side = divmod(here, 2)
            done[piece] = True
            path = shapely.get_coordinates(lines[piece])
            coords.append(path[::-1] if side else path)
            nodes.append(ends[piece][1 - side])
            leave = here ^ 1
            if leave not in partner:
                break
            here = partner[leave]
        whole = np.concatenate([coords[0], *(path[1:] for path in coords[1:])])
        line = shapely.LineString(whole)
        for part, joints in _no_longer(line, coords):
            yield _placed(part, str(kinds[end // 2]), joints, ground)


def _node(line: shapely.LineString) -> tuple[tuple[float, float], tuple[float, float]]:
    coords = np.round(shapely.get_coordinates(line)[[0, -1]], 7)
    return (float(coords[0, 0]), float(coords[0, 1])), (float(coords[1, 0]), float(coords[1, 1]))


def _continue(
    lines: Shapes, kinds: Shapes, at: dict[tuple[float, float], list[int]]
) -> dict[int, int]:
    """Return which end of a piece goes on as which other end, both ways."""
    away = np.array([_leaving(line, side) for line in lines for side in (0, 1)])
    partner: dict[int, int] = {}
    for node in sorted(at):
        found = []
        own = at[node]
        for k, one in enumerate(own):
            for two in own[k + 1 :]:
                if kinds[one // 2] != kinds[two // 2] or one // 2 == two // 2:
                    continue
                turn = np.degrees(np.arccos(np.clip(-away[one] @ away[two], -1.0, 1.0)))
                if turn < _STRAIGHT_DEG:
                    found.append((round(float(turn), 6), one, two))
        for _, one, two in sorted(found):
            if one not in partner and two not in partner:
                partner[one], partner[two] = two, one
    return partner


def _leaving(line: shapely.LineString, side: int) -> Floats:
    """Return the direction in which a line leaves its end, over its first metres."""
    length = line.length
    start = shapely.get_coordinates(shapely.line_interpolate_point(line, length * side))[0]
    reach = min(20.0, length / 2)
    there = shapely.line_interpolate_point(line, length - reach if side else reach)
    way = shapely.get_coordinates(there)[0] - start
    return np.asarray(way / max(float(np.hypot(*way)), 1e-9), dtype=np.float64)


def _no_longer(
    line: shapely.LineString, pieces: list[Floats]
) -> Iterator[tuple[shapely.LineString, Floats]]:
    """Yield a road in parts that are not too long, cut at junctions, with their junctions."""
    lengths = np.array([shapely.LineString(path).length for path in pieces])
    start, total = 0, 0.0
    for piece, length in enumerate(lengths):
        total += float(length)
        if total > _LONGEST_M or piece == len(pieces) - 1:
            own = pieces[start : piece + 1]
            joined = np.concatenate([own[0], *(path[1:] for path in own[1:])])
            joints = np.concatenate([[0.0], np.cumsum(lengths[start : piece + 1])])
            yield shapely.LineString(joined) if len(own) < len(pieces) else line, joints
            start, total = piece + 1, 0.0


def _placed(line: shapely.LineString, kind: str, joints: Floats, ground: Ground) -> Stroke:
    steps = np.arange(_PROBE_M / 2, max(line.length, _PROBE_M), _PROBE_M)
    probes = shapely.get_coordinates(shapely.line_interpolate_point(line, steps))
    micro = ground.micro_at(probes)
    inside = micro[micro >= 0]
    names, counts = np.unique(ground.community[inside].astype(str), return_counts=True)
    # A road on a border has doors on both sides of it.
    towns = sorted({str(one) for one in ground.town[_beside(line, steps, ground)]})
    coords = shapely.get_coordinates(line)[[0, -1]]
    ends = tuple((round(float(x), 2), round(float(y), 2)) for x, y in coords)
    community = str(names[int(np.argmax(counts))]) if len(names) else ""
    return Stroke(kind, line, tuple(towns), community, joints, ends=ends)


def _beside(line: shapely.LineString, steps: Floats, ground: Ground) -> npt.NDArray[np.int64]:
    at, normal = course(line, steps)
    sides = np.concatenate([at + 25.0 * normal, at - 25.0 * normal])
    micro = ground.micro_at(sides)
    return np.unique(micro[micro >= 0])


def course(line: shapely.LineString, metres: Floats) -> tuple[Floats, Floats]:
    """Return points of a line and the unit normals to its left there, shape (n, 2) both."""
    at = shapely.get_coordinates(shapely.line_interpolate_point(line, metres))
    ahead = np.minimum(metres + 4.0, line.length)
    behind = np.maximum(metres - 4.0, 0.0)
    way = shapely.get_coordinates(
        shapely.line_interpolate_point(line, ahead)
    ) - shapely.get_coordinates(shapely.line_interpolate_point(line, behind))
    way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    return at, np.column_stack([-way[:, 1], way[:, 0]])


def _name(strokes: list[Stroke], ground: Ground, rng: np.random.Generator) -> None:
    """Name all roads that run through the city."""
    places = {bare_name(str(one)) for one in {*ground.town, *ground.community}}
    stems = [stem for stem in road_stems(rng) if stem not in places]
    book = NameBook()
    lanes: defaultdict[str, int] = defaultdict(int)
    named: dict[int, Stroke] = {}
    tree = shapely.STRtree([stroke.line for stroke in strokes])
    for place, stroke in enumerate(strokes):
        if not stroke.towns:
            continue
        parent = _parent(stroke, tree, named) if _may_be_lane(stroke) else None
        if parent is not None:
            key = f"{parent.name}{parent.ends}"
            lanes[key] += 1
            lane = f"{chinese_number(lanes[key])}巷" if lanes[key] < 100 else ""  # noqa: PLR2004
            if lane and book.free(f"{parent.name}/{lane}", stroke.towns):
                book.take(f"{parent.name}/{lane}", stroke.towns)
                stroke.name, stroke.lane = parent.name, lane
                continue
        choices = _choices(stroke, stems, rng)
        stroke.name = book.first_free(choices, stroke.towns)
        named[place] = stroke


def _may_be_lane(stroke: Stroke) -> bool:
    return stroke.kind == "street" and stroke.line.length < _LANE_M and len(stroke.towns) == 1


def _parent(stroke: Stroke, tree: shapely.STRtree, named: dict[int, Stroke]) -> Stroke | None:
    """Return the named street that a lane leaves, in its town."""
    for x, y in stroke.ends:
        for near in sorted(tree.query(shapely.Point(x, y), predicate="dwithin", distance=1.0)):
            parent = named.get(int(near))
            if parent is not None and parent.kind != "local" and stroke.towns[0] in parent.towns:
                return parent
    return None


def _choices(stroke: Stroke, stems: list[str], rng: np.random.Generator) -> Iterator[str]:
    """Yield names for a road, those that it should rather have first."""
    long = stroke.line.length
    if stroke.kind == "local":
        yield bare_name(stroke.community) + "路"
        suffixes = ["路"]
    elif stroke.kind == "main":
        suffixes = ["大道" if long > 3 * _BOULEVARD_M and rng.random() < 0.5 else "路"]  # noqa: PLR2004
    else:
        short = long < 350.0  # noqa: PLR2004 - a street, not a road
        suffixes = ["大道"] if long > _BOULEVARD_M else ["街" if short else "路"]
        if short and rng.random() < 0.1:  # noqa: PLR2004
            suffixes = ["巷"]
        if rng.random() < _GENERIC:
            for k in rng.permutation(len(GENERIC_ROADS)):
                yield GENERIC_ROADS[k]
    # From anywhere in the list: what another town has used may come again.
    start = int(rng.integers(len(stems)))
    for suffix in [*suffixes, "路", "街", "巷", "道"]:
        for k in range(len(stems)):
            yield stems[(start + k) % len(stems)] + suffix


def _cut(stroke: Stroke, rng: np.random.Generator) -> None:
    """Divide a long road into sections at junctions."""
    long = stroke.line.length
    stroke.cuts = (long,)
    if stroke.lane or stroke.kind == "local" or long < _SECTIONED_M or not stroke.name:
        return
    each = _MAIN_SECTION_M if stroke.kind == "main" else _SECTION_M
    count = int(np.clip(round(long / each), 1, 6))
    if count == 1:
        return
    inner = stroke.joints[1:-1]
    wanted = long * np.arange(1, count) / count
    chosen = sorted({float(inner[np.argmin(np.abs(inner - cut))]) for cut in wanted} if len(inner)
                    else set())  # fmt: skip
    if not chosen:
        return
    stroke.cuts = (*chosen, long)
    number = len(stroke.cuts)
    if number <= 3 and rng.random() < 0.6:  # noqa: PLR2004 - north, middle and south
        (ax, ay), (bx, by) = stroke.ends
        first, last = ("西", "东") if abs(bx - ax) > abs(by - ay) else ("南", "北")
        if (bx < ax) if first == "西" else (by < ay):
            first, last = last, first
        middle = ["中"] * (number - 2)
        stroke.sections = tuple(f"{one}段" for one in (first, *middle, last))
    else:
        stroke.sections = tuple(f"{chinese_number(k + 1)}段" for k in range(number))
