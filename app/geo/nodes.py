"""Keeping borders together when coordinates are bent.

A straight line in one plane is curved in another, and only its vertices are moved. Where a vertex
of one grid lies on a long border of another (a T-junction), the two part: by centimetres in a
kilometre. So before coordinates are bent, the vertices that lie on such a border are made
vertices of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import shapely

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# Half of what counts as rounding (app.geo.plane.ROUNDING_M): a border that the move bends by less
# may stay as it is.
_BEND_M = 5e-5
_METRES_PER_DEGREE = 111_320.0


def share_vertices(
    tables: Sequence[Shapes], move: Callable[[Floats], Floats], tolerance: float
) -> tuple[list[Shapes], int]:
    """Add to borders that `move` bends the vertices that lie on them.

    Parameters
    ----------
    tables
        Shapes of several files in one CRS; what is not a polygon passes unchanged.
    move
        From coordinates of that CRS, ndarray of float64, shape (n, 2), to degrees.
    tolerance
        How far from a border a vertex may lie to count as on it, in units of the CRS.

    Returns
    -------
    tables : list of ndarray of object
        The shapes in their order. A valid polygon that would become invalid is left as it is.
    added : int
        How many vertices were added in all.
    """
    shapes = np.concatenate([np.asarray(table, dtype=object) for table in tables])
    polygonal = np.flatnonzero(
        np.isin(shapely.get_type_id(shapes), (3, 6))
        & ~shapely.is_empty(shapes)
        & np.isfinite(shapely.bounds(shapes)).all(axis=1)
    )
    added = 0
    if len(polygonal):
        noded, added = _with_nodes(shapes[polygonal], move, tolerance)
        shapes[polygonal] = noded
    return np.split(shapes, np.cumsum([len(table) for table in tables])[:-1]), added


def _with_nodes(
    polygons: Shapes, move: Callable[[Floats], Floats], tolerance: float
) -> tuple[Shapes, int]:
    multi = np.array(polygons, dtype=object)
    single = shapely.get_type_id(multi) == shapely.GeometryType.POLYGON
    multi[single] = shapely.multipolygons(multi[single][:, np.newaxis])
    kind, xy, offsets = shapely.to_ragged_array(multi)
    rings = np.asarray(offsets[0], dtype=np.int64)
    first = np.setdiff1d(np.arange(len(xy)), rings[1:] - 1)
    segment, vertices = _nodes(xy, first[_bent(xy, first, move)], tolerance)
    if not len(segment):
        return polygons, 0
    at = segment + 1
    rings = rings + np.searchsorted(at, rings, side="left")
    noded = shapely.from_ragged_array(
        kind, np.insert(xy, at, vertices, axis=0), (rings, *offsets[1:])
    )
    noded[single] = shapely.get_geometry(noded[single], 0)
    spoilt = shapely.is_valid(polygons) & ~shapely.is_valid(noded)
    noded[spoilt] = polygons[spoilt]
    before, after = (shapely.get_num_coordinates(one).sum() for one in (polygons, noded))
    return noded, int(after - before)


def _bent(xy: Floats, first: Rows, move: Callable[[Floats], Floats]) -> npt.NDArray[np.bool_]:
    """Tell which segments are not straight after the move, beyond what is rounding."""
    ends = move(xy)
    chord = (ends[first] + ends[first + 1]) / 2
    middle = move((xy[first] + xy[first + 1]) / 2)
    return np.asarray(np.hypot(*(middle - chord).T) * _METRES_PER_DEGREE > _BEND_M)


def _nodes(xy: Floats, first: Rows, tolerance: float) -> tuple[Rows, Floats]:
    """Return the vertices that lie on segments: the row of the segment, and the vertex.

    They are ordered as they are to be put in.
    """
    a, b = xy[first], xy[first + 1]
    # Both sides of a border must get the same vertices, so each is looked at in one direction.
    turned = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    low, high = np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)
    borders, of = np.unique(np.hstack((low, high)), axis=0, return_inverse=True)
    points = np.unique(xy, axis=0)
    lines = shapely.linestrings(borders.reshape(-1, 2, 2))
    tree = shapely.STRtree(shapely.points(points))
    line, point = tree.query(lines, predicate="dwithin", distance=tolerance)
    start, along = borders[line, :2], borders[line, 2:] - borders[line, :2]
    length = np.hypot(*along.T)
    place = ((points[point] - start) * along).sum(axis=1) / length
    inner = (place > tolerance) & (place < length - tolerance)
    line, point, place = line[inner], point[inner], place[inner] / length[inner]
    order = np.argsort(line, kind="stable")
    line, point, place = line[order], point[order], place[order]
    # Every segment on a border gets all of the border's vertices, in its own direction.
    starts = np.searchsorted(line, np.arange(len(borders) + 1))
    count = np.diff(starts)[of.ravel()]
    segment = np.repeat(np.arange(len(first)), count)
    entry = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    entry += np.repeat(starts[of.ravel()], count)
    own = np.where(turned[segment], 1 - place[entry], place[entry])
    order = np.lexsort((own, segment))
    return first[segment[order]], points[point[entry[order]]]
