"""True metres between points and borders that are given in degrees.

A border between two vertices is the straight line in lon, lat: that is how files draw it and how
every reader draws it again. The nearest point of a border is searched in a plane touching the
ellipsoid at the query point, and the metres to it are those of the geodesic (Karney 2013, through
pyproj), so the answer is right to the millimetre at the distances that grids have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from app.geo.compiled import compiled

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


@dataclass(frozen=True, slots=True)
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
            The segment on which that point lies.
        """
        metres = np.empty(len(rows), dtype=np.float64)
        segments = np.empty(len(rows), dtype=np.int64)
        feet = np.empty((2, len(rows)), dtype=np.float64)
        _find_feet(
            self.first, self.ax, self.ay, self.bx, self.by, rows, lon, lat, feet, metres, segments
        )
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
    least, best, best_along = np.inf, first, 0.0
    for s in range(first, last):
        x, y = (ax[s] - lon) * kx, (ay[s] - lat) * ky
        dx, dy = (bx[s] - ax[s]) * kx, (by[s] - ay[s]) * ky
        length2 = dx * dx + dy * dy
        along = -(x * dx + y * dy) / length2 if length2 > 0 else 0.0
        along = min(max(along, 0.0), 1.0)
        off2 = (x + along * dx) ** 2 + (y + along * dy) ** 2
        if off2 < least:
            least, best, best_along = off2, s, along
    foot_lon = ax[best] + best_along * (bx[best] - ax[best])
    foot_lat = ay[best] + best_along * (by[best] - ay[best])
    kx, ky = scales((lat + foot_lat) / 2)
    metres = np.hypot((foot_lon - lon) * kx, (foot_lat - lat) * ky)
    return metres, foot_lon, foot_lat, best


@compiled
def _find_feet(
    first: Rows,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    rows: Rows,
    lon: Floats,
    lat: Floats,
    feet: Floats,
    metres: Floats,
    segments: Rows,
) -> None:
    for p in range(len(rows)):
        found = find_foot(first[rows[p]], first[rows[p] + 1], ax, ay, bx, by, lon[p], lat[p])
        metres[p], feet[0, p], feet[1, p], segments[p] = found


def _rings_of(polygons: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], Rows]:
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return rings, np.asarray(polygon_of_part[part_of_ring], dtype=np.int64)
