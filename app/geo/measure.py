"""True metres between points and borders that are given in degrees.

A border between two vertices is the straight line in lon, lat: that is how files draw it and how
every reader draws it again. The nearest point of a border is searched in a plane touching the
ellipsoid at the query point, and the metres to it are those of the geodesic (Karney 2013, through
pyproj), so the answer is right to the millimetre at the distances that grids have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from app.geo.compiled import compiled, inlined
from app.geo.threads import in_threads

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# WGS 84 ellipsoid, EPSG:7030.
_SEMI_MAJOR_M = 6_378_137.0
_FLATTENING = 1 / 298.257223563
_E2 = _FLATTENING * (2 - _FLATTENING)
_DEGREE = np.pi / 180
_GEOD = Geod(ellps="WGS84")
# How far the plane measures; beyond it the geodesic does.
PLANE_M = 5_000.0


def metres_per_degree(lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return how many metres one degree of longitude and of latitude is long.

    Parameters
    ----------
    lat
        Latitude in degrees, any shape.

    Returns
    -------
    east, north : ndarray of float64, same shape
        Metres per degree along the parallel and along the meridian, from the ellipsoid's radii
        of curvature N and M.
    """
    degrees = np.asarray(lat, dtype=np.float64)
    east, north = np.empty_like(degrees), np.empty_like(degrees)
    _fill_scales(degrees.ravel(), east.ravel(), north.ravel())
    return east, north


@compiled
def scales(lat: float) -> tuple[float, float]:
    """Return `metres_per_degree` of one latitude, for compiled callers."""
    phi = np.radians(lat)
    w2 = 1 - _E2 * np.sin(phi) ** 2
    normal = _SEMI_MAJOR_M / np.sqrt(w2)
    meridian = normal * (1 - _E2) / w2
    return normal * np.cos(phi) * _DEGREE, meridian * _DEGREE


@compiled
def _fill_scales(lat: Floats, east: Floats, north: Floats) -> None:
    for i in range(len(lat)):
        east[i], north[i] = scales(lat[i])


def distance_m(
    lon: npt.ArrayLike, lat: npt.ArrayLike, to_lon: npt.ArrayLike, to_lat: npt.ArrayLike
) -> Floats:
    """Return the geodesic distance in metres between points in degrees, element by element."""
    x1, y1, x2, y2 = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (lon, lat, to_lon, to_lat))
    )
    _, _, metres = _GEOD.inv(x1, y1, x2, y2)
    return np.asarray(metres, dtype=np.float64)


# A block holds this many segments that follow each other, a group this many blocks.
_BLOCK, _GROUP = 8, 16
# A box is passed over only if it is farther than the nearest segment by more than rounding can
# hide, as a share of the square of its farthest distance: feet carry some 32 roundings of 2**-53.
_SLACK = 1e-12
# Fewer points than this are not worth waking a second thread for.
_THREAD_POINTS = 20_000


class Blocks(NamedTuple):
    """Boxes around stretches of the segments of many polygons, for compiled loops.

    Attributes
    ----------
    block_first, group_first : ndarray of int64, shape (n + 1,)
        Polygon i owns the blocks ``block_first[i]`` to ``block_first[i + 1] - 1``, and likewise
        the groups. Its blocks hold `_BLOCK` segments each, its groups `_GROUP` blocks.
    block, group : ndarray of float64, shape (b, 4), degrees
        Middle and half width of each box: lon, lat, lon, lat.
    """

    block_first: Rows
    group_first: Rows
    block: Floats
    group: Floats


@dataclass(frozen=True)
class Borders:
    """The border segments of many polygons, side by side.

    Attributes
    ----------
    ax, ay, bx, by : ndarray of float64, shape (s,), degrees
        Ends of every segment.
    first : ndarray of int64, shape (n + 1,)
        Polygon i owns the segments ``first[i]`` to ``first[i + 1] - 1``.
    """

    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats
    first: Rows

    @classmethod
    def of(cls, polygons: npt.NDArray[np.object_]) -> Borders:
        """Collect the rings, holes included, of polygons and multipolygons.

        Parameters
        ----------
        polygons : ndarray of object, shape (n,)
            Shapely polygons or multipolygons, not empty.
        """
        rings, polygon_of_ring = _rings_of(polygons)
        xy, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
        # A segment joins two vertices that follow each other within one ring.
        inner = ring_of_vertex[1:] == ring_of_vertex[:-1]
        a, b = xy[:-1][inner], xy[1:][inner]
        owner = polygon_of_ring[ring_of_vertex[:-1][inner]]
        first = np.searchsorted(owner, np.arange(len(polygons) + 1)).astype(np.int64)
        ax, ay = np.ascontiguousarray(a.T)
        bx, by = np.ascontiguousarray(b.T)
        return cls(ax, ay, bx, by, first)

    @cached_property
    def blocks(self) -> Blocks:
        """Boxes by which most of a long border is passed over."""
        count = np.diff(self.first)
        block_first = np.concatenate([[0], np.cumsum(-(-count // _BLOCK))]).astype(np.int64)
        count = np.diff(block_first)
        group_first = np.concatenate([[0], np.cumsum(-(-count // _GROUP))]).astype(np.int64)
        blocks = Blocks(
            block_first,
            group_first,
            np.empty((block_first[-1], 4), dtype=np.float64),
            np.empty((group_first[-1], 4), dtype=np.float64),
        )
        _fill_boxes(self.ax, self.ay, self.bx, self.by, self.first, blocks)
        return blocks

    def nearest(self, rows: Rows, lon: Floats, lat: Floats) -> tuple[Floats, Rows]:
        """Return the metres from each point to the border of its polygon.

        Parameters
        ----------
        rows : ndarray of int64, shape (p,)
            Polygon of each pair.
        lon, lat : ndarray of float64, shape (p,), degrees
            Point of each pair.

        Returns
        -------
        metres : ndarray of float64, shape (p,)
            Distance to the nearest point of the border, whether the point is inside or not.
        segments : ndarray of int64, shape (p,)
            The segment on which that point lies; of several the first.
        """
        metres = np.empty(len(rows), dtype=np.float64)
        segments = np.empty(len(rows), dtype=np.int64)
        feet = np.empty((2, len(rows)), dtype=np.float64)
        blocks = self.blocks

        def find(start: int, stop: int) -> None:
            part = slice(start, stop)
            _find_feet(
                *(self.first, self.ax, self.ay, self.bx, self.by, blocks),
                *(rows[part], lon[part], lat[part]),
                *(feet[:, part], metres[part], segments[part]),
            )

        in_threads(find, len(rows), _THREAD_POINTS)
        far = np.flatnonzero(metres > PLANE_M)
        metres[far] = distance_m(lon[far], lat[far], *feet[:, far])
        return metres, segments


@compiled
def find_foot(
    first: int,
    last: int,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    lon: float,
    lat: float,
) -> tuple[float, float, float, int]:
    """Find the nearest point of a border in the plane that touches the ellipsoid at the point.

    Returns
    -------
    metres, lon, lat, segment
        Where it is, and the metres to it in the plane at the middle latitude: right to a part in
        10**7 up to `PLANE_M`.
    """
    kx, ky = scales(lat)
    found = _scan(first, last, ax, ay, bx, by, lon, lat, kx, ky, np.inf, first, 0.0)
    return _measured(found[1], found[2], ax, ay, bx, by, lon, lat)


@compiled
def find_foot_in_blocks(
    row: int,
    first: Rows,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    blocks: Blocks,
    lon: float,
    lat: float,
    kx: float,
    ky: float,
    limit_m: float,
) -> tuple[float, float, float, int]:
    """Find what `find_foot` finds on the border of polygon `row`, passing over far stretches.

    `kx`, `ky` are the `scales` of `lat`. The segment is -1 if no part of the border comes within
    `limit_m` in the touching plane.
    """
    least, best, best_along = limit_m * limit_m, -1, 0.0
    block, group = blocks.block, blocks.group
    b0, b1 = blocks.block_first[row], blocks.block_first[row + 1]
    g0, g1 = blocks.group_first[row], blocks.group_first[row + 1]
    s0, s1 = first[row], first[row + 1]
    # The block that seems nearest goes first, so that few others are opened after it.
    nearest_group = _nearest_box(group, g0, g1, lon, lat, kx, ky)
    start = b0 + (nearest_group - g0) * _GROUP
    seed = _nearest_box(block, start, min(start + _GROUP, b1), lon, lat, kx, ky)
    if not _is_beyond(block, seed, lon, lat, kx, ky, least):
        s = s0 + (seed - b0) * _BLOCK
        least, best, best_along = _scan(
            s, min(s + _BLOCK, s1), ax, ay, bx, by, lon, lat, kx, ky, least, best, best_along
        )
    for g in range(g0, g1):
        if g1 - g0 > 1 and _is_beyond(group, g, lon, lat, kx, ky, least):
            continue
        start = b0 + (g - g0) * _GROUP
        for b in range(start, min(start + _GROUP, b1)):
            if b == seed or _is_beyond(block, b, lon, lat, kx, ky, least):
                continue
            s = s0 + (b - b0) * _BLOCK
            least, best, best_along = _scan(
                s, min(s + _BLOCK, s1), ax, ay, bx, by, lon, lat, kx, ky, least, best, best_along
            )
    if best < 0:
        return np.inf, np.nan, np.nan, -1
    return _measured(best, best_along, ax, ay, bx, by, lon, lat)


@inlined
def _scan(
    first: int,
    last: int,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    lon: float,
    lat: float,
    kx: float,
    ky: float,
    least: float,
    best: int,
    best_along: float,
) -> tuple[float, int, float]:
    """Return the least squared distance, its segment (of equal ones the first) and the place."""
    for s in range(first, last):
        x, y = (ax[s] - lon) * kx, (ay[s] - lat) * ky
        dx, dy = (bx[s] - ax[s]) * kx, (by[s] - ay[s]) * ky
        length2 = dx * dx + dy * dy
        along = -(x * dx + y * dy) / length2 if length2 > 0 else 0.0
        along = min(max(along, 0.0), 1.0)
        off2 = (x + along * dx) ** 2 + (y + along * dy) ** 2
        if off2 < least or (off2 == least and s < best):
            least, best, best_along = off2, s, along
    return least, best, best_along


@inlined
def _nearest_box(
    box: Floats, first: int, last: int, lon: float, lat: float, kx: float, ky: float
) -> int:
    found, least = first, np.inf
    if last - first > 1:
        for b in range(first, last):
            x = max(abs(box[b, 0] - lon) - box[b, 2], 0.0) * kx
            y = max(abs(box[b, 1] - lat) - box[b, 3], 0.0) * ky
            off2 = x * x + y * y
            if off2 < least:
                found, least = b, off2
    return found


@inlined
def _is_beyond(
    box: Floats, b: int, lon: float, lat: float, kx: float, ky: float, least: float
) -> bool:
    """Return whether no segment in the box can come as near as the root of `least`."""
    x, y = abs(box[b, 0] - lon), abs(box[b, 1] - lat)
    wide, high = box[b, 2], box[b, 3]
    near_x, near_y = max(x - wide, 0.0) * kx, max(y - high, 0.0) * ky
    far_x, far_y = (x + wide) * kx, (y + high) * ky
    slack = _SLACK * (far_x * far_x + far_y * far_y)
    return bool(near_x * near_x + near_y * near_y > least + slack)


@inlined
def _measured(
    segment: int,
    along: float,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    lon: float,
    lat: float,
) -> tuple[float, float, float, int]:
    foot_lon = ax[segment] + along * (bx[segment] - ax[segment])
    foot_lat = ay[segment] + along * (by[segment] - ay[segment])
    kx, ky = scales((lat + foot_lat) / 2)
    metres = np.hypot((foot_lon - lon) * kx, (foot_lat - lat) * ky)
    return metres, foot_lon, foot_lat, segment


@compiled
def _find_feet(
    first: Rows,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    blocks: Blocks,
    rows: Rows,
    lon: Floats,
    lat: Floats,
    feet: Floats,
    metres: Floats,
    segments: Rows,
) -> None:
    for p in range(len(rows)):
        kx, ky = scales(lat[p])
        found = find_foot_in_blocks(
            rows[p], first, ax, ay, bx, by, blocks, lon[p], lat[p], kx, ky, np.inf
        )
        metres[p], feet[0, p], feet[1, p], segments[p] = found


@compiled
def _fill_boxes(
    ax: Floats, ay: Floats, bx: Floats, by: Floats, first: Rows, blocks: Blocks
) -> None:
    for row in range(len(first) - 1):
        b0, b1 = blocks.block_first[row], blocks.block_first[row + 1]
        g0 = blocks.group_first[row]
        for g in range(g0, blocks.group_first[row + 1]):
            start = b0 + (g - g0) * _GROUP
            west = south = np.inf
            east = north = -np.inf
            for b in range(start, min(start + _GROUP, b1)):
                s = first[row] + (b - b0) * _BLOCK
                e = min(s + _BLOCK, first[row + 1])
                w, o = min(ax[s:e].min(), bx[s:e].min()), max(ax[s:e].max(), bx[s:e].max())
                u, n = min(ay[s:e].min(), by[s:e].min()), max(ay[s:e].max(), by[s:e].max())
                _set_box(blocks.block, b, w, u, o, n)
                west, south, east, north = min(west, w), min(south, u), max(east, o), max(north, n)
            _set_box(blocks.group, g, west, south, east, north)


@compiled
def _set_box(box: Floats, b: int, west: float, south: float, east: float, north: float) -> None:
    box[b, 0], box[b, 1] = (west + east) / 2, (south + north) / 2
    # The middle is rounded: whichever side is farther from it counts.
    box[b, 2] = max(east - box[b, 0], box[b, 0] - west)
    box[b, 3] = max(north - box[b, 1], box[b, 1] - south)


def _rings_of(polygons: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], Rows]:
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return rings, np.asarray(polygon_of_part[part_of_ring], dtype=np.int64)
