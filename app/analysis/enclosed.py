"""What lies in an area that is drawn by hand: grids, dedicated ones too, households, groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.analysis.ground import Ground
from app.errors import BadInputError
from app.grids import City
from app.grids.city import Layer
from app.grids.reference import ResidentGroups

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

MAX_CORNERS = 2_000
# Less of a grid than this lies in an area by the hand that drew it, not by intent.
_LEAST_PART = 0.005


@dataclass(frozen=True, slots=True)
class DedicatedPart:
    """A grid of an overlay that an area takes in.

    Attributes
    ----------
    overlay : str
        Id of the overlay.
    row : int
        Its row there.
    part : float
        How much of it lies in the area, 0 to 1.
    """

    overlay: str
    row: int
    part: float


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The grids of the finest level that an area takes in.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Their rows in the finest layer, ordered by code.
    part : ndarray of float64, shape (n,)
        How much of each grid lies in the area, 0 to 1.
    households : ndarray of float64, shape (n,)
        Of the whole grid; NaN where they are not known.
    area_km2 : float
        Of the part of the area that is grids of the city.
    group_rows : tuple of ndarray of int64, length n
        Rows of the groups of residents of each grid.
    """

    rows: Rows
    part: Floats
    households: Floats
    area_km2: float
    group_rows: tuple[Rows, ...]

    @property
    def households_inside(self) -> float:
        """Households in the area, those of a grid shared out evenly over its ground."""
        return float(np.nansum(self.households * self.part))


def area_of(ring: Sequence[Sequence[float]]) -> shapely.Polygon:
    """Return a ring of corners as an area.

    Parameters
    ----------
    ring
        lon, lat in WGS-84 degrees; the last corner need not be the first.

    Raises
    ------
    BadInputError
        If it is no area: too few or too many corners, or its lines cross.
    """
    if not 3 <= len(ring) <= MAX_CORNERS:  # noqa: PLR2004 - corners of a triangle
        raise BadInputError(
            f"the area has {len(ring)} corners, allowed are 3 to {MAX_CORNERS}",
            message_zh=f"区域有 {len(ring)} 个顶点，应为 3 至 {MAX_CORNERS} 个",
        )
    shape = shapely.Polygon([(one[0], one[1]) for one in ring])
    if not shape.is_valid or shape.area == 0:
        raise BadInputError(
            "the lines of the area cross or enclose nothing",
            "Draw it again so that no line crosses another.",
            message_zh="区域的边线相交，或没有围住任何地方",
            hint_zh="请重画，边线不要相互交叉。",
        )
    return shape


def enclosed(ground: Ground, shape: shapely.Polygon, groups: ResidentGroups | None) -> Enclosed:
    """Return what lies in an area.

    Parameters
    ----------
    ground
        Of the city.
    shape
        In lon, lat degrees.
    groups
        The groups of residents, if the city has a table of them.
    """
    layer = ground.city.finest
    rows, part = _parts(layer, shape)
    level = layer.part.id
    households = ground.households(level)
    known = np.full(len(rows), np.nan) if households is None else households[rows]
    own = [
        np.zeros(0, dtype=np.int64) if groups is None else np.flatnonzero(groups.row == row)
        for row in rows
    ]
    area_km2 = float((ground.area_km2(level)[rows] * part).sum())
    return Enclosed(rows, part, known, area_km2, tuple(own))


def dedicated(city: City, shape: shapely.Polygon) -> list[DedicatedPart]:
    """Return the grids of all overlays in an area, overlay by overlay, each by code.

    Parameters
    ----------
    city
        Whose overlays.
    shape
        In lon, lat degrees.
    """
    found = ((one.id, *_parts(city.layer(one.id), shape)) for one in city.overlays)
    return [
        DedicatedPart(overlay, int(row), float(part))
        for overlay, rows, parts in found
        for row, part in zip(rows, parts, strict=True)
    ]


def _parts(layer: Layer, shape: shapely.Polygon) -> tuple[Rows, Floats]:
    """Return the rows of a layer that lie in an area, and how much of each."""
    rows = np.sort(layer.frame.sindex.query(shape, predicate="intersects")).astype(np.int64)
    shapes = layer.geometry[rows]
    # Shares of one small grid: the scale of degrees is the same above and below.
    part = shapely.area(shapely.intersection(shapes, shape)) / shapely.area(shapes)
    taken = part >= _LEAST_PART
    return rows[taken], np.minimum(part[taken], 1.0)
