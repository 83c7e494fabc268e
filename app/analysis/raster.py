"""Square cells over a shape: how much of each cell the shape covers, exactly.

Every edge is cut where it crosses a line of the cells. A piece within a cell adds, to that cell
and to all to the right of it, the ground between itself and the right end of the row, signed by
its direction (the trapezoids of the shoelace formula). Summed along the row, what is left is the
part of each cell within the shape, whatever holes and parts it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import polygons_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
# Shares nearer to 0 or 1 are rounding.
# The projection of a million points is within a millimetre (app.geo.quick_plane).
_BORDER_M = 0.01
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Frame:
    """Square cells over a shape.

    Attributes
    ----------
    west, south : float
        Lower left corner, metres; multiples of `cell_m`, so that the cells of a part of a city
        are cells of the city.
    cell_m : float
        Side of a cell, metres.
    share : ndarray of float64, shape (rows, columns)
        How much of each cell lies in the shape, 0 to 1; south to north, west to east.
    shape : Geometry
        In metres.
    """

    west: float
    south: float
    cell_m: float
    share: Floats
    shape: shapely.Geometry

    @classmethod
    def over(cls, shape: shapely.Geometry, cell_m: float) -> Frame:
        """Return the cells over a shape given in metres, with at least one around it."""
        columns, rows, west, south = cells_over(shape, cell_m)
        return cls(west, south, cell_m, _shares(shape, west, south, cell_m, columns, rows), shape)

    @property
    def cell_km2(self) -> float:
        """Area of a cell, km²."""
        return self.cell_m**2 / 1e6

    @property
    def east_of(self) -> Floats:
        """Coordinates of the cells' centres, west to east, metres."""
        return np.asarray(self.west + (np.arange(self.share.shape[1]) + 0.5) * self.cell_m)

    @property
    def north_of(self) -> Floats:
        """Coordinates of the cells' centres, south to north, metres."""
        return np.asarray(self.south + (np.arange(self.share.shape[0]) + 0.5) * self.cell_m)

    def cells(self, x: Floats, y: Floats) -> Rows:
        """Return for each point, metres, its cell in the flattened share; -1 outside the shape.

        A point counts as inside if its cell is covered at all: what the border cuts off within
        a cell is finer than the map. A point on the border itself may come out beyond it by the
        rounding of the projection; within a centimetre it counts as inside. NaN is outside.
        """
        cell = self._cells(x, y)
        off = np.flatnonzero(cell < 0)
        for east in (-_BORDER_M, 0.0, _BORDER_M):
            for north in (-_BORDER_M, 0.0, _BORDER_M):
                off = off[cell[off] < 0]
                if len(off):
                    cell[off] = self._cells(x[off] + east, y[off] + north)
        return cell

    def _cells(self, x: Floats, y: Floats) -> Rows:
        rows, columns = self.share.shape
        column = (x - self.west) / self.cell_m
        row = (y - self.south) / self.cell_m
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        cell: Rows = np.where(inside, row, 0).astype(np.int64) * columns
        cell += np.where(inside, column, 0).astype(np.int64)
        inside &= self.share.ravel()[cell] > 0
        cell[~inside] = -1
        return cell


def cells_over(shape: shapely.Geometry, cell_m: float) -> tuple[int, int, float, float]:
    """Return columns, rows, west and south of the cells over a shape, one more on each side."""
    west, south, east, north = shapely.bounds(shape)
    left, low = np.floor(west / cell_m) - 1, np.floor(south / cell_m) - 1
    right, high = np.floor(east / cell_m) + 2, np.floor(north / cell_m) + 2
    return int(right - left), int(high - low), float(left * cell_m), float(low * cell_m)


def _shares(
    shape: shapely.Geometry, west: float, south: float, cell_m: float, columns: int, rows: int
) -> Floats:
    polygon, _ = polygons_of([shape])
    # Outer rings one way round, holes the other.
    polygon = shapely.orient_polygons(polygon)
    xy, ring = shapely.get_coordinates(shapely.get_rings(polygon), return_index=True)
    xy = (xy - (west, south)) / cell_m
    same = ring[1:] == ring[:-1]
    start, stop = _cut(xy[:-1][same], xy[1:][same])
    middle = (start + stop) / 2
    column = np.clip(np.floor(middle[:, 0]).astype(np.int64), 0, columns - 1)
    row = np.clip(np.floor(middle[:, 1]).astype(np.int64), 0, rows - 1)
    height = stop[:, 1] - start[:, 1]
    cell = row * columns + column
    # Of its own cell what lies to the right of the piece, of all further ones the whole height.
    own = np.bincount(cell, height * (column + 1 - middle[:, 0]), minlength=rows * columns)
    whole = np.bincount(cell, height, minlength=rows * columns).reshape(rows, columns)
    further = np.cumsum(whole, axis=1) - whole
    share = -(own.reshape(rows, columns) + further)
    share[share < _ROUNDING] = 0.0
    share[share > 1 - _ROUNDING] = 1.0
    return np.asarray(share, dtype=np.float64)


def _cut(start: Floats, stop: Floats) -> tuple[Floats, Floats]:
    """Cut edges, in cells, at all lines of the cells; return the ends of the pieces."""
    owners, fractions = [np.arange(len(start))], [np.zeros(len(start))]
    for axis in (0, 1):
        begin, end = start[:, axis], stop[:, axis]
        low, high = np.minimum(begin, end), np.maximum(begin, end)
        first = np.floor(low) + 1
        count = np.maximum(np.ceil(high) - first, 0).astype(np.int64)
        owner = np.repeat(np.arange(len(start)), count)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        line = first[owner] + within
        owners.append(owner)
        fractions.append((line - begin[owner]) / (end - begin)[owner])
    owner, fraction = np.concatenate(owners), np.concatenate(fractions)
    order = np.lexsort((fraction, owner))
    owner, fraction = owner[order], np.clip(fraction[order], 0.0, 1.0)
    last = np.append(owner[1:] != owner[:-1], True)
    until = np.where(last, 1.0, np.append(fraction[1:], 1.0))
    step = stop[owner] - start[owner]
    return start[owner] + fraction[:, None] * step, start[owner] + until[:, None] * step
