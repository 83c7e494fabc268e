"""Shapes for the screen: simplified as a coverage, coarser levels dissolved, a point for each name.

Shared borders stay shared, and the border of a town lies exactly on the borders of its grids.
Everything here is in EPSG:3857, the plane of web maps.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.grids import Layer

Shapes = npt.NDArray[np.object_]


def mercator(shapes: Shapes) -> Shapes:
    """Return shapes given in lon, lat degrees in EPSG:3857."""
    series = gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs("EPSG:3857")
    return np.asarray(series.array, dtype=object)


def simplify_coverage(shapes: Shapes, tolerance_m: float) -> Shapes:
    """Simplify a coverage with its shared borders kept shared; a defective one is left whole.

    Parameters
    ----------
    shapes
        Polygons in EPSG:3857.
    tolerance_m
        In units of EPSG:3857; 0 leaves them as they are.
    """
    if tolerance_m == 0 or not shapely.coverage_is_valid(shapes):
        return shapes
    return np.asarray(shapely.coverage_simplify(shapes, tolerance_m), dtype=object)


def dissolve(
    shapes: Shapes, layer: Layer, above: Layer, flat: Callable[[Shapes], Shapes] | None = None
) -> Shapes:
    """Return the shapes of the level above as unions of those of their children.

    Parameters
    ----------
    shapes
        Shapes of `layer` in EPSG:3857, row by row.
    layer, above
        A level and the next coarser one. A grid without children keeps its own shape.
    flat
        Brings shapes in lon, lat into the plane; `mercator` if left out.

    Returns
    -------
    ndarray of object, shape (len(above),)
    """
    found = np.full(len(above), None, dtype=object)
    for parent, rows in layer.children_rows.items():
        found[parent] = _union(shapes[rows])
    alone = np.flatnonzero(shapely.is_missing(found))
    found[alone] = (flat or mercator)(above.geometry[alone])
    return found


def _union(shapes: Shapes) -> shapely.Geometry:
    """Return the union of a coverage; it takes longer where borders do not match at corners."""
    try:
        return shapely.coverage_union_all(shapes)
    except shapely.GEOSException:
        return shapely.union_all(shapes)


def label_points(shapes: Shapes) -> Shapes:
    """Return for each shape the middle of the largest circle that fits into it.

    Shapes are taken in lon, lat degrees, points returned in EPSG:3857.
    """
    parts = np.array([_largest_part(shape) for shape in shapes], dtype=object)
    circles = shapely.maximum_inscribed_circle(parts, tolerance=1e-4)
    return mercator(shapely.get_point(circles, 0))


def _largest_part(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]
