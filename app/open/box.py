"""The box to which features are limited, in whichever CRS it is named."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import BadInputError
from app.locate.rows import parse_degrees
from app.open.references import Reference

Bounds = tuple[float, float, float, float]
Rows = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

_FLAT, _HIGH = 4, 6
# Points along each side of a projected box; what the side bends between two of them (under 1 mm
# for a county) is less than the margin that is added.
_STEPS = 64
_MARGIN_DEG = 1e-4


@dataclass(frozen=True, slots=True)
class Box:
    """A box, its rim included.

    Attributes
    ----------
    reference : Reference
        Its CRS.
    edges : tuple of float
        Least easting, least northing, greatest easting, greatest northing; in degrees the least
        longitude is greater than the greatest where the box crosses the antimeridian.
    """

    reference: Reference
    edges: Bounds

    def lonlat(self) -> tuple[Bounds, ...]:
        """Return boxes in degrees that hold all of it, and no more unless it is projected."""
        west, south, east, north = self.edges
        if self.reference.projected:
            return (self._around(),)
        if west > east:
            return ((west, south, 180.0, north), (-180.0, south, east, north))
        return (self.edges,)

    def _around(self) -> Bounds:
        along = np.linspace(0.0, 1.0, _STEPS)
        west, south, east, north = self.edges
        x, y = west + (east - west) * along, south + (north - south) * along
        rim = [(x, np.full(_STEPS, south)), (x, np.full(_STEPS, north))]
        rim += [(np.full(_STEPS, west), y), (np.full(_STEPS, east), y)]
        points = self.reference.to_lonlat(np.concatenate([np.column_stack(one) for one in rim]))
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) < 4 * _STEPS:
            # Part of it lies where the projection does not reach: nothing is left out for it.
            return (-180.0, -90.0, 180.0, 90.0)
        low, high = points.min(axis=0) - _MARGIN_DEG, points.max(axis=0) + _MARGIN_DEG
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def rows_meeting(self, shapes: Shapes, tree: shapely.STRtree) -> Rows:
        """Return the rows of the shapes that have a point in common with it, in order.

        Parameters
        ----------
        shapes : ndarray of object, shape (n,)
            In lon, lat degrees.
        tree
            Of these shapes.
        """
        near = np.concatenate(
            [tree.query(shapely.box(*one), predicate="intersects") for one in self.lonlat()]
        )
        rows = np.unique(near).astype(np.int64)
        if not self.reference.projected:
            return rows
        met = shapely.intersects(self.reference.flat(shapes[rows]), shapely.box(*self.edges))
        return np.asarray(rows[met])

    def holds(self, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Rows:
        """Return which of some points lie in it, rim included."""
        xy = self.reference.to_xy(np.column_stack((lon, lat)))
        west, south, east, north = self.edges
        if west > east:
            across = (xy[:, 0] >= west) | (xy[:, 0] <= east)
        else:
            across = (xy[:, 0] >= west) & (xy[:, 0] <= east)
        return np.flatnonzero(across & (xy[:, 1] >= south) & (xy[:, 1] <= north))


def parse_box(text: str, reference: Reference) -> Box:
    """Return the box of a parameter ``bbox``.

    Parameters
    ----------
    text
        Four numbers in the axis order of the CRS, or six, of which the heights do not count.
    reference
        The CRS of the numbers.

    Raises
    ------
    BadInputError
        If it is neither, or the box has its edges the wrong way round.
    """
    numbers = parse_degrees(text.split(","), "bbox")[0].tolist()
    if len(numbers) in {_FLAT, _HIGH} and all(map(math.isfinite, numbers)):
        half = len(numbers) // 2
        first, second = numbers[:2], numbers[half : half + 2]
        if reference.swapped:
            first, second = first[::-1], second[::-1]
        edges = (first[0], first[1], second[0], second[1])
        if edges[1] <= edges[3] and (_fits(edges) if not reference.projected else _runs(edges)):
            return Box(reference, edges)
    axes = "lat,lon" if reference.swapped else "lon,lat"
    if reference.projected:
        axes = "northing,easting" if reference.swapped else "easting,northing"
    raise BadInputError(
        f"bbox is {text!r:.120}, allowed are the lower and the upper corner as {axes},{axes} in "
        f"{reference.code}, the lower one first",
        "For example bbox=104.53,30.38,104.56,30.41 without bbox-crs.",
        message_zh=f"bbox 为 {text!r:.120}，应为 {reference.code} 下左下角与右上角：{axes},{axes}",
        hint_zh="例如 bbox=104.53,30.38,104.56,30.41（不带 bbox-crs）。",
    )


def _fits(edges: Bounds) -> bool:
    west, south, east, north = edges
    return max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90  # noqa: PLR2004


def _runs(edges: Bounds) -> bool:
    return edges[0] <= edges[2]
