"""Heat as shapes: bands between two densities, in lon, lat, the same at every zoom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from contourpy import FillType, contour_generator

from app.analysis.classes import check_scheme, classify, steps_below
from app.analysis.ground import Ground
from app.analysis.heat import Heat
from app.analysis.terms import Words
from app.errors import BadInputError

Floats = npt.NDArray[np.float64]

DEFAULT_CLASSES = 6
# Decimals of degrees: a tenth of a metre.
_DECIMALS = 6
# Of metres: the two bands beside an outline then have the very same one.
_METRE_DECIMALS = 3
# Outlines may move by this part of a cell, which nobody can see.
_SIMPLIFY_CELLS = 0.15
# Below this part of the largest density a scheme looks at no cell: tails without end.
_TAIL = 0.001


@dataclass(frozen=True, slots=True)
class Band:
    """The ground where the density lies between two values.

    Attributes
    ----------
    low : float
        From which on.
    high : float or None
        Up to which; None for the uppermost.
    shape : Geometry
        Multipolygon in lon, lat degrees.
    area_km2 : float
    unit : Words
        Of low and high.
    """

    low: float
    high: float | None
    shape: shapely.Geometry
    area_km2: float
    unit: Words

    @property
    def label(self) -> Words:
        """What a legend says of it."""
        if self.high is None:
            return Words(f"≥ {self.low:g} {self.unit.en}", f"≥ {self.low:g} {self.unit.zh}")
        between = f"{self.low:g} – {self.high:g}"
        return Words(f"{between} {self.unit.en}", f"{between} {self.unit.zh}")


def breaks_of(heat: Heat, scheme: str = "steps", k: int = DEFAULT_CLASSES) -> tuple[float, ...]:
    """Return from which densities on the classes of a heat map begin, ascending.

    Parameters
    ----------
    heat
        The map.
    scheme
        ``steps`` (default): the k greatest of 1, 2, 5, 10 … below the largest density. Another
        scheme of `app.analysis.classes` classes the cells' densities, without the tails below a
        thousandth of the largest.
    k
        How many classes.

    Raises
    ------
    BadInputError
        If there is no such scheme, or k is not allowed.
    """
    check_scheme(scheme, k)
    inside = heat.density[heat.frame.share > 0]
    top = float(inside.max(initial=0.0))
    if not top > 0:
        return ()
    if scheme == "steps":
        return steps_below(top, k)
    return tuple(dict.fromkeys(classify(inside[inside > top * _TAIL], scheme, k).edges[:-1]))


def isobands(heat: Heat, ground: Ground, breaks: Sequence[float] | None = None) -> tuple[Band, ...]:
    """Return the bands of a heat map, from the lowest class to the highest.

    Parameters
    ----------
    heat
        The map.
    ground
        The city.
    breaks
        From which densities on the classes begin, ascending and above 0; those of `breaks_of`
        if left out. Below the first there is no band. Give the same for several months to have
        them compared.

    Returns
    -------
    tuple of Band
        One for each class; its shape is empty where the density does not reach it.

    Raises
    ------
    BadInputError
        If the breaks do not ascend from above 0.
    """
    borders = breaks_of(heat) if breaks is None else tuple(map(float, breaks))
    if not all(low < high < inf for low, high in zip((0.0, *borders), borders, strict=False)):
        raise BadInputError(
            f"breaks are {list(borders)}, allowed are numbers above 0 that ascend",
            message_zh=f"分级界线为 {list(borders)}，应为递增的正数",
        )
    if not borders:
        return ()
    flat = _filled(heat, borders)
    shapes = shapely.transform(flat, ground.plane.to_degrees)
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS))
    return tuple(
        Band(low, high, shape, float(shapely.area(metric)) / 1e6, heat.unit)
        for low, high, shape, metric in zip(
            borders, (*borders[1:], None), shapes, flat, strict=True
        )
    )


def to_geojson(bands: Sequence[Band]) -> dict[str, Any]:
    """Return bands as a GeoJSON FeatureCollection; every feature says its class and unit."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "low": one.low,
                    "high": one.high,
                    "unit": one.unit.en,
                    "unit_zh": one.unit.zh,
                    "label": one.label.en,
                    "label_zh": one.label.zh,
                    "area_km2": round(one.area_km2, 4),
                },
                "geometry": shapely.geometry.mapping(one.shape),
            }
            for one in bands
            if not one.shape.is_empty
        ],
    }


def _filled(heat: Heat, borders: Sequence[float]) -> npt.NDArray[np.object_]:
    """Return the bands as multipolygons in metres, cut off where the ground ends."""
    frame = heat.frame
    top = float(heat.density.max(initial=0.0))
    # The uppermost class has no end; contourpy wants one.
    levels = [*borders, max(top, borders[-1]) * 2 + 1]
    generator = contour_generator(
        frame.east_of, frame.north_of, heat.density, fill_type=FillType.OuterOffset
    )
    bands = np.array(
        [_polygons(*one) for one in generator.multi_filled(levels)] or [None], dtype=object
    )
    drawn = np.flatnonzero(~shapely.is_empty(bands))
    if len(drawn):
        # Together, so that what borders on each other goes on doing so.
        simple = shapely.coverage_simplify(
            bands[drawn], frame.cell_m * _SIMPLIFY_CELLS, simplify_boundary=True
        )
        bands[drawn] = [_on_ground(one, frame.shape) for one in simple]
    return bands


def _polygons(points: Sequence[Floats], offsets: Sequence[npt.NDArray[np.uint32]]) -> Any:  # noqa: ANN401
    """Return one multipolygon of contourpy's outlines, each with its holes."""
    if not points:
        return shapely.MultiPolygon()
    rings = np.concatenate(
        [[0], *(at[1:] + before for at, before in zip(offsets, _before(points), strict=True))]
    )
    starts = np.concatenate([[0], np.cumsum([len(at) - 1 for at in offsets])])
    parts = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        np.round(np.concatenate(points), _METRE_DECIMALS),
        (rings, starts),
    )
    return shapely.multipolygons(parts)


def _before(points: Sequence[Floats]) -> npt.NDArray[np.int64]:
    """Return how many points come before each outline."""
    return np.concatenate([[0], np.cumsum([len(one) for one in points])[:-1]]).astype(np.int64)


def _on_ground(band: shapely.Geometry, ground: shapely.Geometry) -> shapely.Geometry:
    cut = shapely.intersection(shapely.make_valid(band), ground)
    parts = shapely.get_parts(cut)
    while len(parts) and (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    keep = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return shapely.multipolygons(parts[keep])
