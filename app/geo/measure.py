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
_GEOD = Geod(ellps="WGS84")
_PLANE_M = 5_000.0


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
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    w2 = 1 - _E2 * np.sin(phi) ** 2
    normal = _SEMI_MAJOR_M / np.sqrt(w2)
    meridian = normal * (1 - _E2) / w2
    degree = np.pi / 180
    return np.asarray(normal * np.cos(phi) * degree), np.asarray(meridian * degree)


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

    def nearest(self, rows: Rows, lon: Floats, lat: Floats) -> Floats:
        """Return the metres from each point to the border of its polygon.

        Parameters
        ----------
        rows : ndarray of int, shape (p,)
            Polygon of each pair.
        lon, lat : ndarray of float64, shape (p,), degrees
            Point of each pair.

        Returns
        -------
        ndarray of float64, shape (p,), metres
            Distance to the nearest point of the border, whether the point is inside or not.
        """
        metres = np.empty(len(rows), dtype=np.float64)
        foot_lon, foot_lat = np.empty_like(metres), np.empty_like(metres)
        east, north = metres_per_degree(lat)
        _find_feet(
            self.first, self.ax, self.ay, self.bx, self.by,
            rows, lon, lat, east, north, foot_lon, foot_lat, metres,
        )  # fmt: skip
        # Metres of the plane at the middle latitude are right to a part in 10**7 up to here.
        far = np.flatnonzero(metres > _PLANE_M)
        near = np.flatnonzero(metres <= _PLANE_M)
        east, north = metres_per_degree((lat[near] + foot_lat[near]) / 2)
        metres[near] = np.hypot(
            (foot_lon[near] - lon[near]) * east, (foot_lat[near] - lat[near]) * north
        )
        metres[far] = distance_m(lon[far], lat[far], foot_lon[far], foot_lat[far])
        return metres


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
    east: Floats,
    north: Floats,
    foot_lon: Floats,
    foot_lat: Floats,
    metres: Floats,
) -> None:
    """Find the nearest point of each polygon's border in the plane that touches at the point."""
    for p in range(len(rows)):
        least, best, best_along = np.inf, 0, 0.0
        kx, ky = east[p], north[p]
        for s in range(first[rows[p]], first[rows[p] + 1]):
            x, y = (ax[s] - lon[p]) * kx, (ay[s] - lat[p]) * ky
            dx, dy = (bx[s] - ax[s]) * kx, (by[s] - ay[s]) * ky
            length2 = dx * dx + dy * dy
            along = -(x * dx + y * dy) / length2 if length2 > 0 else 0.0
            along = min(max(along, 0.0), 1.0)
            off2 = (x + along * dx) ** 2 + (y + along * dy) ** 2
            if off2 < least:
                least, best, best_along = off2, s, along
        foot_lon[p] = ax[best] + best_along * (bx[best] - ax[best])
        foot_lat[p] = ay[best] + best_along * (by[best] - ay[best])
        metres[p] = np.sqrt(least)


def _rings_of(polygons: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], Rows]:
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return rings, np.asarray(polygon_of_part[part_of_ring], dtype=np.int64)
