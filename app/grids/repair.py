"""From whatever shapes a file holds to polygons that can be served; what was done is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Plane, Shapes, polygons_of
from app.geo.vector import are_lonlat

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, slots=True)
class Mend:
    """What was done to one shape.

    Attributes
    ----------
    reason : str
        What was wrong with it.
    area_before_m2, area_change_m2 : float
        Its area as drawn (a ring that crosses itself counts its loops against each other), and
        what the repair added to it.
    """

    reason: str
    area_before_m2: float
    area_change_m2: float


@dataclass(frozen=True, slots=True)
class Usable:
    """Shapes after the repair.

    Attributes
    ----------
    shapes : ndarray of object, shape (n,)
        Valid polygons and multipolygons; None for a row that is unusable.
    unusable : dict of int to str
        Rows without a polygon, and why.
    mended : dict of int to Mend
        Rows that were repaired.
    """

    shapes: Shapes
    unusable: dict[int, str]
    mended: dict[int, Mend]


def make_usable(shapes: Shapes, faults: Mapping[int, str], plane: Plane) -> Usable:
    """Keep the polygons of every shape and make them valid.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Shapes of any type in degrees; None where there is none.
    faults
        Rows of which the shape was not readable as written, and why.
    plane
        Where to measure.

    Returns
    -------
    Usable
        Of an invalid polygon, GEOS's `MakeValid` in its "structure" form keeps what the rings
        enclose: parts that they enclose twice are merged, and what has no area is dropped.
    """
    shapes = np.array(shapes, dtype=object)
    unusable = _without_shape(shapes, faults)
    reasons = {
        row: why for row, why in faults.items() if row not in unusable and shapes[row] is not None
    }
    shapes[list(unusable)] = None
    before = shapes.copy()
    types = shapely.get_type_id(shapes)
    for row in np.flatnonzero(~shapely.is_missing(shapes) & ~np.isin(types, _POLYGONAL)):
        polygons, _ = polygons_of([shapes[row]])
        what = _describe(shapes[row])
        if len(polygons):
            reasons[int(row)] = f"{what}: reduced to its polygons"
            shapes[row] = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
        else:
            unusable[int(row)] = f"{what}: not a polygon"
            shapes[row] = None
    bad = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))
    for row, why in zip(bad, shapely.is_valid_reason(shapes[bad]), strict=True):
        reasons[int(row)] = "; ".join(filter(None, [reasons.get(int(row)), str(why)]))
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    for row in bad[shapely.is_empty(shapes[bad])]:
        unusable[int(row)] = f"{reasons.pop(int(row))}: encloses no area"
        shapes[row] = None
    return Usable(shapes, unusable, _mends(reasons, before, shapes, plane))


def _without_shape(shapes: Shapes, faults: Mapping[int, str]) -> dict[int, str]:
    missing, empty = shapely.is_missing(shapes), shapely.is_empty(shapes)
    unusable = {int(row): faults.get(int(row), "no shape") for row in np.flatnonzero(missing)}
    unusable |= {int(row): "empty shape" for row in np.flatnonzero(empty)}
    beyond = np.flatnonzero(~are_lonlat(shapes))
    exchanged = are_lonlat(shapely.transform(shapes[beyond], lambda lonlat: lonlat[:, ::-1]))
    why = {False: "", True: "; exchanged they would be: write lon first"}
    return unusable | {
        int(row): f"coordinates are no lon, lat degrees{why[bool(swapped)]}"
        for row, swapped in zip(beyond, exchanged, strict=True)
    }


def _mends(reasons: dict[int, str], before: Shapes, after: Shapes, plane: Plane) -> dict[int, Mend]:
    rows = np.array(sorted(reasons), dtype=np.int64)
    was: npt.NDArray[np.float64] = plane.area_m2(before[rows])
    change = plane.area_m2(after[rows]) - was
    return {
        int(row): Mend(reasons[int(row)], float(old), float(more))
        for row, old, more in zip(rows, was, change, strict=True)
    }


def _describe(shape: shapely.Geometry) -> str:
    """Name the type of a shape, and of the members of a collection."""
    if shape.geom_type != "GeometryCollection":
        return str(shape.geom_type)
    kinds = Counter(part.geom_type for part in shapely.get_parts(shape))
    members = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"GeometryCollection of {members}"
