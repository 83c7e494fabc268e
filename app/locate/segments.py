"""The border segments of polygons, and who has which: found once, for the engines and the index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.geo.measure import Borders

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SharedSegments:
    """The segments of n polygons, side by side and each once.

    Attributes
    ----------
    borders : Borders
        The segments of each polygon, in its own direction.
    across : ndarray of int32
        For each of them the lowest other row that has it too, -1 for none.
    ends : ndarray of float64, shape (s, 4)
        Every segment once: x, y of the lower end, x, y of the upper end, degrees.
    owner_first, owner : ndarray of int64
        Segment i bounds the polygons ``owner[owner_first[i]:owner_first[i + 1]]``, ascending. A
        polygon that comes twice (a spike) is not bounded by it.
    """

    borders: Borders
    across: npt.NDArray[np.int32]
    ends: Floats
    owner_first: Rows
    owner: Rows

    @classmethod
    def of(cls, polygons: npt.NDArray[np.object_]) -> SharedSegments:
        """Find the segments of polygons and multipolygons.

        Parameters
        ----------
        polygons : ndarray of object, shape (n,)
            Shapely polygons or multipolygons, not empty.
        """
        borders = Borders.of(polygons)
        row = np.repeat(np.arange(len(polygons), dtype=np.int64), np.diff(borders.first))
        ends = np.column_stack([borders.ax, borders.ay, borders.bx, borders.by])
        downward = (ends[:, 1] > ends[:, 3]) | (
            (ends[:, 1] == ends[:, 3]) & (ends[:, 0] > ends[:, 2])
        )
        ends[downward] = ends[downward][:, [2, 3, 0, 1]]
        order = np.lexsort((row, *ends.T[::-1]))
        ends, row = ends[order], row[order]
        fresh = np.ones(len(row), dtype=bool)
        fresh[1:] = np.any(ends[1:] != ends[:-1], axis=1)
        first = np.flatnonzero(fresh)
        across = np.empty(len(row), dtype=np.int32)
        across[order] = _other_row(row, np.cumsum(fresh) - 1, first, len(polygons))
        return cls(
            borders=borders,
            across=across,
            ends=np.ascontiguousarray(ends[fresh]),
            owner_first=np.append(first, len(row)).astype(np.int64),
            owner=row,
        )


def _other_row(row: Rows, group: Rows, first: Rows, none: int) -> Rows:
    """Return for each entry the lowest other row of its group, -1 where there is none."""
    lowest = row[first][group]
    # The lowest row itself looks across to the next one of its group.
    other = np.where(row == lowest, none, row)
    second = np.minimum.reduceat(other, first)[group]
    found = np.where(row == lowest, second, lowest)
    return np.where(found == none, -1, found)
