"""The CRSs in which shapes go out and boxes come in, each with the axis order of its authority.

Everything in Weige is lon, lat in WGS-84, which is CGCS2000 at this accuracy: EPSG:4490 is the same
numbers with the latitude first, bit for bit, and only a projected CRS reckons.

Source: OGC 18-058r1, OGC API - Features - Part 2: Coordinate Reference Systems by Reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from app.errors import BadInputError
from app.geo.plane import LONLAT
from app.grids import City

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_CGCS2000_DEG = "4490"
_CODE = re.compile(r"EPSG:(\d{4,6})")


@dataclass(frozen=True, slots=True)
class Reference:
    """One CRS.

    Attributes
    ----------
    uri : str
        Its name in OGC's register.
    code : str
        Short: ``CRS84``, ``EPSG:4490``.
    name : str
        As the register calls it.
    swapped : bool
        Whether the authority has northing (latitude) before easting (longitude).
    """

    uri: str
    code: str
    name: str
    swapped: bool
    _transformer: Transformer | None = field(repr=False, compare=False)

    @property
    def projected(self) -> bool:
        """Whether its coordinates are metres."""
        return self._transformer is not None

    def to_xy(self, lonlat: Floats) -> Floats:
        """Return points, shape (n, 2), from lon, lat degrees as easting, northing in this CRS."""
        if self._transformer is None:
            return lonlat
        return np.column_stack(self._transformer.transform(lonlat[:, 0], lonlat[:, 1]))

    def to_lonlat(self, xy: Floats) -> Floats:
        """Return points, shape (n, 2), from easting, northing in this CRS as lon, lat degrees."""
        if self._transformer is None:
            return xy
        back = self._transformer.transform(xy[:, 0], xy[:, 1], direction="INVERSE")
        return np.column_stack(back)

    def flat(self, shapes: Shapes) -> Shapes:
        """Return shapes from lon, lat degrees in this CRS, easting before northing."""
        if self._transformer is None:
            return shapes
        return np.asarray(shapely.transform(shapes, self.to_xy))

    def out(self, shapes: Shapes) -> Shapes:
        """Return shapes from lon, lat degrees in this CRS, in the axis order of its authority."""
        if not self.swapped:
            return self.flat(shapes)
        return np.asarray(shapely.transform(shapes, lambda xy: self.to_xy(xy)[:, ::-1]))


def references_of(city: City) -> dict[str, Reference]:
    """Return the CRSs of a city by URI, that of its coordinates first.

    They are CRS84, EPSG:4490, and the city's own in metres if EPSG numbers it.
    """
    codes = [_CGCS2000_DEG]
    found = _CODE.fullmatch(city.manifest.metric_crs)
    if found is not None:
        codes.append(found[1])
    return {CRS84: _CRS84} | {_EPSG + code: _of_epsg(code) for code in codes}


_CRS84 = Reference(CRS84, "CRS84", "WGS 84 longitude-latitude", swapped=False, _transformer=None)


@lru_cache(maxsize=16)
def _of_epsg(code: str) -> Reference:
    crs = CRS.from_epsg(int(code))
    swapped = crs.axis_info[0].direction == "north"
    way = Transformer.from_crs(LONLAT, crs, always_xy=True) if crs.is_projected else None
    return Reference(_EPSG + code, f"EPSG:{code}", crs.name, swapped, way)


def reference_named(known: Mapping[str, Reference], uri: str, parameter: str) -> Reference:
    """Return the CRS of a URI; of none, that in which everything is kept.

    Parameters
    ----------
    known
        What there is, by URI.
    uri
        Empty for the first of them.
    parameter
        What the caller calls it, for the message.

    Raises
    ------
    BadInputError
        If it is not among them.
    """
    if not uri:
        return next(iter(known.values()))
    found = known.get(uri)
    if found is None:
        raise BadInputError(
            f"{parameter} is {uri!r:.120}, allowed are {', '.join(known)}",
            message_zh=f"{parameter} 为 {uri!r:.120}，可用：{'、'.join(known)}",
        )
    return found
