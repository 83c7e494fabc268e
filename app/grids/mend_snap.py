"""Vertices of borders that do not match, brought together where they all but touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Plane, Shapes
from app.grids.coverage import Tiling
from app.grids.mend_changes import Change, Kind

Points = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Of latitude; of longitude fewer, so that a reach in degrees is never too long.
_METRES_PER_DEGREE = 112_000


@dataclass(frozen=True, slots=True)
class Snapped:
    """Shapes after the snapping, the same objects where nothing moved, and what moved."""

    shapes: Shapes
    done: list[Change]


def snap(tiling: Tiling, plane: Plane, reach_m: float) -> Snapped:
    """Bring vertices together that lie within a distance of each other.

    Only vertices between two pieces of border that both do not match are moved: those that any
    clean border has stay, and draw the others to them. Of others the first, west to east, does.
    A grid that would become invalid keeps its vertices.

    Parameters
    ----------
    tiling
        The grids; their shapes are valid.
    plane
        Where to measure.
    reach_m
        The distance in metres; 0 for nothing.
    """
    shapes = tiling.shapes.copy()
    if reach_m <= 0:
        return Snapped(shapes, [])
    # Borders along a gap match what is across by not touching it: they are asked for by its width.
    gap_deg = reach_m / _METRES_PER_DEGREE
    edges = np.asarray(shapely.coverage_invalid_edges(shapes, gap_width=gap_deg), dtype=object)
    odd = np.flatnonzero(~shapely.is_empty(edges))
    if not len(odd):
        return Snapped(shapes, [])
    points, free = _vertices(shapes, edges, odd, gap_deg)
    target = _targets(points, free, plane, reach_m)
    while True:
        moved = _moved(shapes[odd], points, target)
        spoilt = ~shapely.is_valid(moved) | shapely.is_empty(moved)
        if not spoilt.any():
            break
        held = np.unique(shapely.get_coordinates(shapes[odd][spoilt]), axis=0)
        target[_rows_in(points, held)] = points[_rows_in(points, held)]
    done = []
    for row, new in zip(odd, moved, strict=True):
        before, after = (shapely.get_coordinates(one) for one in (shapes[row], new))
        off = np.flatnonzero((before != after).any(axis=1))
        if not len(off):
            continue
        apart = plane.to_metres(before[off]) - plane.to_metres(after[off])
        ground = shapely.symmetric_difference(shapes[row], new)
        area, width = plane.sizes(np.array([ground], dtype=object))
        most = float(np.hypot(apart[:, 0], apart[:, 1]).max())
        done.append(
            Change(
                level="",
                kind=Kind.SNAP,
                given_to=str(tiling.codes[row]),
                area_m2=float(area[0]),
                width_m=float(width[0]),
                lon=float(after[off[0], 0]),
                lat=float(after[off[0], 1]),
                note=f"{len(np.unique(before[off], axis=0))} vertices by at most {most:.4f} m",
                shape=ground,
            )
        )
        shapes[row] = shapely.remove_repeated_points(new)
    return Snapped(shapes, done)


def _vertices(shapes: Shapes, edges: Shapes, odd: Rows, reach: float) -> tuple[Points, Bools]:
    """Return the vertices of borders that do not match, in order, and which of them may move."""
    loose, ends = _degrees(edges[odd])
    whole, sides = _degrees(shapely.boundary(shapes[odd]))
    free: Bools = ends == sides[_places(whole, loose)]
    # A clean grid may have the vertex as well.
    clean = np.setdiff1d(np.arange(len(shapes)), odd)
    spots = shapely.STRtree(shapely.points(loose))
    free[np.unique(spots.query(shapes[clean], predicate="intersects")[1])] = False
    held = _ends_of_lone(shapes[odd], edges[odd], reach)
    free[_places(loose, held)] = False
    return loose, free


def _ends_of_lone(shapes: Shapes, edges: Shapes, reach: float) -> Points:
    """Return the ends of segments that run along no border of another grid.

    They count as not matching where one end of them lies in another grid, and are clean otherwise:
    the outer border of a city beside a grid that sticks out of it.
    """
    lines, owner = shapely.get_parts(edges, return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    middle = shapely.points((xy[start] + xy[start + 1]) / 2)
    borders = shapely.STRtree(shapely.boundary(shapes))
    segment, row = borders.query(middle, predicate="dwithin", distance=reach)
    along = np.unique(segment[row != owner[line[start[segment]]]])
    lone = np.delete(start, along)
    return np.concatenate([xy[lone], xy[lone + 1]])


def _degrees(lines: Shapes) -> tuple[Points, npt.NDArray[np.int64]]:
    """Return the distinct vertices of lines in order, and how many segments end in each."""
    parts = shapely.get_parts(shapely.get_parts(lines))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    points, counts = np.unique(
        np.concatenate([xy[start], xy[start + 1]]), axis=0, return_counts=True
    )
    return points, counts


def _places(points: Points, wanted: Points) -> Rows:
    """Return where each wanted point stands among distinct points in order; all are there."""
    both, inverse = np.unique(np.concatenate([points, wanted]), axis=0, return_inverse=True)
    place = np.full(len(both), -1, dtype=np.int64)
    place[inverse[: len(points)]] = np.arange(len(points))
    return np.asarray(place[inverse[len(points) :]])


def _rows_in(points: Points, held: Points) -> Bools:
    """Tell which of distinct points are among others."""
    keys = {tuple(one) for one in held.tolist()}
    return np.array([tuple(one) in keys for one in points.tolist()], dtype=np.bool_)


def _targets(points: Points, free: Bools, plane: Plane, reach_m: float) -> Points:
    """Return where each point goes: to the nearest that stays within reach, or nowhere."""
    flat = plane.to_metres(points)
    spots = shapely.points(flat)
    one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=reach_m)
    beside: dict[int, list[int]] = {}
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        if a != b:
            beside.setdefault(a, []).append(b)
    target = points.copy()
    stays = ~free
    for place in np.flatnonzero(free).tolist():
        near = [some for some in beside.get(place, ()) if stays[some]]
        if near:
            off = np.hypot(*(flat[near] - flat[place]).T)
            target[place] = points[near[int(np.argmin(off))]]
        else:
            stays[place] = True
    return target


def _moved(shapes: Shapes, points: Points, target: Points) -> Shapes:
    changed = (points != target).any(axis=1)
    to = {
        tuple(one): other
        for one, other in zip(points[changed].tolist(), target[changed].tolist(), strict=True)
    }

    def move(xy: Points) -> Points:
        return np.array([to.get(tuple(one), one) for one in xy.tolist()], dtype=np.float64)

    return np.asarray(shapely.transform(shapes, move), dtype=object)
