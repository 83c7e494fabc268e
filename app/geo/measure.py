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

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# WGS 84 ellipsoid, EPSG:7030.
_SEMI_MAJOR_M = 6_378_137.0
_FLATTENING = 1 / 298.257223563
_E2 = _FLATTENING * (2 - _FLATTENING)
_GEOD = Geod(ellps="WGS84")
# Bounds the memory of one pass over ragged point-border pairs (about 8 numbers a segment).
_SEGMENTS_A_PASS = 2_000_000


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
        counts = self.first[rows + 1] - self.first[rows]
        passes = np.cumsum(counts) // _SEGMENTS_A_PASS
        for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(passes)) + 1):
            if len(part):
                metres[part] = self._nearest(rows[part], counts[part], lon[part], lat[part])
        return metres

    def _nearest(self, rows: Rows, counts: Rows, lon: Floats, lat: Floats) -> Floats:
        ends = np.cumsum(counts)
        starts = ends - counts
        pair = np.repeat(np.arange(len(rows)), counts)
        segment = (
            np.arange(ends[-1]) - np.repeat(starts, counts) + np.repeat(self.first[rows], counts)
        )
        east, north = (scale[pair] for scale in metres_per_degree(lat))
        x0, y0 = lon[pair], lat[pair]
        ax, ay = (self.ax[segment] - x0) * east, (self.ay[segment] - y0) * north
        dx = (self.bx[segment] - self.ax[segment]) * east
        dy = (self.by[segment] - self.ay[segment]) * north
        length2 = dx * dx + dy * dy
        along = np.divide(
            -(ax * dx + ay * dy), length2, out=np.zeros_like(length2), where=length2 > 0
        ).clip(0, 1)
        off2 = (ax + along * dx) ** 2 + (ay + along * dy) ** 2
        least = np.minimum.reduceat(off2, starts)
        # The first segment that attains the least distance carries the foot.
        attains = np.flatnonzero(off2 == least[pair])
        best = attains[np.unique(pair[attains], return_index=True)[1]]
        foot = along[best]
        s = segment[best]
        foot_lon = self.ax[s] + foot * (self.bx[s] - self.ax[s])
        foot_lat = self.ay[s] + foot * (self.by[s] - self.ay[s])
        return distance_m(lon, lat, foot_lon, foot_lat)


def _rings_of(polygons: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], Rows]:
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return rings, np.asarray(polygon_of_part[part_of_ring], dtype=np.int64)
