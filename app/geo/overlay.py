"""Differences, intersections and unions of polygons, checked.

GEOS (3.14) answers a few overlays quite wrongly: where a hole that is all but a line lies along a
border, what is inside may come out as wholly outside. Such an answer gives itself away by a point
of it, and is made anew on a grid of a tenth of a micrometre, where the way to it is robust.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Shapes, polygons_of

# In degrees: far below what any border is drawn to, far above what floating point keeps of it.
_GRID_DEG = 1e-12


def difference(shapes: npt.ArrayLike, others: npt.ArrayLike) -> Shapes:
    """Return what of each shape is not in the other.

    Parameters
    ----------
    shapes, others : array of object, shape (n,)
        Valid polygons in degrees, or what overlays of such left; one of the two may be a single
        one.
    """
    one, other = np.broadcast_arrays(_array(shapes), _array(others))
    out = np.array(shapely.difference(one, other), dtype=object)
    rows = np.flatnonzero(~shapely.is_empty(out))
    # No point of what is left is in what was taken away.
    inside = shapely.point_on_surface(out[rows])
    rows = rows[shapely.intersects(other[rows], inside)]
    out[rows] = shapely.difference(_areas(one[rows]), _areas(other[rows]), grid_size=_GRID_DEG)
    return out


def intersection(shapes: npt.ArrayLike, others: npt.ArrayLike) -> Shapes:
    """Return what each shape and the other have in common; parameters as of `difference`."""
    one, other = np.broadcast_arrays(_array(shapes), _array(others))
    out = np.array(shapely.intersection(one, other), dtype=object)
    rows = np.flatnonzero(shapely.area(out) == 0)
    # Nothing in common: then no point of one is in the other.
    held = np.zeros(len(rows), dtype=np.bool_)
    for first, second in ((one, other), (other, one)):
        middle = shapely.point_on_surface(first[rows])
        held |= shapely.contains_properly(second[rows], middle)
    rows = rows[held]
    out[rows] = shapely.intersection(_areas(one[rows]), _areas(other[rows]), grid_size=_GRID_DEG)
    return out


def union_all(shapes: npt.ArrayLike) -> shapely.Geometry:
    """Return all polygons together; one that overlaps itself is made anew."""
    found = shapely.union_all(_array(shapes))
    if shapely.is_valid(found):
        return found
    return shapely.union_all(_array(shapes), grid_size=_GRID_DEG)


def _areas(shapes: Shapes) -> Shapes:
    """Return the polygons of shapes, valid: an overlay may have left lines and points besides."""
    flat = [shapely.MultiPolygon(polygons_of([one])[0]) for one in shapes]
    valid = shapely.make_valid(np.array(flat, dtype=object), method="structure")
    return np.array([shapely.MultiPolygon(polygons_of([one])[0]) for one in valid], dtype=object)


def _array(shapes: npt.ArrayLike) -> Shapes:
    return np.atleast_1d(np.asarray(shapes, dtype=object))
