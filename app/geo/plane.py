"""The plane in which areas and lengths are measured: a projected CRS in metres.

Shapes live in lon, lat degrees and a border between two vertices is straight there, so what
overlaps and what gapes is decided in degrees; only the result is brought to the plane to be
measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
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
    area_m2 : ndarray of float64, shape (p,)
        Their areas.
    lon, lat : ndarray of float64, shape (p,)
        A point inside each.
    """

    owner: Rows
    polygon: Shapes
    area_m2: Floats
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
        self.crs = crs
        self._transformer = Transformer.from_crs(LONLAT, target, always_xy=True)

    def project(self, shapes: npt.ArrayLike) -> Shapes:
        """Return shapes in degrees as shapes in metres."""
        return np.asarray(shapely.transform(np.asarray(shapes, dtype=object), self._xy))

    def area_m2(self, shapes: npt.ArrayLike) -> Floats:
        """Return the area in m² of each shape given in degrees."""
        return np.asarray(shapely.area(self.project(shapes)), dtype=np.float64)

    def length_m(self, shapes: npt.ArrayLike) -> Floats:
        """Return the length in metres (of polygons: the perimeter) of each shape in degrees."""
        return np.asarray(shapely.length(self.project(shapes)), dtype=np.float64)

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
        flat = self.project(polygon)
        area, perimeter = shapely.area(flat), shapely.length(flat)
        thick = 2 * area >= ROUNDING_M * perimeter
        thick &= area > 0
        polygon, owner, area = polygon[thick], owner[thick], area[thick]
        inside = shapely.point_on_surface(polygon)
        lon, lat = shapely.get_x(inside), shapely.get_y(inside)
        return Parts(owner, polygon, area, lon, lat), int((~thick).sum())

    def _xy(self, lonlat: Floats) -> Floats:
        return np.column_stack(self._transformer.transform(lonlat[:, 0], lonlat[:, 1]))


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
