"""The plane in which areas and lengths are measured: a projected CRS in metres.

Shapes live in lon, lat degrees, where a border between two vertices is a straight line. In the
plane that line is curved: by a centimetre in a kilometre, which along a long border is as much as
the slivers that are looked for. So a polygon is not measured by its projected vertices but in the
affine map that touches the projection at its centroid, in which straight lines stay straight. For
a polygon of 20 km that agrees with the exact integral to a millionth; wider ones are projected,
with more vertices put in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError

from app.errors import BadInputError

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

LONLAT = "EPSG:4326"
# CGCS2000 / 3-degree Gauss-Kruger without zone number: EPSG:4534 (CM 75E) to EPSG:4554 (CM 135E).
_CGCS2000_FIRST = 4534
_CHINA_LON, _CHINA_LAT = (73.5, 136.5), (3.0, 54.0)
# WGS 84 / UTM: EPSG:32601-32660 north of the equator, EPSG:32701-32760 south of it.
_UTM_NORTH, _UTM_SOUTH = 32600, 32700
# Parts thinner than this on average are the rounding of float64 degrees (and of the snapping in
# GEOS, 1e-12 of the coordinates, which is 0.01 mm), not shapes that anybody drew.
ROUNDING_M = 1e-4
# Wider than this, a polygon is measured by projected vertices no further apart than the step.
_WIDE_DEG, _STEP_DEG = 0.2, 1e-3
# Half the base of the difference quotient that gives the affine map.
_NEAR_DEG = 1e-3


def choose_metric_crs(bounds: tuple[float, float, float, float]) -> str:
    """Return the projected CRS for a city of this extent.

    Within China's latitudes and longitudes it is the CGCS2000 3-degree Gauss-Kruger zone of the
    middle (EPSG:4544 for Jianyang), elsewhere the WGS 84 UTM zone of the middle.

    Parameters
    ----------
    bounds
        Min lon, min lat, max lon, max lat in degrees.

    Returns
    -------
    str
        Such as ``EPSG:4544``.
    """
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if _CHINA_LON[0] <= lon < _CHINA_LON[1] and _CHINA_LAT[0] <= lat <= _CHINA_LAT[1]:
        return f"EPSG:{_CGCS2000_FIRST + int((lon + 1.5) // 3) - 25}"
    zone = min(max(int((lon + 180) // 6) + 1, 1), 60)
    return f"EPSG:{(_UTM_NORTH if lat >= 0 else _UTM_SOUTH) + zone}"


@dataclass(frozen=True, slots=True)
class Parts:
    """The polygons of which shapes consist, measured.

    Attributes
    ----------
    owner : ndarray of int64, shape (p,)
        Index of the shape that the polygon is a part of.
    polygon : ndarray of object, shape (p,)
        Polygons in degrees.
    area_m2, width_m : ndarray of float64, shape (p,)
        Their areas, and how wide they are on average: twice the area by the perimeter, which is
        the width of a long strip.
    lon, lat : ndarray of float64, shape (p,)
        A point inside each.
    """

    owner: Rows
    polygon: Shapes
    area_m2: Floats
    width_m: Floats
    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self.owner)


class Plane:
    """A projected CRS in metres.

    Parameters
    ----------
    crs
        Anything that names a projected CRS with metre axes, such as ``EPSG:4544``.

    Raises
    ------
    BadInputError
        If it names none.
    """

    def __init__(self, crs: str) -> None:
        self.crs = crs
        self._transformer = _to_plane(crs)

    def area_m2(self, shapes: npt.ArrayLike) -> Floats:
        """Return the area in m² of each shape given in degrees; 0 for one without polygons."""
        shapes = np.asarray(shapes, dtype=object)
        polygon, owner = polygons_of(shapes)
        area, _ = self._measure(polygon)
        return np.bincount(owner, area, minlength=len(shapes)).astype(np.float64)

    def length_m(self, lines: npt.ArrayLike) -> Floats:
        """Return the length in metres of each line given in degrees."""
        flat = shapely.transform(np.asarray(lines, dtype=object), self.to_metres)
        return np.asarray(shapely.length(flat), dtype=np.float64)

    def parts(self, shapes: npt.ArrayLike) -> tuple[Parts, int]:
        """Take shapes apart into polygons, leaving out what is only rounding.

        Parameters
        ----------
        shapes
            Shapes of any type in degrees, shape (n,).

        Returns
        -------
        Parts
            Every polygon that is `ROUNDING_M` thick or more on average (twice its area by its
            perimeter).
        int
            How many polygons were thinner.
        """
        polygon, owner = polygons_of(shapes)
        area, perimeter = self._measure(polygon)
        thick = 2 * area >= ROUNDING_M * perimeter
        thick &= area > 0
        polygon, owner, area = polygon[thick], owner[thick], area[thick]
        lon, lat = _middles(polygon)
        width = 2 * area / perimeter[thick]
        return Parts(owner, polygon, area, width, lon, lat), int((~thick).sum())

    def sizes(self, polygon: Shapes) -> tuple[Floats, Floats]:
        """Return area in m² and mean width in metres, as `Parts` has them, of (multi)polygons."""
        parts, owner = polygons_of(polygon)
        area, perimeter = (
            np.bincount(owner, some, minlength=len(polygon)) for some in self._measure(parts)
        )
        return area.astype(np.float64), 2 * area / np.where(perimeter > 0, perimeter, 1.0)

    def to_metres(self, lonlat: Floats) -> Floats:
        """Project points, shape (n, 2), from lon, lat degrees to x, y metres."""
        return np.column_stack(self._transformer.transform(lonlat[:, 0], lonlat[:, 1]))

    def to_degrees(self, xy: Floats) -> Floats:
        """Return points, shape (n, 2), from x, y metres to lon, lat degrees."""
        inverse = TransformDirection.INVERSE
        return np.column_stack(self._transformer.transform(xy[:, 0], xy[:, 1], direction=inverse))

    def _measure(self, polygon: Shapes) -> tuple[Floats, Floats]:
        """Return area in m² and perimeter in metres of polygons in degrees."""
        if not len(polygon):
            return np.zeros(0), np.zeros(0)
        bounds = shapely.bounds(polygon)
        # There the affine map errs in the second order only. The loops of an invalid polygon may
        # cancel each other and have no centroid.
        middle = shapely.get_coordinates(shapely.centroid(polygon))
        within = (middle >= bounds[:, :2]) & (middle <= bounds[:, 2:])
        middle = np.where(within, middle, (bounds[:, :2] + bounds[:, 2:]) / 2)
        east, north = self._touch(middle)
        count = shapely.get_num_coordinates(polygon)
        at, east_of, north_of = (np.repeat(part, count, axis=0) for part in (middle, east, north))

        def touch(xy: Floats) -> Floats:
            off: Floats = xy - at
            return np.asarray(off[:, :1] * east_of + off[:, 1:] * north_of)

        flat = shapely.transform(polygon, touch)
        wide = np.flatnonzero((bounds[:, 2:] - bounds[:, :2]).max(axis=1) > _WIDE_DEG)
        flat[wide] = shapely.transform(shapely.segmentize(polygon[wide], _STEP_DEG), self.to_metres)
        return np.asarray(shapely.area(flat)), np.asarray(shapely.length(flat))

    def _touch(self, lonlat: Floats) -> tuple[Floats, Floats]:
        """Return the metres per degree (x, y) that the projection has there, east and north."""
        steps = np.array([_NEAR_DEG, 0.0]), np.array([0.0, _NEAR_DEG])
        east, north = (
            (self.to_metres(lonlat + step) - self.to_metres(lonlat - step)) / (2 * _NEAR_DEG)
            for step in steps
        )
        return east, north


def _middles(polygon: Shapes) -> tuple[Floats, Floats]:
    """Return a point well inside each polygon, even if a hair-thin arm hangs on its body."""
    middle = shapely.centroid(polygon)
    off = np.flatnonzero(~shapely.contains(polygon, middle))
    middle[off] = shapely.get_point(shapely.maximum_inscribed_circle(polygon[off]), 0)
    off = off[~shapely.contains(polygon[off], middle[off])]
    middle[off] = shapely.point_on_surface(polygon[off])
    return np.asarray(shapely.get_x(middle)), np.asarray(shapely.get_y(middle))


def polygons_of(shapes: npt.ArrayLike) -> tuple[Shapes, Rows]:
    """Take shapes apart into their polygons, however deep in collections; drop the rest.

    Returns
    -------
    polygon : ndarray of object, shape (p,)
        Not empty.
    owner : ndarray of int64, shape (p,)
        Index of the shape that each comes from.
    """
    parts = np.asarray(shapes, dtype=object).ravel()
    owner = np.arange(len(parts))
    while True:
        types = shapely.get_type_id(parts)
        if not np.any(types > shapely.GeometryType.POLYGON):
            break
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    keep = (types == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return parts[keep], owner[keep].astype(np.int64)


@cache
def _to_plane(crs: str) -> Transformer:
    """Return the way from degrees into a plane; finding it takes longer than opening a city."""
    try:
        target = CRS.from_user_input(crs)
    except CRSError as error:
        raise BadInputError(
            f"metric_crs {crs!r} is not a known CRS: {error}", "Write it as EPSG:4544."
        ) from error
    units = {axis.unit_name for axis in target.axis_info}
    if not target.is_projected or units != {"metre"}:
        raise BadInputError(
            f"metric_crs {crs!r} ({target.name}) is not a projected CRS in metres; its units "
            f"are {sorted(units)}",
            "Leave metric_crs out to have one chosen from the extent.",
        )
    return Transformer.from_crs(LONLAT, target, always_xy=True)
