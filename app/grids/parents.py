"""Whose child a grid is, judged by where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Shapes

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# A grid is wholly inside another if not more than a thousandth of it sticks out.
WHOLE_SHARE = 0.999
# An overlay belongs to the finest level in which this share of its grids lies wholly inside one.
OVERLAY_SHARE = 0.9
# Two shapes that only touch may share this much of one by the rounding of their coordinates.
_ROUNDING_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Holders:
    """The shape of a coarser level that holds most of each shape.

    Attributes
    ----------
    row : ndarray of int64, shape (n,)
        Row in the coarser level, -1 where none has any of it.
    share : ndarray of float64, shape (n,)
        How much of the shape it holds, 0 to 1.
    """

    row: Rows
    share: Floats


def holders(shapes: Shapes, above: Shapes) -> Holders:
    """Return which shape of `above` holds the largest part of each shape.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Valid polygons in degrees.
    above : ndarray of object, shape (m,)
        Valid polygons in degrees, in the order of their codes: on a tie the first is taken.

    Returns
    -------
    Holders
        Shares are ratios of areas in degrees, which within one grid are those on the ground.
    """
    row = np.full(len(shapes), -1, dtype=np.int64)
    share = np.zeros(len(shapes), dtype=np.float64)
    over, inside = shapely.STRtree(shapes).query(above, predicate="covers")
    order = np.lexsort((over, inside))
    found, first = np.unique(inside[order], return_index=True)
    row[found] = over[order][first]
    share[found] = 1.0
    rest = np.flatnonzero(row < 0)
    child, over = shapely.STRtree(above).query(shapes[rest], predicate="intersects")
    child = rest[child]
    common = shapely.area(shapely.intersection(shapes[child], above[over]))
    some = common > shapely.area(shapes[child]) * _ROUNDING_SHARE
    child, over, common = child[some], over[some], common[some]
    order = np.lexsort((over, -common, child))
    found, first = np.unique(child[order], return_index=True)
    row[found] = over[order][first]
    share[found] = np.minimum(common[order][first] / shapely.area(shapes[found]), 1.0)
    return Holders(row, share)


def whole_shares(shapes: Shapes, levels: Mapping[str, Shapes]) -> dict[str, float]:
    """Return by level which share of the shapes lies wholly inside one grid of it."""
    return {
        ident: float(np.mean(holders(shapes, above).share >= WHOLE_SHARE))
        for ident, above in levels.items()
    }


def overlay_level(shares: dict[str, float]) -> str:
    """Return the level that an overlay belongs to.

    It is the finest in which nine tenths or more of its grids lie wholly inside one grid; if
    there is none, the one in which the most do, the finest of equals.

    Parameters
    ----------
    shares
        As `whole_shares` returns them, coarse to fine.
    """
    for ident, share in reversed(shares.items()):
        if share >= OVERLAY_SHARE:
            return ident
    return max(reversed(shares.items()), key=lambda entry: entry[1])[0]
