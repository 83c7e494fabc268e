"""Borders cut into arcs, so that each stretch of border is kept, and drawn, once.

An arc is a stretch of border along which the same shapes meet. Shapes are then lists of rings, and
rings lists of arcs, as in TopoJSON: arc ``k`` is written ``k``, and ``~k`` where the ring runs
against it. All levels of a city are cut together: a stretch that is border of a town as well as of
its grids is one arc, and knows the coarsest level that it divides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from app.maps.simplify import Shapes

Points = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int64]
Rings = list[list[int]]

# World coordinates of web maps in whole steps: 2^26 across the world are 0.6 m at the equator.
WORLD_BITS = 26
_EARTH_M = 40_075_016.685578488  # equator in EPSG:3857


@dataclass(frozen=True, slots=True)
class Topology:
    """Shapes as rings of shared arcs.

    Attributes
    ----------
    arcs : list of ndarray of int64, shape (n, 2)
        x, y in steps of the world, from its north-west corner.
    arc_group : list of int
        For each arc the first of the groups that it bounds.
    shapes : list of list of rings
        For each group, for each of its shapes, the rings of all its parts.
    """

    arcs: list[Points]
    arc_group: list[int]
    shapes: list[list[Rings]]


@dataclass(slots=True)
class _Ring:
    """One ring while it is cut."""

    group: int
    shape: int
    start: int
    stop: int


def world_steps(points_m: npt.NDArray[np.float64]) -> Points:
    """Return points of EPSG:3857, shape (n, 2), in whole steps of the world."""
    per_m = 2**WORLD_BITS / _EARTH_M
    half = 2 ** (WORLD_BITS - 1)
    steps = np.column_stack((points_m[:, 0], -points_m[:, 1])) * per_m + half
    return np.asarray(np.rint(steps), dtype=np.int64)


def step_metres(steps: Points) -> npt.NDArray[np.float64]:
    """Return whole steps of the world, shape (n, 2), as points of EPSG:3857."""
    m = (steps - 2 ** (WORLD_BITS - 1)) * (_EARTH_M / 2**WORLD_BITS)
    return np.column_stack((m[:, 0], -m[:, 1]))


def cut_into_arcs(groups: Sequence[Shapes]) -> Topology:
    """Cut the borders of groups of polygons into arcs.

    Parameters
    ----------
    groups
        For each level, coarse to fine, its polygons in EPSG:3857. Overlaps and gaps are kept as
        they are: a border that no other shape shares is an arc of its own.
    """
    points, rings = _rings(groups)
    corners, at = np.unique(points[:, 0] << 32 | points[:, 1], return_inverse=True)
    following = np.arange(1, len(at) + 1)
    for ring in rings:
        following[ring.stop - 1] = ring.start
    edge = _edges(at, at[following], len(corners))
    is_node = _nodes(at, at[following], edge, rings, len(corners))
    arcs: list[Points] = []
    arc_group: list[int] = []
    known: dict[int, tuple[int, int]] = {}
    shapes: list[list[Rings]] = [[[] for _ in group] for group in groups]
    for ring in rings:
        found = []
        for stretch in _stretches(ring, is_node[at[ring.start : ring.stop]], at):
            key = int(edge[stretch[:-1]].min())
            corner = at[stretch]
            if key not in known:
                # What tells the direction: the first corner and the one after it.
                known[key] = (len(arcs), int(corner[0] * len(corners) + corner[1]))
                arcs.append(points[stretch])
                arc_group.append(ring.group)
            number, direction = known[key]
            arc_group[number] = min(arc_group[number], ring.group)
            forward = direction == int(corner[0] * len(corners) + corner[1])
            found.append(number if forward else ~number)
        shapes[ring.group][ring.shape].append(found)
    return Topology(arcs, arc_group, shapes)


def _rings(groups: Sequence[Shapes]) -> tuple[Points, list[_Ring]]:
    """Return the corners of all rings, none twice in a row, and where each ring lies in them."""
    parts: list[Points] = []
    rings: list[_Ring] = []
    start = 0
    for number, group in enumerate(groups):
        polygons, shape_of = shapely.get_parts(group, return_index=True)
        lines, polygon_of = shapely.get_rings(polygons, return_index=True)
        coordinates, line_of = shapely.get_coordinates(lines, return_index=True)
        steps = world_steps(coordinates)
        bounds = np.searchsorted(line_of, np.arange(len(lines) + 1))
        for line, (low, high) in enumerate(pairwise(bounds)):
            corners = steps[low : high - 1]
            differs = (corners != np.roll(corners, 1, axis=0)).any(axis=1)
            corners = corners[differs]
            if len(corners) < 3:  # noqa: PLR2004 - less than a triangle has no inside
                continue
            shape = int(shape_of[polygon_of[line]])
            rings.append(_Ring(number, shape, start, start + len(corners)))
            parts.append(corners)
            start += len(corners)
    return np.concatenate(parts) if parts else np.empty((0, 2), np.int64), rings


def _edges(a: Ids, b: Ids, corners: int) -> Ids:
    """Return the number of the edge between two corners, whichever comes first."""
    key = np.minimum(a, b) * corners + np.maximum(a, b)
    found: Ids = np.unique(key, return_inverse=True)[1]
    return found


def _nodes(a: Ids, b: Ids, edge: Ids, rings: list[_Ring], corners: int) -> npt.NDArray[np.bool_]:
    """Tell at which corners an arc ends: where not exactly two edges of the same shapes meet."""
    # A set of shapes is known by the sum of random numbers that stand for them.
    rng = np.random.default_rng(0)
    owner = np.empty(len(edge), np.uint64)
    marks: dict[tuple[int, int], np.uint64] = {}
    for ring in rings:
        mark = marks.setdefault(
            (ring.group, ring.shape), rng.integers(0, 2**64, dtype=np.uint64, endpoint=False)
        )
        owner[ring.start : ring.stop] = mark
    owners = np.zeros(int(edge.max()) + 1 if len(edge) else 0, np.uint64)
    np.add.at(owners, edge, owner)
    first = np.unique(edge, return_index=True)[1]
    ends = np.concatenate((a[first], b[first]))
    of_end = np.concatenate((owners, owners))
    low = np.full(corners, np.iinfo(np.uint64).max, np.uint64)
    high = np.zeros(corners, np.uint64)
    np.minimum.at(low, ends, of_end)
    np.maximum.at(high, ends, of_end)
    found: npt.NDArray[np.bool_] = (np.bincount(ends, minlength=corners) != 2) | (low != high)  # noqa: PLR2004 - two edges meet along an arc
    return found


def _stretches(ring: _Ring, is_node: npt.NDArray[np.bool_], at: Ids) -> list[Ids]:
    """Return the places of the corners of each arc of a ring, both ends included."""
    places = np.arange(ring.start, ring.stop)
    nodes = np.flatnonzero(is_node)
    # A ring without nodes is one arc; it begins at the same corner in every shape that has it.
    begin = int(nodes[0]) if len(nodes) else int(np.argmin(at[places]))
    turned = np.concatenate((np.roll(places, -begin), [places[begin]]))
    cuts = np.append(nodes - begin, len(places)) if len(nodes) else np.array([0, len(places)])
    return [turned[low : high + 1] for low, high in pairwise(cuts)]
