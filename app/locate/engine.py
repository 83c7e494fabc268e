"""The seam behind the Locator: which polygons cover a point, and which come near it.

`Engine` is the contract; `TreeEngine` keeps it with shapely's STRtree, in the simplest form that
is exact. A faster engine replaces it without the Locator noticing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.measure import Borders, metres_per_degree
from app.locate.runs import lowest_rows
from app.locate.segments import SharedSegments

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


ASK = -2


@dataclass(frozen=True, slots=True)
class Pairs:
    """Point-polygon pairs, ordered by point and then by polygon row.

    Attributes
    ----------
    point, row : ndarray of int64, shape (p,)
        Index of the point asked for, and row of the polygon.
    """

    point: Rows
    row: Rows

    @classmethod
    def sort(cls, point: npt.ArrayLike, row: npt.ArrayLike) -> Pairs:
        """Order pairs by point, then by row."""
        points, rows = np.asarray(point, dtype=np.int64), np.asarray(row, dtype=np.int64)
        order = np.lexsort((rows, points))
        return cls(points[order], rows[order])


@dataclass(frozen=True, slots=True)
class Claims:
    """Which polygon each of n points belongs to, and what speaks against it.

    Attributes
    ----------
    lowest : ndarray of int32, shape (n,)
        The lowest row that covers each point, -1 where none does.
    contested : Pairs
        Everything that covers the points that are in several polygons or on a border. A point
        that is not among them is strictly inside one polygon, or none covers it.
    interior : ndarray of bool, shape (p,)
        For each of these pairs whether the point is off the polygon's border.
    """

    lowest: npt.NDArray[np.int32]
    contested: Pairs
    interior: npt.NDArray[np.bool_]


class Engine(Protocol):
    """What the Locator asks of an engine over the polygons of one layer."""

    def covering(self, lon: Floats, lat: Floats) -> Pairs:
        """Return every polygon that covers each point, its border included."""
        ...

    def lowest(self, lon: Floats, lat: Floats) -> npt.NDArray[np.int32]:
        """Return the lowest row that covers each point, -1 where none does."""
        ...

    def claims(self, lon: Floats, lat: Floats) -> Claims:
        """Return the lowest row that covers each point, and which points are contested."""
        ...

    def within(self, lon: Floats, lat: Floats, radius_m: Floats) -> tuple[Pairs, Floats]:
        """Return every polygon within `radius_m` of each point, and the metres to it.

        The metres are exactly 0 where the polygon covers the point and above 0 elsewhere.
        """
        ...

    def border(self, rows: Rows, lon: Floats, lat: Floats) -> tuple[Floats, Rows]:
        """Return the metres from each point to the border of its polygon, and who is across.

        Across is the lowest other row that has the nearest segment of the border in common, -1
        where none has: at the edge of the city, and where borders do not match.
        """
        ...

    def one(self, lon: float, lat: float) -> tuple[int, float, int]:
        """Return row, metres to its border and row across, for a point that is plainly inside.

        The row is -1 where nothing covers the point, and `ASK` where the answer needs more than
        this: several rows, a border too near to decide, nobody or more than one across.
        """
        ...


class TreeEngine:
    """Engine over shapely's STRtree.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        Polygons or multipolygons in lon, lat degrees, in the order of their codes.
    borders
        Their border segments and who is across each, where they are known already.
    """

    def __init__(
        self,
        polygons: npt.NDArray[np.object_],
        borders: tuple[Borders, npt.NDArray[np.int32]] | None = None,
    ) -> None:
        self._polygons = polygons
        self._tree = shapely.STRtree(polygons)
        if borders is None:
            shared = SharedSegments.of(polygons)
            borders = shared.borders, shared.across
        self._borders, self._across = borders

    def covering(self, lon: Floats, lat: Floats) -> Pairs:
        """See `Engine.covering`."""
        points = shapely.points(lon, lat)
        point, row = self._tree.query(points)
        # Not by the tree's own predicate: it differs from this at the smallest of numbers.
        covered = shapely.intersects(self._polygons[row], points[point])
        return Pairs.sort(point[covered], row[covered])

    def lowest(self, lon: Floats, lat: Floats) -> npt.NDArray[np.int32]:
        """See `Engine.lowest`."""
        pairs = self.covering(lon, lat)
        return lowest_rows(pairs.point, pairs.row, len(lon))[0]

    def claims(self, lon: Floats, lat: Floats) -> Claims:
        """See `Engine.claims`."""
        pairs = self.covering(lon, lat)
        return self._contest(pairs, lon, lat, np.ones(len(lon), dtype=np.bool_))

    def _contest(
        self, pairs: Pairs, lon: Floats, lat: Floats, ask: npt.NDArray[np.bool_]
    ) -> Claims:
        """Find the contested points; only those of `ask` can be on a border."""
        lowest, several = lowest_rows(pairs.point, pairs.row, len(lon))
        found = np.flatnonzero((ask | several)[pairs.point])
        point, row = pairs.point[found], pairs.row[found]
        interior = np.ones(len(found), dtype=np.bool_)
        doubtful = np.flatnonzero(ask[point])
        interior[doubtful] = shapely.contains_xy(
            self._polygons[row[doubtful]], lon[point[doubtful]], lat[point[doubtful]]
        )
        keep = several[point] | ~interior
        return Claims(lowest, Pairs(point[keep], row[keep]), interior[keep])

    def within(self, lon: Floats, lat: Floats, radius_m: Floats) -> tuple[Pairs, Floats]:
        """See `Engine.within`."""
        east, north = metres_per_degree(lat)
        # One part in a hundred more than asked: a box is only a filter, the metres decide.
        reach = radius_m * 1.01 + 1e-3
        wide, high = reach / np.maximum(east, 1.0), reach / north
        boxes = shapely.box(lon - wide, lat - high, lon + wide, lat + high)
        pairs = Pairs.sort(*self._tree.query(boxes, predicate="intersects"))
        x, y = lon[pairs.point], lat[pairs.point]
        covered = shapely.intersects_xy(self._polygons[pairs.row], x, y)
        # A point off a border by less than a rounding measures 0, yet is not covered.
        apart = np.maximum(self._borders.nearest(pairs.row, x, y)[0], np.finfo(np.float64).tiny)
        metres = np.where(covered, 0.0, apart)
        near = metres <= radius_m[pairs.point]
        return Pairs(pairs.point[near], pairs.row[near]), metres[near]

    def border(self, rows: Rows, lon: Floats, lat: Floats) -> tuple[Floats, Rows]:
        """See `Engine.border`."""
        metres, segments = self._borders.nearest(rows, lon, lat)
        return metres, self._across[segments].astype(np.int64)

    def one(self, lon: float, lat: float) -> tuple[int, float, int]:  # noqa: ARG002
        """See `Engine.one`; this engine has no short cut."""
        return ASK, math.nan, -1


class EmptyEngine:
    """Engine of a layer without polygons: nothing covers anything."""

    def covering(self, lon: Floats, lat: Floats) -> Pairs:  # noqa: ARG002
        """See `Engine.covering`."""
        return NO_PAIRS

    def lowest(self, lon: Floats, lat: Floats) -> npt.NDArray[np.int32]:  # noqa: ARG002
        """See `Engine.lowest`."""
        return np.full(len(lon), -1, dtype=np.int32)

    def claims(self, lon: Floats, lat: Floats) -> Claims:
        """See `Engine.claims`."""
        return Claims(self.lowest(lon, lat), NO_PAIRS, np.empty(0, dtype=np.bool_))

    def within(
        self,
        lon: Floats,  # noqa: ARG002
        lat: Floats,  # noqa: ARG002
        radius_m: Floats,  # noqa: ARG002
    ) -> tuple[Pairs, Floats]:
        """See `Engine.within`."""
        return NO_PAIRS, np.empty(0)

    def border(
        self,
        rows: Rows,  # noqa: ARG002
        lon: Floats,  # noqa: ARG002
        lat: Floats,  # noqa: ARG002
    ) -> tuple[Floats, Rows]:
        """See `Engine.border`."""
        return np.empty(0), np.empty(0, dtype=np.int64)

    def one(self, lon: float, lat: float) -> tuple[int, float, int]:  # noqa: ARG002
        """See `Engine.one`."""
        return -1, math.nan, -1


NO_PAIRS = Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
